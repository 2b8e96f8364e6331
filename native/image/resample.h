// The two passes of a separable resize, as lib/input/resample-passes.ts has them: bytes to the byte, floats to the bit.
#pragma once

#include <cstdint>

namespace smug::image {

/// Which input samples an output sample of one axis is made of: `lengths[i]` from `starts[i]` on, by the weights from
/// `i * stride` on.
struct AxisWeights {
  const int32_t* starts;
  const int32_t* lengths;
  const double* weights;
  int64_t count, stride;
};

/// Lines of `channels` values a pixel: from `first` to before `last`, each from `from + line * width * channels` to
/// `to + (line - first) * across.count * channels`.
struct Lines {
  int64_t first, last, width, channels;
};

/// Weights are whole numbers, in 2^-22.
void resampleAcross(const uint8_t* from, const Lines& lines, const AxisWeights& across, uint8_t* to);
void resampleAcross(const float* from, const Lines& lines, const AxisWeights& across, float* to);

/// Output lines `first` to before `last` of `length` values each, of the lines that begin with the input's line `top`.
struct Columns {
  int64_t first, last, length, top;
};

void resampleDown(const uint8_t* from, const Columns& columns, const AxisWeights& down, uint8_t* to);
void resampleDown(const float* from, const Columns& columns, const AxisWeights& down, float* to);

}  // namespace smug::image
