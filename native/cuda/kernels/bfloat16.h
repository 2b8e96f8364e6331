// bfloat16: the upper half of a float32.
#pragma once

#include <cstdint>

#include "../launch.h"

namespace smug::cuda {

/// To nearest, ties to even; NaN stays NaN.
__device__ inline uint16_t bfloat16Of(float value) {
  const uint32_t bits = __float_as_uint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

__device__ inline float floatOf(uint16_t bfloat16) { return __uint_as_float(uint32_t{bfloat16} << 16); }

/// Two at once, `low` in the lower half of the word.
__device__ inline uint32_t bfloat16Pair(float low, float high) {
#ifdef __CUDACC__
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;\n" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#else
  return uint32_t{bfloat16Of(low)} | uint32_t{bfloat16Of(high)} << 16;
#endif
}

}  // namespace smug::cuda
