// Convolution forward and its gradient with respect to the data, channels last.
//
// A shape has one or more algorithms. Number 0 is `plain`: readable kernels in float32 (after rounding the operands as
// the arithmetic asks), for every case: groups, dilation, odd channel counts. The others are one kernel on tensor cores
// with several tile shapes (convolution_mma.h); the executor times them once a layer shape. Dense layers are 1×1
// convolutions of maps of one pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../device.h"
#include "../view.h"

namespace smug::cuda {

/// How operands lie in memory and what products keep of them; sums are float32 always. bf16x3: float32 in memory, each
/// operand as the sum of two bfloat16 pieces, of whose four products the three large ones are made: 16 bits are kept,
/// at half again TF32's price (Henry, Tang and Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For
/// Higher-Precision Computations", ARITH 2019). bf16x2: bfloat16 in memory, times weights of two pieces.
enum class Arithmetic { fp32, bf16x3, bf16x2, fp16, bf16 };

constexpr Format formatOf(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::fp32: case Arithmetic::bf16x3: return Format::float32;
    case Arithmetic::fp16: return Format::float16;
    case Arithmetic::bf16x2: case Arithmetic::bf16: return Format::bfloat16;
  }
  return Format::float32;
}

struct ConvShape {
  int64_t n = 1, h = 1, w = 1, c = 1;  ///< input: [n, h, w, c]
  int64_t k = 1, r = 1, s = 1;         ///< filters: [k, r, s, c/groups]
  int64_t p = 1, q = 1;                ///< output: [n, p, q, k]
  int64_t strideH = 1, strideW = 1, padH = 0, padW = 0, dilationH = 1, dilationW = 1;
  int64_t groups = 1;
  /// Elements from one pixel to the next: ≥ c and ≥ k; larger inside a concatenation.
  int64_t inputPixel = 1, outputPixel = 1;
  /// Whether input and output begin at a multiple of 16 bytes.
  bool inputAligned = true, outputAligned = true;
  bool operator==(const ConvShape&) const = default;
};

enum class Activation { none, relu };
enum class Direction { forward, backward };

/// Numbers of the algorithms that can run this; 0 is always among them and comes last.
std::vector<int> convAlgorithms(Direction direction, const ConvShape& shape, Arithmetic arithmetic);
/// The kernel that an algorithm starts for this shape: "plain", "direct" (groups of few channels), "mma 128x64", …
std::string kernelName(int algorithm, Direction direction, const ConvShape& shape, Arithmetic arithmetic);
/// Whether an algorithm wants the weights of a gradient as [c][r][s][k] instead of [k][r][s][c/groups].
bool gradientByInput(int algorithm);
/// The arithmetic in whose form an algorithm wants weights (weights.h): the plain one has no pieces and no scale.
Arithmetic weightsFor(int algorithm, Arithmetic arithmetic);
/// Whether an algorithm can do what ConvCall's `toFormat`, `positive` and `keep` ask.
bool finishesInKernel(int algorithm);

/// What one call reads and writes. `from` is in the arithmetic's format, `weights` as weightsFor says.
struct ConvCall {
  const void* from = nullptr;  ///< x; backward dy
  const void* weights = nullptr;
  float scale = 1;  ///< of the sum of products, before the bias: what weights of small range were divided by
  const float* bias = nullptr;                   ///< forward; one per channel, or null
  Activation activation = Activation::none;      ///< forward
  void* to = nullptr;                            ///< y; backward dx
  Format toFormat = Format::float32;             ///< of `to`
  bool accumulate = false;                       ///< adds to what is there
  /// Forward with ReLU: gets bit c % 8 of byte c / 8 of every pixel, whether channel c is positive. May be null.
  uint8_t* positive = nullptr;
  /// Backward: such bits of x; where they are 0 the gradient becomes 0. May be null.
  const uint8_t* keep = nullptr;
  int64_t positivePixel = 0, keepPixel = 0;  ///< bytes from pixel to pixel
};

/// y = activation(x ∗ w + bias); or dx (+)= the gradient of Σ dy·(x ∗ w) with respect to x.
void convolve(Stream& stream, Direction direction, int algorithm, const ConvShape& shape, Arithmetic arithmetic,
              const ConvCall& call);

}  // namespace smug::cuda
