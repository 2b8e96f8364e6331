// Runs one operation's kernels over the layouts and compares them with the oracle, forward and backward.
#pragma once

#include <functional>

#include "oracle.h"
#include "random_graph.h"

namespace smug::test {

struct Kernels {
  std::function<void(cuda::View x, cuda::View y)> forward;
  /// x and y hold what the forward pass saw.
  std::function<void(cuda::View x, cuda::View y, cuda::View dy, cuda::View dx, bool accumulate)> backward;
};

/// Under a checker each layout has to be seen once, not each pair of them.
inline bool fewLayouts = false;

inline void agree(const Node& node, const Shape& shape, const Kernels& kernels, uint32_t seed, double low = -2,
                  double high = 2, double tolerance = 1e-6) {
  GraphMaker maker(seed);
  const int input = maker.input(shape);
  OneOperation operation;
  maker.graph.outputs = {maker.add(node, {input})};
  operation.shape = maker.shape(maker.graph.outputs[0]);
  operation.graph = maker.graph;
  const Values x = maker.tensor(shape, low, high), dy = maker.tensor(operation.shape, -1, 1);
  const Values before = maker.tensor(shape, -1, 1);
  const Values y = operation.forward(x), dx = operation.backward(x, dy);
  for (const Layout in : layouts) {
    for (const Layout out : layouts) {
      if (fewLayouts && in != out) continue;
      const std::string name = std::string(nameOf(node.op)) + " seed " + std::to_string(seed) + " layouts " +
                               std::to_string(int(in)) + std::to_string(int(out));
      const DeviceTensor source(shape, x, in, seed);
      DeviceTensor result(operation.shape, out, seed + 1), gradient(shape, before, in, seed + 2);
      const DeviceTensor weights(operation.shape, dy, out, seed + 3);
      kernels.forward(source.view(), result.view());
      near(result, y, name, tolerance);
      kernels.backward(source.view(), result.view(), weights.view(), gradient.view(), true);
      near(gradient, plus(before, dx), name + " gradient, added", tolerance);
      kernels.backward(source.view(), result.view(), weights.view(), gradient.view(), false);
      near(gradient, dx, name + " gradient", tolerance);
    }
  }
}

}  // namespace smug::test
