// What the tests of kernels share: expected gradients, and the comparison with what a kernel wrote.
#pragma once

#include <string>

#include "check.h"
#include "device_tensor.h"
#include "naive.h"

namespace smug::test {

/// ∂ Σ weights·output / ∂ input `input`, element by element, by central differences.
inline Values gradientOf(const Graph& graph, const std::vector<Values>& inputs, size_t input, const Values& weights) {
  Values gradient(inputs[input].size());
  for (size_t i = 0; i < gradient.size(); i++) gradient[i] = derivative(graph, inputs, input, i, weights);
  return gradient;
}

inline Values plus(const Values& a, const Values& b) {
  Values sum(a.size());
  for (size_t i = 0; i < a.size(); i++) sum[i] = a[i] + b[i];
  return sum;
}

/// Numbers come in exact in float32; a handful of roundings and the library's 2 ulp of exp lie between: 1e-6.
inline void near(DeviceTensor& tensor, const Values& expected, const std::string& what, double tolerance = 1e-6) {
  const double error = relativeError(tensor.get(), expected);
  check(error <= tolerance, what + ": error " + std::to_string(error));
  check(tensor.gapsWhole(), what + ": writes its own elements only");
}

/// A graph of one operation with one input.
struct OneOperation {
  Graph graph;
  Shape shape;  ///< of the output

  Values forward(const Values& x) const { return evaluate(graph, {x})[graph.outputs[0]]; }
  Values backward(const Values& x, const Values& dy) const { return gradientOf(graph, {x}, 0, dy); }
};

}  // namespace smug::test
