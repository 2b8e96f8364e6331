// CUTLASS's implicit-GEMM convolutions on tensor cores, behind plain C++: one table of tiles a kind of work.
//
// They take what most layers are: one group, channels in multiples of 16 bytes, and addresses and pixels to match.
// Everything else is for convolution_plain.h.
#pragma once

#include <span>

#include "convolution.h"

namespace smug::cuda {

/// One convolution as CUTLASS takes it. Forward: from = x, to = y, added = bias. Backward: from = dy, to = dx.
struct CutlassWork {
  ConvShape shape;
  const void* from = nullptr;
  const void* weights = nullptr;
  const float* bias = nullptr;   ///< forward only; may be null
  bool relu = false;             ///< forward only
  bool accumulate = false;       ///< backward only
  float* to = nullptr;
};

/// A kernel with a tile shape of its own. Pixels × channels × depth.
struct CutlassTile {
  const char* name;
  /// Whether sizes and pixel distances suit (addresses are not looked at; the null ones of a default work will do).
  bool (*suits)(const CutlassWork&);
  void (*run)(Stream&, const CutlassWork&);
};


// One file a table: forward; the gradient of stride 1; the gradient of larger strides.
std::span<const CutlassTile> cutlassForwardTf32();
std::span<const CutlassTile> cutlassForwardBf16();
std::span<const CutlassTile> cutlassBackwardTf32();
std::span<const CutlassTile> cutlassBackwardBf16();
std::span<const CutlassTile> cutlassStridedTf32();
std::span<const CutlassTile> cutlassStridedBf16();

}  // namespace smug::cuda
