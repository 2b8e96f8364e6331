#include "weights.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace smug::cuda {

namespace {

/// Rounded to the nearest, ties to even; what is no number stays none.
uint16_t bfloat16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x)) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// To 10 bits of fraction, halves away from zero; infinities and NaN stay. Rounded here, the kernel need not.
float tf32(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return std::isfinite(x) ? std::bit_cast<float>((bits + 0x1000u) & 0xffffe000u) : x;
}

Memory uploaded(const void* data, size_t bytes) {
  Memory memory(std::max<size_t>(bytes, 1));
  Stream stream;
  copyToDevice(stream, memory.as<void>(), data, bytes);
  stream.synchronize();
  return memory;
}

}  // namespace

template <typename Arrange>
void* Weights::find(const Constant& data, Layout layout, Arithmetic arithmetic, Arrange arrange) {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.data == data && entry.layout == layout && entry.arithmetic == arithmetic) return entry.memory.as<void>();
  }
  std::vector<float> arranged = arrange();
  Memory memory;
  if (arithmetic == Arithmetic::bf16) {
    std::vector<uint16_t> rounded(arranged.size());
    std::transform(arranged.begin(), arranged.end(), rounded.begin(), bfloat16);
    memory = uploaded(rounded.data(), rounded.size() * sizeof(uint16_t));
  } else {
    if (arithmetic == Arithmetic::tf32) std::transform(arranged.begin(), arranged.end(), arranged.begin(), tf32);
    memory = uploaded(arranged.data(), arranged.size() * sizeof(float));
  }
  entries_.push_back({data, layout, arithmetic, std::move(memory)});
  return entries_.back().memory.as<void>();
}

float* Weights::plain(const Constant& data) {
  return static_cast<float*>(find(data, Layout::plain, Arithmetic::fp32, [&] { return *data; }));
}

void* Weights::rounded(const Constant& data, Arithmetic arithmetic) {
  return find(data, Layout::plain, arithmetic, [&] { return *data; });
}

void* Weights::filters(const Constant& data, const Shape& shape, Arithmetic arithmetic) {
  return find(data, Layout::filters, arithmetic, [&] {
    const int64_t filters = shape[0], channels = shape[1], taps = sizeOf(shape) / std::max<int64_t>(1, filters * channels);
    std::vector<float> arranged(data->size());
    for (int64_t k = 0; k < filters; k++) {
      for (int64_t c = 0; c < channels; c++) {
        for (int64_t t = 0; t < taps; t++) arranged[(k * taps + t) * channels + c] = (*data)[(k * channels + c) * taps + t];
      }
    }
    return arranged;
  });
}

void* Weights::filtersByInput(const Constant& data, const Shape& shape, Arithmetic arithmetic) {
  return find(data, Layout::filtersByInput, arithmetic, [&] {
    const int64_t filters = shape[0], channels = shape[1], taps = sizeOf(shape) / std::max<int64_t>(1, filters * channels);
    std::vector<float> arranged(data->size());
    for (int64_t k = 0; k < filters; k++) {
      for (int64_t c = 0; c < channels; c++) {
        for (int64_t t = 0; t < taps; t++) arranged[(c * taps + t) * filters + k] = (*data)[(k * channels + c) * taps + t];
      }
    }
    return arranged;
  });
}

void* Weights::transposed(const Constant& data, const Shape& shape, Arithmetic arithmetic) {
  return find(data, Layout::transposed, arithmetic, [&] {
    std::vector<float> arranged(data->size());
    for (int64_t c = 0; c < shape[0]; c++) {
      for (int64_t k = 0; k < shape[1]; k++) arranged[k * shape[0] + c] = (*data)[c * shape[1] + k];
    }
    return arranged;
  });
}

size_t Weights::bytes() const {
  const std::lock_guard lock(mutex_);
  size_t total = 0;
  for (const Entry& entry : entries_) total += entry.memory.bytes();
  return total;
}

}  // namespace smug::cuda
