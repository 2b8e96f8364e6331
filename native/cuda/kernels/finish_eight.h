// What happens to eight neighbouring channels of a result pixel before they are stored: bias, ReLU and the bits of its
// derivative forward; adding to what is there and ReLU's derivative backward.
#pragma once

#include "convolution.h"
#include "element.h"

namespace smug::cuda {

/// `pixel`: number of the result pixel; `offset`: of its first channel, in elements; `channel`: the first of the eight,
/// whose biases are `bias`.
/// With `whole` all eight exist and can be stored at once; bits of derivatives need it, and are `keep`. `known`: what is
/// there, where `early` says that it has been read.
__device__ inline void finishEight(const ConvCall& call, int channels, bool whole, int64_t pixel, int64_t offset,
                                   int channel, float (&value)[8], const float (&bias)[8],
                                   uint32_t keep, bool early,
                                   const EightHalves& known) {
  if (!whole) {
    SMUG_UNROLL
    for (int i = 0; i < 8; i++) {
      if (channel + i >= channels) continue;
      float one = value[i] * call.scale + bias[i];
      if (call.activation == Activation::relu && one <= 0) one = 0;
      const int64_t at = offset + channel + i;
      if (call.accumulate) one += loadOne(call.to, at, call.toFormat);
      storeOne(call.to, at, call.toFormat, one);
    }
    return;
  }
  SMUG_UNROLL
  for (int i = 0; i < 8; i++) value[i] = value[i] * call.scale + bias[i];
  if (call.activation == Activation::relu) {
    uint32_t bits = 0;
    SMUG_UNROLL
    for (int i = 0; i < 8; i++) {
      if (value[i] <= 0) value[i] = 0;
      bits |= value[i] == 0 ? 0u : 1u << i;  // NaN counts as positive: it must show
    }
    if (call.positive) call.positive[pixel * call.positivePixel + channel / 8] = static_cast<uint8_t>(bits);
  }
  const int64_t at = offset + channel;
  if (call.accumulate) {
    float old[8];
    if (early) unpackEight(call.toFormat, known, old);
    else loadEight(call.to, at, call.toFormat, old);
    SMUG_UNROLL
    for (int i = 0; i < 8; i++) value[i] += old[i];
  }
  if (call.keep) {
    SMUG_UNROLL
    for (int i = 0; i < 8; i++) value[i] = keep >> i & 1u ? value[i] : 0.0f * value[i];
  }
  storeEight(call.to, at, call.toFormat, value);
}

}  // namespace smug::cuda
