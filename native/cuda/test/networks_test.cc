// Random networks of branches, concatenations and residual sums: the oracle's numbers in every arithmetic, the same bits
// however a batch is cut and whoever else works at the same time. `cuda_networks_test SEED NETWORKS` (24 networks, whose seeds are their own).
#include <cstdlib>
#include <thread>

#include "agreement.h"
#include "network.h"

using namespace smug;
using namespace smug::test;

namespace {

struct Drawn {
  Graph graph;
  std::vector<std::vector<float>> inputs;
  std::vector<int32_t> targets;
};

Drawn draw(uint32_t seed, int batch) {
  Drawn drawn{randomNetwork(seed, {1, seed % 3 == 0 ? 16 : 1 + seed % 7, 7 + seed % 4, 9}), {}, {}};
  GraphMaker maker(seed + 2000);
  for (int b = 0; b < batch; b++) {
    drawn.inputs.push_back(floats(maker.tensor(drawn.graph.values[drawn.graph.inputs[0]].shape, -1, 1)));
    drawn.targets.push_back(b % 4);
  }
  return drawn;
}

cuda::NetworkOptions with(cuda::Arithmetic arithmetic, size_t memoryBudget = 0) { return {memoryBudget, arithmetic}; }

GradientOf gradientOf(cuda::Network& network, const Drawn& drawn) {
  return gradient(network, drawn.inputs, drawn.graph.inputs[0], drawn.targets);
}

void oneNetwork(uint32_t seed) {
  const std::string name = "network " + std::to_string(seed);
  const Drawn drawn = draw(seed, 5);
  cuda::Network exact(drawn.graph, with(cuda::Arithmetic::fp32));
  compare(exact, name, seed + 1000, -1, 1, 2);
  const GradientOf all = gradientOf(exact, drawn);
  check(gradientOf(exact, drawn).gradient == all.gradient, name + ": the same bits again, from a recording");

  cuda::Network single(drawn.graph, with(cuda::Arithmetic::fp32, 1));
  const GradientOf cut = gradientOf(single, drawn);
  check(cut.gradient == all.gradient && cut.values == all.values, name + ": the same bits one block at a time");

  // Rounded operands change what a forward pass gives by so much; a gradient moves further where a relu's argument is
  // near zero.
  for (const auto& [arithmetic, bound] : {std::pair(cuda::Arithmetic::tf32, 1e-3), std::pair(cuda::Arithmetic::bf16, 1e-2)}) {
    cuda::Network rounded(drawn.graph, with(arithmetic));
    const auto found = forward(rounded, drawn.inputs, drawn.graph.outputs[0]);
    const double error = relativeError(found, forward(exact, drawn.inputs, drawn.graph.outputs[0]));
    check(error < bound, name + ": rounded operands, " + std::to_string(error));
    cuda::Network cutToo(drawn.graph, with(arithmetic, 1));
    check(gradientOf(cutToo, drawn).gradient == gradientOf(rounded, drawn).gradient, name + ": rounded, however cut");
  }
  const int at = drawn.graph.nodes[0].output;
  const GradientOf inner = gradient(exact, {drawn.inputs[0]}, at, {drawn.targets[0]});
  check(std::isfinite(relativeError(inner.gradient, inner.gradient)), name + ": inner gradient is finite");
}

void together() {
  const Drawn drawn = draw(7, 6);
  cuda::Network network(drawn.graph, with(cuda::Arithmetic::fp32));
  const GradientOf alone = gradientOf(network, drawn);
  std::vector<GradientOf> found(4);
  std::vector<std::thread> threads;
  for (GradientOf& one : found) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 3; repeat++) one = gradientOf(network, drawn);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const GradientOf& one : found) check(one.gradient == alone.gradient, "several threads at once: the same bits");
}

void cancelled() {
  const Drawn drawn = draw(3, 2);
  cuda::Network network(drawn.graph, with(cuda::Arithmetic::fp32));
  const auto flag = std::make_shared<std::atomic<bool>>(true);
  bool thrown = false;
  try {
    gradient(network, drawn.inputs, drawn.graph.inputs[0], drawn.targets, flag);
  } catch (const Cancelled&) {
    thrown = true;
  }
  check(thrown, "a raised flag ends the run");
}

}  // namespace

int main(int count, char** arguments) {
  const int networks = count > 2 ? std::atoi(arguments[2]) : 24;
  for (int seed = 1; seed <= networks; seed++) oneNetwork(static_cast<uint32_t>(seed));
  together();
  cancelled();
  return finish("cuda networks");
}
