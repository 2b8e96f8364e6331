#include "integrator.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "kernels/path.h"

namespace smug::cuda {

namespace {

/// Pinned memory for gradients that the device has no room for, beside as much as its budget is.
constexpr size_t hostShare = size_t{1} << 30;
/// Bytes of such gradients that are brought back at once to be summed.
constexpr size_t broughtBack = size_t{64} << 20;

std::vector<size_t> sizesIn(const Graph& graph, const std::vector<int>& values) {
  std::vector<size_t> sizes;
  for (const int value : values) sizes.push_back(static_cast<size_t>(sizeOf(graph.values[value].shape)));
  return sizes;
}

/// Lanes of one evaluation: one fills the device while another's data comes, one more for the gaps.
constexpr int64_t mostLanes = 3;
/// A lane takes paths until it has this number of points: enough to fill a large device.
constexpr size_t pointsPerShare = 200;

/// work(0) … work(count − 1), on several threads; the first failure is thrown when all have ended.
void together(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto take = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        next = count;
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  std::vector<std::thread> threads;
  for (size_t t = 1; t < std::min<size_t>(count, mostLanes); t++) threads.emplace_back(take);
  take();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

size_t total(const std::vector<size_t>& sizes) { return std::accumulate(sizes.begin(), sizes.end(), size_t{0}); }

/// A list for kernels: written in pinned memory, copied to the device.
template <typename T>
T* listOnDevice(Lane& lane, const std::vector<T>& list) {
  T* staged = lane.host.take<T>(list.size());
  T* there = lane.device.take<T>(list.size());
  std::copy(list.begin(), list.end(), staged);
  copyToDevice(lane.stream, there, staged, list.size() * sizeof(T));
  return there;
}

Memory onDevice(Lane& lane, const std::vector<float>& data) {
  Memory memory(std::max<size_t>(1, data.size() * sizeof(float)));
  float* staged = lane.host.take(data.size());
  std::copy(data.begin(), data.end(), staged);
  copyToDevice(lane.stream, memory.as(), staged, data.size() * sizeof(float));
  return memory;
}

}  // namespace

PathNetwork::PathNetwork(std::shared_ptr<Network> network) : whole(std::move(network)) {
  HomogeneousSplit split = splitHomogeneous(whole->graph());
  // The prefix runs once a path: in float32, so that nothing of it passes a narrower range unseen.
  NetworkOptions exact = whole->options();
  if (exact.precision == Precision::bf16) exact.precision = Precision::tf32;
  prefix = std::make_shared<Network>(std::move(split.prefix), exact, whole->weights());
  suffix = std::make_shared<Network>(std::move(split.suffix), whole->options(), whole->weights());
}

Integrator::Integrator(std::shared_ptr<PathNetwork> network, std::vector<Path> paths)
    : network_(std::move(network)), paths_(std::move(paths)), states_(paths_.size()) {
  checkPaths(network_->whole->graph(), paths_);
  inputSizes_ = sizesIn(network_->whole->graph(), network_->whole->graph().inputs);
  frontierSizes_ = sizesIn(network_->suffix->graph(), network_->suffix->graph().inputs);
}

Integrator::Chunk::Chunk(PathNetwork& network, size_t wanted) : bytes(wanted) {
  if (network.keptBytes.fetch_add(bytes) + bytes <= network.whole->memoryBudget()) {
    try {
      device = Memory(bytes);
      counted = &network.keptBytes;
      return;
    } catch (const OutOfMemory&) {
      // Then to the host, as if the budget were used up.
    }
  }
  network.keptBytes -= bytes;
  host = PinnedMemory(bytes);
}

Integrator::Chunk::~Chunk() {
  if (counted) *counted -= bytes;
}

size_t Integrator::pointsThatFit() const {
  size_t bytes = 0;
  for (size_t path = 0; path < paths_.size(); path++) bytes += total(sizesOf(path)) * sizeof(float);
  return std::max(fewestPoints, (network_->whole->memoryBudget() + hostShare) / std::max<size_t>(1, bytes));
}

std::vector<Integrator::Share> Integrator::sharesOf(const std::vector<PathPoint>& points) const {
  std::vector<std::vector<size_t>> ofPath(paths_.size());
  for (size_t i = 0; i < points.size(); i++) ofPath.at(points[i].path).push_back(i);
  std::vector<Share> shares;
  for (size_t path = 0; path < paths_.size(); path++) {
    if (ofPath[path].empty()) continue;
    if (shares.empty() || shares.back().points.size() + ofPath[path].size() > pointsPerShare) shares.emplace_back();
    shares.back().paths.push_back(static_cast<int64_t>(path));
    shares.back().points.insert(shares.back().points.end(), ofPath[path].begin(), ofPath[path].end());
  }
  return shares;
}

void Integrator::prepare(const std::vector<int64_t>& paths, const CancelFlag& cancel) {
  std::vector<int64_t> missing;
  {
    const LaneLease lane;
    for (const int64_t path : paths) {
      State& state = states_[path];
      if (!state.activation) state.activation = onDevice(*lane, paths_[path].activation);
      if (!fromZero(path) && !state.baseline) state.baseline = onDevice(*lane, paths_[path].baseline);
      if (fromZero(path) && !state.frontier) missing.push_back(path);
    }
    lane->stream.synchronize();
  }
  DeviceRequest request;
  request.request.wanted = network_->prefix->graph().outputs;
  request.deviceOutputs = true;
  std::vector<Memory> computed(missing.size());
  DeviceWork work;
  work.load = [&](MicroBatch& part) {
    const size_t bytes = inputSizes_[0] * sizeof(float);
    for (int64_t b = 0; b < part.batches; b++) {
      copyOnDevice(part.stream(), part.input(0) + b * inputSizes_[0], states_[missing[part.first + b]].activation.as(), bytes);
    }
  };
  work.store = [&](MicroBatch& part) {
    for (int64_t b = 0; b < part.batches; b++) {
      Memory& memory = computed[part.first + b];
      memory = Memory(total(frontierSizes_) * sizeof(float));
      size_t offset = 0;
      for (size_t i = 0; i < frontierSizes_.size(); i++) {
        const size_t size = frontierSizes_[i];
        copyOnDevice(part.stream(), memory.as() + offset, part.output(i) + b * size, size * sizeof(float));
        offset += size;
      }
    }
  };
  network_->prefix->runOnDevice(request, static_cast<int64_t>(missing.size()), work, cancel);
  for (size_t i = 0; i < missing.size(); i++) states_[missing[i]].frontier = std::move(computed[i]);
}

void Integrator::loadPoints(MicroBatch& part, bool zeroBaseline, const std::vector<PathPoint>& points,
                            const std::vector<size_t>& chosen) {
  Lane& lane = part.lane;
  std::vector<float> alphas;
  std::vector<int32_t> targets;
  std::vector<const State*> states;
  for (int64_t b = 0; b < part.batches; b++) {
    const PathPoint& point = points[chosen[part.first + b]];
    alphas.push_back(point.alpha);
    targets.push_back(paths_[point.path].target);
    states.push_back(&states_[point.path]);
  }
  int32_t* staged = lane.host.take<int32_t>(targets.size());
  std::copy(targets.begin(), targets.end(), staged);
  copyToDevice(lane.stream, part.targets(), staged, targets.size() * sizeof(int32_t));
  const float* alphasThere = listOnDevice(lane, alphas);
  const std::vector<size_t>& sizes = zeroBaseline ? frontierSizes_ : inputSizes_;
  size_t offset = 0;
  for (size_t i = 0; i < sizes.size(); i++) {
    std::vector<const float*> ends, starts;
    for (const State* state : states) {
      ends.push_back((zeroBaseline ? state->frontier : state->activation).as() + offset);
      if (!zeroBaseline) starts.push_back(state->baseline.as());
    }
    interpolate(lane.stream, listOnDevice(lane, ends), zeroBaseline ? nullptr : listOnDevice(lane, starts), alphasThere,
                part.batches, static_cast<int64_t>(sizes[i]), part.input(i));
    offset += sizes[i];
  }
}

void Integrator::evaluateOn(Network& network, bool zeroBaseline, const std::vector<PathPoint>& points,
                            const std::vector<size_t>& chosen, std::vector<double>& values, std::vector<Kept>& kept,
                            const CancelFlag& cancel) {
  const std::vector<size_t>& sizes = zeroBaseline ? frontierSizes_ : inputSizes_;
  DeviceRequest request;
  request.request.gradientsAt = network.graph().inputs;
  request.deviceInputs = request.deviceOutputs = zeroBaseline;
  double* stagedValues = nullptr;
  DeviceWork work;
  work.load = [&](MicroBatch& part) { loadPoints(part, zeroBaseline, points, chosen); };
  work.store = [&](MicroBatch& part) {
    const auto chunk = std::make_shared<Chunk>(*network_, total(sizes) * part.batches * sizeof(float));
    chunk->owner = network_;
    size_t offset = 0;
    for (int64_t b = 0; b < part.batches; b++) kept[chosen[part.first + b]] = {chunk, {}};
    for (size_t i = 0; i < sizes.size(); i++) {
      const size_t bytes = sizes[i] * part.batches * sizeof(float);
      if (chunk->device) copyOnDevice(part.stream(), chunk->device.as() + offset, part.output(i), bytes);
      else copyToHost(part.stream(), chunk->host.as() + offset, part.output(i), bytes);
      for (int64_t b = 0; b < part.batches; b++) kept[chosen[part.first + b]].offsets.push_back(offset + b * sizes[i]);
      offset += sizes[i] * part.batches;
    }
    stagedValues = part.lane.host.take<double>(part.batches);
    copyToHost(part.stream(), stagedValues, part.values(), part.batches * sizeof(double));
  };
  work.finish = [&](MicroBatch& part) {
    if (part.narrow && !std::all_of(stagedValues, stagedValues + part.batches, [](double x) { return std::isfinite(x); })) {
      throw Overflowed();
    }
    for (int64_t b = 0; b < part.batches; b++) values[chosen[part.first + b]] = stagedValues[b];
  };
  network.runOnDevice(request, static_cast<int64_t>(chosen.size()), work, cancel, mostLanes);
}

std::vector<double> Integrator::evaluate(const std::vector<PathPoint>& points, const CancelFlag& cancel) {
  std::vector<double> values(points.size());
  std::vector<Kept> kept(points.size());
  const std::vector<Share> shares = sharesOf(points);
  together(shares.size(), [&](size_t i) {
    std::vector<size_t> zero, other;
    for (const size_t point : shares[i].points) (fromZero(points[point].path) ? zero : other).push_back(point);
    prepare(shares[i].paths, cancel);
    evaluateOn(*network_->suffix, true, points, zero, values, kept, cancel);
    evaluateOn(*network_->whole, false, points, other, values, kept, cancel);
  });
  for (size_t i = 0; i < points.size(); i++) states_[points[i].path].gradients.push_back(std::move(kept[i]));
  return values;
}

void Integrator::accumulateKept(Lane& lane, const State& state, size_t value, size_t elements, const double* weights,
                                float* sum) const {
  const auto onHost = static_cast<size_t>(std::count_if(state.gradients.begin(), state.gradients.end(),
                                                        [](const Kept& kept) { return !kept.chunk->device; }));
  // Parts of the elements, not of the points: a sum cut in two would be rounded twice.
  const size_t stretch = onHost == 0 ? elements : std::clamp<size_t>(broughtBack / sizeof(float) / onHost, 1, elements);
  float* const place = onHost == 0 ? nullptr : lane.device.take(onHost * stretch);
  for (size_t first = 0; first < elements; first += stretch) {
    const size_t count = std::min(stretch, elements - first);
    std::vector<const float*> gradients;
    float* next = place;
    for (const Kept& kept : state.gradients) {
      const size_t offset = kept.offsets[value] + first;
      if (kept.chunk->device) {
        gradients.push_back(kept.chunk->device.as() + offset);
      } else {
        copyToDevice(lane.stream, next, kept.chunk->host.as() + offset, count * sizeof(float));
        gradients.push_back(next);
        next += stretch;
      }
    }
    accumulate(lane.stream, listOnDevice(lane, gradients), weights, static_cast<int64_t>(gradients.size()),
               static_cast<int64_t>(count), sum + first);
  }
}

void Integrator::scoresOf(int64_t path, const std::vector<double>& weights, const Deliver& deliver,
                          const std::function<void()>& finish) const {
  const State& state = states_.at(path);
  if (weights.size() != state.gradients.size()) throw GraphError("one weight a point is needed");
  if (weights.empty()) throw GraphError("no point of the path has been evaluated");
  const size_t size = inputSizes_[0];
  if (!fromZero(path)) {
    requireDevice();
    const LaneLease lane;
    float* const sum = lane->device.take(size);
    accumulateKept(*lane, state, 0, size, listOnDevice(*lane, weights), sum);
    multiplyByPath(lane->stream, state.activation.as(), state.baseline.as(), sum, static_cast<int64_t>(size), sum);
    deliver(*lane, sum);
    lane->stream.synchronize();
    return finish();
  }
  DeviceRequest request;
  request.request.gradientsAt = network_->prefix->graph().inputs;
  request.request.seedTarget = false;
  request.request.seeded = network_->prefix->graph().outputs;
  request.deviceSeeds = true;
  DeviceWork work;
  work.load = [&](MicroBatch& part) {
    copyOnDevice(part.stream(), part.input(0), state.activation.as(), size * sizeof(float));
    const double* weightsThere = listOnDevice(part.lane, weights);
    for (size_t i = 0; i < frontierSizes_.size(); i++) {
      accumulateKept(part.lane, state, i, frontierSizes_[i], weightsThere, part.seed(i));
    }
  };
  work.store = [&](MicroBatch& part) {
    float* const scores = part.lane.device.take(size);
    multiplyByPath(part.stream(), state.activation.as(), nullptr, part.output(0), static_cast<int64_t>(size), scores);
    deliver(part.lane, scores);
  };
  work.finish = [&](MicroBatch&) { finish(); };
  network_->prefix->runOnDevice(request, 1, work);
}

std::vector<float> Integrator::combine(int64_t path, const std::vector<double>& weights) const {
  const size_t size = inputSizes_[0];
  std::vector<float> result(size);
  float* staged = nullptr;
  scoresOf(path, weights, [&](Lane& lane, float* scores) {
    staged = lane.host.take(size);
    copyToHost(lane.stream, staged, scores, size * sizeof(float));
  }, [&] { std::copy_n(staged, size, result.begin()); });
  return result;
}

TopScores Integrator::top(int64_t path, const std::vector<double>& weights, int64_t k) const {
  const auto elements = static_cast<int64_t>(inputSizes_[0]);
  k = std::clamp<int64_t>(k, 1, elements);
  TopScores result;
  int32_t *indices = nullptr, *count = nullptr;
  float* values = nullptr;
  double* total = nullptr;
  scoresOf(path, weights, [&](Lane& lane, float* scores) {
    int32_t* const indicesThere = lane.device.take<int32_t>(k);
    float* const valuesThere = lane.device.take(k);
    int32_t* const countThere = lane.device.take<int32_t>(1);
    double* const totalThere = lane.device.take<double>(1);
    sum(lane.stream, scores, elements, totalThere, lane.device.take<char>(sumScratchBytes(elements)));
    selectTopPositive(lane.stream, scores, elements, k, indicesThere, valuesThere, countThere,
                      lane.device.take<char>(selectScratchBytes(elements, k)));
    indices = lane.host.take<int32_t>(k), values = lane.host.take(k);
    count = lane.host.take<int32_t>(1), total = lane.host.take<double>(1);
    copyToHost(lane.stream, indices, indicesThere, k * sizeof(int32_t));
    copyToHost(lane.stream, values, valuesThere, k * sizeof(float));
    copyToHost(lane.stream, count, countThere, sizeof(int32_t));
    copyToHost(lane.stream, total, totalThere, sizeof(double));
  }, [&] {
    result.indices.assign(indices, indices + *count);
    result.scores.assign(values, values + *count);
    result.sum = *total;
  });
  return result;
}

std::vector<TopScores> Integrator::topOfAll(const std::vector<double>& weights, int64_t k) const {
  std::vector<TopScores> all(paths_.size());
  together(all.size(), [&](size_t path) { all[path] = top(static_cast<int64_t>(path), weights, k); });
  return all;
}

std::vector<double> Integrator::slopes(int64_t path) {
  State& state = states_.at(path);
  const std::vector<size_t>& sizes = sizesOf(path);
  const size_t elements = total(sizes), known = state.slopes.size();
  if (known == state.gradients.size()) return state.slopes;
  const LaneLease lane;
  const size_t points = state.gradients.size() - known;
  float* const products = lane->device.take(elements);
  double* const there = lane->device.take<double>(points);
  char* const scratch = lane->device.take<char>(sumScratchBytes(static_cast<int64_t>(elements)));
  float* const place = lane->device.take(elements);
  for (size_t s = 0; s < points; s++) {
    const Kept& kept = state.gradients[known + s];
    size_t offset = 0;
    for (size_t i = 0; i < sizes.size(); i++) {
      const float* gradient;
      if (kept.chunk->device) {
        gradient = kept.chunk->device.as() + kept.offsets[i];
      } else {
        copyToDevice(lane->stream, place + offset, kept.chunk->host.as() + kept.offsets[i], sizes[i] * sizeof(float));
        gradient = place + offset;
      }
      const float* end = (fromZero(path) ? state.frontier : state.activation).as() + offset;
      multiplyByPath(lane->stream, end, fromZero(path) ? nullptr : state.baseline.as(), gradient,
                     static_cast<int64_t>(sizes[i]), products + offset);
      offset += sizes[i];
    }
    sum(lane->stream, products, static_cast<int64_t>(elements), there + s, scratch);
  }
  double* const staged = lane->host.take<double>(points);
  copyToHost(lane->stream, staged, there, points * sizeof(double));
  lane->stream.synchronize();
  state.slopes.insert(state.slopes.end(), staged, staged + points);
  return state.slopes;
}

}  // namespace smug::cuda
