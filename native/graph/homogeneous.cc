#include "homogeneous.h"

#include <algorithm>
#include <cmath>

namespace smug {

namespace {

bool allZero(const Value& value) {
  return value.constant && std::all_of(value.constant->begin(), value.constant->end(), [](float x) { return x == 0; });
}

bool isScaleFree(float limit) { return limit == 0 || std::isinf(limit); }

/// Whether `node` keeps homogeneity, with `is` telling which values have it. Biases of conv and dense are looked at
/// by the caller.
bool keepsHomogeneity(const Graph& graph, const Node& node, const std::vector<bool>& is) {
  const auto constant = [&](size_t i) { return graph.values[node.inputs[i]].constant != nullptr; };
  const auto all = [&] { return std::all_of(node.inputs.begin(), node.inputs.end(), [&](int v) { return is[v]; }); };
  switch (node.op) {
    case Op::conv:
    case Op::dense:
    case Op::prelu: return is[node.inputs[0]] && constant(1);
    case Op::identity:
    case Op::relu:
    case Op::leakyRelu:
    case Op::maxPool:
    case Op::averagePool:
    case Op::globalMaxPool:
    case Op::reduceMean:
    case Op::reshape:
    case Op::transpose:
    case Op::slice:
    case Op::upsample:
    case Op::add:
    case Op::sub:
    case Op::concat: return all();
    case Op::clip: return all() && isScaleFree(node.min) && isScaleFree(node.max);
    case Op::pad: return all() && (node.mode != PadMode::constant || node.value == 0);
    case Op::affine: return is[node.inputs[0]] && constant(1) && allZero(graph.values[node.inputs[2]]);
    case Op::mul: return (is[node.inputs[0]] && constant(1)) || (constant(0) && is[node.inputs[1]]);
    case Op::div:
    case Op::gather: return is[node.inputs[0]] && constant(1);
    default: return false;
  }
}

/// The suffix's half of a biased layer: + bias, per channel or per column.
Node biasNode(Graph& graph, const Node& node, int linear) {
  Node bias;
  bias.name = node.name;
  bias.output = node.output;
  if (node.op == Op::dense) {
    bias.op = Op::add;
    bias.inputs = {linear, node.inputs[2]};
    return bias;
  }
  const int64_t channels = graph.values[node.output].shape[1];
  const auto ones = std::make_shared<const std::vector<float>>(channels, 1.0f);
  graph.values.push_back({node.name + " (ones)", {channels}, ones});
  bias.op = Op::affine;
  bias.inputs = {linear, static_cast<int>(graph.values.size()) - 1, node.inputs[2]};
  return bias;
}

}  // namespace

HomogeneousSplit splitHomogeneous(const Graph& graph) {
  if (graph.inputs.size() != 1) throw GraphError("a path needs a graph with one input");
  // Both halves keep the numbering of values; the linear parts of cut layers get new numbers.
  HomogeneousSplit split{graph, graph};
  split.prefix.nodes.clear();
  split.suffix.nodes.clear();
  std::vector<bool> is(graph.values.size(), false);
  is[graph.inputs[0]] = true;
  for (const Node& node : graph.nodes) {
    const bool layer = node.op == Op::conv || node.op == Op::dense;
    const bool biased = layer && node.inputs.size() > 2 && !allZero(graph.values[node.inputs[2]]);
    if (!keepsHomogeneity(graph, node, is)) {
      split.suffix.nodes.push_back(node);
    } else if (!biased) {
      is[node.output] = true;
      split.prefix.nodes.push_back(node);
    } else {
      const int linear = static_cast<int>(split.suffix.values.size());
      const Value value{node.name + " (linear part)", graph.values[node.output].shape, nullptr};
      Node first = node;
      first.inputs.resize(2);
      first.output = linear;
      split.suffix.values.push_back(value);
      is.push_back(true);
      split.prefix.nodes.push_back(std::move(first));
      split.suffix.nodes.push_back(biasNode(split.suffix, node, linear));
      is.resize(split.suffix.values.size(), false);
    }
  }
  split.prefix.values = split.suffix.values;

  std::vector<int> frontier;
  const auto reads = [&](int value) {
    if (is[value] && std::find(frontier.begin(), frontier.end(), value) == frontier.end()) frontier.push_back(value);
  };
  for (const Node& node : split.suffix.nodes) {
    for (const int input : node.inputs) reads(input);
  }
  for (const int output : graph.outputs) reads(output);
  if (frontier.empty()) frontier.push_back(graph.inputs[0]);  // the output does not depend on the input
  split.prefix.outputs = frontier;
  split.suffix.inputs = frontier;
  return split;
}

}  // namespace smug
