// A graph compiled for the device: programs for the batch sizes that occur, run in micro-batches.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "builder.h"
#include "lane.h"

namespace smug::cuda {

struct NetworkOptions {
  /// Bytes of activations of one run, and as many again of gradients kept for one network's paths. 0: 1 GiB, or an
  /// eighth of the device's memory where that is more.
  size_t memoryBudget = 0;
  Precision precision = Precision::tf32;
};

/// Some blocks of a run while they are on the device.
struct MicroBatch {
  Lane& lane;
  const Program& program;
  int64_t first;    ///< number of the first block
  int64_t batches;  ///< how many blocks
  char* arena;
  bool narrow;  ///< its activations are float16: what passes that format's range is NaN in the outputs

  Stream& stream() const { return lane.stream; }
  float* input(size_t i) const { return program.at(arena, program.exchange().inputs[i]); }
  float* seed(size_t i) const { return program.at(arena, program.exchange().seeds[i]); }
  float* output(size_t i) const { return program.at(arena, program.exchange().outputs[i]); }
  int32_t* targets() const { return program.at<int32_t>(arena, program.exchange().targets); }
  double* values() const { return program.at<double>(arena, program.exchange().values); }
};

/// Thrown by DeviceWork::finish of a narrow micro-batch whose outputs are not finite: it is run again with bfloat16.
struct Overflowed {};

/// How a run's data comes and goes. `load` and `store` enqueue in the micro-batch's stream; `finish` is called when
/// all of that is done. Memory taken from the lane's scratch is good until then.
struct DeviceWork {
  std::function<void(MicroBatch&)> load, store, finish;
};

class Network {
 public:
  /// `weights`: shared with networks of the same constants; its own if null. Throws GraphError or Unsupported.
  Network(Graph graph, const NetworkOptions& options, std::shared_ptr<Weights> weights = nullptr);
  ~Network();

  const Graph& graph() const { return graph_; }
  const NetworkOptions& options() const { return options_; }
  size_t memoryBudget() const { return budget_; }
  const std::shared_ptr<Weights>& weights() const { return weights_; }

  /// Runs the request over all blocks; `request.batches` is chosen here. Throws Cancelled between micro-batches,
  /// OutOfMemory when not even one block has room.
  void run(const ProgramRequest& request, Blocks& blocks, const CancelFlag& cancel = nullptr);
  /// The same for data that is on the device, or is to stay there.
  /// `sharers`: the number of such runs that share the memory budget.
  void runOnDevice(DeviceRequest request, int64_t count, const DeviceWork& work, const CancelFlag& cancel = nullptr,
                   int64_t sharers = 1);

  /// Bytes of working memory for `batches` blocks at once.
  size_t arenaBytes(const ProgramRequest& request, int64_t batches);
  /// Blocks that a run of `count` takes at once, from the budget.
  int64_t microBatch(const DeviceRequest& request, int64_t count, int64_t sharers = 1);
  /// One launch of a run, for a profile.
  struct LaunchTime {
    std::string what, detail;
    double milliseconds, bytes, flop;  ///< bytes: every tensor that it names, once
  };
  /// Every launch of a run of `batches` blocks, in order.
  std::vector<LaunchTime> profile(const DeviceRequest& request, int64_t batches);
  /// How many convolutions and dense layers, forward and gradient, run on which kernel: "mma 128x64", "direct", "plain".
  std::map<std::string, int> kernels();
  /// What the caller should be told, once: that memory was short and micro-batches are smaller, or that float16 did not
  /// hold the activations. Empty otherwise.
  std::string takeNotice();

 private:
  std::shared_ptr<const Program> program(DeviceRequest request, int64_t batches);
  void shrink(int64_t batches);
  bool narrow() const { return !wide_ && formatsOf(options_.precision, false).values == Format::float16; }
  void widen();

  const Graph graph_;
  const NetworkOptions options_;
  size_t budget_;
  std::shared_ptr<Weights> weights_;
  std::vector<bool> batched_;
  bool batchable_;
  int64_t samplesPerBlock_ = 1;
  struct Entry {
    DeviceRequest request;
    bool wide;
    std::shared_ptr<const Program> program;
  };
  std::mutex mutex_;
  std::vector<Entry> programs_;  ///< most recently used last
  int64_t mostBatches_;          ///< lowered when the device has no room
  bool noticed_ = false;
  std::atomic<bool> wide_{false};  ///< activations have been found too large for float16
  std::string notice_;
};

}  // namespace smug::cuda
