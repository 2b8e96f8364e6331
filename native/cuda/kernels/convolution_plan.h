// What the tensor-core kernel is told, as plain values: made on the host without a device, so that a test can hold every
// number against the layer's shape.
#pragma once

#include <span>
#include <vector>

#include "correlation.h"

namespace smug::cuda {

constexpr int rowBytes = 64;     ///< of depth a step, per row of a tile
constexpr int vectorBytes = 16;  ///< a load
constexpr int rowVectors = rowBytes / vectorBytes;

/// One launch, as the kernel takes it. Rows of weights: [result channel][tap row][tap column][source channel]; in the
/// pieces of bf16x3 (weights.h) a row is as many steps as there are, 64 bytes each; bf16x2 has all small pieces behind
/// all large ones.
struct MmaWork {
  Correlation c;
  ConvCall call;
  FastDivider byChannelTiles, bySourceVectors;
  int32_t weightsPerResult = 0, weightsPerTapRow = 0, weightsPerTap = 0;
  int32_t steps = 0;        ///< of 64 bytes of depth
  bool inOrder = false;     ///< result pixels follow one another: no strides to step over
  bool again = false;       ///< a source element is read for several taps: worth keeping in the first-level cache
  bool storeEight = false;  ///< eight channels of a result pixel can be stored at once
};

/// The kernel with one tile shape.
struct MmaEntry {
  const char* name;
  int pixels, channels;  ///< of a block
  bool cached;           ///< keeps source elements in the first-level cache for further taps
  bool vectors;          ///< fetches 16 bytes at once; else element by element, for odd channel counts
  void (*run)(Stream&, const MmaWork&);
};

// Widest first; the last one is for odd channel counts.
std::span<const MmaEntry> mmaEntriesBf16x3();
std::span<const MmaEntry> mmaEntriesBf16x2();
std::span<const MmaEntry> mmaEntriesFp16();
std::span<const MmaEntry> mmaEntriesBf16();

/// Whether the entry takes such a layer; the number of images does not count, so that however a batch is cut the same
/// kernel runs.
bool suits(const MmaEntry& entry, Direction direction, const ConvShape& shape, Arithmetic arithmetic);

/// The launches that do it: one, or one per remainder by the strides for a strided gradient, times as many pieces as
/// keep offsets within 31 bits.
std::vector<MmaWork> mmaLaunches(const MmaEntry& entry, Direction direction, const ConvShape& shape,
                                 Arithmetic arithmetic, const ConvCall& call);

}  // namespace smug::cuda
