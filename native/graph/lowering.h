// What every engine's builder decides on a graph, and in which order it walks over it, whatever its data lies in: which
// values a program needs, which operations are computed together, which parts of a concatenation are written in place,
// and how gradients come back.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "request.h"

namespace smug {

class Lowering {
 public:
  const Graph& graph;
  const ProgramRequest& request;

  /// Shape at the program's batch.
  Shape shape(int value) const;
  const Constant& constant(int value) const { return graph.values[value].constant; }
  /// Whether axis 0 grows with the batch.
  bool isBatched(int value) const { return batched_[value]; }
  /// Whether some wanted gradient flows through the value.
  bool moving(int value) const { return moving_[value]; }
  /// The element-wise node that a node computes as well (conv + relu), or null.
  const Node* fused(const Node& node) const;

 protected:
  /// `graph` and `request` must outlive this.
  Lowering(const Graph& graph, const std::vector<bool>& batched, const ProgramRequest& request);
  ~Lowering() = default;

  bool needed(int value) const { return needed_[value]; }
  /// Whether another node computes this one as well.
  bool absorbed(size_t node) const { return absorbed_[node]; }

  /// Convolutions compute the one node that reads them as well, where `takes` says so of its operation.
  void fuseConvolutions(const std::function<bool(Op)>& takes);

  /// Where a part of a concatenation along channels is written directly.
  struct Slot {
    int whole = -1;       ///< the concatenation's value; -1: the value lies by itself
    int64_t channel = 0;  ///< its first channel there
  };
  const Slot& slotOf(int value) const { return slots_[value]; }
  /// Gives the parts of a concatenation their places, where `able` says so of the part and its first channel. A value
  /// that stands there twice, or has a place already, lies by itself.
  void placeParts(const Node& concat, const std::function<bool(int value, int64_t channel)>& able);

  /// Calls lower(node) on every needed node in order, lowerBackward(node) on those that another one computed.
  template <typename Lower, typename LowerBackward>
  void walkForward(Lower lower, LowerBackward lowerBackward) {
    for (current_ = 0; current_ < graph.nodes.size(); current_++) {
      const Node& node = graph.nodes[current_];
      if (!needed_[node.output]) continue;
      if (absorbed_[current_]) lowerBackward(node);
      else lower(node);
    }
  }
  /// The node that `walkForward` is at.
  size_t current() const { return current_; }

  /// Calls arrive(value) on every moving value once all that read it have handed their gradients on, then handOn(node)
  /// on the node that makes it, if some input of that moves.
  template <typename Arrive, typename HandOn>
  void walkBackward(Arrive arrive, HandOn handOn) {
    std::vector<bool> computed(graph.values.size(), false);
    for (size_t i = graph.nodes.size(); i-- > 0;) {
      const Node& node = graph.nodes[i];
      computed[node.output] = true;
      if (!moving_[node.output] || !needed_[node.output]) continue;
      arrive(node.output);
      const bool further = std::any_of(node.inputs.begin(), node.inputs.end(), [&](int v) { return moving_[v]; });
      if (further) handOn(i);
    }
    for (size_t value = 0; value < graph.values.size(); value++) {
      if (!computed[value] && moving_[value]) arrive(static_cast<int>(value));
    }
  }

 private:
  const std::vector<bool> batched_, needed_, moving_;
  std::vector<int> fusedWith_;  ///< per node: index of the node it computes as well, or -1
  std::vector<bool> absorbed_;  ///< per node
  std::vector<Slot> slots_;     ///< per value
  size_t current_ = 0;
};

}  // namespace smug
