#include "bfloat16.h"

#include "pointwise.h"

namespace smug::cuda {

namespace {

__global__ void round(const float* from, uint16_t* to, int64_t count) {
  const int64_t first = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * 4;
  for (int64_t i = first; i < first + 4 && i < count; i++) to[i] = bfloat16Of(from[i]);
}

struct alignas(8) Four {
  uint16_t value[4];
};

__global__ void roundFours(const float4* from, Four* to, int64_t fours) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= fours) return;
  const float4 x = from[i];
  to[i] = {{bfloat16Of(x.x), bfloat16Of(x.y), bfloat16Of(x.z), bfloat16Of(x.w)}};
}

}  // namespace

void toBFloat16(Stream& stream, const float* from, void* to, int64_t count) {
  if (count == 0) return;
  constexpr int threads = 256;
  const bool aligned = reinterpret_cast<uintptr_t>(from) % 16 == 0 && reinterpret_cast<uintptr_t>(to) % 8 == 0;
  if (aligned && count % 4 == 0) {
    launch(stream, roundFours, dim3(blocksFor(count / 4, threads)), dim3(threads), 0,
           reinterpret_cast<const float4*>(from), static_cast<Four*>(to), count / 4);
  } else {
    launch(stream, round, dim3(blocksFor(count, 4 * threads)), dim3(threads), 0, from, static_cast<uint16_t*>(to),
           count);
  }
}

}  // namespace smug::cuda
