// float16: 11 bits of precision, at most 65,504.
//
// What is larger becomes NaN and not infinity: a ReLU would turn an infinity times a negative weight into a harmless 0,
// while a NaN reaches the network's output, where it is noticed (network.h: the network then stores bfloat16).
#pragma once

#include <cstdint>

#include "../launch.h"

namespace smug::cuda {

constexpr float largestFloat16 = 65504;

#ifdef __CUDACC__

__device__ inline float withinFloat16(float value) {
  return fabsf(value) > largestFloat16 ? __uint_as_float(0x7fffffffu) : value;
}

/// To nearest, ties to even.
__device__ inline uint16_t float16Of(float value) {
  uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;\n" : "=h"(bits) : "f"(withinFloat16(value)));
  return bits;
}

__device__ inline float floatOfFloat16(uint16_t bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;\n" : "=f"(value) : "h"(bits));
  return value;
}

/// Two at once, `low` in the lower half of the word.
__device__ inline uint32_t float16Pair(float low, float high) {
  uint32_t pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;\n" : "=r"(pair) : "f"(withinFloat16(high)), "f"(withinFloat16(low)));
  return pair;
}

#else

__device__ inline uint16_t float16Of(float value) {
  const uint32_t bits = __float_as_uint(value), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  if (size > __float_as_uint(largestFloat16)) return 0x7fff;
  // Below 2⁻¹⁴ a unit is 2⁻²⁴, as it is of a float32 between ½ and 1.
  if (size < 0x38800000u) {
    return static_cast<uint16_t>(sign | (__float_as_uint(__uint_as_float(size) + 0.5f) - 0x3f000000u));
  }
  return static_cast<uint16_t>(sign | (((size + 0xfffu + (size >> 13 & 1u)) >> 13) - (112u << 10)));
}

__device__ inline float floatOfFloat16(uint16_t bits) {
  const uint32_t sign = (bits & 0x8000u) << 16, size = bits & 0x7fffu;
  if (size >= 0x7c00u) return __uint_as_float(sign | 0x7f800000u | (size & 0x3ffu) << 13);
  if (size < 0x400u) {
    const float magnitude = static_cast<float>(size) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return __uint_as_float(sign | ((size << 13) + (112u << 23)));
}

__device__ inline uint32_t float16Pair(float low, float high) {
  return uint32_t{float16Of(low)} | uint32_t{float16Of(high)} << 16;
}

#endif

}  // namespace smug::cuda
