// The algorithms: 1… are the tensor-core kernel's tiles in the order of their table, 0 is `plain`.
#include "convolution.h"

#include <stdexcept>

#include "convolution_plain.h"
#include "convolution_plan.h"

namespace smug::cuda {

namespace {

std::span<const MmaEntry> entriesOf(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::bf16x3: return mmaEntriesBf16x3();
    case Arithmetic::bf16x2: return mmaEntriesBf16x2();
    case Arithmetic::fp16: return mmaEntriesFp16();
    case Arithmetic::bf16: return mmaEntriesBf16();
    case Arithmetic::fp32: break;  // tensor cores round float32 operands
  }
  return {};
}

bool aligned(const void* address) { return reinterpret_cast<uintptr_t>(address) % vectorBytes == 0; }

}  // namespace

std::vector<int> convAlgorithms(Direction direction, const ConvShape& shape, Arithmetic arithmetic) {
  const auto entries = entriesOf(arithmetic);
  std::vector<int> numbers;
  for (size_t i = 0; i < entries.size(); i++) {
    // The one for odd channel counts never wins where another can run.
    if (!entries[i].vectors && !numbers.empty()) continue;
    if (suits(entries[i], direction, shape, arithmetic)) numbers.push_back(static_cast<int>(i) + 1);
  }
  numbers.push_back(0);
  return numbers;
}

std::string kernelName(int algorithm, Direction direction, const ConvShape& shape, Arithmetic arithmetic) {
  if (algorithm != 0) return entriesOf(arithmetic)[static_cast<size_t>(algorithm) - 1].name;
  const int64_t results = (direction == Direction::forward ? shape.k : shape.c) / shape.groups;
  return plainIsDirect(shape.groups, results) ? "direct" : "plain";
}

bool gradientByInput(int algorithm) { return algorithm != 0; }

Arithmetic weightsFor(int algorithm, Arithmetic arithmetic) {
  if (algorithm != 0) return arithmetic;
  switch (arithmetic) {
    case Arithmetic::bf16x3: case Arithmetic::fp16: return Arithmetic::fp32;
    case Arithmetic::bf16x2: return Arithmetic::bf16;
    default: return arithmetic;
  }
}

bool finishesInKernel(int algorithm) { return algorithm != 0; }

void convolve(Stream& stream, Direction direction, int algorithm, const ConvShape& shape, Arithmetic arithmetic,
              const ConvCall& call) {
  if (shape.n == 0) return;
  if (algorithm == 0) {
    if (call.toFormat != Format::float32 || call.positive || call.keep) throw std::logic_error("the plain convolution stores float32 only");
    auto* to = static_cast<float*>(call.to);
    if (direction == Direction::forward) {
      return plainForward(stream, shape, arithmetic, call.from, call.weights, call.bias, call.activation, to);
    }
    return plainBackwardData(stream, shape, arithmetic, call.from, call.weights, to, call.accumulate);
  }
  const MmaEntry& entry = entriesOf(arithmetic)[static_cast<size_t>(algorithm) - 1];
  // A shape promises what it can be held to: another kernel in secret would hide a fault for years.
  const bool promised = !entry.vectors || (aligned(call.from) && aligned(call.weights));
  if (!promised || !suits(entry, direction, shape, arithmetic)) {
    throw std::logic_error(std::string(entry.name) + " was chosen for a convolution that it cannot run");
  }
  for (const MmaWork& work : mmaLaunches(entry, direction, shape, arithmetic, call)) {
    const bool eights = work.call.positive || work.call.keep;
    if (eights && !work.storeEight) throw std::logic_error("bits of derivatives need channels in whole eights");
    if (work.storeEight && !aligned(work.call.to)) throw std::logic_error("a result begins at an odd address");
    if (work.call.accumulate && work.steps == 0 && !work.call.keep) continue;
    entry.run(stream, work);
  }
}

}  // namespace smug::cuda
