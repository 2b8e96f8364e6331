// Pooling with windows of any kind; the usual one, three by three, has kernels of its own (pooling_threes.h).
#include "pooling_plan.h"
#include "pooling_threes.h"

namespace smug::cuda {

namespace {

/// Among equal elements the first is the maximum; NaN wins over everything; a window of padding alone gives −∞.
template <int Width, typename Winner>
__global__ void maximum(Pool pool, uint32_t count, View x, View y, PoolNotes notes) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const int64_t map = to.image * pool.in[0] + to.channel * pool.in[1];
  float best[Width];
  int32_t winner[Width];
  SMUG_UNROLL
  for (int v = 0; v < Width; v++) best[v] = -INFINITY, winner[v] = -1;
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const int32_t h = pool.rows.start(to.row) + r * pool.rows.dilation;
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const int32_t w = pool.columns.start(to.column) + s * pool.columns.dilation;
      float values[Width];
      loadChannels<Width>(x.data, map + h * pool.in[2] + w * pool.in[3], x.format, values);
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) {
        // False for a held NaN, which stays; true for a new one.
        if (winner[v] < 0 || (best[v] == best[v] && !(values[v] <= best[v]))) {
          best[v] = values[v];
          winner[v] = r * pool.columns.kernel + s;
        }
      }
    }
  }
  const int64_t pixel = pool.outputPixel(to);
  if (notes.winners) {
    Winners<Width, Winner> list;
    SMUG_UNROLL
    for (int v = 0; v < Width; v++) {
      const bool lost = winner[v] < 0 || (notes.positiveOnly && best[v] <= 0);
      list.of[v] = static_cast<Winner>(lost ? none<Winner> : winner[v]);
    }
    auto* const all = static_cast<Winner*>(notes.winners) + pixel * pool.channels + to.channel;
    *reinterpret_cast<Winners<Width, Winner>*>(all) = list;
  }
  if (Width == 8 && notes.positive) {
    uint32_t bits = 0;
    SMUG_UNROLL
    for (int v = 0; v < Width; v++) bits |= best[v] <= 0 ? 0u : 1u << v;
    notes.positive[pixel * notes.positivePixel + to.channel / 8] = static_cast<uint8_t>(bits);
  }
  storeChannels<Width>(y.data, pool.outOffset(to), y.format, best);
}

/// The same for eight channels of a ReLU's outputs in 16 bits, as in pooling_threes.h.
__global__ void maximumOfPositiveHalves(Pool pool, uint32_t count, View x, View y, PoolNotes notes) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const auto* map = reinterpret_cast<const uint16_t*>(x.data) + to.image * pool.in[0] + to.channel;
  uint32_t best[8] = {};
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const auto* row = map + (pool.rows.start(to.row) + r * pool.rows.dilation) * pool.in[2];
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const auto eight = *reinterpret_cast<const EightHalves*>(
          row + (pool.columns.start(to.column) + s * pool.columns.dilation) * pool.in[3]);
      const auto tap = static_cast<uint32_t>(none<uint8_t> - (r * pool.columns.kernel + s));
      SMUG_UNROLL
      for (int w = 0; w < 4; w++) {
        const uint32_t low = eight.word[w] << 16 | tap, high = (eight.word[w] & 0xffff0000u) | tap;
        best[2 * w] = max(best[2 * w], low), best[2 * w + 1] = max(best[2 * w + 1], high);
      }
    }
  }
  storePositive(pool, to, best, y, notes);
}

template <int Width, typename Winner>
__global__ void maximumGradient(Pool pool, uint32_t count, const Winner* winners, View dy, View dx, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At own = pool.inputAt(i);
  float sum[Width] = {};
  const int32_t rowEnd = pool.rows.endOutput(own.row), columnEnd = pool.columns.endOutput(own.column);
  const int32_t firstColumn = pool.columns.firstOutput(own.column);
  for (int32_t p = pool.rows.firstOutput(own.row); p < rowEnd; p++) {
    if (!pool.rows.covers(p, own.row)) continue;
    const int32_t tapRow = pool.rows.tapAt(p, own.row) * pool.columns.kernel;
    const Pool::At begin{own.image, own.channel, p, 0};
    const Winner* const list = winners + pool.outputPixel(begin) * pool.channels + own.channel;
    const int64_t gradients = pool.outOffset(begin);
    for (int32_t q = firstColumn; q < columnEnd; q++) {
      if (!pool.columns.covers(q, own.column)) continue;
      const int32_t tap = tapRow + pool.columns.tapAt(q, own.column);
      const auto winner = *reinterpret_cast<const Winners<Width, Winner>*>(list + q * pool.channels);
      float gradient[Width];
      loadChannels<Width>(dy.data, gradients + q * pool.out[3], dy.format, gradient);
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) sum[v] += winner.of[v] == tap ? gradient[v] : 0.0f;
    }
  }
  storeChannels<Width>(dx.data, pool.inOffset(own), dx.format, sum, accumulate);
}

