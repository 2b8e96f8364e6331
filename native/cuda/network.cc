#include "network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "graph/batch.h"

namespace smug::cuda {

namespace {

/// Programs kept a network: a few batch sizes for each of a few questions.
constexpr size_t keptPrograms = 24;
/// More blocks at once no longer keep a device busier; cancellation waits for a micro-batch.
constexpr int64_t largestMicroBatch = 256;
constexpr size_t smallestDefaultBudget = size_t{1} << 30;

std::atomic<int> liveNetworks{0};

size_t budgetOf(const NetworkOptions& options) {
  if (options.memoryBudget > 0) return options.memoryBudget;
  const auto& device = availability().device;
  return std::max(smallestDefaultBudget, device ? device->memoryBytes / 8 : 0);
}

}  // namespace

Network::Network(Graph graph, const NetworkOptions& options, std::shared_ptr<Weights> weights)
    : graph_(std::move(graph)),
      options_(options),
      budget_(budgetOf(options)),
      weights_(weights ? std::move(weights) : std::make_shared<Weights>()),
      mostBatches_(largestMicroBatch) {
  graph_.check();
  requireDevice();
  for (const Value& value : graph_.values) {
    if (!value.constant && sizeOf(value.shape) == 0) throw Unsupported("value '" + value.name + "' has no elements");
  }
  const auto batched = batchedValues(graph_);
  batchable_ = batched.has_value();
  batched_ = batched.value_or(std::vector<bool>(graph_.values.size(), false));
  if (!graph_.outputs.empty() && !graph_.values[graph_.outputs[0]].shape.empty()) {
    samplesPerBlock_ = graph_.values[graph_.outputs[0]].shape[0];
  }
  liveNetworks++;
}

Network::~Network() {
  if (--liveNetworks == 0) freeIdleLanes();
}

std::shared_ptr<const Program> Network::program(DeviceRequest request, int64_t batches) {
  request.request.batches = batches;
  const std::lock_guard lock(mutex_);
  const bool wide = wide_;
  for (size_t i = 0; i < programs_.size(); i++) {
    if (programs_[i].wide != wide || !(programs_[i].request == request)) continue;
    std::rotate(programs_.begin() + i, programs_.begin() + i + 1, programs_.end());
    return programs_.back().program;
  }
  std::shared_ptr<const Program> built = buildProgram(graph_, batched_, request, formatsOf(options_.precision, wide), *weights_);
  if (programs_.size() >= keptPrograms) programs_.erase(programs_.begin());
  programs_.push_back({std::move(request), wide, built});
  return built;
}

size_t Network::arenaBytes(const ProgramRequest& request, int64_t batches) {
  return program({request}, batchable_ ? batches : 1)->arenaBytes();
}

int64_t Network::microBatch(const DeviceRequest& request, int64_t count, int64_t sharers) {
  if (!batchable_) return 1;
  const size_t share = budget_ / static_cast<size_t>(sharers);
  const size_t one = std::max<size_t>(1, program(request, 1)->arenaBytes());
  int64_t most;
  {
    const std::lock_guard lock(mutex_);
    most = mostBatches_;
  }
  most = std::clamp<int64_t>(static_cast<int64_t>(share / one), 1, most);
  // Equal shares: a small remainder at the end would leave the device idle.
  const int64_t parts = (count + most - 1) / most;
  int64_t batches = (count + parts - 1) / parts;
  // Buffers of several blocks may fit together less well than those of one.
  while (batches > 1 && program(request, batches)->arenaBytes() > share) batches = std::max<int64_t>(1, batches * 7 / 8);
  return batches;
}

void Network::shrink(int64_t batches) {
  const std::lock_guard lock(mutex_);
  mostBatches_ = std::min(mostBatches_, batches);
  if (noticed_) return;
  noticed_ = true;
  notice_ += std::string(notice_.empty() ? "" : ". ") + "the device had no room for the micro-batch; it now takes " + std::to_string(batches) +
            " at once, and fewer if need be. A smaller memoryBudget, or other programs ended, would avoid this";
}

void Network::widen() {
  const std::lock_guard lock(mutex_);
  if (wide_.exchange(true)) return;
  notice_ += std::string(notice_.empty() ? "" : ". ") +
             "activations of this network pass 65,504, which float16 ends at: they are kept as bfloat16, less exactly. "
             "Precision tf32 or f32 would avoid this";
}

std::string Network::takeNotice() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notice_, {});
}

void Network::runOnDevice(DeviceRequest request, int64_t count, const DeviceWork& work, const CancelFlag& cancel,
                          int64_t sharers) {
  if (count == 0) return;
  requireDevice();
  const auto checkFlag = [&] {
    if (cancel && cancel->load()) throw Cancelled();
  };
  checkFlag();
  try {
    const LaneLease lane;
    int64_t batches = microBatch(request, count, sharers);
    for (int64_t first = 0; first < count;) {
      checkFlag();
      const int64_t present = std::min(batches, count - first);
      lane->idle();
      try {
        const bool isNarrow = narrow();  // asked first: a program made after another lane's widen() is wide at worst
        const auto current = program(request, present);
        MicroBatch part{*lane, *current, first, present, lane->arena(current->arenaBytes()), isNarrow};
        work.load(part);
        lane->run(*current);
        work.store(part);
        lane->stream.synchronize();
        if (work.finish) work.finish(part);
        first += present;
      } catch (const Overflowed&) {
        widen();
      } catch (const OutOfMemory&) {
        lane->idle();
        freeIdleLanes();
        if (present == 1) throw;
        batches = (present + 1) / 2;
        shrink(batches);
      }
    }
  } catch (const DeviceFailure& failure) {
    noteFailure(failure);
    throw;
  }
}

