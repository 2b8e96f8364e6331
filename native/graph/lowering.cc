#include "lowering.h"

namespace smug {

Lowering::Lowering(const Graph& graph, const std::vector<bool>& batched, const ProgramRequest& request)
    : graph(graph),
      request(request),
      batched_(batched),
      needed_(neededValues(graph, request)),
      moving_(movingValues(graph, request)),
      fusedWith_(graph.nodes.size(), -1),
      absorbed_(graph.nodes.size(), false),
      slots_(graph.values.size()) {}

Shape Lowering::shape(int value) const {
  Shape shape = graph.values[value].shape;
  if (batched_[value]) shape[0] *= request.batches;
  return shape;
}

const Node* Lowering::fused(const Node& node) const {
  const int next = fusedWith_[&node - graph.nodes.data()];
  return next < 0 ? nullptr : &graph.nodes[next];
}

void Lowering::fuseConvolutions(const std::function<bool(Op)>& takes) {
  const std::vector<int> readers = soleReaders(graph, request, needed_);
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    const Node& node = graph.nodes[i];
    if (node.op != Op::conv || !needed_[node.output]) continue;
    const int next = readers[node.output];
    if (next < 0 || !takes(graph.nodes[next].op)) continue;
    fusedWith_[i] = next;
    absorbed_[next] = true;
  }
}

void Lowering::placeParts(const Node& concat, const std::function<bool(int value, int64_t channel)>& able) {
  int64_t channel = 0;
  for (const int part : concat.inputs) {
    const bool once = std::count(concat.inputs.begin(), concat.inputs.end(), part) == 1;
    if (once && slots_[part].whole < 0 && able(part, channel)) slots_[part] = {concat.output, channel};
    channel += graph.values[part].shape[1];
  }
}

}  // namespace smug
