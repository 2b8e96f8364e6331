// A graph compiled for this machine: programs for the batch sizes that occur, run in micro-batches.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "builder.h"
#include "scheduler.h"

namespace smug::cpu {

struct NetworkOptions {
  /// Bytes of activations of one run, over all threads, and of reordered weights.
  size_t memoryBudget = size_t{1} << 30;
  int threads = 0;  ///< 0: Scheduler::defaultThreads()
  Precision precision = Precision::f32;
};

using smug::Blocks;

class Network {
 public:
  /// Throws GraphError or Unsupported. `weights`: those of a network that holds the same constants, or null.
  Network(Graph graph, const NetworkOptions& options, std::shared_ptr<Weights> weights = nullptr);
  ~Network();

  const Graph& graph() const { return *graph_; }
  const NetworkOptions& options() const { return options_; }
  const std::shared_ptr<Weights>& weights() const { return weights_; }
  bool isBatched(int value) const { return batched_[value]; }

  /// Runs the request over all blocks; `request.batches` is chosen here. Throws Cancelled between micro-batches.
  /// `reserved`: bytes of the memory budget that the caller holds; fewer threads then work at once, at least one.
  void run(const ProgramRequest& request, Blocks& blocks, const CancelFlag& cancel = nullptr, size_t reserved = 0);

  /// Bytes of working memory that one block needs for this request.
  size_t arenaBytes(const ProgramRequest& request);
  /// Milliseconds by kind of step for one micro-batch on one thread.
  std::map<std::string, double> profile(const ProgramRequest& request, Blocks& blocks, int repeats);

 private:
  std::shared_ptr<const Program> program(ProgramRequest request, int threads);
  RunArguments argumentsOf(const Blocks& blocks, int64_t first, int64_t batches) const;
  void runTask(const Program& program, Arena& arena, Blocks& blocks, int64_t first);

  std::shared_ptr<const Graph> graph_;
  NetworkOptions options_;
  std::vector<bool> batched_;
  bool batchable_;
  int64_t samplesPerBlock_ = 1;
  std::shared_ptr<Weights> weights_;
  struct Entry {
    ProgramRequest request;
    int threads;
    std::shared_ptr<const Program> program;
  };
  std::mutex mutex_;
  std::vector<Entry> programs_;  ///< most recently used last
};

/// "oneDNN 3.2.0, AVX-512 …": what runs here.
std::string libraryVersion();
std::string instructionSet();
/// bfloat16 convolutions in hardware (AVX512-BF16 or AMX).
bool hasBFloat16();

}  // namespace smug::cpu
