// Random networks of branches, concatenations and residual sums: the oracle's numbers in every precision, the same bits
// however a batch is cut and whoever else works at the same time. `cuda_networks_test FIRST LAST`: of
// 24 networks, each with a seed of its own; all that is no network goes with the first.
#include <algorithm>
#include <cmath>
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

cuda::NetworkOptions with(cuda::Precision precision, size_t memoryBudget = 0) { return {memoryBudget, precision}; }

GradientOf gradientOf(cuda::Network& network, const Drawn& drawn) {
  return gradient(network, drawn.inputs, drawn.graph.inputs[0], drawn.targets);
}

void oneNetwork(uint32_t seed) {
  const std::string name = "network " + std::to_string(seed);
  const Drawn drawn = draw(seed, 5);
  cuda::Network exact(drawn.graph, with(cuda::Precision::fp32));
  compare(exact, name, seed + 1000, -1, 1, 2);
  const GradientOf all = gradientOf(exact, drawn);
  check(gradientOf(exact, drawn).gradient == all.gradient, name + ": the same bits again, from a recording");

  cuda::Network single(drawn.graph, with(cuda::Precision::fp32, 1));
  const GradientOf cut = gradientOf(single, drawn);
  check(cut.gradient == all.gradient && cut.values == all.values, name + ": the same bits one block at a time");

  // Rounded operands change what a forward pass gives by `bound`; a gradient moves further where a relu's argument is
  // near zero.
  for (const auto& [precision, bound] : {std::pair(cuda::Precision::tf32, 1e-4), std::pair(cuda::Precision::bf16, 2e-3)}) {
    cuda::Network rounded(drawn.graph, with(precision));
    const auto found = forward(rounded, drawn.inputs, drawn.graph.outputs[0]);
    const double error = relativeError(found, forward(exact, drawn.inputs, drawn.graph.outputs[0]));
    check(error < bound, name + ": rounded operands, " + std::to_string(error));
    cuda::Network cutToo(drawn.graph, with(precision, 1));
    check(gradientOf(cutToo, drawn).gradient == gradientOf(rounded, drawn).gradient, name + ": rounded, however cut");
  }
  const int at = drawn.graph.nodes[0].output;
  const GradientOf inner = gradient(exact, {drawn.inputs[0]}, at, {drawn.targets[0]});
  check(std::isfinite(relativeError(inner.gradient, inner.gradient)), name + ": inner gradient is finite");
}

void together() {
  const Drawn drawn = draw(7, 6);
  cuda::Network network(drawn.graph, with(cuda::Precision::fp32));
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

/// Activations that float16 cannot hold, hidden behind a ReLU that would make 0 of a negative infinity: the network goes
/// over to bfloat16, says so once, and is right.
void large() {
  GraphMaker maker(5);
  const int x = maker.input({1, 16, 6, 6});
  const auto layer = [&](int from, int64_t channels, double low, double high) {
    const int made = maker.add(convNode({1, 1}, {1, 1, 1, 1}, {1, 1}, 1),
                               {from, maker.constant({channels, 16, 3, 3}, low, high), maker.constant({channels}, -1, 1)});
    return maker.add(named(Op::relu), {made});
  };
  const int wide = layer(layer(x, 16, 500, 3000), 16, -0.02, 0.01);
  maker.finish(wide, 4);
  std::vector<std::vector<float>> inputs;
  for (int b = 0; b < 3; b++) inputs.push_back(floats(maker.tensor({1, 16, 6, 6}, 0, 1)));
  const int output = maker.graph.outputs[0];
  cuda::Network exact(maker.graph, with(cuda::Precision::fp32)), half(maker.graph, with(cuda::Precision::bf16));
  const auto right = forward(exact, inputs, output), found = forward(half, inputs, output);
  check(relativeError(found, right) < 2e-2, "activations beyond float16: " + std::to_string(relativeError(found, right)));
  check(half.takeNotice().find("65,504") != std::string::npos && half.takeNotice().empty(), "the change is told, once");
  const GradientOf gradients = gradient(half, inputs, x, {0, 1, 2});
  check(std::all_of(gradients.gradient.begin(), gradients.gradient.end(), [](float g) { return std::isfinite(g); }),
        "gradients of large activations are finite");
  check(relativeError(gradients.gradient, gradient(exact, inputs, x, {0, 1, 2}).gradient) < 5e-2, "and near the exact ones");
  cuda::Network fresh(maker.graph, with(cuda::Precision::bf16));
  check(gradient(fresh, inputs, x, {0, 1, 2}).gradient == gradients.gradient, "the same when gradients are asked first");
}

void cancelled() {
  const Drawn drawn = draw(3, 2);
  cuda::Network network(drawn.graph, with(cuda::Precision::fp32));
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
  const int first = count > 1 ? std::atoi(arguments[1]) : 1;
  const int last = count > 2 ? std::atoi(arguments[2]) : 24;
  for (int seed = first; seed <= last; seed++) oneNetwork(static_cast<uint32_t>(seed));
  if (first == 1) {
    together();
    large();
    cancelled();
  }
  return finish("cuda networks");
}
