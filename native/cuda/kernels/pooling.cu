// Pooling. Forward, a thread makes one element of y; backward, a thread owns one element of dx and gathers from the
// windows that cover it, in order: nothing is added by two threads, so that every run has the same bits.
//
// Where channels lie side by side a thread makes four of them (Width 4): sixteen bytes a load, and a quarter of the
// index arithmetic.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "fast_division.h"
#include "reduction.h"

namespace smug::cuda {

namespace {

template <typename T, int Width>
struct alignas(sizeof(T) * Width) Pack {
  T of[Width];
};

template <int Width, typename T>
__device__ Pack<T, Width> load(const T* from) {
  return *reinterpret_cast<const Pack<T, Width>*>(from);
}

template <int Width, typename T>
__device__ void store(T* to, const Pack<T, Width>& values) {
  *reinterpret_cast<Pack<T, Width>*>(to) = values;
}

template <int Width>
__device__ void storeSum(float* to, Pack<float, Width> values, bool accumulate) {
  if (accumulate) {
    const Pack<float, Width> old = load<Width>(to);
    SMUG_UNROLL
    for (int v = 0; v < Width; v++) values.of[v] += old.of[v];
  }
  store<Width>(to, values);
}

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
  int32_t images, channels, width;  ///< width: channels that a thread makes
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
    at.channel = width * static_cast<int32_t>(byChannels.split(i));
    at.column = static_cast<int32_t>(byWidth.split(i));
    at.row = static_cast<int32_t>(byHeight.split(i));
    at.image = static_cast<int32_t>(i);
    return at;
  }
};

/// Among equal elements the first is the maximum; NaN wins over everything; a window of padding alone gives −∞.
template <int Width>
__global__ void maximum(Pool pool, uint32_t count, const float* x, float* y, int32_t* winners) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const float* map = x + to.image * pool.in[0] + to.channel * pool.in[1];
  Pack<float, Width> best;
  Pack<int32_t, Width> winner;
  SMUG_UNROLL
  for (int v = 0; v < Width; v++) best.of[v] = -INFINITY, winner.of[v] = -1;
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const int32_t h = pool.rows.start(to.row) + r * pool.rows.dilation;
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const int32_t w = pool.columns.start(to.column) + s * pool.columns.dilation;
      const Pack<float, Width> values = load<Width>(map + h * pool.in[2] + w * pool.in[3]);
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) {
        const float value = values.of[v], held = best.of[v];
        // False for a held NaN, which stays; true for a new one.
        if (winner.of[v] < 0 || (held == held && !(value <= held))) {
          best.of[v] = value;
          winner.of[v] = h * pool.columns.size + w;
        }
      }
    }
  }
  store<Width>(y + pool.outOffset(to), best);
  if (winners) store<Width>(winners + pool.winnerOffset(to), winner);
}

template <int Width>
__global__ void maximumGradient(Pool pool, uint32_t count, const int32_t* winners, const float* dy, float* dx,
                                bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At own = pool.inputAt(i);
  const int32_t position = own.row * pool.columns.size + own.column;
  Pack<float, Width> sum = {};
  const int32_t rowEnd = pool.rows.endOutput(own.row), columnEnd = pool.columns.endOutput(own.column);
  for (int32_t p = pool.rows.firstOutput(own.row); p < rowEnd; p++) {
    for (int32_t q = pool.columns.firstOutput(own.column); q < columnEnd; q++) {
      const Pool::At from{own.image, own.channel, p, q};
      const Pack<int32_t, Width> winner = load<Width>(winners + pool.winnerOffset(from));
      const Pack<float, Width> gradient = load<Width>(dy + pool.outOffset(from));
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) sum.of[v] += winner.of[v] == position ? gradient.of[v] : 0.0f;
    }
  }
  storeSum<Width>(dx + pool.inOffset(own), sum, accumulate);
}

