#include "weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace smug::cuda {

namespace {

/// Rounded to the nearest, ties to even; what is no number stays none.
uint16_t bfloat16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x)) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float widened(uint16_t bfloat16) { return std::bit_cast<float>(uint32_t{bfloat16} << 16); }

/// The same for float16, of numbers below 2.
uint16_t float16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  if (!std::isfinite(x)) return 0x7fff;
  if (size < 0x38800000u) {  // a unit is 2⁻²⁴, as it is of a float32 between ½ and 1
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(std::bit_cast<float>(size) + 0.5f) - 0x3f000000u));
  }
  return static_cast<uint16_t>(sign | (((size + 0xfffu + (size >> 13 & 1u)) >> 13) - (112u << 10)));
}

/// The power of two that is at most the largest number, which divided by it lies in [1, 2).
float scaleOf(const std::vector<float>& numbers) {
  float largest = 0;
  for (const float x : numbers) {
    if (std::isfinite(x)) largest = std::max(largest, std::fabs(x));
  }
  return largest < std::numeric_limits<float>::min() ? 1 : std::ldexp(1.0f, std::ilogb(largest));
}

constexpr int64_t stepNumbers = 16;

/// Rows of numbers as steps of sixteen, the last one filled up with zeros: their large pieces, then their small ones,
/// two words of one vector apart in the order that a lane of the kernel has them (convolution_mma.h).
std::vector<uint16_t> inPieces(const std::vector<float>& numbers, int64_t rowLength) {
  const int64_t rows = rowLength == 0 ? 0 : static_cast<int64_t>(numbers.size()) / rowLength;
  const int64_t steps = (rowLength + stepNumbers - 1) / stepNumbers;
  std::vector<uint16_t> pieces(static_cast<size_t>(rows * steps * 2 * stepNumbers));
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t k = 0; k < rowLength; k++) {
      const float x = numbers[static_cast<size_t>(row * rowLength + k)];
      const int64_t vector = k % stepNumbers / 4, t = k % 4;
      const int64_t place = 8 * (vector / 2) + 2 * t + vector % 2;
      uint16_t* const step = pieces.data() + (row * steps + k / stepNumbers) * 2 * stepNumbers;
      step[place] = bfloat16(x);
      step[stepNumbers + place] = bfloat16(x - widened(step[place]));
    }
  }
  return pieces;
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
Weights::Filters Weights::find(const Constant& data, Layout layout, Arithmetic arithmetic, int64_t rowLength,
                               Arrange arrange) {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.data == data && entry.layout == layout && entry.arithmetic == arithmetic) {
      return {entry.memory.as<void>(), entry.scale};
    }
  }
  std::vector<float> arranged = arrange();
  Memory memory;
  float scale = 1;
  if (arithmetic == Arithmetic::fp32) {
    memory = uploaded(arranged.data(), arranged.size() * sizeof(float));
  } else {
    std::vector<uint16_t> halves;
    if (arithmetic == Arithmetic::bf16x3) {
      halves = inPieces(arranged, rowLength);
    } else {
      if (arithmetic == Arithmetic::fp16) scale = scaleOf(arranged);
      halves.resize(arranged.size());
      std::transform(arranged.begin(), arranged.end(), halves.begin(),
                     [&](float x) { return arithmetic == Arithmetic::fp16 ? float16(x / scale) : bfloat16(x); });
      for (size_t i = 0; arithmetic == Arithmetic::bf16x2 && i < arranged.size(); i++) {
        halves.push_back(bfloat16(arranged[i] - widened(halves[i])));
      }
    }
    memory = uploaded(halves.data(), halves.size() * sizeof(uint16_t));
  }
  entries_.push_back({data, layout, arithmetic, std::move(memory), scale});
  return {entries_.back().memory.as<void>(), scale};
}

namespace {

int64_t productFrom(const Shape& shape, size_t axis) {
  return sizeOf(Shape(shape.begin() + static_cast<int64_t>(axis), shape.end()));
}

}  // namespace

float* Weights::plain(const Constant& data) {
  return static_cast<float*>(find(data, Layout::plain, Arithmetic::fp32, 0, [&] { return *data; }).data);
}

Weights::Filters Weights::asGiven(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm) {
  return find(data, Layout::plain, weightsFor(algorithm, arithmetic), shape[1], [&] { return *data; });
}

Weights::Filters Weights::filters(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm) {
  return find(data, Layout::filters, weightsFor(algorithm, arithmetic), productFrom(shape, 1), [&] {
    const int64_t filters = shape[0], channels = shape[1], taps = productFrom(shape, 2);
    std::vector<float> arranged(data->size());
    for (int64_t k = 0; k < filters; k++) {
      for (int64_t c = 0; c < channels; c++) {
        for (int64_t t = 0; t < taps; t++) arranged[(k * taps + t) * channels + c] = (*data)[(k * channels + c) * taps + t];
      }
    }
    return arranged;
  });
}

Weights::Filters Weights::filtersByInput(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm) {
  const int64_t filters = shape[0], channels = shape[1], taps = productFrom(shape, 2);
  return find(data, Layout::filtersByInput, weightsFor(algorithm, arithmetic), taps * filters, [&] {
    std::vector<float> arranged(data->size());
    for (int64_t k = 0; k < filters; k++) {
      for (int64_t c = 0; c < channels; c++) {
        for (int64_t t = 0; t < taps; t++) arranged[(c * taps + t) * filters + k] = (*data)[(k * channels + c) * taps + t];
      }
    }
    return arranged;
  });
}

Weights::Filters Weights::transposed(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm) {
  return find(data, Layout::transposed, weightsFor(algorithm, arithmetic), shape[0], [&] {
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
