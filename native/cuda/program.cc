#include "program.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "graph/memory_plan.h"

namespace smug::cuda {

namespace {

constexpr size_t alignment = 256;

std::atomic<uint64_t> programs{0};

}  // namespace

View Run::view(const Tensor& tensor) const {
  if (tensor.format != Format::float32) throw std::logic_error("a tensor of 16 bits was given to a kernel of floats");
  return anyView(tensor);
}

View Run::anyView(const Tensor& tensor) const {
  View view;
  view.format = tensor.format;
  view.data = tensor.buffer < 0 ? tensor.constant + tensor.offset
                                : reinterpret_cast<float*>(at<char>(tensor.buffer) + tensor.offset * static_cast<int64_t>(tensor.elementBytes()));
  view.rank = static_cast<int>(tensor.rank());
  for (int axis = 0; axis < view.rank; axis++) {
    view.size[axis] = tensor.size[axis];
    view.stride[axis] = tensor.stride[axis];
  }
  // Kernels then need no case of their own for single numbers.
  if (view.rank == 0) view.rank = 1, view.size[0] = view.stride[0] = 1;
  return view;
}

Program::Program(std::vector<Step> steps, const std::vector<size_t>& bufferBytes, int64_t batches, Exchange exchange)
    : steps_(std::move(steps)), batches_(batches), number_(++programs), exchange_(std::move(exchange)) {
  std::vector<Lifetime> lives(bufferBytes.size());
  for (size_t b = 0; b < lives.size(); b++) lives[b] = {bufferBytes[b], -1, -1};
  const int end = static_cast<int>(steps_.size());
  const auto touch = [&](int buffer, int step) {
    if (buffer < 0) return;
    Lifetime& life = lives[buffer];
    life.first = life.first < 0 ? step : std::min(life.first, step);
    life.last = std::max(life.last, step);
  };
  // What the caller fills is there before the first step; what he takes must survive the last.
  for (const auto* list : {&exchange_.inputs, &exchange_.seeds}) {
    for (const Tensor& tensor : *list) touch(tensor.buffer, 0);
  }
  touch(exchange_.targets, 0);
  for (int s = 0; s < end; s++) {
    for (const int buffer : steps_[s].uses) touch(buffer, s);
  }
  for (const Tensor& tensor : exchange_.outputs) touch(tensor.buffer, end);
  touch(exchange_.values, end);
  offsets_ = placeBuffers(lives, arenaBytes_, alignment);
}

void Program::launchStep(size_t step, Stream& stream, char* arena) const {
  steps_[step].launch(Run{stream, arena, offsets_});
}

void Program::launch(Stream& stream, char* arena) const {
  for (size_t step = 0; step < steps_.size(); step++) launchStep(step, stream, arena);
}

}  // namespace smug::cuda
