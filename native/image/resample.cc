#include "image/resample.h"

#include <algorithm>
#include <vector>

namespace smug::image {

namespace {

constexpr int kWeightBits = 22;

/// What values are multiplied with and summed in: weights of bytes are whole numbers, which makes every order the same.
template <typename Value>
struct Arithmetic;

template <>
struct Arithmetic<uint8_t> {
  using Sum = int32_t;
  static Sum weight(double weight) { return static_cast<Sum>(weight); }
  static uint8_t value(Sum sum) {
    return static_cast<uint8_t>(std::clamp((sum + (1 << (kWeightBits - 1))) >> kWeightBits, 0, 255));
  }
};

template <>
struct Arithmetic<float> {
  using Sum = double;
  static Sum weight(double weight) { return weight; }
  static float value(Sum sum) { return static_cast<float>(sum); }
};

template <typename Value>
auto weightsOf(const AxisWeights& axis) {
  std::vector<typename Arithmetic<Value>::Sum> weights(static_cast<size_t>(axis.count * axis.stride));
  std::transform(axis.weights, axis.weights + weights.size(), weights.begin(), Arithmetic<Value>::weight);
  return weights;
}

template <int channels, typename Value>
void acrossBy(const Value* from, const Lines& lines, const AxisWeights& across, Value* to) {
  using Sum = typename Arithmetic<Value>::Sum;
  const auto weights = weightsOf<Value>(across);
  for (int64_t line = lines.first; line < lines.last; line++) {
    const Value* pixels = from + line * lines.width * channels;
    for (int64_t x = 0; x < across.count; x++) {
      const Value* sample = pixels + static_cast<int64_t>(across.starts[x]) * channels;
      const Sum* weight = weights.data() + x * across.stride;
      Sum sums[channels] = {};
      for (int32_t k = 0; k < across.lengths[x]; k++, sample += channels) {
        for (int c = 0; c < channels; c++) sums[c] += weight[k] * static_cast<Sum>(sample[c]);
      }
      for (int c = 0; c < channels; c++) *to++ = Arithmetic<Value>::value(sums[c]);
    }
  }
}

template <typename Value>
void across(const Value* from, const Lines& lines, const AxisWeights& axis, Value* to) {
  if (lines.channels == 1) acrossBy<1>(from, lines, axis, to);
  else acrossBy<3>(from, lines, axis, to);
}

template <typename Value>
void down(const Value* from, const Columns& columns, const AxisWeights& axis, Value* to) {
  using Sum = typename Arithmetic<Value>::Sum;
  std::vector<Sum> sums(static_cast<size_t>(columns.length));
  for (int64_t y = columns.first; y < columns.last; y++) {
    std::fill(sums.begin(), sums.end(), Sum{0});
    for (int32_t k = 0; k < axis.lengths[y]; k++) {
      const Sum weight = Arithmetic<Value>::weight(axis.weights[y * axis.stride + k]);
      const Value* line = from + (axis.starts[y] + k - columns.top) * columns.length;
      for (int64_t i = 0; i < columns.length; i++) sums[static_cast<size_t>(i)] += weight * static_cast<Sum>(line[i]);
    }
    Value* line = to + y * columns.length;
    for (int64_t i = 0; i < columns.length; i++) line[i] = Arithmetic<Value>::value(sums[static_cast<size_t>(i)]);
  }
}

}  // namespace

void resampleAcross(const uint8_t* from, const Lines& lines, const AxisWeights& axis, uint8_t* to) {
  across(from, lines, axis, to);
}
void resampleAcross(const float* from, const Lines& lines, const AxisWeights& axis, float* to) {
  across(from, lines, axis, to);
}
void resampleDown(const uint8_t* from, const Columns& columns, const AxisWeights& axis, uint8_t* to) {
  down(from, columns, axis, to);
}
void resampleDown(const float* from, const Columns& columns, const AxisWeights& axis, float* to) {
  down(from, columns, axis, to);
}

}  // namespace smug::image
