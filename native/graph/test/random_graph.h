// Graphs for tests: built by hand or at random, with seeded weights.
#pragma once

#include <random>

#include "graph/graph.h"
#include "naive.h"

namespace smug::test {

/// Adds nodes one by one and works out their shapes.
class GraphMaker {
 public:
  explicit GraphMaker(uint32_t seed) : random(seed) {}

  int input(const Shape& shape);
  /// Uniform in [low, high].
  int constant(const Shape& shape, double low, double high);
  int add(Node node, const std::vector<int>& inputs);
  /// Flattens every sample of `value` and reads `classes` numbers from it.
  void finish(int value, int64_t classes);

  const Shape& shape(int value) const { return graph.values[value].shape; }
  int64_t integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random); }
  bool chance(double probability) { return real(0, 1) < probability; }
  /// Float32 numbers, as doubles for the oracle.
  Values tensor(const Shape& shape, double low, double high);

  Graph graph;
  std::mt19937 random;
};

Node named(Op op);
Node convNode(const Ints& strides, const Ints& pads, const Ints& dilations, int64_t groups);
Node poolNode(Op op, const Ints& kernel, const Ints& strides, const Ints& pads, const Ints& dilations, bool ceil,
              bool countIncludePad);

/// A convolutional network of random depth: branches, concatenations, residual sums, pooling, activations.
Graph randomNetwork(uint32_t seed, const Shape& input);

}  // namespace smug::test
