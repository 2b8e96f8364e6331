// Forward convolution and its gradient as one thing: every result element is a sum, over taps and channels of its
// group, of source elements times weights. `source` is what is read (x or dy), `result` what is written (y or dx).
#pragma once

#include <vector>

#include "convolution.h"
#include "fast_division.h"

namespace smug::cuda {

/// One spatial axis. Result position `first + i·step` (i < count) reads, at tap `tapFirst + j·tapStep` (j < taps),
/// source position `base + i·perResult + j·perTap`, where that lies within the source.
struct CorrelationAxis {
  int32_t count = 0, first = 0, step = 1, resultSize = 0;
  int32_t sourceSize = 0, base = 0, perResult = 1, perTap = 1;
  int32_t taps = 0, tapFirst = 0, tapStep = 1;
};

struct Correlation {
  int32_t images = 0, groups = 1;
  int32_t sourceChannels = 0, resultChannels = 0;  ///< of one group
  CorrelationAxis rows, columns;
  int64_t sourcePixel = 0, resultPixel = 0;                                  ///< elements from pixel to pixel
  int64_t weightsPerGroup = 0, weightsPerSource = 0, weightsPerResult = 0;  ///< elements between channels' weights
  int32_t weightsPerTapRow = 0, weightsPerTap = 0;
  FastDivider byRows, byColumns, bySourceChannels, byTapColumns, byAllChannels, byResultChannels;

  int64_t pixels() const { return int64_t{images} * rows.count * columns.count; }
};

/// What happens to a sum before it is stored.
struct Epilogue {
  const float* bias = nullptr;  ///< one per channel of all groups, or null
  bool relu = false, accumulate = false;
};

/// y from x: one correlation.
Correlation forwardCorrelation(const ConvShape& shape);

/// dx from dy. Where the convolution strides, pixels of dx see different taps: those whose positions leave the same
/// remainders by the strides see the same ones, and make a correlation of their own without strides.
std::vector<Correlation> backwardCorrelations(const ConvShape& shape);

}  // namespace smug::cuda
