// A program: the list of launches that runs a graph (or its gradient) for one fixed number of batches, and the plan of
// the memory they work in. Built once, run in any arena; it never changes and keeps no state of a run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "device.h"
#include "tensor.h"

namespace smug::cuda {

/// What a step sees while it is launched.
struct Run {
  Stream& stream;
  char* arena;
  const std::vector<size_t>& offsets;

  template <typename T = float>
  T* at(int buffer) const {
    return buffer < 0 ? nullptr : reinterpret_cast<T*>(arena + offsets[buffer]);
  }
  /// Of float32 elements; throws for 16 bits, which the kernel behind would misread.
  View view(const Tensor& tensor) const;
  /// Of either, for kernels that take both.
  View anyView(const Tensor& tensor) const;
};

struct Step {
  std::string what;
  std::string detail;  ///< of convolutions: shape and kernel, the kernel after the last ", "
  double bytes = 0;    ///< of the tensors it names, each once
  double flop = 0;     ///< of convolutions
  /// Buffers touched; with the first and last step that touch it, a buffer's lifetime is known.
  std::vector<int> uses;
  std::function<void(const Run&)> launch;
};

/// Where a run's data is put and found: dense, block after block, in the layout the request asked for.
struct Exchange {
  std::vector<Tensor> inputs, seeds;
  std::vector<Tensor> outputs;  ///< wanted values, then gradients
  int targets = -1;             ///< buffer of int32_t, one per sample; -1 without gradients of targets
  int values = -1;              ///< buffer of double, one per sample
};

class Program {
 public:
  Program(std::vector<Step> steps, const std::vector<size_t>& bufferBytes, int64_t batches, Exchange exchange);

  int64_t batches() const { return batches_; }
  size_t arenaBytes() const { return arenaBytes_; }
  /// Unlike any other program's of this process.
  uint64_t number() const { return number_; }
  const Exchange& exchange() const { return exchange_; }
  template <typename T = float>
  T* at(char* arena, int buffer) const {
    return reinterpret_cast<T*>(arena + offsets_[buffer]);
  }
  float* at(char* arena, const Tensor& tensor) const { return at<float>(arena, tensor.buffer) + tensor.offset; }

  /// Launches all steps; `arena`: arenaBytes() of device memory that nobody else uses meanwhile.
  void launch(Stream& stream, char* arena) const;
  size_t stepCount() const { return steps_.size(); }
  const Step& step(size_t step) const { return steps_[step]; }
  void launchStep(size_t step, Stream& stream, char* arena) const;

 private:
  std::vector<Step> steps_;
  std::vector<size_t> offsets_;
  size_t arenaBytes_ = 0;
  int64_t batches_;
  uint64_t number_;
  Exchange exchange_;
};

}  // namespace smug::cuda
