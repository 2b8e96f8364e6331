#include "integrator.h"

#include <algorithm>
#include <numeric>

namespace smug::cpu {

namespace {

int64_t elementsOf(const Graph& graph, const std::vector<int>& values) {
  int64_t total = 0;
  for (const int value : values) total += sizeOf(graph.values[value].shape);
  return total;
}

/// Pointers to the parts of `memory` that hold `values`, one after another.
template <typename T>
std::vector<T*> placesOf(const Graph& graph, const std::vector<int>& values, T* memory) {
  std::vector<T*> places;
  for (const int value : values) {
    places.push_back(memory);
    memory += sizeOf(graph.values[value].shape);
  }
  return places;
}

/// Elements summed at once: they stay in the core's first cache.
constexpr size_t partElements = 1024;

}  // namespace

PathNetwork::PathNetwork(std::shared_ptr<Network> network) : whole(std::move(network)) {
  HomogeneousSplit split = splitHomogeneous(whole->graph());
  // Run once a path, forward and back: exact where exactness costs nothing. In bfloat16 it would cost 4 % of the top
  // 3,000 on SqueezeNet.
  NetworkOptions exact = whole->options();
  exact.precision = Precision::f32;
  prefix = std::make_shared<Network>(std::move(split.prefix), exact, whole->weights());
  suffix = std::make_shared<Network>(std::move(split.suffix), whole->options(), whole->weights());
}

Integrator::Integrator(std::shared_ptr<PathNetwork> network, std::vector<Path> paths)
    : network_(std::move(network)), paths_(std::move(paths)), states_(paths_.size()) {
  checkPaths(network_->whole->graph(), paths_);
}

void Integrator::computeFrontiers(const CancelFlag& cancel) {
  Network& prefix = *network_->prefix;
  const std::vector<int>& frontier = prefix.graph().outputs;
  Blocks blocks;
  blocks.inputs.resize(1);
  blocks.outputs.resize(frontier.size());
  std::vector<size_t> chosen;
  std::vector<std::vector<std::vector<float>>> computed;
  for (size_t p = 0; p < paths_.size(); p++) {
    if (!fromZero(p) || !states_[p].frontier.empty()) continue;
    chosen.push_back(p);
    blocks.inputs[0].push_back(paths_[p].activation.data());
    std::vector<std::vector<float>> values;
    for (const int value : frontier) values.emplace_back(sizeOf(prefix.graph().values[value].shape));
    for (size_t i = 0; i < values.size(); i++) blocks.outputs[i].push_back(values[i].data());
    computed.push_back(std::move(values));
  }
  blocks.count = static_cast<int64_t>(chosen.size());
  ProgramRequest request;
  request.wanted = frontier;
  prefix.run(request, blocks, cancel, heldBytes());
  for (size_t i = 0; i < chosen.size(); i++) states_[chosen[i]].frontier = std::move(computed[i]);
}

Blocks Integrator::blocksOf(const Graph& graph, bool zeroBaseline, const std::vector<PathPoint>& points,
                            const std::vector<size_t>& chosen, std::vector<std::vector<float>>& gradients) {
  const int64_t elements = elementsOf(graph, graph.inputs);
  Blocks blocks;
  blocks.count = static_cast<int64_t>(chosen.size());
  blocks.inputs.resize(graph.inputs.size());
  blocks.outputs.resize(graph.inputs.size());
  if (!zeroBaseline) blocks.baselines.resize(1);
  for (const size_t index : chosen) {
    const PathPoint& point = points[index];
    const Path& path = paths_[point.path];
    gradients[index].resize(elements);
    const auto places = placesOf(graph, graph.inputs, gradients[index].data());
    for (size_t i = 0; i < graph.inputs.size(); i++) {
      blocks.inputs[i].push_back(zeroBaseline ? states_[point.path].frontier[i].data() : path.activation.data());
      blocks.outputs[i].push_back(places[i]);
    }
    if (!zeroBaseline) blocks.baselines[0].push_back(path.baseline.data());
    blocks.scales.push_back(point.alpha);
    blocks.targets.push_back(path.target);
  }
  return blocks;
}

void Integrator::evaluateOn(Network& network, bool zeroBaseline, const std::vector<PathPoint>& points,
                            const std::vector<size_t>& chosen, std::vector<double>& values,
                            std::vector<std::vector<float>>& gradients, const CancelFlag& cancel) {
  Blocks blocks = blocksOf(network.graph(), zeroBaseline, points, chosen, gradients);
  ProgramRequest request;
  request.gradientsAt = network.graph().inputs;
  size_t held = heldBytes();
  for (const std::vector<float>& gradient : gradients) held += gradient.size() * sizeof(float);
  network.run(request, blocks, cancel, held);
  for (size_t i = 0; i < chosen.size(); i++) values[chosen[i]] = blocks.values[i];
}

std::vector<double> Integrator::evaluate(const std::vector<PathPoint>& points, const CancelFlag& cancel) {
  std::vector<size_t> zero, other;
  for (size_t i = 0; i < points.size(); i++) (fromZero(points[i].path) ? zero : other).push_back(i);
  std::vector<double> values(points.size());
  std::vector<std::vector<float>> gradients(points.size());
  if (!zero.empty()) {
    computeFrontiers(cancel);
    evaluateOn(*network_->suffix, true, points, zero, values, gradients, cancel);
  }
  if (!other.empty()) evaluateOn(*network_->whole, false, points, other, values, gradients, cancel);
  for (size_t i = 0; i < points.size(); i++) states_[points[i].path].gradients.push_back(std::move(gradients[i]));
  return values;
}

std::vector<double> Integrator::slopes(int64_t index) const {
  const Path& path = paths_.at(index);
  const State& state = states_[index];
  std::vector<double> slopes;
  for (const std::vector<float>& gradient : state.gradients) {
    double slope = 0;
    const float* at = gradient.data();
    const auto add = [&](const std::vector<float>& direction) {
      for (const float along : direction) slope += static_cast<double>(along) * *at++;
    };
    if (fromZero(index)) {
      for (const std::vector<float>& part : state.frontier) add(part);
    } else {
      for (size_t i = 0; i < gradient.size(); i++) {
        slope += (static_cast<double>(path.activation[i]) - path.baseline[i]) * gradient[i];
      }
    }
    slopes.push_back(slope);
  }
  return slopes;
}

size_t Integrator::bytesOfPoint(size_t path) const {
  const Graph& graph = networkOf(path).graph();
  return elementsOf(graph, graph.inputs) * sizeof(float);
}

size_t Integrator::heldBytes() const {
  size_t bytes = 0;
  for (size_t p = 0; p < paths_.size(); p++) {
    bytes += (paths_[p].activation.size() + paths_[p].baseline.size()) * sizeof(float);
    bytes += bytesOfPoint(p) * (states_[p].gradients.size() + !states_[p].frontier.empty());
  }
  return bytes;
}

size_t Integrator::pointsThatFit() {
  size_t once = 0, perPoint = 0, arena = 0;
  for (size_t p = 0; p < paths_.size(); p++) {
    once += (paths_[p].activation.size() + paths_[p].baseline.size()) * sizeof(float) + bytesOfPoint(p) * fromZero(p);
    perPoint += bytesOfPoint(p);
    ProgramRequest request;
    request.gradientsAt = networkOf(p).graph().inputs;
    arena = std::max(arena, networkOf(p).arenaBytes(request));
  }
  const size_t budget = network_->whole->options().memoryBudget;
  const size_t held = once + arena + network_->whole->weights()->bytes();
  const size_t room = budget - std::min(budget, held);
  return std::max(fewestPoints, room / std::max<size_t>(1, perPoint));
}

std::map<std::string, double> Integrator::profile(int repeats) {
  if (paths_.empty()) throw GraphError("a profile needs a path");
  if (fromZero(0)) computeFrontiers(nullptr);
  std::vector<std::vector<float>> gradients(1);
  Network& network = networkOf(0);
  Blocks blocks = blocksOf(network.graph(), fromZero(0), {{0, 0.5f}}, {0}, gradients);
  ProgramRequest request;
  request.gradientsAt = network.graph().inputs;
  return network.profile(request, blocks, repeats);
}

void Integrator::inParts(size_t size, const std::function<void(size_t first, size_t count)>& work) const {
  constexpr size_t parts = 64;
  const int64_t tasks = (size + parts * partElements - 1) / (parts * partElements);
  Scheduler::instance().run(tasks, {network_->whole->options().threads, false, nullptr}, [&](Arena&, int64_t task) {
    const size_t end = std::min(size, (task + 1) * parts * partElements);
    for (size_t first = task * parts * partElements; first < end; first += partElements) {
      work(first, std::min(partElements, end - first));
    }
  });
}

std::vector<float> Integrator::combine(int64_t index, const std::vector<double>& weights) {
  const Path& path = paths_.at(index);
  const State& state = states_[index];
  if (weights.size() != state.gradients.size()) throw GraphError("one weight per point is needed");
  const Graph& prefix = network_->prefix->graph();
  const size_t size = path.activation.size();
  const size_t elements = fromZero(index) ? elementsOf(prefix, prefix.outputs) : size;
  std::vector<float> sum(elements);
  inParts(elements, [&](size_t first, size_t count) {
    double sums[partElements];
    std::fill(sums, sums + count, 0.0);
    for (size_t s = 0; s < weights.size(); s++) {
      const float* gradient = state.gradients[s].data() + first;
      for (size_t i = 0; i < count; i++) sums[i] += weights[s] * gradient[i];
    }
    for (size_t i = 0; i < count; i++) sum[first + i] = static_cast<float>(sums[i]);
  });
  std::vector<float> result(size);
  if (!fromZero(index)) {
    for (size_t i = 0; i < size; i++) result[i] = (path.activation[i] - path.baseline[i]) * sum[i];
    return result;
  }
  Blocks blocks;
  blocks.count = 1;
  blocks.inputs = {{path.activation.data()}};
  for (const float* place : placesOf<const float>(prefix, prefix.outputs, sum.data())) blocks.seeds.push_back({place});
  blocks.outputs = {{result.data()}};
  ProgramRequest request;
  request.gradientsAt = prefix.inputs;
  request.seedTarget = false;
  request.seeded = prefix.outputs;
  network_->prefix->run(request, blocks, nullptr, heldBytes());
  for (size_t i = 0; i < size; i++) result[i] *= path.activation[i];
  return result;
}

}  // namespace smug::cpu