template <int Width>
__global__ void average(Pool pool, uint32_t count, View x, View y) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const int64_t map = to.image * pool.in[0] + to.channel * pool.in[1];
  float sum[Width] = {};
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const int64_t h = pool.rows.start(to.row) + r * pool.rows.dilation;
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const int64_t w = pool.columns.start(to.column) + s * pool.columns.dilation;
      float values[Width];
      loadChannels<Width>(x.data, map + h * pool.in[2] + w * pool.in[3], x.format, values);
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) sum[v] += values[v];
    }
  }
  const int32_t divisor = pool.rows.counted(to.row, pool.countPadding) * pool.columns.counted(to.column, pool.countPadding);
  SMUG_UNROLL
  for (int v = 0; v < Width; v++) sum[v] = divisor == 0 ? 0.0f : sum[v] / static_cast<float>(divisor);
  storeChannels<Width>(y.data, pool.outOffset(to), y.format, sum);
}

template <int Width>
__global__ void averageGradient(Pool pool, uint32_t count, View dy, View dx, bool accumulate, KeepBits keep) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At own = pool.inputAt(i);
  float sum[Width] = {};
  const int32_t rowEnd = pool.rows.endOutput(own.row), columnEnd = pool.columns.endOutput(own.column);
  for (int32_t p = pool.rows.firstOutput(own.row); p < rowEnd; p++) {
    if (!pool.rows.covers(p, own.row)) continue;
    const int32_t counted = pool.rows.counted(p, pool.countPadding);
    const int64_t gradients = pool.outOffset({own.image, own.channel, p, 0});
    for (int32_t q = pool.columns.firstOutput(own.column); q < columnEnd; q++) {
      if (!pool.columns.covers(q, own.column)) continue;
      const float share = 1.0f / static_cast<float>(counted * pool.columns.counted(q, pool.countPadding));
      float gradient[Width];
      loadChannels<Width>(dy.data, gradients + q * pool.out[3], dy.format, gradient);
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) sum[v] += gradient[v] * share;
    }
  }
  const uint8_t* const bits = keep.bits ? keep.bits + pool.inputPixel(own) * keep.pixel + own.channel / 8 : nullptr;
  storeChannels<Width>(dx.data, pool.inOffset(own), dx.format, sum, accumulate, bits);
}

}  // namespace

size_t winnerBytes(const Window& window) { return window.kernel[0] * window.kernel[1] < none<uint8_t> ? 1 : 4; }

void maxPool(Stream& stream, const Window& window, View x, View y, const PoolNotes& notes) {
  const Pool pool = poolOf(window, x, y);
  requireEights(pool, notes.positive);
  const bool everyWindowReads = pool.rows.everyWindowReads() && pool.columns.everyWindowReads();
  if (notes.positiveOnly && x.format == y.format && bytesOf(x.format) == 2 && pool.width == 8 && winnerBytes(window) == 1 && everyWindowReads) {
    if (areThrees(pool)) {
      const auto kernel = pool.rows.stride == 1 ? maximumOfThrees<1> : maximumOfThrees<2>;
      return startPooling(stream, kernel, kernel, pool, pool.outputs(), x, y, notes);
    }
    return startPooling(stream, maximumOfPositiveHalves, maximumOfPositiveHalves, pool, pool.outputs(), x, y, notes);
  }
  if (winnerBytes(window) == 1) startPooling(stream, maximum<1, uint8_t>, maximum<8, uint8_t>, pool, pool.outputs(), x, y, notes);
  else startPooling(stream, maximum<1, int32_t>, maximum<8, int32_t>, pool, pool.outputs(), x, y, notes);
}

void maxPoolBackward(Stream& stream, const Window& window, const void* winners, View dy, View dx, bool accumulate) {
  const Pool pool = poolOf(window, dx, dy);
  if (areThrees(pool) && bytesOf(dy.format) == 2) {
    const auto kernel = pool.rows.stride == 1 ? maximumGradientOfThrees<1> : maximumGradientOfThrees<2>;
    return startPooling(stream, kernel, kernel, pool, pool.inputs(), static_cast<const uint8_t*>(winners), dy, dx, accumulate);
  }
  if (winnerBytes(window) == 1) {
    startPooling(stream, maximumGradient<1, uint8_t>, maximumGradient<8, uint8_t>, pool, pool.inputs(),
          static_cast<const uint8_t*>(winners), dy, dx, accumulate);
  } else {
    startPooling(stream, maximumGradient<1, int32_t>, maximumGradient<8, int32_t>, pool, pool.inputs(),
          static_cast<const int32_t*>(winners), dy, dx, accumulate);
  }
}

void averagePool(Stream& stream, const Window& window, View x, View y) {
  const Pool pool = poolOf(window, x, y);
  startPooling(stream, average<1>, average<8>, pool, pool.outputs(), x, y);
}

void averagePoolBackward(Stream& stream, const Window& window, View dy, View dx, bool accumulate, const KeepBits& keep) {
  const Pool pool = poolOf(window, dx, dy);
  requireEights(pool, keep.bits);
  startPooling(stream, averageGradient<1>, averageGradient<8>, pool, pool.inputs(), dy, dx, accumulate, keep);
}

}  // namespace smug::cuda
