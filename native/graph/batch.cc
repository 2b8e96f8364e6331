#include "batch.h"

#include <algorithm>

namespace smug {

namespace {

/// Whether `node` keeps the batch on axis 0, given that at least one of its inputs has it there.
bool keepsBatch(const Graph& graph, const Node& node, const std::vector<bool>& batched) {
  const auto shape = [&](size_t i) -> const Shape& { return graph.values[node.inputs[i]].shape; };
  const auto isBatched = [&](size_t i) { return batched[node.inputs[i]]; };
  const Shape& out = graph.values[node.output].shape;
  const auto onlyFirst = [&] {
    for (size_t i = 1; i < node.inputs.size(); i++) {
      if (isBatched(i)) return false;
    }
    return true;
  };
  if (out.empty()) return false;
  switch (node.op) {
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::prelu:
      // A batched operand must fill axis 0; any other must be repeated along it.
      for (size_t i = 0; i < node.inputs.size(); i++) {
        const Shape& own = shape(i);
        if (isBatched(i) && (own.size() != out.size() || own[0] != out[0])) return false;
        if (!isBatched(i) && own.size() == out.size() && own[0] != 1) return false;
      }
      return true;
    case Op::dense: return onlyFirst() && shape(0).size() >= 2;
    case Op::reduceMean: return std::find(node.axes.begin(), node.axes.end(), 0) == node.axes.end();
    case Op::layerNorm: return onlyFirst() && node.axis != 0;
    case Op::matMul: return isBatched(0) && isBatched(1);
    case Op::concat:
      return node.axis != 0 && std::all_of(node.inputs.begin(), node.inputs.end(), [&](int v) { return batched[v]; });
    case Op::pad: return node.pads[0] == 0 && node.pads[shape(0).size()] == 0;
    case Op::slice: return node.starts[0] == 0 && node.steps[0] == 1 && out[0] == shape(0)[0];
    // Samples stay one behind the other, whatever becomes of their own axes.
    case Op::reshape: return !shape(0).empty();
    case Op::transpose: return node.perm[0] == 0;
    case Op::softmax:
    case Op::logSoftmax: return node.axis != 0;
    case Op::gather: return isBatched(0) ? !isBatched(1) && node.axis != 0 : node.axis == 0 && !shape(1).empty();
    default: return onlyFirst();
  }
}

}  // namespace

std::optional<std::vector<bool>> batchedValues(const Graph& graph) {
  std::vector<bool> batched(graph.values.size(), false);
  for (const int input : graph.inputs) {
    if (graph.values[input].shape.empty()) return std::nullopt;
    batched[input] = true;
  }
  for (const Node& node : graph.nodes) {
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [&](int v) { return batched[v]; });
    if (!any) continue;
    if (!keepsBatch(graph, node, batched)) return std::nullopt;
    batched[node.output] = true;
  }
  return batched;
}

}  // namespace smug
