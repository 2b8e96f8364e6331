#include "graph.h"

#include <algorithm>
#include <array>

namespace smug {

namespace {

// clang-format off
constexpr std::array names = {
    "conv", "dense", "affine", "add", "sub", "mul", "div", "relu", "sigmoid", "tanh", "softplus",
    "hardSwish", "identity", "clip", "leakyRelu", "elu", "selu", "prelu", "hardSigmoid", "swish", "erf", "sqrt",
    "gelu", "maxPool", "averagePool", "globalMaxPool", "reduceMean", "lrn", "layerNorm", "matMul", "concat", "pad", "slice", "reshape", "transpose",
    "softmax", "logSoftmax", "gather", "upsample"};
// clang-format on
static_assert(names.size() == static_cast<size_t>(Op::upsample) + 1);

void require(bool holds, const std::string& message) {
  if (!holds) throw GraphError(message);
}

}  // namespace

Op opNamed(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), "unknown operation '" + std::string(name) + "'");
  return static_cast<Op>(found - names.begin());
}

const char* nameOf(Op op) { return names[static_cast<size_t>(op)]; }

int64_t sizeOf(const Shape& shape) {
  int64_t size = 1;
  for (const int64_t dimension : shape) size *= dimension;
  return size;
}

Shape stridesOf(const Shape& shape) {
  Shape strides(shape.size());
  int64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

int Graph::find(std::string_view name) const {
  for (size_t i = 0; i < values.size(); i++) {
    if (values[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

void Graph::check() const {
  const auto known = [&](int value) { return value >= 0 && static_cast<size_t>(value) < values.size(); };
  std::vector<bool> ready(values.size(), false);
  for (size_t i = 0; i < values.size(); i++) {
    const Value& value = values[i];
    // Bounded so that no product of sizes and bytes can overflow.
    double size = 1;
    for (const int64_t dimension : value.shape) {
      require(dimension >= 0, "value '" + value.name + "' has a negative dimension");
      size *= static_cast<double>(dimension);
    }
    require(size < 1e12, "value '" + value.name + "' is too large");
    if (!value.constant) continue;
    ready[i] = true;
    require(static_cast<int64_t>(value.constant->size()) == sizeOf(value.shape),
            "constant '" + value.name + "' does not have as many elements as its shape says");
  }
  for (const int input : inputs) {
    require(known(input), "an input is not a value of the graph");
    ready[input] = true;
  }
  for (const Node& node : nodes) {
    require(known(node.output), "node '" + node.name + "' has no output");
    for (const int input : node.inputs) {
      require(known(input) && ready[input], "node '" + node.name + "' reads a value that is not computed yet");
    }
    ready[node.output] = true;
  }
  for (const int output : outputs) require(known(output) && ready[output], "an output is never computed");
}

}  // namespace smug
