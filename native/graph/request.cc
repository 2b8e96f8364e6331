#include "request.h"

#include <algorithm>

namespace smug {

void checkPaths(const Graph& graph, const std::vector<Path>& paths) {
  const size_t size = static_cast<size_t>(sizeOf(graph.values[graph.inputs[0]].shape));
  const Shape& output = graph.values[graph.outputs[0]].shape;
  const int64_t classes = output.empty() ? 1 : sizeOf(output) / output[0];
  for (const Path& path : paths) {
    if (path.target < 0 || path.target >= classes) throw GraphError("a path's target is not a class of the network");
    if (path.activation.size() != size || (!path.baseline.empty() && path.baseline.size() != size)) {
      throw GraphError("a path's activation or baseline does not have the shape of the graph's input");
    }
  }
}

std::vector<bool> neededValues(const Graph& graph, const ProgramRequest& request) {
  std::vector<bool> needed(graph.values.size(), false);
  for (const int value : request.wanted) needed[value] = true;
  for (const int value : request.gradientsAt) needed[value] = true;
  for (const int value : request.seeded) needed[value] = true;
  if (request.seedTarget && !request.gradientsAt.empty()) needed[graph.outputs[0]] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (!needed[node.output]) continue;
    for (const int input : node.inputs) needed[input] = true;
  }
  return needed;
}

std::vector<bool> movingValues(const Graph& graph, const ProgramRequest& request) {
  std::vector<bool> moving(graph.values.size(), false);
  for (const int value : request.gradientsAt) moving[value] = true;
  for (const Node& node : graph.nodes) {
    for (const int input : node.inputs) moving[node.output] = moving[node.output] || moving[input];
  }
  return moving;
}

std::vector<int> soleReaders(const Graph& graph, const ProgramRequest& request, const std::vector<bool>& needed) {
  std::vector<int> reader(graph.values.size(), -1), readers(graph.values.size(), 0);
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    if (!needed[graph.nodes[i].output]) continue;
    for (const int input : graph.nodes[i].inputs) {
      readers[input]++;
      reader[input] = static_cast<int>(i);
    }
  }
  for (size_t value = 0; value < reader.size(); value++) {
    if (readers[value] != 1) reader[value] = -1;
  }
  for (const auto* list : {&request.wanted, &request.gradientsAt, &request.seeded}) {
    for (const int value : *list) reader[value] = -1;
  }
  if (!graph.outputs.empty()) reader[graph.outputs[0]] = -1;
  return reader;
}

}  // namespace smug
