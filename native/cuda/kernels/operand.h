// A convolution's operand, read and rounded as the arithmetic asks; the product of two is exact in float32 for
// bfloat16, and rounded once for the others.
#pragma once

#include "bfloat16.h"
#include "convolution.h"

namespace smug::cuda {

/// To 10 bits of fraction, halves away from zero, as `cvt.rna.tf32` does; infinities and NaN stay.
__device__ inline float roundedToTf32(float value) {
  const uint32_t bits = __float_as_uint(value);
  return (bits & 0x7f800000u) == 0x7f800000u ? value : __uint_as_float((bits + 0x1000u) & 0xffffe000u);
}

template <Arithmetic>
struct Operand;

template <>
struct Operand<Arithmetic::fp32> {
  using Element = float;
  __device__ static float read(const float* from) { return *from; }
};

template <>
struct Operand<Arithmetic::tf32> {
  using Element = float;
  __device__ static float read(const float* from) { return roundedToTf32(*from); }
};

template <>
struct Operand<Arithmetic::bf16> {
  using Element = uint16_t;
  __device__ static float read(const uint16_t* from) { return floatOf(*from); }
};

}  // namespace smug::cuda
