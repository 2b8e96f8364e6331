// The network graph as the native engines see it: the mirror of lib/graph/graph.ts, free of Node.
//
// Conventions are those of graph.ts: feature maps are channels first, shapes are static at the graph's own
// batch size, nodes are in topological order, every value is float32. Values are numbered; a name is kept
// only for messages and for callers who ask for a value by name.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace smug {

using Shape = std::vector<int64_t>;
using Ints = std::vector<int64_t>;

// clang-format off
/// One enumerator per operation of graph.ts, under the same name.
enum class Op {
  conv, dense, affine, add, sub, mul, div, relu, sigmoid, tanh, softplus, hardSwish, identity, clip,
  leakyRelu, elu, selu, prelu, hardSigmoid, swish, erf, sqrt, gelu, maxPool, averagePool, globalMaxPool, reduceMean,
  lrn, layerNorm, matMul, concat, pad, slice, reshape, transpose, softmax, logSoftmax, gather, upsample,
};
// clang-format on

enum class PadMode { constant, reflect, edge };

/// An operation and its attributes; those that `op` does not have keep their defaults. See graph.ts for their
/// meaning. `pads` is [begin…, end…].
struct Node {
  Op op = Op::identity;
  std::string name;
  std::vector<int> inputs;  ///< value numbers
  int output = -1;          ///< value number

  Ints kernel, strides, pads, dilations;  ///< windows; one entry a spatial axis
  Ints axes, perm, starts, ends, steps, scales;
  int64_t groups = 1, axis = 0, size = 0;
  float alpha = 0, beta = 0, gamma = 0, bias = 0, min = 0, max = 0, value = 0, epsilon = 0;
  bool ceil = false, countIncludePad = false, keepDims = false;
  PadMode mode = PadMode::constant;
};

/// Row-major elements.
using Constant = std::shared_ptr<const std::vector<float>>;

struct Value {
  std::string name;
  Shape shape;
  /// Null for anything computed.
  Constant constant;
};

struct Graph {
  std::vector<Value> values;
  std::vector<int> inputs, outputs;
  std::vector<Node> nodes;

  /// Number of the value called `name`, or -1.
  int find(std::string_view name) const;
  /// Throws GraphError when a number, a shape or a constant's length does not fit: engines may then index
  /// without looking.
  void check() const;
};

/// The graph is not what its conventions promise.
struct GraphError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The operation called `name` in graph.ts; throws GraphError for any other word.
Op opNamed(std::string_view name);
const char* nameOf(Op op);

int64_t sizeOf(const Shape& shape);
/// Row-major strides, in elements.
Shape stridesOf(const Shape& shape);

}  // namespace smug
