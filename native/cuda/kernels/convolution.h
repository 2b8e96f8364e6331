// Convolution forward and its gradient with respect to the data, channels last.
//
// A shape has one or more algorithms. Number 0 is `plain`: one readable implicit-GEMM kernel in float32 (after
// rounding the operands as the arithmetic asks), for every case: groups, dilation, odd channel counts. The others are
// CUTLASS kernels on tensor cores, each with a tile shape of its own; the executor times them once a layer shape.
// Dense layers are 1×1 convolutions of maps of one pixel.
#pragma once

#include <string>
#include <vector>

#include "../device.h"

namespace smug::cuda {

/// What the products are rounded to; sums are float32 always.
enum class Arithmetic { fp32, tf32, bf16 };

struct ConvShape {
  int64_t n = 1, h = 1, w = 1, c = 1;  ///< input: [n, h, w, c]
  int64_t k = 1, r = 1, s = 1;         ///< filters: [k, r, s, c/groups]
  int64_t p = 1, q = 1;                ///< output: [n, p, q, k]
  int64_t strideH = 1, strideW = 1, padH = 0, padW = 0, dilationH = 1, dilationW = 1;
  int64_t groups = 1;
  /// Elements from one pixel to the next: ≥ c and ≥ k; larger inside a concatenation.
  int64_t inputPixel = 1, outputPixel = 1;
  bool operator==(const ConvShape&) const = default;
};

enum class Activation { none, relu };

/// Numbers of the algorithms that can run this; 0 is always among them and comes last.
std::vector<int> forwardAlgorithms(const ConvShape& shape, Arithmetic arithmetic);
std::vector<int> backwardAlgorithms(const ConvShape& shape, Arithmetic arithmetic);
/// "plain", "cutlass 128x128x16", …
std::string algorithmName(int algorithm);

/// Bytes of scratch that an algorithm needs (split-k, strided gradients).
size_t forwardScratchBytes(int algorithm, const ConvShape& shape, Arithmetic arithmetic);
size_t backwardScratchBytes(int algorithm, const ConvShape& shape, Arithmetic arithmetic);

/// y = activation(x ∗ w + bias). With Arithmetic::bf16, x and w are bfloat16 (pixel distances as in the shape), else
/// float32; bias (may be null), and y are float32. Weights lie [k][r][s][c/groups].
void convForward(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* x,
                 const void* w, const float* bias, Activation activation, float* y, void* scratch);

/// dx (+)= the gradient of Σ dy·(x ∗ w) with respect to x. dy and w as x and w above; dx is float32.
void convBackwardData(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* dy,
                      const void* w, float* dx, bool accumulate, void* scratch);

}  // namespace smug::cuda
