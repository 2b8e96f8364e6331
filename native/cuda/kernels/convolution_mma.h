// The implicit matrix product on tensor cores: rows are result pixels, columns result channels, and the depth runs over
// taps and source channels (channels fastest), 64 bytes of it a step.
//
// One kernel does the forward convolution and its gradient, which is a convolution too (correlation.h), and everything
// that would otherwise be a pass over memory of its own: bias, ReLU, adding to what is there, the bits of ReLU's
// derivative forward and their use backward. It is ours and not a library's for the sake of those, and because the
// emulation can carry it out: what CI tests is what the GPU runs.
#pragma once

#include <type_traits>

#include "convolution_plan.h"
#include "finish_eight.h"
#include "tensor_core.h"

namespace smug::cuda {

/// Where vector `vector` of a tile's row lies. Swapped so that eight rows of one vector lie in different banks.
__device__ inline int tileOffset(int row, int vector) {
  return row * rowBytes + ((vector ^ ((row >> 1) & (rowVectors - 1))) * vectorBytes);
}

/// A block makes a tile of M pixels × N channels, with warps that make WarpM × WarpN each; `stages` steps are on their
/// way at once. Vectors: source channels come in whole 16-byte vectors; else they are fetched one by one.
template <Arithmetic arithmetic, int M, int N, int WarpM, int WarpN, int stages, bool Vectors>
struct MmaTile {
  static constexpr bool inPieces = arithmetic == Arithmetic::bf16x3;
  static constexpr int pieces = arithmetic == Arithmetic::bf16x2 ? 2 : 1;  ///< of weights, in tiles one after the other
  using Element = std::conditional_t<inPieces, float, uint16_t>;
  static constexpr int warpsM = M / WarpM, warpsN = N / WarpN;
  static constexpr int threads = 32 * warpsM * warpsN;
  /// 1 lets the compiler take the registers it needs; 0 leaves it to weigh them against blocks at once. For cards before
  /// Hopper it would spill one of this tile's for a second block.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
  static constexpr int leastBlocks = inPieces && M == 128 && N == 128 && WarpN == 32 ? 1 : 0;
#else
  static constexpr int leastBlocks = 0;
#endif
  static constexpr int vectorElements = vectorBytes / static_cast<int>(sizeof(Element));
  static constexpr int stepElements = rowVectors * vectorElements;
  static constexpr int stageBytes = (M + pieces * N) * rowBytes;
  static constexpr int fetchRows = threads / rowVectors;  ///< rows that the block fetches at once
  static constexpr int rowsA = M / fetchRows, rowsB = (pieces * N + fetchRows - 1) / fetchRows;
  static constexpr int stripRow = WarpN + 4;  ///< floats; longer than the strip, against bank conflicts
  static constexpr int stripBytes = warpsM * warpsN * 16 * stripRow * static_cast<int>(sizeof(float));
  static constexpr size_t sharedBytes = stages * stageBytes > stripBytes ? stages * stageBytes : stripBytes;
  static_assert(M % fetchRows == 0 && WarpM % 16 == 0 && WarpN % 16 == 0);
  static_assert(sharedBytes <= 99 * 1024, "what every card since Ampere gives a block");
};

template <Arithmetic arithmetic, int M, int N, int WarpM, int WarpN, int stages, bool Vectors>
__global__ void __launch_bounds__(MmaTile<arithmetic, M, N, WarpM, WarpN, stages, Vectors>::threads,
                                  MmaTile<arithmetic, M, N, WarpM, WarpN, stages, Vectors>::leastBlocks)
    correlateMma(MmaWork work) {
  using Tile = MmaTile<arithmetic, M, N, WarpM, WarpN, stages, Vectors>;
  using Element = typename Tile::Element;
  constexpr int fragmentsM = WarpM / 16, fragmentsN = WarpN / 8;
  char* const shared = dynamicShared<char>();
  const Correlation& c = work.c;
  const auto thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32, warp = thread / 32;
  uint32_t pixelTile = blockIdx.x;
  const int firstChannel = static_cast<int>(work.byChannelTiles.split(pixelTile)) * N;
  const uint32_t firstPixel = pixelTile * M;
  const auto pixels = static_cast<uint32_t>(c.images) * static_cast<uint32_t>(c.rows.count * c.columns.count);
  const auto* source = static_cast<const Element*>(work.call.from);
  const auto* weights = static_cast<const Element*>(work.call.weights);
  const int depth = c.rows.taps * c.columns.taps * c.sourceChannels;

  // Where the rows that this thread fetches begin to read, and one of the four vectors of a step.
  const int vector = thread % rowVectors, fetchRow = thread / rowVectors;
  int row[Tile::rowsA], column[Tile::rowsA], base[Tile::rowsA];
  SMUG_UNROLL
  for (int a = 0; a < Tile::rowsA; a++) {
    uint32_t pixel = firstPixel + static_cast<uint32_t>(fetchRow + a * Tile::fetchRows);
    const bool exists = pixel < pixels;
    const auto j = static_cast<int>(c.byColumns.split(pixel));
    const auto i = static_cast<int>(c.byRows.split(pixel));
    // Far outside for a pixel that does not exist: it reads zeros.
    row[a] = exists ? c.rows.base + i * c.rows.perResult : -(1 << 30);
    column[a] = c.columns.base + j * c.columns.perResult;
    base[a] = static_cast<int>(pixel) * c.rows.sourceSize * c.columns.sourceSize;
    if (exists) base[a] += row[a] * c.columns.sourceSize + column[a];
    base[a] *= static_cast<int>(c.sourcePixel);
  }

  /// What the depth's element k reads: taps away from a pixel's own place, and a channel.
  struct Place {
    int down, right, source, weight;
  };
  const auto placeOf = [&](uint32_t rest, const FastDivider& byChannels, int unit) {
    const auto channel = static_cast<int>(byChannels.split(rest)) * unit;
    const auto tapColumn = static_cast<int>(c.byTapColumns.split(rest));
    const auto tapRow = static_cast<int>(rest);
    const int down = tapRow * c.rows.perTap, right = tapColumn * c.columns.perTap;
    return Place{down, right, (down * c.columns.sourceSize + right) * static_cast<int>(c.sourcePixel) + channel,
                 (c.rows.tapFirst + tapRow * c.rows.tapStep) * work.weightsPerTapRow +
                     (c.columns.tapFirst + tapColumn * c.columns.tapStep) * work.weightsPerTap + channel};
  };
  const auto inside = [&](int a, const Place& place) {
    return static_cast<unsigned>(row[a] + place.down) < static_cast<unsigned>(c.rows.sourceSize) &&
           static_cast<unsigned>(column[a] + place.right) < static_cast<unsigned>(c.columns.sourceSize);
  };
  /// Where a row of B's tile takes its weights: large pieces first, then the small ones; −1 where there are none.
  const auto weightOf = [&](int tileRow, bool exists, int place) {
    const int n = firstChannel + tileRow % N, piece = tileRow / N;
    if (!exists || n >= c.resultChannels || piece >= Tile::pieces) return -1;
    return (n + piece * c.resultChannels) * work.weightsPerResult + place;
  };
  /// Weights in the pieces of bf16x3 lie step by step; a row ends with a whole step.
  const auto fetchPieces = [&](char* tileB, int step) {
    SMUG_UNROLL
    for (int b = 0; b < Tile::rowsB; b++) {
      const int tileRow = fetchRow + b * Tile::fetchRows, n = firstChannel + tileRow;
      if (N % Tile::fetchRows != 0 && tileRow >= N) break;
      const bool there = n < c.resultChannels;
      const int place = n * work.weightsPerResult + step * Tile::stepElements + vector * Tile::vectorElements;
      copyAsync(tileB + tileOffset(tileRow, vector), weights + (there ? place : 0), there, true);
    }
  };

  const auto fetch = [&](int step) {
    char* const tileA = shared + step % stages * Tile::stageBytes;
    char* const tileB = tileA + M * rowBytes;
    const int first = step * Tile::stepElements + vector * Tile::vectorElements;
    if constexpr (Vectors) {
      const bool exists = first < depth;
      const Place taken =
          placeOf(static_cast<uint32_t>(step * rowVectors + vector), work.bySourceVectors, Tile::vectorElements);
      SMUG_UNROLL
      for (int a = 0; a < Tile::rowsA; a++) {
        const bool there = exists && inside(a, taken);
        copyAsync(tileA + tileOffset(fetchRow + a * Tile::fetchRows, vector),
                  source + (there ? base[a] + taken.source : 0), there, work.again);
      }
      if constexpr (Tile::inPieces) {
        fetchPieces(tileB, step);
      } else {
        SMUG_UNROLL
        for (int b = 0; b < Tile::rowsB; b++) {
          const int tileRow = fetchRow + b * Tile::fetchRows;
          if (Tile::pieces * N % Tile::fetchRows != 0 && tileRow >= Tile::pieces * N) break;
          const int place = weightOf(tileRow, exists, taken.weight);
          copyAsync(tileB + tileOffset(tileRow, vector), weights + max(0, place), place >= 0, true);
        }
      }
    } else {
      const auto keep = [&](char* to, const Element(&from)[Tile::vectorElements]) {
        Element* const place = reinterpret_cast<Element*>(to);
        SMUG_UNROLL
        for (int e = 0; e < Tile::vectorElements; e++) place[e] = from[e];
      };
      // One side after the other: both at once would need more registers than there are.
      Element fetchedA[Tile::rowsA][Tile::vectorElements];
      SMUG_UNROLL
      for (int e = 0; e < Tile::vectorElements; e++) {
        const bool exists = first + e < depth;
        const Place place = placeOf(static_cast<uint32_t>(first + e), c.bySourceChannels, 1);
        SMUG_UNROLL
        for (int a = 0; a < Tile::rowsA; a++) {
          fetchedA[a][e] = exists && inside(a, place) ? source[base[a] + place.source] : Element{};
        }
      }
      SMUG_UNROLL
      for (int a = 0; a < Tile::rowsA; a++) keep(tileA + tileOffset(fetchRow + a * Tile::fetchRows, vector), fetchedA[a]);
      if constexpr (Tile::inPieces) {
        fetchPieces(tileB, step);
      } else {
        Element fetchedB[Tile::rowsB][Tile::vectorElements];
        SMUG_UNROLL
        for (int e = 0; e < Tile::vectorElements; e++) {
          const bool exists = first + e < depth;
          const Place place = placeOf(static_cast<uint32_t>(first + e), c.bySourceChannels, 1);
          SMUG_UNROLL
          for (int b = 0; b < Tile::rowsB; b++) {
            const int at = weightOf(fetchRow + b * Tile::fetchRows, exists, place.weight);
            fetchedB[b][e] = at >= 0 ? weights[at] : Element{};
          }
        }
        SMUG_UNROLL
        for (int b = 0; b < Tile::rowsB; b++) {
          const int tileRow = fetchRow + b * Tile::fetchRows;
          if (tileRow < Tile::pieces * N) keep(tileB + tileOffset(tileRow, vector), fetchedB[b]);
        }
      }
    }
  };

  float sum[fragmentsM][fragmentsN][4] = {};
  const int warpRow = warp / Tile::warpsN * WarpM, warpColumn = warp % Tile::warpsN * WarpN;
  const auto loadA = [&](const char* tileA, int m, int half, uint32_t(&words)[4]) {
    loadMatrices(words, lane, [&](int of) { return tileA + tileOffset(warpRow + m * 16 + of % 16, 2 * half + of / 16); });
  };
  const auto loadB = [&](const char* tileB, int n, int half, uint32_t(&words)[4]) {
    loadMatrices(words, lane, [&](int of) {
      return tileB + tileOffset(warpColumn + n * 16 + of / 16 * 8 + of % 8, 2 * half + of / 8 % 2);
    });
  };
  const auto multiply = [&](const char* tileA, const char* tileB) {
    if constexpr (Tile::inPieces) {
      // A step is one fragment deep. A lane has float t of each of a row's four vectors: the numbers 4v + t, which
      // count as 2t, 2t + 1, 2t + 8 and 2t + 9; weights.cc puts those of B in that order.
      uint32_t large[fragmentsN / 2][4], small[fragmentsN / 2][4];
      SMUG_UNROLL
      for (int n = 0; n < fragmentsN / 2; n++) loadB(tileB, n, 0, large[n]), loadB(tileB, n, 1, small[n]);
      SMUG_UNROLL
      for (int m = 0; m < fragmentsM; m++) {
        uint32_t a[4], rest[4];
        SMUG_UNROLL
        for (int half = 0; half < 2; half++) {
          uint32_t words[4];
          loadA(tileA, m, half, words);
          inPieces(words[0], words[2], a[2 * half], rest[2 * half]);
          inPieces(words[1], words[3], a[2 * half + 1], rest[2 * half + 1]);
        }
        const auto add = [&](const uint32_t(&left)[4], const uint32_t(&right)[fragmentsN / 2][4]) {
          SMUG_UNROLL
          for (int n = 0; n < fragmentsN; n++) {
            multiplyAdd<Arithmetic::bf16>(sum[m][n], left, &right[n / 2][n % 2 * 2], lane);
          }
        };
        add(rest, large), add(a, small), add(a, large);
      }
    } else {
      SMUG_UNROLL
      for (int half = 0; half < 2; half++) {
        uint32_t a[fragmentsM][4], b[fragmentsN / 2][4];
        SMUG_UNROLL
        for (int m = 0; m < fragmentsM; m++) loadA(tileA, m, half, a[m]);
        SMUG_UNROLL
        for (int piece = 0; piece < Tile::pieces; piece++) {
          SMUG_UNROLL
          for (int n = 0; n < fragmentsN / 2; n++) loadB(tileB + piece * N * rowBytes, n, half, b[n]);
          SMUG_UNROLL
          for (int m = 0; m < fragmentsM; m++) {
            SMUG_UNROLL
            for (int n = 0; n < fragmentsN; n++) {
              constexpr Arithmetic kind = arithmetic == Arithmetic::fp16 ? arithmetic : Arithmetic::bf16;
              multiplyAdd<kind>(sum[m][n], a[m], &b[n / 2][n % 2 * 2], lane);
            }
          }
        }
      }
    }
  };

  SMUG_UNROLL
  for (int step = 0; step < stages - 1; step++) {
    if (step < work.steps) fetch(step);
    endCopyGroup();
  }
  for (int step = 0; step < work.steps; step++) {
    waitForCopies<stages - 2>();
    __syncthreads();  // everybody's copies of this step are there, and nobody reads the stage that is filled next
    if (step + stages - 1 < work.steps) fetch(step + stages - 1);
    endCopyGroup();
    const char* tileA = shared + step % stages * Tile::stageBytes;
    multiply(tileA, tileA + M * rowBytes);
  }
  // Through shared memory, 16 pixels of a warp at a time, so that neighbouring lanes store neighbouring channels. What is
  // read for that is on its way before it is needed: the derivative's bits of all pixels, and what is added to one strip
  // ahead.
  const ConvCall& call = work.call;
  float* const strip = reinterpret_cast<float*>(shared) + warp * 16 * Tile::stripRow;
  constexpr int groups = WarpN / 8, rowsAtOnce = 32 / groups, perStrip = 16 / rowsAtOnce;
  const int group = lane % groups, channel = firstChannel + warpColumn + group * 8;
  const auto pixelOf = [&](int m, int r) {
    return firstPixel + static_cast<uint32_t>(warpRow + m * 16 + r * rowsAtOnce + lane / groups);
  };
  const auto exists = [&](uint32_t pixel) { return pixel < pixels && channel < c.resultChannels; };
  const auto placeOfPixel = [&](uint32_t pixel) {
    if (work.inOrder) return int64_t{pixel};
    const auto j = static_cast<int>(c.byColumns.split(pixel));
    const auto i = static_cast<int>(c.byRows.split(pixel));
    return (int64_t{pixel} * c.rows.resultSize + c.rows.first + i * c.rows.step) * c.columns.resultSize +
           c.columns.first + j * c.columns.step;
  };
  float bias[8] = {};
  SMUG_UNROLL
  for (int i = 0; i < 8; i++) {
    if (call.bias && channel + i < c.resultChannels) bias[i] = call.bias[channel + i];
  }
  uint8_t keep[fragmentsM][perStrip] = {};
  if (call.keep) {
    SMUG_UNROLL
    for (int m = 0; m < fragmentsM; m++) {
      SMUG_UNROLL
      for (int r = 0; r < perStrip; r++) {
        const uint32_t pixel = pixelOf(m, r);
        keep[m][r] = exists(pixel) ? call.keep[placeOfPixel(pixel) * call.keepPixel + channel / 8] : 0;
      }
    }
  }
  const bool early = call.accumulate && work.storeEight && call.toFormat != Format::float32;
  EightHalves old[2][perStrip] = {};
  const auto fetchOld = [&](int m) {
    SMUG_UNROLL
    for (int r = 0; r < perStrip; r++) {
      const uint32_t pixel = pixelOf(m, r);
      if (!early || !exists(pixel)) continue;
      old[m % 2][r] = *reinterpret_cast<const EightHalves*>(static_cast<const uint16_t*>(call.to) +
                                                            placeOfPixel(pixel) * c.resultPixel + channel);
    }
  };
  fetchOld(0);
  waitForCopies<0>();
  __syncthreads();
  SMUG_UNROLL
  for (int m = 0; m < fragmentsM; m++) {
    if (m + 1 < fragmentsM) fetchOld(m + 1);
    SMUG_UNROLL
    for (int n = 0; n < fragmentsN; n++) {
      float* const to = strip + lane / 4 * Tile::stripRow + n * 8 + lane % 4 * 2;
      *reinterpret_cast<float2*>(to) = make_float2(sum[m][n][0], sum[m][n][1]);
      *reinterpret_cast<float2*>(to + 8 * Tile::stripRow) = make_float2(sum[m][n][2], sum[m][n][3]);
    }
    __syncwarp();
    SMUG_UNROLL
    for (int r = 0; r < perStrip; r++) {
      const uint32_t pixel = pixelOf(m, r);
      if (!exists(pixel)) continue;
      float value[8];
      loadEight(strip, (r * rowsAtOnce + lane / groups) * Tile::stripRow + group * 8, Format::float32, value);
      const int64_t at = placeOfPixel(pixel);
      finishEight(call, c.resultChannels, work.storeEight, at, at * c.resultPixel, channel, value, bias,
                  keep[m][r], early, old[m % 2][r]);
    }
    __syncwarp();
  }
}

}  // namespace smug::cuda
