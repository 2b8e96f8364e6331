// What every pooling kernel is told: windows along two axes, strides of both maps, and how a thread finds its place.
//
// Forward, a thread makes one element of y; backward, a thread owns one element of dx and gathers from the windows that
// cover it, in order: nothing is added by two threads, so that every run has the same bits. Where channels lie side by
// side a thread makes eight of them (Width 8): sixteen bytes a load at least, an eighth of the index arithmetic, and a
// byte of derivative bits.
#pragma once

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "element.h"
#include "fast_division.h"
#include "reduction.h"

namespace smug::cuda {

template <int Width>
__device__ inline void loadChannels(const void* data, int64_t i, Format format, float (&x)[Width]) {
  if constexpr (Width == 8) loadEight(data, i, format, x);
  else x[0] = loadOne(data, i, format);
}

/// (+)= with the derivative's bits, where there are any, on the sum.
template <int Width>
__device__ inline void storeChannels(void* data, int64_t i, Format format, float (&x)[Width], bool accumulate = false,
                                     const uint8_t* keep = nullptr) {
  if constexpr (Width == 8) {
    if (accumulate) {
      float old[8];
      loadEight(data, i, format, old);
      SMUG_UNROLL
      for (int v = 0; v < 8; v++) x[v] += old[v];
    }
    if (keep) {
      const uint32_t bits = *keep;
      SMUG_UNROLL
      for (int v = 0; v < 8; v++) x[v] = bits >> v & 1u ? x[v] : 0.0f * x[v];
    }
    storeEight(data, i, format, x);
  } else {
    storeOne(data, i, format, accumulate ? loadOne(data, i, format) + x[0] : x[0]);
  }
}

/// Which tap won, one number per channel; `none` where no gradient goes back.
template <int Width, typename Winner>
struct alignas(Width == 8 && sizeof(Winner) == 1 ? 8 : sizeof(Winner) == 4 && Width == 8 ? 16 : sizeof(Winner)) Winners {
  Winner of[Width];
};

template <typename Winner>
inline constexpr int none = sizeof(Winner) == 1 ? 255 : -1;

/// One spatial axis: output o reads, at tap t, input o·stride + t·dilation − pad.
struct PoolAxis {
  int32_t size, outputs, kernel, stride, pad, dilation, padEnd;
  FastDivider byStride;

