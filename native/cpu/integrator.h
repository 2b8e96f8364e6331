// Gradients along straight paths, for integrated gradients: see PathIntegrator in lib/engines/engine.ts.
#pragma once

#include <functional>
#include <memory>

#include "graph/homogeneous.h"
#include "network.h"

namespace smug::cpu {

/// A network prepared for paths: the whole graph for paths with a baseline, and the two halves of its homogeneous
/// split for paths that start at zero. Shared by all integrators of a network; built when first needed. The three
/// have their reordered weights in common.
class PathNetwork {
 public:
  explicit PathNetwork(std::shared_ptr<Network> whole);

  std::shared_ptr<Network> whole, prefix, suffix;
};

using smug::Path;
using smug::PathPoint;

class Integrator {
 public:
  /// Throws GraphError when a path does not have the elements of the graph's input.
  Integrator(std::shared_ptr<PathNetwork> network, std::vector<Path> paths);

  /// F at every point, in order. The gradients are kept, in the order of evaluation per path; a cancelled call
  /// keeps none.
  std::vector<double> evaluate(const std::vector<PathPoint>& points, const CancelFlag& cancel = nullptr);
  /// (a − baseline) ⊙ Σ_s w_s ∂F/∂a(α_s); `weights[s]` belongs to the s-th point evaluated on the path. The sum runs
  /// in that order, in double.
  std::vector<float> combine(int64_t path, const std::vector<double>& weights);

  /// dF/dα at every point of the path: Σ (a − baseline)·∂F/∂a, in double. A frontier is homogeneous in α, so for paths
  /// from zero that is Σ frontier·∂F/∂frontier, and nothing is pulled back.
  std::vector<double> slopes(int64_t path) const;
  /// Points a path whose gradients fit in the network's memory budget beside one thread's working memory; never less
  /// than `fewestPoints`.
  size_t pointsThatFit();
  /// Enough for the smooth rules, whatever the budget.
  static constexpr size_t fewestPoints = 16;
  /// Milliseconds by kind of step for one point of the first path on one thread.
  std::map<std::string, double> profile(int repeats);

  size_t pathCount() const { return paths_.size(); }
  size_t pointCount(int64_t path) const { return states_.at(path).gradients.size(); }

 private:
  struct State {
    std::vector<std::vector<float>> frontier;  ///< values of the frontier at α = 1, one a frontier value
    std::vector<std::vector<float>> gradients;  ///< one per point: ∂F/∂frontier, values one after another (or ∂F/∂a)
  };
  void computeFrontiers(const CancelFlag& cancel);
  Blocks blocksOf(const Graph& graph, bool zeroBaseline, const std::vector<PathPoint>& points,
                  const std::vector<size_t>& chosen, std::vector<std::vector<float>>& gradients);
  void evaluateOn(Network& network, bool zeroBaseline, const std::vector<PathPoint>& points,
                  const std::vector<size_t>& chosen, std::vector<double>& values,
                  std::vector<std::vector<float>>& gradients, const CancelFlag& cancel);
  /// The graph that path's points run through, and what one of its points keeps.
  Network& networkOf(size_t path) const { return fromZero(path) ? *network_->suffix : *network_->whole; }
  size_t bytesOfPoint(size_t path) const;
  /// work(first, count) for all elements up to `size`, some at a time, on the network's threads.
  void inParts(size_t size, const std::function<void(size_t first, size_t count)>& work) const;
  /// Bytes of activations, frontiers and gradients held now.
  size_t heldBytes() const;
  bool fromZero(int64_t path) const { return paths_[path].baseline.empty(); }

  std::shared_ptr<PathNetwork> network_;
  std::vector<Path> paths_;
  std::vector<State> states_;
};

}  // namespace smug::cpu
