// The implicit matrix product: rows are result pixels, columns result channels, and the depth runs over taps and
// source channels (channels fastest). Nothing is unfolded: a tile of the source is gathered when it is needed.
#pragma once

#include "correlation.h"
#include "operand.h"

namespace smug::cuda {

constexpr int tileThreads = 256;
constexpr int tileDepth = 16;

/// A block makes a tile of 4·ThreadsM pixels × 4·ThreadsN channels; a thread makes 4 × 4 of them.
/// ResultsAdjacent: neighbouring result channels' weights lie side by side (the gradient), else neighbouring source
/// channels' (forward): the order in which threads fetch weights.
template <Arithmetic arithmetic, int ThreadsM, bool ResultsAdjacent>
__global__ void __launch_bounds__(tileThreads)
    correlateTiles(Correlation c, Epilogue epilogue, const typename Operand<arithmetic>::Element* source,
                   const typename Operand<arithmetic>::Weight* weights, float* result, bool storeFour) {
  using Read = Operand<arithmetic>;
  constexpr int ThreadsN = tileThreads / ThreadsM;
  constexpr int M = 4 * ThreadsM, N = 4 * ThreadsN;
  constexpr int perThreadA = M * tileDepth / tileThreads, perThreadB = N * tileDepth / tileThreads;
  // Rows are four elements longer than the tile, against bank conflicts; two tiles, so that one is filled while the
  // other is used and one barrier a step is enough.
  __shared__ float tileA[2][tileDepth][M + 4];
  __shared__ float tileB[2][tileDepth][N + 4];

  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % tileDepth;        // the depth this thread fetches of each tile
  const int fetchRow = thread / tileDepth;    // the first of the pixels and channels that it fetches
  constexpr int fetchStep = tileThreads / tileDepth;
  const auto firstPixel = static_cast<uint32_t>(blockIdx.x) * M;
  const int firstChannel = static_cast<int>(blockIdx.y) * N;
  const auto group = static_cast<int64_t>(blockIdx.z);
  const auto pixels = static_cast<uint32_t>(c.images) * static_cast<uint32_t>(c.rows.count * c.columns.count);
  const int depth = c.rows.taps * c.columns.taps * c.sourceChannels;
  source += group * c.sourceChannels;
  weights += group * c.weightsPerGroup;

  // Where the pixels that this thread fetches begin to read.
  int row[perThreadA], column[perThreadA], image[perThreadA];
  SMUG_UNROLL
  for (int a = 0; a < perThreadA; a++) {
    uint32_t pixel = firstPixel + static_cast<uint32_t>(fetchRow + a * fetchStep);
    const bool exists = pixel < pixels;
    const auto j = static_cast<int>(c.byColumns.split(pixel));
    const auto i = static_cast<int>(c.byRows.split(pixel));
    // Far outside for a pixel that does not exist: it reads zeros.
    row[a] = exists ? c.rows.base + i * c.rows.perResult : -(1 << 30);
    column[a] = c.columns.base + j * c.columns.perResult;
    image[a] = static_cast<int>(pixel) * c.rows.sourceSize * c.columns.sourceSize;
  }

  const auto weightOffset = [&](int k) {
    auto rest = static_cast<uint32_t>(k);
    const auto channel = static_cast<int64_t>(c.bySourceChannels.split(rest));
    const auto tapColumn = static_cast<int>(c.byTapColumns.split(rest));
    const int tapRow = static_cast<int>(rest);
    return channel * c.weightsPerSource + (c.rows.tapFirst + tapRow * c.rows.tapStep) * c.weightsPerTapRow +
           (c.columns.tapFirst + tapColumn * c.columns.tapStep) * c.weightsPerTap;
  };

  float fetchedA[perThreadA], fetchedB[perThreadB];
  const auto fetch = [&](int start) {
    const int k = start + lane;
    auto rest = static_cast<uint32_t>(k);
    const auto channel = static_cast<int>(c.bySourceChannels.split(rest));
    const auto tapColumn = static_cast<int>(c.byTapColumns.split(rest));
    const int down = static_cast<int>(rest) * c.rows.perTap, right = tapColumn * c.columns.perTap;
    SMUG_UNROLL
    for (int a = 0; a < perThreadA; a++) {
      const int h = row[a] + down, w = column[a] + right;
      const bool inside = k < depth && static_cast<unsigned>(h) < static_cast<unsigned>(c.rows.sourceSize) &&
                          static_cast<unsigned>(w) < static_cast<unsigned>(c.columns.sourceSize);
      const int64_t pixel = image[a] + int64_t{h} * c.columns.sourceSize + w;
      fetchedA[a] = inside ? Read::read(source + pixel * c.sourcePixel + channel) : 0.0f;
    }
    if constexpr (ResultsAdjacent) {
      const int n = firstChannel + thread % N;
      SMUG_UNROLL
      for (int b = 0; b < perThreadB; b++) {
        const int own = start + thread / N + b * (tileThreads / N);
        const bool inside = own < depth && n < c.resultChannels;
        fetchedB[b] = inside ? Read::weight(weights + weightOffset(own) + n * c.weightsPerResult) : 0.0f;
      }
    } else {
      const int64_t offset = weightOffset(k);
      SMUG_UNROLL
      for (int b = 0; b < perThreadB; b++) {
        const int n = firstChannel + fetchRow + b * fetchStep;
        const bool inside = k < depth && n < c.resultChannels;
        fetchedB[b] = inside ? Read::weight(weights + offset + n * c.weightsPerResult) : 0.0f;
      }
    }
  };
  const auto keep = [&](int buffer) {
    SMUG_UNROLL
    for (int a = 0; a < perThreadA; a++) tileA[buffer][lane][fetchRow + a * fetchStep] = fetchedA[a];
    SMUG_UNROLL
    for (int b = 0; b < perThreadB; b++) {
      if constexpr (ResultsAdjacent) tileB[buffer][thread / N + b * (tileThreads / N)][thread % N] = fetchedB[b];
      else tileB[buffer][lane][fetchRow + b * fetchStep] = fetchedB[b];
    }
  };

  const int ownRow = thread / ThreadsN * 4, ownColumn = thread % ThreadsN * 4;
  float sum[4][4] = {};
  fetch(0);
  keep(0);
  __syncthreads();
  int buffer = 0;
  for (int start = 0; start < depth; start += tileDepth) {
    const bool more = start + tileDepth < depth;
    if (more) fetch(start + tileDepth);
    SMUG_UNROLL
    for (int k = 0; k < tileDepth; k++) {
      const float4 a4 = *reinterpret_cast<const float4*>(&tileA[buffer][k][ownRow]);
      const float4 b4 = *reinterpret_cast<const float4*>(&tileB[buffer][k][ownColumn]);
      const float a[4] = {a4.x, a4.y, a4.z, a4.w}, b[4] = {b4.x, b4.y, b4.z, b4.w};
      SMUG_UNROLL
      for (int m = 0; m < 4; m++) {
        SMUG_UNROLL
        for (int n = 0; n < 4; n++) sum[m][n] += a[m] * b[n];
      }
    }
    buffer ^= 1;
    if (more) keep(buffer);
    __syncthreads();
  }

  const int channel = firstChannel + ownColumn;
  if (channel >= c.resultChannels) return;
  const int channels = min(4, c.resultChannels - channel);
  const int64_t firstOfAll = group * c.resultChannels + channel;
  float bias[4] = {};
  if (epilogue.bias) {
    SMUG_UNROLL
    for (int n = 0; n < 4; n++) bias[n] = n < channels ? epilogue.bias[firstOfAll + n] : 0.0f;
  }
  SMUG_UNROLL
  for (int m = 0; m < 4; m++) {
    uint32_t pixel = firstPixel + static_cast<uint32_t>(ownRow + m);
    if (pixel >= pixels) break;
    const auto j = static_cast<int>(c.byColumns.split(pixel));
    const auto i = static_cast<int>(c.byRows.split(pixel));
    const int64_t h = c.rows.first + int64_t{i} * c.rows.step, w = c.columns.first + int64_t{j} * c.columns.step;
    float* to = result + ((int64_t{pixel} * c.rows.resultSize + h) * c.columns.resultSize + w) * c.resultPixel + firstOfAll;
    float value[4];
    SMUG_UNROLL
    for (int n = 0; n < 4; n++) {
      value[n] = sum[m][n] + bias[n];
      if (epilogue.relu && value[n] <= 0) value[n] = 0;
    }
    if (storeFour) {
      auto* to4 = reinterpret_cast<float4*>(to);
      float4 whole = make_float4(value[0], value[1], value[2], value[3]);
      if (epilogue.accumulate) {
        const float4 old = *to4;
        whole = make_float4(old.x + whole.x, old.y + whole.y, old.z + whole.z, old.w + whole.w);
      }
      *to4 = whole;
    } else {
      SMUG_UNROLL
      for (int n = 0; n < 4; n++) {
        if (n < channels) to[n] = epilogue.accumulate ? to[n] + value[n] : value[n];
      }
    }
  }
}

}  // namespace smug::cuda
