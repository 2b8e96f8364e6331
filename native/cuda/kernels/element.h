// Elements in memory: float32, or bfloat16 where a tensor is stored in halves. All arithmetic is float32.
//
// Which of the two is the same for all threads of a launch, so that asking at run time costs next to nothing beside the
// memory access, and there is one kernel instead of one per combination.
#pragma once

#include "bfloat16.h"

namespace smug::cuda {

__device__ inline float loadOne(const void* data, int64_t i, bool half) {
  return half ? floatOf(static_cast<const uint16_t*>(data)[i]) : static_cast<const float*>(data)[i];
}

__device__ inline void storeOne(void* data, int64_t i, bool half, float value) {
  if (half) static_cast<uint16_t*>(data)[i] = bfloat16Of(value);
  else static_cast<float*>(data)[i] = value;
}

struct alignas(8) FourHalves {
  uint32_t word[2];
};

struct alignas(16) EightHalves {
  uint32_t word[4];
};

__device__ inline uint32_t pairOf(float low, float high) {
#ifdef __CUDACC__
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;\n" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#else
  return uint32_t{bfloat16Of(low)} | uint32_t{bfloat16Of(high)} << 16;
#endif
}

__device__ inline void unpack(uint32_t pair, float& low, float& high) {
  low = __uint_as_float(pair << 16), high = __uint_as_float(pair & 0xffff0000u);
}

// Four elements at once: i is a multiple of 4, and the data begins at a multiple of 16 bytes (8 in halves).
__device__ inline void loadFour(const void* data, int64_t i, bool half, float (&x)[4]) {
  if (half) {
    const auto four = *reinterpret_cast<const FourHalves*>(static_cast<const uint16_t*>(data) + i);
    unpack(four.word[0], x[0], x[1]);
    unpack(four.word[1], x[2], x[3]);
  } else {
    const auto four = *reinterpret_cast<const float4*>(static_cast<const float*>(data) + i);
    x[0] = four.x, x[1] = four.y, x[2] = four.z, x[3] = four.w;
  }
}

__device__ inline void storeFour(void* data, int64_t i, bool half, const float (&x)[4]) {
  if (half) {
    *reinterpret_cast<FourHalves*>(static_cast<uint16_t*>(data) + i) = {{pairOf(x[0], x[1]), pairOf(x[2], x[3])}};
  } else {
    *reinterpret_cast<float4*>(static_cast<float*>(data) + i) = make_float4(x[0], x[1], x[2], x[3]);
  }
}

// Eight elements at once: as above, with multiples of 8 and of 16 bytes.
__device__ inline void loadEight(const void* data, int64_t i, bool half, float (&x)[8]) {
  if (half) {
    const auto eight = *reinterpret_cast<const EightHalves*>(static_cast<const uint16_t*>(data) + i);
    SMUG_UNROLL
    for (int w = 0; w < 4; w++) unpack(eight.word[w], x[2 * w], x[2 * w + 1]);
  } else {
    const auto* four = reinterpret_cast<const float4*>(static_cast<const float*>(data) + i);
    const float4 low = four[0], high = four[1];
    x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w;
    x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
  }
}

__device__ inline void storeEight(void* data, int64_t i, bool half, const float (&x)[8]) {
  if (half) {
    *reinterpret_cast<EightHalves*>(static_cast<uint16_t*>(data) + i) = {
        {pairOf(x[0], x[1]), pairOf(x[2], x[3]), pairOf(x[4], x[5]), pairOf(x[6], x[7])}};
  } else {
    auto* four = reinterpret_cast<float4*>(static_cast<float*>(data) + i);
    four[0] = make_float4(x[0], x[1], x[2], x[3]);
    four[1] = make_float4(x[4], x[5], x[6], x[7]);
  }
}

}  // namespace smug::cuda
