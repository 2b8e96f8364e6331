// Pooling. Forward, a thread makes one element of y; backward, a thread owns one element of dx and gathers from the
// windows that cover it, in order: nothing is added by two threads, so that every run has the same bits.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "fast_division.h"
#include "reduction.h"

namespace smug::cuda {

namespace {

/// One spatial axis: output o reads, at tap t, input o·stride + t·dilation − pad.
struct PoolAxis {
  int32_t size, outputs, kernel, stride, pad, dilation, padEnd;

  __device__ int32_t start(int32_t o) const { return o * stride - pad; }
  /// Taps [firstTap, endTap) lie inside the map.
  __device__ int32_t firstTap(int32_t o) const { return start(o) >= 0 ? 0 : (dilation - 1 - start(o)) / dilation; }
  __device__ int32_t endTap(int32_t o) const { return tapsBelow(o, size); }
  /// Taps that a mean counts.
  __device__ int32_t counted(int32_t o, bool padding) const {
    return padding ? tapsBelow(o, size + padEnd) : max(0, endTap(o) - firstTap(o));
  }
  /// Outputs [firstOutput, endOutput) may cover an input position; those that do not divide by the dilation do not.
  __device__ int32_t firstOutput(int32_t position) const {
    const int32_t from = position + pad - (kernel - 1) * dilation;
    return from <= 0 ? 0 : (from + stride - 1) / stride;
  }
  __device__ int32_t endOutput(int32_t position) const { return min(outputs, (position + pad) / stride + 1); }
  __device__ bool covers(int32_t o, int32_t position) const { return (position - start(o)) % dilation == 0; }

 private:
  __device__ int32_t tapsBelow(int32_t o, int32_t limit) const {
    const int32_t room = limit - start(o);
    return room <= 0 ? 0 : min(kernel, (room + dilation - 1) / dilation);
  }
};

struct Pool {
  int32_t images, channels;
  PoolAxis rows, columns;
  bool countPadding;
  int64_t in[4], out[4];  ///< strides of the map and of the pooled map: image, channel, row, column
  FastDivider byChannels, byRows, byColumns, byOutputRows, byOutputColumns;

  struct At {
    int32_t image, channel, row, column;
  };
  __device__ At outputAt(uint32_t i) const { return split(i, byOutputRows, byOutputColumns); }
  __device__ At inputAt(uint32_t i) const { return split(i, byRows, byColumns); }
  __device__ int64_t inOffset(const At& at) const { return at.image * in[0] + at.channel * in[1] + at.row * in[2] + at.column * in[3]; }
  __device__ int64_t outOffset(const At& at) const { return at.image * out[0] + at.channel * out[1] + at.row * out[2] + at.column * out[3]; }
  /// In the list of winners.
  __device__ int64_t winnerOffset(const At& at) const {
    return ((int64_t{at.image} * rows.outputs + at.row) * columns.outputs + at.column) * channels + at.channel;
  }
  int64_t outputs() const { return int64_t{images} * channels * rows.outputs * columns.outputs; }
  int64_t inputs() const { return int64_t{images} * channels * rows.size * columns.size; }

 private:
  /// Channels innermost: that is how feature maps lie.
  __device__ At split(uint32_t i, const FastDivider& byHeight, const FastDivider& byWidth) const {
    At at;
    at.channel = static_cast<int32_t>(byChannels.split(i));
    at.column = static_cast<int32_t>(byWidth.split(i));
    at.row = static_cast<int32_t>(byHeight.split(i));
    at.image = static_cast<int32_t>(i);
    return at;
  }
};

/// Among equal elements the first is the maximum; NaN wins over everything; a window of padding alone gives −∞.
__global__ void maximum(Pool pool, uint32_t count, const float* x, float* y, int32_t* winners) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const float* map = x + to.image * pool.in[0] + to.channel * pool.in[1];
  float best = -INFINITY;
  int32_t winner = -1;
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const int32_t h = pool.rows.start(to.row) + r * pool.rows.dilation;
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const int32_t w = pool.columns.start(to.column) + s * pool.columns.dilation;
      const float value = map[h * pool.in[2] + w * pool.in[3]];
      // False for best = NaN, which stays; true for value = NaN.
      if (winner < 0 || (best == best && !(value <= best))) {
        best = value;
        winner = h * pool.columns.size + w;
      }
    }
  }
  y[pool.outOffset(to)] = best;
  if (winners) winners[pool.winnerOffset(to)] = winner;
}

__global__ void maximumGradient(Pool pool, uint32_t count, const int32_t* winners, const float* dy, float* dx,
                                bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At own = pool.inputAt(i);
  const int32_t position = own.row * pool.columns.size + own.column;
  float sum = 0;
  const int32_t rowEnd = pool.rows.endOutput(own.row), columnEnd = pool.columns.endOutput(own.column);
  for (int32_t p = pool.rows.firstOutput(own.row); p < rowEnd; p++) {
    for (int32_t q = pool.columns.firstOutput(own.column); q < columnEnd; q++) {
      const Pool::At from{own.image, own.channel, p, q};
      if (winners[pool.winnerOffset(from)] == position) sum += dy[pool.outOffset(from)];
    }
  }
  float* to = dx + pool.inOffset(own);
  *to = accumulate ? *to + sum : sum;
}

