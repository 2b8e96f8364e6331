// A tensor in device memory as kernels take it: by value, with any strides.
#pragma once

#include <cstdint>

namespace smug::cuda {

constexpr int maxRank = 6;

/// Sizes are in the graph's order of axes (feature maps channels first); strides, in elements, say where things
/// lie. Feature maps lie channels last: [N,C,H,W] has strides {H·W·p, 1, W·p, p} with p ≥ C, so a part of a
/// concatenation is a view too. Stride 0 broadcasts an axis.
struct View {
  float* data = nullptr;
  int rank = 0;
  int64_t size[maxRank] = {};
  int64_t stride[maxRank] = {};
};

}  // namespace smug::cuda