  /// Whether no window is padding alone.
  bool everyWindowReads() const { return dilation == 1 && pad < kernel && (outputs - 1) * stride - pad < size; }
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
    return from <= 0 ? 0 : static_cast<int32_t>(byStride.quotient(static_cast<uint32_t>(from + stride - 1)));
  }
  __device__ int32_t endOutput(int32_t position) const {
    return min(outputs, static_cast<int32_t>(byStride.quotient(static_cast<uint32_t>(position + pad))) + 1);
  }
  __device__ bool covers(int32_t o, int32_t position) const {
    return dilation == 1 || (position - start(o)) % dilation == 0;
  }
  /// The tap with which a covering output reads the position.
  __device__ int32_t tapAt(int32_t o, int32_t position) const {
    return dilation == 1 ? position - start(o) : (position - start(o)) / dilation;
  }

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
  __device__ int64_t outputPixel(const At& at) const {
    return (int64_t{at.image} * rows.outputs + at.row) * columns.outputs + at.column;
  }
  __device__ int64_t inputPixel(const At& at) const {
    return (int64_t{at.image} * rows.size + at.row) * columns.size + at.column;
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

/// Stores eight maxima of a ReLU's outputs in 16 bits: a word each, the number above and `none` − tap below.
__device__ inline void storePositive(const Pool& pool, const Pool::At& to, const uint32_t (&best)[8], const View& y,
                                     const PoolNotes& notes) {
  EightHalves value;
  Winners<8, uint8_t> winners;
  uint32_t bits = 0;
  SMUG_UNROLL
  for (int v = 0; v < 8; v++) {
    const bool positive = best[v] >> 16 != 0;
    bits |= positive ? 1u << v : 0u;
    winners.of[v] = static_cast<uint8_t>(positive ? none<uint8_t> - (best[v] & 255u) : none<uint8_t>);
  }
  SMUG_UNROLL
  for (int w = 0; w < 4; w++) value.word[w] = best[2 * w] >> 16 | (best[2 * w + 1] & 0xffff0000u);
  const int64_t pixel = pool.outputPixel(to);
  if (notes.winners) {
    auto* const all = static_cast<uint8_t*>(notes.winners) + pixel * pool.channels + to.channel;
    *reinterpret_cast<Winners<8, uint8_t>*>(all) = winners;
  }
  if (notes.positive) notes.positive[pixel * notes.positivePixel + to.channel / 8] = static_cast<uint8_t>(bits);
  *reinterpret_cast<EightHalves*>(reinterpret_cast<uint16_t*>(y.data) + pool.outOffset(to)) = value;
}

/// [N, C, L] as [N, C, 1, L].
inline View planar(View view) {
  if (view.rank == 3) {
    view.rank = 4;
    view.size[3] = view.size[2], view.stride[3] = view.stride[2];
    view.size[2] = 1, view.stride[2] = 0;
  }
  return view;
}

/// Whether eight channels of every pixel can be taken at once.
inline bool takesEight(const View& view) {
  bool all = view.size[1] % 8 == 0 && view.stride[1] == 1 && reinterpret_cast<uintptr_t>(view.data) % 16 == 0;
  for (const int axis : {0, 2, 3}) all = all && (view.size[axis] == 1 || view.stride[axis] % 8 == 0);
  return all;
}

inline Pool poolOf(const Window& window, const View& map, const View& pooled) {
  const View in = planar(map), out = planar(pooled);
  if (in.rank != 4 || out.rank != 4) throw std::logic_error("pooling takes maps [N, C, L] or [N, C, H, W]");
  Pool pool{};
  pool.images = static_cast<int32_t>(in.size[0]);
  pool.channels = static_cast<int32_t>(in.size[1]);
  const auto axis = [&](int view, int entry) {
    PoolAxis a{static_cast<int32_t>(in.size[view]), static_cast<int32_t>(out.size[view]), 1, 1, 0, 1, 0, {}};
    if (entry < 0) return a;
    a.kernel = static_cast<int32_t>(window.kernel[entry]);
    a.stride = static_cast<int32_t>(window.stride[entry]);
    a.pad = static_cast<int32_t>(window.pad[entry]);
    a.dilation = static_cast<int32_t>(window.dilation[entry]);
    a.padEnd = static_cast<int32_t>(window.padEnd[entry]);
    a.byStride = FastDivider(static_cast<uint32_t>(a.stride));
    return a;
  };
  const bool line = map.rank == 3;
  pool.rows = axis(2, line ? -1 : 0);
  pool.columns = axis(3, line ? 0 : 1);
  pool.countPadding = window.countIncludePad;
  for (int i = 0; i < 4; i++) pool.in[i] = in.stride[i], pool.out[i] = out.stride[i];
  const auto divider = [](int32_t size) { return FastDivider(static_cast<uint32_t>(std::max(1, size))); };
  pool.width = takesEight(in) && takesEight(out) ? 8 : 1;
  pool.byChannels = divider(pool.channels / pool.width);
  pool.byRows = divider(pool.rows.size);
  pool.byColumns = divider(pool.columns.size);
  pool.byOutputRows = divider(pool.rows.outputs);
  pool.byOutputColumns = divider(pool.columns.outputs);
  return pool;
}

/// Starts one thread for every `width` of the elements.
template <typename Kernel, typename... Arguments>
void startPooling(Stream& stream, Kernel* single, Kernel* eight, const Pool& pool, int64_t elements,
                  Arguments... arguments) {
  if (elements == 0) return;
  if (elements > std::numeric_limits<int32_t>::max()) {
    throw std::length_error("pooling of more than 2³¹ elements: use a smaller batch");
  }
  constexpr int threads = 256;
  const auto count = static_cast<uint32_t>(elements / pool.width);
  launch(stream, pool.width == 8 ? eight : single, dim3(blocksFor(count, threads)), dim3(threads), 0, pool, count,
         arguments...);
}

inline void requireEights(const Pool& pool, const void* bits) {
  if (bits && pool.width != 8) throw std::logic_error("bits of derivatives need channels in whole eights");
}

}  // namespace smug::cuda