void Network::run(const ProgramRequest& request, Blocks& blocks, const CancelFlag& cancel) {
  blocks.values.assign(blocks.targets.size(), 0.0);
  std::vector<int> results = request.wanted;
  results.insert(results.end(), request.gradientsAt.begin(), request.gradientsAt.end());
  const auto sizeAt = [&](int value) { return sizeOf(graph_.values[value].shape); };
  /// One copy for all blocks, from a staging buffer they are gathered in.
  const auto upload = [&](MicroBatch& part, const std::vector<const float*>& from, int64_t size, bool repeated, float* to) {
    const int64_t count = repeated ? part.batches : 1;
    float* staged = part.lane.host.take(size * count);
    for (int64_t b = 0; b < count; b++) std::memcpy(staged + b * size, from[part.first + b], size * sizeof(float));
    copyToDevice(part.stream(), to, staged, size * count * sizeof(float));
  };
  std::vector<float*> staged(results.size());
  double* stagedValues = nullptr;

  DeviceWork work;
  work.load = [&](MicroBatch& part) {
    for (size_t i = 0; i < graph_.inputs.size(); i++) {
      upload(part, blocks.inputs[i], sizeAt(graph_.inputs[i]), batched_[graph_.inputs[i]], part.input(i));
    }
    for (size_t i = 0; i < request.seeded.size(); i++) {
      upload(part, blocks.seeds[i], sizeAt(request.seeded[i]), batched_[request.seeded[i]], part.seed(i));
    }
    if (blocks.targets.empty() || part.program.exchange().targets < 0) return;
    const int64_t samples = part.batches * samplesPerBlock_;
    int32_t* targets = part.lane.host.take<int32_t>(samples);
    std::copy_n(blocks.targets.begin() + part.first * samplesPerBlock_, samples, targets);
    copyToDevice(part.stream(), part.targets(), targets, samples * sizeof(int32_t));
  };
  work.store = [&](MicroBatch& part) {
    for (size_t i = 0; i < results.size(); i++) {
      const int64_t size = sizeAt(results[i]) * (batched_[results[i]] ? part.batches : 1);
      staged[i] = part.lane.host.take(size);
      copyToHost(part.stream(), staged[i], part.output(i), size * sizeof(float));
    }
    if (part.program.exchange().values < 0) return;
    const int64_t samples = part.batches * samplesPerBlock_;
    stagedValues = part.lane.host.take<double>(samples);
    copyToHost(part.stream(), stagedValues, part.values(), samples * sizeof(double));
  };
  work.finish = [&](MicroBatch& part) {
    for (size_t i = 0; i < results.size() && part.narrow; i++) {
      const int64_t count = sizeAt(results[i]) * (batched_[results[i]] ? part.batches : 1);
      if (!std::all_of(staged[i], staged[i] + count, [](float x) { return std::isfinite(x); })) throw Overflowed();
    }
    for (size_t i = 0; i < results.size(); i++) {
      const int64_t size = sizeAt(results[i]);
      for (int64_t b = 0; b < part.batches; b++) {
        float* to = blocks.outputs[i][part.first + b];
        if (to) std::memcpy(to, staged[i] + (batched_[results[i]] ? b * size : 0), size * sizeof(float));
      }
    }
    if (part.program.exchange().values < 0 || blocks.targets.empty()) return;
    std::copy_n(stagedValues, part.batches * samplesPerBlock_, blocks.values.begin() + part.first * samplesPerBlock_);
  };
  runOnDevice({request}, blocks.count, work, cancel);
}

std::vector<Network::LaunchTime> Network::profile(const DeviceRequest& request, int64_t batches) {
  const LaneLease lane;
  const auto current = program(request, batchable_ ? batches : 1);
  char* const arena = lane->arena(current->arenaBytes());
  fillZero(lane->stream, arena, current->arenaBytes());
  std::vector<LaunchTime> result;
  for (size_t step = 0; step < current->stepCount(); step++) {
    const Step& what = current->step(step);
    result.push_back({what.what, what.detail, -1, what.bytes, what.flop});
  }
  // The first pass loads kernels.
  for (int pass = 0; pass < 4; pass++) {
    for (size_t step = 0; step < result.size(); step++) {
      const double took = millisecondsOf(lane->stream, [&] { current->launchStep(step, lane->stream, arena); });
      double& least = result[step].milliseconds;
      if (pass > 0) least = least < 0 ? took : std::min(least, took);
    }
  }
  recordForProfiler(true);
  for (size_t step = 0; step < result.size(); step++) current->launchStep(step, lane->stream, arena);
  lane->stream.synchronize();
  recordForProfiler(false);
  return result;
}

std::map<std::string, int> Network::kernels() {
  DeviceRequest request;
  request.request.gradientsAt = graph_.inputs;
  std::map<std::string, int> result;
  const auto current = program(request, 1);
  for (size_t step = 0; step < current->stepCount(); step++) {
    const std::string& detail = current->step(step).detail;
    if (!detail.empty()) result[detail.substr(detail.rfind(", ") + 2)]++;
  }
  return result;
}

}  // namespace smug::cuda
