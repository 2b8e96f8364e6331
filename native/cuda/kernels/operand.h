// A convolution's operand as the arithmetic has it in memory, for the plain kernels; the product of two of 16 bits is
// exact in float32.
#pragma once

#include "convolution.h"
#include "element.h"

namespace smug::cuda {

template <Arithmetic>
struct Operand;

template <>
struct Operand<Arithmetic::fp32> {
  using Element = float;
  using Weight = float;
  __device__ static float read(const float* from) { return *from; }
  __device__ static float weight(const float* from) { return *from; }
};

template <>
struct Operand<Arithmetic::fp16> {
  using Element = uint16_t;
  using Weight = float;  // float16's range would need a scale
  __device__ static float read(const uint16_t* from) { return floatOfFloat16(*from); }
  __device__ static float weight(const float* from) { return *from; }
};

template <>
struct Operand<Arithmetic::bf16> {
  using Element = uint16_t;
  using Weight = uint16_t;
  __device__ static float read(const uint16_t* from) { return floatOf(*from); }
  __device__ static float weight(const uint16_t* from) { return floatOf(*from); }
};

}  // namespace smug::cuda
