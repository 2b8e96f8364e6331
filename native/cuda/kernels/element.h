// Elements in memory: float32, or 16 bits where a tensor is stored so. All arithmetic is float32.
//
// The format is the same for all threads of a launch, so that asking at run time costs next to nothing beside the memory
// access, and there is one kernel instead of one per combination.
#pragma once

#include "../view.h"
#include "bfloat16.h"
#include "float16.h"

namespace smug::cuda {

__device__ inline float loadOne(const void* data, int64_t i, Format format) {
  if (format == Format::float32) return static_cast<const float*>(data)[i];
  const uint16_t bits = static_cast<const uint16_t*>(data)[i];
  return format == Format::bfloat16 ? floatOf(bits) : floatOfFloat16(bits);
}

__device__ inline void storeOne(void* data, int64_t i, Format format, float value) {
  if (format == Format::float32) static_cast<float*>(data)[i] = value;
  else static_cast<uint16_t*>(data)[i] = format == Format::bfloat16 ? bfloat16Of(value) : float16Of(value);
}

struct alignas(8) FourHalves {
  uint32_t word[2];
};

struct alignas(16) EightHalves {
  uint32_t word[4];
};

__device__ inline uint32_t pairOf(Format format, float low, float high) {
  return format == Format::bfloat16 ? bfloat16Pair(low, high) : float16Pair(low, high);
}

__device__ inline void unpack(Format format, uint32_t pair, float& low, float& high) {
  if (format == Format::bfloat16) {
    low = __uint_as_float(pair << 16), high = __uint_as_float(pair & 0xffff0000u);
  } else {
    low = floatOfFloat16(static_cast<uint16_t>(pair & 0xffffu)), high = floatOfFloat16(static_cast<uint16_t>(pair >> 16));
  }
}

// Four elements at once: i is a multiple of 4, and the data begins at a multiple of four elements' bytes.
__device__ inline void loadFour(const void* data, int64_t i, Format format, float (&x)[4]) {
  if (format == Format::float32) {
    const auto four = *reinterpret_cast<const float4*>(static_cast<const float*>(data) + i);
    x[0] = four.x, x[1] = four.y, x[2] = four.z, x[3] = four.w;
  } else {
    const auto four = *reinterpret_cast<const FourHalves*>(static_cast<const uint16_t*>(data) + i);
    unpack(format, four.word[0], x[0], x[1]);
    unpack(format, four.word[1], x[2], x[3]);
  }
}

__device__ inline void storeFour(void* data, int64_t i, Format format, const float (&x)[4]) {
  if (format == Format::float32) {
    *reinterpret_cast<float4*>(static_cast<float*>(data) + i) = make_float4(x[0], x[1], x[2], x[3]);
  } else {
    *reinterpret_cast<FourHalves*>(static_cast<uint16_t*>(data) + i) = {
        {pairOf(format, x[0], x[1]), pairOf(format, x[2], x[3])}};
  }
}

__device__ inline void unpackEight(Format format, const EightHalves& eight, float (&x)[8]) {
  SMUG_UNROLL
  for (int w = 0; w < 4; w++) unpack(format, eight.word[w], x[2 * w], x[2 * w + 1]);
}

// Eight elements at once: as above, with multiples of 8 and of 16 bytes.
__device__ inline void loadEight(const void* data, int64_t i, Format format, float (&x)[8]) {
  if (format == Format::float32) {
    const auto* four = reinterpret_cast<const float4*>(static_cast<const float*>(data) + i);
    const float4 low = four[0], high = four[1];
    x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w;
    x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
  } else {
    unpackEight(format, *reinterpret_cast<const EightHalves*>(static_cast<const uint16_t*>(data) + i), x);
  }
}

__device__ inline void storeEight(void* data, int64_t i, Format format, const float (&x)[8]) {
  if (format == Format::float32) {
    auto* four = reinterpret_cast<float4*>(static_cast<float*>(data) + i);
    four[0] = make_float4(x[0], x[1], x[2], x[3]);
    four[1] = make_float4(x[4], x[5], x[6], x[7]);
  } else {
    EightHalves eight;
    SMUG_UNROLL
    for (int w = 0; w < 4; w++) eight.word[w] = pairOf(format, x[2 * w], x[2 * w + 1]);
    *reinterpret_cast<EightHalves*>(static_cast<uint16_t*>(data) + i) = eight;
  }
}

}  // namespace smug::cuda