template <int Width>
__global__ void average(Pool pool, uint32_t count, const float* x, float* y) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At to = pool.outputAt(i);
  const float* map = x + to.image * pool.in[0] + to.channel * pool.in[1];
  Pack<float, Width> sum = {};
  const int32_t rowEnd = pool.rows.endTap(to.row), columnEnd = pool.columns.endTap(to.column);
  for (int32_t r = pool.rows.firstTap(to.row); r < rowEnd; r++) {
    const int64_t h = pool.rows.start(to.row) + r * pool.rows.dilation;
    for (int32_t s = pool.columns.firstTap(to.column); s < columnEnd; s++) {
      const int64_t w = pool.columns.start(to.column) + s * pool.columns.dilation;
      const Pack<float, Width> values = load<Width>(map + h * pool.in[2] + w * pool.in[3]);
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) sum.of[v] += values.of[v];
    }
  }
  const int32_t divisor = pool.rows.counted(to.row, pool.countPadding) * pool.columns.counted(to.column, pool.countPadding);
  SMUG_UNROLL
  for (int v = 0; v < Width; v++) sum.of[v] = divisor == 0 ? 0.0f : sum.of[v] / static_cast<float>(divisor);
  store<Width>(y + pool.outOffset(to), sum);
}

template <int Width>
__global__ void averageGradient(Pool pool, uint32_t count, const float* dy, float* dx, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Pool::At own = pool.inputAt(i);
  Pack<float, Width> sum = {};
  const int32_t rowEnd = pool.rows.endOutput(own.row), columnEnd = pool.columns.endOutput(own.column);
  for (int32_t p = pool.rows.firstOutput(own.row); p < rowEnd; p++) {
    if (!pool.rows.covers(p, own.row)) continue;
    const int32_t counted = pool.rows.counted(p, pool.countPadding);
    for (int32_t q = pool.columns.firstOutput(own.column); q < columnEnd; q++) {
      if (!pool.columns.covers(q, own.column)) continue;
      const auto divisor = static_cast<float>(counted * pool.columns.counted(q, pool.countPadding));
      const Pack<float, Width> gradient = load<Width>(dy + pool.outOffset({own.image, own.channel, p, q}));
      SMUG_UNROLL
      for (int v = 0; v < Width; v++) sum.of[v] += gradient.of[v] / divisor;
    }
  }
  storeSum<Width>(dx + pool.inOffset(own), sum, accumulate);
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

/// Whether four channels of every pixel are sixteen aligned bytes.
bool takesFour(const View& view) {
  bool all = view.size[1] % 4 == 0 && view.stride[1] == 1 && reinterpret_cast<uintptr_t>(view.data) % 16 == 0;
  for (const int axis : {0, 2, 3}) all = all && view.stride[axis] % 4 == 0;
  return all;
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
  pool.width = takesFour(in) && takesFour(out) ? 4 : 1;
  pool.byChannels = divider(pool.channels / pool.width);
  pool.byRows = divider(pool.rows.size);
  pool.byColumns = divider(pool.columns.size);
  pool.byOutputRows = divider(pool.rows.outputs);
  pool.byOutputColumns = divider(pool.columns.outputs);
  return pool;
}

/// Starts one thread for every `width` of the elements.
template <typename Kernel, typename... Arguments>
void start(Stream& stream, Kernel* single, Kernel* four, const Pool& pool, int64_t elements, Arguments... arguments) {
  if (elements == 0) return;
  if (elements > std::numeric_limits<int32_t>::max()) {
    throw std::length_error("pooling of more than 2³¹ elements: use a smaller batch");
  }
  constexpr int threads = 256;
  const auto count = static_cast<uint32_t>(elements / pool.width);
  launch(stream, pool.width == 4 ? four : single, dim3(blocksFor(count, threads)), dim3(threads), 0, pool, count,
         arguments...);
}

}  // namespace

void maxPool(Stream& stream, const Window& window, View x, View y, int32_t* winners) {
  const Pool pool = poolOf(window, x, y);
  start(stream, maximum<1>, maximum<4>, pool, pool.outputs(), x.data, y.data, winners);
}

void maxPoolBackward(Stream& stream, const Window& window, const int32_t* winners, View dy, View dx, bool accumulate) {
  const Pool pool = poolOf(window, dx, dy);
  start(stream, maximumGradient<1>, maximumGradient<4>, pool, pool.inputs(), winners, dy.data, dx.data, accumulate);
}

void averagePool(Stream& stream, const Window& window, View x, View y) {
  const Pool pool = poolOf(window, x, y);
  start(stream, average<1>, average<4>, pool, pool.outputs(), x.data, y.data);
}

void averagePoolBackward(Stream& stream, const Window& window, View dy, View dx, bool accumulate) {
  const Pool pool = poolOf(window, dx, dy);
  start(stream, averageGradient<1>, averageGradient<4>, pool, pool.inputs(), dy.data, dx.data, accumulate);
}

}  // namespace smug::cuda
