// Random networks with fresh weights and inputs on a GPU against the oracle in double, in every precision. The seed is
// new every run unless given: `cuda_device_fresh_networks_test SEED`.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "agreement.h"
#include "network.h"

using namespace smug;
using namespace smug::test;

namespace {

// ‖difference‖/‖reference‖ in all. A network here has a dozen layers. The forward pass of tf32 keeps 16 bits of every
// operand, that of bf16 11 (float16): 2⁻¹⁷ and 2⁻¹² at most, 10⁻⁵ and 4·10⁻⁴ for the two operands of a product in root
// mean square, and a dozen such layers add up to 4·10⁻⁵ and 1.4·10⁻³.
double boundOf(cuda::Precision precision) {
  return precision == cuda::Precision::fp32 ? 1e-5 : precision == cuda::Precision::tf32 ? 1e-4 : 2e-3;
}

// A layer whose terms cancel, or a ReLU that lets little through, multiplies every error before it (seed 29957: the last
// ReLU, by three): what it does to the next finer precision shows by how much. Bits fewer: 24 − 16, 16 − 11; and twice
// that, since the two errors are drawn apart.
double stretched(cuda::Precision precision, double finerError) {
  if (precision == cuda::Precision::fp32) return 0;
  return 2 * (precision == cuda::Precision::tf32 ? 256 : 32) * finerError;
}

}  // namespace

int main(int count, char** arguments) {
  const uint32_t seed = count > 1 ? static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10)) : std::random_device{}();
  std::printf("seed %u\n", seed);
  for (uint32_t trial = 0; trial < 20; trial++) {
    // Every other network begins with channels that tensor cores take.
    const Graph graph = randomNetwork(seed + trial, {1, trial % 2 == 0 ? 16 : 3, 12, 11});
    GraphMaker maker(seed + 7919 * (trial + 1));
    const Values x = maker.tensor(graph.values[static_cast<size_t>(graph.inputs[0])].shape, -1, 1);
    const Values expected = evaluate(graph, {x})[static_cast<size_t>(graph.outputs[0])];
    double finerError = 0;
    for (const auto precision : {cuda::Precision::fp32, cuda::Precision::tf32, cuda::Precision::bf16}) {
      const std::string name = "network " + std::to_string(trial) + " precision " + std::to_string(static_cast<int>(precision));
      cuda::Network network(graph, cuda::NetworkOptions{0, precision});
      const std::vector<std::vector<float>> blocks(5, floats(x));
      const auto found = forward(network, blocks, graph.outputs[0]);
      const size_t size = expected.size();
      const double bound = std::max(boundOf(precision), stretched(precision, finerError));
      for (size_t block = 0; block < blocks.size(); block++) {
        const std::vector<float> one(found.begin() + static_cast<int64_t>(block * size),
                                     found.begin() + static_cast<int64_t>((block + 1) * size));
        const double error = relativeError(one, expected);
        finerError = error;
        check(error < bound, name + ": forward error " + std::to_string(error));
      }
      check(forward(network, blocks, graph.outputs[0]) == found, name + ": the same bits again");
      const auto first = gradient(network, blocks, graph.inputs[0], std::vector<int32_t>(5, 1));
      const auto again = gradient(network, blocks, graph.inputs[0], std::vector<int32_t>(5, 1));
      check(first.gradient == again.gradient, name + ": the same gradient again");
    }
  }
  return finish("cuda fresh networks");
}
