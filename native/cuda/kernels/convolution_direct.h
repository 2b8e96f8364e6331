// Groups of few channels (depthwise convolutions above all) would leave most of a matrix tile empty: here a thread
// makes one result element. Neighbouring threads take neighbouring channels, whose source elements lie side by side.
#pragma once

#include "correlation.h"
#include "operand.h"

namespace smug::cuda {

template <Arithmetic arithmetic>
__global__ void correlateDirect(Correlation c, Epilogue epilogue, const typename Operand<arithmetic>::Element* source,
                                const typename Operand<arithmetic>::Weight* weights, float* result) {
  using Read = Operand<arithmetic>;
  const uint32_t element = blockIdx.x * blockDim.x + threadIdx.x;
  const auto all = static_cast<uint32_t>(c.groups * c.resultChannels);
  if (element >= static_cast<uint32_t>(c.images) * static_cast<uint32_t>(c.rows.count * c.columns.count) * all) return;
  uint32_t image = element;
  const uint32_t channel = c.byAllChannels.split(image);
  const auto j = static_cast<int>(c.byColumns.split(image));
  const auto i = static_cast<int>(c.byRows.split(image));
  uint32_t group = channel;
  const uint32_t within = c.byResultChannels.split(group);

  const int row = c.rows.base + i * c.rows.perResult, column = c.columns.base + j * c.columns.perResult;
  const auto* from = source + group * c.sourceChannels;
  const auto* w = weights + group * c.weightsPerGroup + within * c.weightsPerResult +
                  c.rows.tapFirst * c.weightsPerTapRow + c.columns.tapFirst * c.weightsPerTap;
  float sum = 0;
  for (int tapRow = 0; tapRow < c.rows.taps; tapRow++) {
    const int h = row + tapRow * c.rows.perTap;
    if (h < 0 || h >= c.rows.sourceSize) continue;
    for (int tapColumn = 0; tapColumn < c.columns.taps; tapColumn++) {
      const int v = column + tapColumn * c.columns.perTap;
      if (v < 0 || v >= c.columns.sourceSize) continue;
      const auto* pixel = from + ((int64_t{image} * c.rows.sourceSize + h) * c.columns.sourceSize + v) * c.sourcePixel;
      const auto* tap = w + tapRow * c.rows.tapStep * c.weightsPerTapRow + tapColumn * c.columns.tapStep * c.weightsPerTap;
      for (int s = 0; s < c.sourceChannels; s++) sum += Read::read(pixel + s) * Read::weight(tap + s * c.weightsPerSource);
    }
  }
  if (epilogue.bias) sum += epilogue.bias[channel];
  if (epilogue.relu && sum <= 0) sum = 0;
  const int64_t h = c.rows.first + int64_t{i} * c.rows.step, v = c.columns.first + int64_t{j} * c.columns.step;
  float* to = result + ((int64_t{image} * c.rows.resultSize + h) * c.columns.resultSize + v) * c.resultPixel + channel;
  *to = epilogue.accumulate ? *to + sum : sum;
}

}  // namespace smug::cuda