__global__ void average(Pool pool, uint32_t count, const float* x, float* y) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const float* map = x + to.image * pool.in[0] + to.channel * pool.in[1];
  float sum = 0;
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const int64_t h = pool.rows.start(to.row) + r * pool.rows.dilation;
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const int64_t w = pool.columns.start(to.column) + s * pool.columns.dilation;
      sum += map[h * pool.in[2] + w * pool.in[3]];
    }
  }
  const int32_t divisor = pool.rows.counted(to.row, pool.countPadding) * pool.columns.counted(to.column, pool.countPadding);
  y[pool.outOffset(to)] = divisor == 0 ? 0.0f : sum / static_cast<float>(divisor);
}

__global__ void averageGradient(Pool pool, uint32_t count, const float* dy, float* dx, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At own = pool.inputAt(i);
  float sum = 0;
  const int32_t rowEnd = pool.rows.endOutput(own.row), columnEnd = pool.columns.endOutput(own.column);
  for (int32_t p = pool.rows.firstOutput(own.row); p < rowEnd; p++) {
    if (!pool.rows.covers(p, own.row)) continue;
    const int32_t counted = pool.rows.counted(p, pool.countPadding);
    for (int32_t q = pool.columns.firstOutput(own.column); q < columnEnd; q++) {
      if (!pool.columns.covers(q, own.column)) continue;
      const int32_t divisor = counted * pool.columns.counted(q, pool.countPadding);
      sum += dy[pool.outOffset({own.image, own.channel, p, q})] / static_cast<float>(divisor);
    }
  }
  float* to = dx + pool.inOffset(own);
  *to = accumulate ? *to + sum : sum;
}

/// [N, C, L] as [N, C, 1, L].
View planar(View view) {
  if (view.rank == 3) {
    view.rank = 4;
    view.size[3] = view.size[2], view.stride[3] = view.stride[2];
    view.size[2] = 1, view.stride[2] = 0;
  }
  return view;
}

Pool poolOf(const Window& window, const View& map, const View& pooled) {
  const View in = planar(map), out = planar(pooled);
  if (in.rank != 4 || out.rank != 4) throw std::logic_error("pooling takes maps [N, C, L] or [N, C, H, W]");
  Pool pool{};
  pool.images = static_cast<int32_t>(in.size[0]);
  pool.channels = static_cast<int32_t>(in.size[1]);
  const auto axis = [&](int view, int entry) {
    PoolAxis a{static_cast<int32_t>(in.size[view]), static_cast<int32_t>(out.size[view]), 1, 1, 0, 1, 0};
    if (entry < 0) return a;
    a.kernel = static_cast<int32_t>(window.kernel[entry]);
    a.stride = static_cast<int32_t>(window.stride[entry]);
    a.pad = static_cast<int32_t>(window.pad[entry]);
    a.dilation = static_cast<int32_t>(window.dilation[entry]);
    a.padEnd = static_cast<int32_t>(window.padEnd[entry]);
    return a;
  };
  const bool line = map.rank == 3;
  pool.rows = axis(2, line ? -1 : 0);
  pool.columns = axis(3, line ? 0 : 1);
  pool.countPadding = window.countIncludePad;
  for (int i = 0; i < 4; i++) pool.in[i] = in.stride[i], pool.out[i] = out.stride[i];
  const auto divider = [](int32_t size) { return FastDivider(static_cast<uint32_t>(std::max(1, size))); };
  pool.byChannels = divider(pool.channels);
  pool.byRows = divider(pool.rows.size);
  pool.byColumns = divider(pool.columns.size);
  pool.byOutputRows = divider(pool.rows.outputs);
  pool.byOutputColumns = divider(pool.columns.outputs);
  return pool;
}

uint32_t counted(int64_t elements) {
  if (elements > std::numeric_limits<int32_t>::max()) {
    throw std::length_error("pooling of more than 2³¹ elements: use a smaller batch");
  }
  return static_cast<uint32_t>(elements);
}

constexpr int threads = 256;

}  // namespace

void maxPool(Stream& stream, const Window& window, View x, View y, int32_t* winners) {
  const Pool pool = poolOf(window, x, y);
  const uint32_t count = counted(pool.outputs());
  if (count == 0) return;
  launch(stream, maximum, dim3(blocksFor(count, threads)), dim3(threads), 0, pool, count, x.data, y.data, winners);
}

void maxPoolBackward(Stream& stream, const Window& window, const int32_t* winners, View dy, View dx, bool accumulate) {
  const Pool pool = poolOf(window, dx, dy);
  const uint32_t count = counted(pool.inputs());
  if (count == 0) return;
  launch(stream, maximumGradient, dim3(blocksFor(count, threads)), dim3(threads), 0, pool, count, winners, dy.data,
         dx.data, accumulate);
}

void averagePool(Stream& stream, const Window& window, View x, View y) {
  const Pool pool = poolOf(window, x, y);
  const uint32_t count = counted(pool.outputs());
  if (count == 0) return;
  launch(stream, average, dim3(blocksFor(count, threads)), dim3(threads), 0, pool, count, x.data, y.data);
}

void averagePoolBackward(Stream& stream, const Window& window, View dy, View dx, bool accumulate) {
  const Pool pool = poolOf(window, dx, dy);
  const uint32_t count = counted(pool.inputs());
  if (count == 0) return;
  launch(stream, averageGradient, dim3(blocksFor(count, threads)), dim3(threads), 0, pool, count, dy.data, dx.data,
         accumulate);
}

}  // namespace smug::cuda
