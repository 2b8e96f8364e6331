// A program: the list of steps that runs a graph (or its gradient) for one fixed number of batches, and the plan
// of the memory they work in. Built once, then run by any number of workers, each in an arena of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/memory_plan.h"
#include "layout.h"
#include "scheduler.h"

namespace smug::cpu {

const dnnl::engine& cpuEngine();

/// A tensor a step reads or writes: a part of a buffer of the arena, or constant memory (weights).
struct View {
  int buffer = -1;
  size_t offset = 0;  ///< bytes into the buffer
  Desc desc;
  std::shared_ptr<dnnl::memory> constant;
};

/// What one run is about. Every program works on `batches` blocks, each of the graph's own batch size; the
/// pointers are per block. Null outputs are not written (padding of an incomplete micro-batch).
struct RunArguments {
  std::vector<std::vector<const float*>> inputs;     ///< [program input][block]
  std::vector<std::vector<const float*>> baselines;  ///< empty, or as inputs: x = baseline + scale·(input − baseline)
  std::vector<std::vector<float*>> outputs;          ///< [wanted values, then gradients][block]
  std::vector<std::vector<const float*>> seeds;      ///< [seeded value][block]: ∂F/∂value
  std::vector<float> scales;                         ///< [block]: factor on every input
  std::vector<int32_t> targets;                      ///< class a sample
  std::vector<double> values;                        ///< out: output[target] a sample
};

/// The state a step sees while it runs.
struct Run {
  char* arena;
  const std::vector<size_t>* offsets;
  RunArguments* arguments;

  template <typename T = float>
  T* at(const View& view) const {
    char* base = view.constant ? static_cast<char*>(view.constant->get_data_handle()) : arena + (*offsets)[view.buffer];
    return reinterpret_cast<T*>(base + view.offset);
  }
};

struct Step {
  std::string what;
  /// Buffers touched; with the first and last step that touch it, a buffer's lifetime is known.
  std::vector<int> uses;
  /// (source, destination) buffers that may be one and the same where the source is not needed later.
  std::pair<int, int> inPlace = {-1, -1};
  /// Either a primitive with its arguments …
  dnnl::primitive primitive;
  std::vector<std::pair<int, View>> arguments;
  /// … or a function.
  std::function<void(const Run&)> function;
};

class Program {
 public:
  Program(std::vector<Step> steps, std::vector<size_t> bufferBytes, int64_t batches);

  int64_t batches() const { return batches_; }
  size_t arenaBytes() const { return arenaBytes_; }
  /// Works in `arena`, used by nobody else meanwhile.
  void run(Arena& arena, RunArguments& arguments) const;
  /// Milliseconds a step, for profiles: `run` with a clock, repeated.
  std::map<std::string, double> profile(Arena& arena, RunArguments& arguments, int repeats) const;

 private:
  /// oneDNN arguments of every step, bound to one arena.
  struct Bound {
    char* memory = nullptr;
    std::vector<std::unordered_map<int, dnnl::memory>> arguments;
    dnnl::stream stream;
  };
  Bound& bind(int number, char* memory) const;
  void runStep(size_t i, const Bound& bound, const Run& run) const;

  std::vector<Step> steps_;
  std::vector<size_t> offsets_;
  size_t arenaBytes_ = 0;
  int64_t batches_;
  mutable std::vector<std::unique_ptr<Bound>> bound_;
};

}  // namespace smug::cpu
