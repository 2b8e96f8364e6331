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

/// `winners` (dense, [N·P·Q·C], channels last whatever y's layout) gets the position in the map (h·W + w) of the first
/// maximum; may be null when no gradient is wanted.
void maxPool(Stream& stream, const Window& window, View x, View y, int32_t* winners);
void maxPoolBackward(Stream& stream, const Window& window, const int32_t* winners, View dy, View dx, bool accumulate);
void averagePool(Stream& stream, const Window& window, View x, View y);
void averagePoolBackward(Stream& stream, const Window& window, View dy, View dx, bool accumulate);

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

}  // namespace smug::cuda
