// What native engines are asked: which values and gradients of a graph, over how many blocks of its batch, along
// which paths; and how they say that they cannot.
#pragma once

#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

#include "graph.h"

namespace smug {

/// A question to a graph, answered for `batches` blocks at once, each of the graph's own batch size.
struct ProgramRequest {
  int64_t batches = 1;
  std::vector<int> wanted;       ///< values to return
  std::vector<int> gradientsAt;  ///< values whose gradient to return
  /// Where backward starts: a one at `targets[n]` of the first output (and its value is reported), or given
  /// gradients of the values `seeded`.
  bool seedTarget = true;
  std::vector<int> seeded;
  bool operator==(const ProgramRequest&) const = default;
};

/// A run over any number of blocks, each of the graph's own batch size. Pointers are per block.
struct Blocks {
  int64_t count = 0;
  std::vector<std::vector<const float*>> inputs;     ///< [graph input][block]
  std::vector<std::vector<const float*>> baselines;  ///< empty, or as inputs; null entries mean zero
  std::vector<float> scales;                         ///< empty, or [block]
  std::vector<std::vector<const float*>> seeds;      ///< [seeded value][block]
  std::vector<std::vector<float*>> outputs;          ///< [wanted values, then gradients][block]; null: not written
  std::vector<int32_t> targets;                      ///< a class a sample
  std::vector<double> values;                        ///< out: output[target] a sample
};

/// A straight path from `baseline` to `activation`, at the graph's single input.
struct Path {
  std::vector<float> activation;
  std::vector<float> baseline;  ///< empty: zero
  int32_t target = 0;
};

struct PathPoint {
  int64_t path;
  float alpha;
};

/// Throws GraphError unless every path has the elements of the graph's input and a target that exists.
void checkPaths(const Graph& graph, const std::vector<Path>& paths);

/// An operation or a case of one that this engine cannot run; the message says which.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The request's flag was raised before its last task began.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

/// Raised from any thread; looked at between micro-batches.
using CancelFlag = std::shared_ptr<std::atomic<bool>>;

/// Per value: whether the request needs it.
std::vector<bool> neededValues(const Graph& graph, const ProgramRequest& request);
/// Per value: whether a wanted gradient flows through it.
std::vector<bool> movingValues(const Graph& graph, const ProgramRequest& request);
/// Per value: the one needed node that reads it and may therefore be computed together with the node that makes it; -1
/// where there are several, none, or the request asks for the value itself.
std::vector<int> soleReaders(const Graph& graph, const ProgramRequest& request, const std::vector<bool>& needed);

}  // namespace smug
