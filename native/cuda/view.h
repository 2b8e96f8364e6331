// A tensor in device memory as kernels take it: by value, with any strides.
#pragma once

#include <cstdint>

namespace smug::cuda {

constexpr int maxRank = 6;

/// How an element lies in memory. float16 has 11 bits of precision and ends at 65,504; bfloat16 has 8 and float32's range.
enum class Format : uint8_t { float32, bfloat16, float16 };

constexpr int64_t bytesOf(Format format) { return format == Format::float32 ? 4 : 2; }

/// Sizes are in the graph's order of axes (feature maps channels first); strides, in elements, say where things
/// lie. Feature maps lie channels last: [N,C,H,W] has strides {H·W·p, 1, W·p, p} with p ≥ C, so a part of a
/// concatenation is a view too. Stride 0 broadcasts an axis.
/// In another format than float32 `data` says only where the elements begin; kernels that do not say that they take such
/// views must not be given one.
struct View {
  float* data = nullptr;
  Format format = Format::float32;
  int rank = 0;
  int64_t size[maxRank] = {};
  int64_t stride[maxRank] = {};

  void advance(int64_t elements) {
    data = reinterpret_cast<float*>(reinterpret_cast<char*>(data) + elements * bytesOf(format));
  }
};

}  // namespace smug::cuda
