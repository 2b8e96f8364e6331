// Windows and reductions: pooling, means, local response normalisation, softmax.
#pragma once

#include "../device.h"
#include "../view.h"

namespace smug::cuda {

/// Windows over one or two spatial axes (axes 2 and 3 of the views). `pad` is the padding at the beginning; what
/// lies beyond the map's end follows from y's size. See graph.ts for ceil and countIncludePad.
struct Window {
  int spatial = 2;
  int64_t kernel[2] = {1, 1}, stride[2] = {1, 1}, pad[2] = {0, 0}, dilation[2] = {1, 1};
  int64_t padEnd[2] = {0, 0};
  bool countIncludePad = false;
};

/// Bits of ReLU's derivative at a map: bit c % 8 of byte c / 8 of every pixel. Null: there are none.
struct KeepBits {
  const uint8_t* bits = nullptr;
  int64_t pixel = 0;  ///< bytes from pixel to pixel
};

/// What a maximum notes beside its result.
struct PoolNotes {
  /// Dense, [N·P·Q·C], channels last whatever y's layout, winnerBytes each: the tap that won. Null: no gradient is wanted.
  void* winners = nullptr;
  /// x is the output of a ReLU: where the maximum is 0 nobody wins, since no gradient would pass the ReLU.
  bool positiveOnly = false;
  uint8_t* positive = nullptr;  ///< gets the bits of y; may be null
  int64_t positivePixel = 0;
};
size_t winnerBytes(const Window& window);

// Pooling, means and normalisation take views of halves too.
void maxPool(Stream& stream, const Window& window, View x, View y, const PoolNotes& notes);
void maxPoolBackward(Stream& stream, const Window& window, const void* winners, View dy, View dx, bool accumulate);
void averagePool(Stream& stream, const Window& window, View x, View y);
/// With `keep`, the sum becomes 0 where its bit is 0.
void averagePoolBackward(Stream& stream, const Window& window, View dy, View dx, bool accumulate,
                         const KeepBits& keep = {});

/// dx (+)= factor · dy, and 0 where the bit is 0. dx is a map whose channels lie side by side in whole eights; dy has its
/// sizes, stride 0 where it is repeated.
void backThroughBits(Stream& stream, View dy, float factor, const KeepBits& keep, View dx, bool accumulate);

/// Mean over the axes where y's size is 1 and x's is not (y keeps the axes; drop them with a reshaped view).
void reduceMean(Stream& stream, View x, View y);
void reduceMeanBackward(Stream& stream, View dy, View dx, bool accumulate);

/// Across channels (axis 1): y = x / (bias + alpha/size · Σ_window x²)^beta; the window is centred as in ONNX.
struct Lrn {
  int64_t size = 5;
  float alpha = 1e-4f, beta = 0.75f, bias = 1;
};
void lrn(Stream& stream, const Lrn& options, View x, View y);
void lrnBackward(Stream& stream, const Lrn& options, View x, View dy, View dx, bool accumulate);

/// Along `axis`, with the maximum subtracted; `logarithm`: log-softmax.
void softmax(Stream& stream, int axis, bool logarithm, View x, View y);
/// From the output: dx = y·(dy − Σ dy·y), or dy − e^y·Σ dy.
void softmaxBackward(Stream& stream, int axis, bool logarithm, View y, View dy, View dx, bool accumulate);

/// Along `axis`: scale·(x − mean)/√(variance + epsilon) + shift; scale and shift are dense, an entry per place of the axis.
void layerNorm(Stream& stream, int axis, float epsilon, View x, const float* scale, const float* shift, View y);
void layerNormBackward(Stream& stream, int axis, float epsilon, View x, const float* scale, View dy, View dx,
                       bool accumulate);

/// y (+)= a·b, products of […, M, K] and […, K, N] in batches; views of any strides, so that a transposed factor is one.
void batchedProduct(Stream& stream, View a, View b, View y, bool accumulate);

}  // namespace smug::cuda
