// Random networks of branches, concatenations and residual sums: the oracle's numbers at any batch, micro-batch and
// number of threads.
#include "network_agreement.h"

using namespace smug;
using namespace smug::test;

int main() {
  for (uint32_t seed = 1; seed <= 24; seed++) {
    const std::string name = "network " + std::to_string(seed);
    const Graph graph = randomNetwork(seed, {1, seed % 3 == 0 ? 16 : 1 + seed % 7, 7 + seed % 4, 9});
    compare(graph, name, seed + 1000, -1, 1, 2);

    GraphMaker maker(seed + 2000);
    std::vector<std::vector<float>> inputs;
    std::vector<int32_t> targets;
    for (int b = 0; b < 5; b++) {
      inputs.push_back(floats(maker.tensor(graph.values[graph.inputs[0]].shape, -1, 1)));
      targets.push_back(b % 4);
    }
    std::vector<float> first;
    for (const int threads : {1, 2, 3}) {
      cpu::NetworkOptions options;
      options.threads = threads;
      if (threads == 3) options.memoryBudget = 1;  // one micro-batch at a time
      cpu::Network network(graph, options);
      const GradientOf all = gradient(network, inputs, graph.inputs[0], targets);
      if (first.empty()) first = all.gradient;
      check(all.gradient == first, name + ": the same bits for every number of threads");
      const GradientOf single = gradient(network, {inputs[3]}, graph.inputs[0], {targets[3]});
      const size_t size = single.gradient.size();
      const std::vector<float> part(all.gradient.begin() + 3 * size, all.gradient.begin() + 4 * size);
      check(part == single.gradient, name + ": the same bits alone and in a batch");
    }
    // A gradient inside the network, at the first node's output.
    cpu::Network network(graph, {});
    const int at = graph.nodes[0].output;
    const GradientOf inner = gradient(network, {inputs[0]}, at, {targets[0]});
    check(std::isfinite(relativeError(inner.gradient, inner.gradient)), name + ": inner gradient is finite");
  }
  return finish("random graphs");
}
