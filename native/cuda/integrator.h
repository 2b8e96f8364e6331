// Gradients along straight paths, for integrated gradients, with everything but results on the device: see
// PathIntegrator in lib/engines/engine.ts.
#pragma once

#include <atomic>
#include <memory>

#include "graph/homogeneous.h"
#include "network.h"

namespace smug::cuda {

/// A network prepared for paths: the whole graph for paths with a baseline, and the two halves of its homogeneous
/// split for paths that start at zero. Shared by all integrators of a network; the three have their weights in common.
class PathNetwork {
 public:
  explicit PathNetwork(std::shared_ptr<Network> whole);

  std::shared_ptr<Network> whole, prefix, suffix;
  std::atomic<size_t> keptBytes{0};  ///< gradients on the device, of all integrators
};

/// The nodes with the highest positive scores, and the sum of all scores.
struct TopScores {
  std::vector<int32_t> indices;
  std::vector<float> scores;
  double sum = 0;
};

/// Not for several threads at once; several integrators of one network are. Many paths are worked on by several lanes, so
/// that what comes from the host for one waits behind the work of another; results do not depend on it.
class Integrator {
 public:
  /// Throws GraphError when a path does not have the elements of the graph's input.
  Integrator(std::shared_ptr<PathNetwork> network, std::vector<Path> paths);

  /// F at every point, in order. The gradients stay on the device, in the order of evaluation per path; those that
  /// would pass the network's memory budget are kept in pinned host memory. A cancelled call keeps none.
  std::vector<double> evaluate(const std::vector<PathPoint>& points, const CancelFlag& cancel = nullptr);
  /// (a − baseline) ⊙ Σ_s w_s ∂F/∂a(α_s); `weights[s]` belongs to the s-th point evaluated on the path. The sum runs
  /// in that order, in double.
  std::vector<float> combine(int64_t path, const std::vector<double>& weights) const;
  /// The k highest positive of these scores, highest first, equal ones by index.
  TopScores top(int64_t path, const std::vector<double>& weights, int64_t k) const;
  /// The same for every path with the same weights, several of them at once.
  std::vector<TopScores> topOfAll(const std::vector<double>& weights, int64_t k) const;
  /// dF/dα at every point of the path: Σ (a − baseline)·∂F/∂a, in double; for paths from zero Σ frontier·∂F/∂frontier,
  /// which is the same.
  std::vector<double> slopes(int64_t path);
  /// Points a path whose gradients fit in device and host memory; never less than `fewestPoints`.
  size_t pointsThatFit() const;
  static constexpr size_t fewestPoints = 16;

  size_t pathCount() const { return paths_.size(); }
  size_t pointCount(int64_t path) const { return states_.at(path).gradients.size(); }

 private:
  /// The gradients of one micro-batch, one frontier value after another.
  struct Chunk {
    Chunk(PathNetwork& network, size_t bytes);
    ~Chunk();
    std::shared_ptr<PathNetwork> owner;
    Memory device;
    PinnedMemory host;  ///< instead, where the device's share is used up
    size_t bytes;
    std::atomic<size_t>* counted = nullptr;
  };
  struct Kept {
    std::shared_ptr<Chunk> chunk;
    std::vector<size_t> offsets;  ///< elements into the chunk, one per value
  };
  struct State {
    Memory activation, baseline;  ///< row-major
    Memory frontier;              ///< at α = 1, values one after another
    std::vector<Kept> gradients;  ///< one per point
    std::vector<double> slopes;   ///< of the first points
  };
  using Deliver = std::function<void(Lane&, float* scores)>;

  bool fromZero(int64_t path) const { return paths_[path].baseline.empty(); }
  /// Elements of each value whose gradient is kept for a point of the path.
  const std::vector<size_t>& sizesOf(int64_t path) const { return fromZero(path) ? frontierSizes_ : inputSizes_; }
  /// What one lane does of an evaluation: some paths, and all their points.
  struct Share {
    std::vector<int64_t> paths;
    std::vector<size_t> points;  ///< numbers among those asked for
  };
  std::vector<Share> sharesOf(const std::vector<PathPoint>& points) const;
  void prepare(const std::vector<int64_t>& paths, const CancelFlag& cancel);
  void evaluateOn(Network& network, bool zeroBaseline, const std::vector<PathPoint>& points,
                  const std::vector<size_t>& chosen, std::vector<double>& values, std::vector<Kept>& kept,
                  const CancelFlag& cancel);
  void loadPoints(MicroBatch& part, bool zeroBaseline, const std::vector<PathPoint>& points,
                  const std::vector<size_t>& chosen);
  /// Σ_s w_s of one kept value of all points, to `sum`.
  void accumulateKept(Lane& lane, const State& state, size_t value, size_t elements, const double* weights,
                      float* sum) const;
  void scoresOf(int64_t path, const std::vector<double>& weights, const Deliver& deliver,
                const std::function<void()>& finish) const;

  std::shared_ptr<PathNetwork> network_;
  std::vector<Path> paths_;
  std::vector<State> states_;
  std::vector<size_t> inputSizes_, frontierSizes_;
};

}  // namespace smug::cuda
