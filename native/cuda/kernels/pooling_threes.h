// Maxima over windows of 3 × 3, one or two apart, as nearly every network has them: for eight channels in 16 bits.
// Everything that a thread reads is asked for at once, and what a window's place decides is known when it is compiled.
#pragma once

#include "pooling_plan.h"

namespace smug::cuda {

/// Whether the kernels below take such windows.
inline bool areThrees(const Pool& pool) {
  const auto axis = [](const PoolAxis& a) { return a.kernel == 3 && a.dilation == 1; };
  return pool.width == 8 && axis(pool.rows) && axis(pool.columns) && pool.rows.stride == pool.columns.stride &&
         pool.rows.stride <= 2;
}

/// Of a ReLU's outputs. Such numbers are ordered as their bits are: value and tap make one word, earlier taps the larger,
/// and the maximum of words is the first maximum. Where that is 0 nobody wins.
template <int Stride>
__global__ void maximumOfThrees(Pool pool, uint32_t count, View x, View y, PoolNotes notes) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const int32_t top = to.row * Stride - pool.rows.pad, left = to.column * Stride - pool.columns.pad;
  const auto rowStep = static_cast<int32_t>(pool.in[2]), columnStep = static_cast<int32_t>(pool.in[3]);
  const auto* map = reinterpret_cast<const uint16_t*>(x.data) + to.image * pool.in[0] + to.channel;
  EightHalves read[9];
  SMUG_UNROLL
  for (int tap = 0; tap < 9; tap++) {
    const int32_t h = top + tap / 3, w = left + tap % 3;
    const bool inside = static_cast<uint32_t>(h) < static_cast<uint32_t>(pool.rows.size) &&
                        static_cast<uint32_t>(w) < static_cast<uint32_t>(pool.columns.size);
    read[tap] = inside ? *reinterpret_cast<const EightHalves*>(map + h * rowStep + w * columnStep) : EightHalves{};
  }
  uint32_t best[8] = {};
  SMUG_UNROLL
  for (int tap = 0; tap < 9; tap++) {
    const auto mark = static_cast<uint32_t>(none<uint8_t> - tap);
    SMUG_UNROLL
    for (int w = 0; w < 4; w++) {
      best[2 * w] = max(best[2 * w], read[tap].word[w] << 16 | mark);
      best[2 * w + 1] = max(best[2 * w + 1], (read[tap].word[w] & 0xffff0000u) | mark);
    }
  }
  storePositive(pool, to, best, y, notes);
}

/// From winners in bytes, whatever x was.
template <int Stride>
__global__ void maximumGradientOfThrees(Pool pool, uint32_t count, const uint8_t* winners, View dy, View dx,
                                        bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  constexpr int covering = (3 + Stride - 1) / Stride;  // windows along an axis, at most
  const Pool::At own = pool.inputAt(i);
  // The first tap along each axis with which a window may reach here, and that window; the next one lies before it.
  const int32_t row = own.row + pool.rows.pad, column = own.column + pool.columns.pad;
  const int32_t firstTapRow = row % Stride, firstTapColumn = column % Stride;
  const int32_t p = row / Stride, q = column / Stride;
  const auto rowStep = static_cast<int32_t>(pool.out[2]), columnStep = static_cast<int32_t>(pool.out[3]);
  const int64_t gradients = own.image * pool.out[0] + own.channel;
  const uint8_t* const notes = winners + pool.outputPixel({own.image, 0, 0, 0}) * pool.channels + own.channel;
  struct alignas(8) EightBytes {
    uint32_t word[2];
  };
  EightBytes won[covering * covering];
  EightHalves read[covering * covering];
  SMUG_UNROLL
  for (int n = 0; n < covering * covering; n++) {
    const int u = n / covering, v = n % covering;
    const int32_t tapRow = firstTapRow + u * Stride, tapColumn = firstTapColumn + v * Stride;
    const bool covers = tapRow < 3 && tapColumn < 3 &&
                        static_cast<uint32_t>(p - u) < static_cast<uint32_t>(pool.rows.outputs) &&
                        static_cast<uint32_t>(q - v) < static_cast<uint32_t>(pool.columns.outputs);
    const int32_t pixel = (p - u) * pool.columns.outputs + q - v;
    won[n] = covers ? *reinterpret_cast<const EightBytes*>(notes + int64_t{pixel} * pool.channels)
                    : EightBytes{{~0u, ~0u}};
    read[n] = covers ? *reinterpret_cast<const EightHalves*>(reinterpret_cast<const uint16_t*>(dy.data) + gradients +
                                                             (p - u) * rowStep + (q - v) * columnStep)
                     : EightHalves{};
  }
  float sum[8] = {};
  SMUG_UNROLL
  for (int n = 0; n < covering * covering; n++) {
    const int32_t tap = (firstTapRow + n / covering * Stride) * 3 + firstTapColumn + n % covering * Stride;
    const uint32_t taps = static_cast<uint32_t>(tap) * 0x01010101u;
    const uint32_t differs[2] = {won[n].word[0] ^ taps, won[n].word[1] ^ taps};
    float gradient[8];
    unpackEight(dy.format, read[n], gradient);
    SMUG_UNROLL
    for (int c = 0; c < 8; c++) {
      if ((differs[c / 4] & 0xffu << c % 4 * 8) == 0) sum[c] += gradient[c];
    }
  }
  storeChannels<8>(dx.data, pool.inOffset(own), dx.format, sum, accumulate);
}

}  // namespace smug::cuda
