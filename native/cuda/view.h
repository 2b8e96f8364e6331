// A tensor in device memory as kernels take it: by value, with any strides.
#pragma once

#include <cstdint>

namespace smug::cuda {

constexpr int maxRank = 6;

/// Sizes are in the graph's order of axes (feature maps channels first); strides, in elements, say where things
/// lie. Feature maps lie channels last: [N,C,H,W] has strides {H·W·p, 1, W·p, p} with p ≥ C, so a part of a
/// concatenation is a view too. Stride 0 broadcasts an axis.
/// `half`: the elements are bfloat16, and `data` says only where they begin; kernels that do not say that they take
/// such views must not be given one.
struct View {
  float* data = nullptr;
  bool half = false;
  int rank = 0;
  int64_t size[maxRank] = {};
  int64_t stride[maxRank] = {};

  void advance(int64_t elements) {
    data = reinterpret_cast<float*>(reinterpret_cast<char*>(data) + elements * (half ? 2 : 4));
  }
};

}  // namespace smug::cuda
