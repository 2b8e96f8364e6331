// CUDA's language, as far as our kernels use it, for a plain C++20 compiler: a `.cu` file compiles unchanged and its
// kernels run on this machine's processor, one block after another (see block.h).
//
// What it shows: the arithmetic, the indexing, the barriers, the order of sums, races between a block's threads (races.h).
// What it cannot show: speed, the device's own rounding of exp and its kin.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
// A block runs on one thread of this machine from its start to its end, so that thread's own copy is the block's.
#define __shared__ static thread_local

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

struct uint3 {
  unsigned x = 0, y = 0, z = 0;
};

inline thread_local constinit uint3 threadIdx{}, blockIdx{};
inline thread_local constinit dim3 blockDim{}, gridDim{};

struct alignas(8) float2 {
  float x, y;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
struct alignas(16) float4 {
  float x, y, z, w;
};

inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

inline uint32_t __float_as_uint(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float __uint_as_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t __umulhi(uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t{a} * b >> 32); }

inline void __threadfence() {}

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }

namespace smug::emulation {

/// Waits until every thread of the block has come to the barrier in this line; throws where one never does.
void barrier(int line);

/// The same for the 32 threads of a warp.
void warpBarrier(int line);

/// Gives `bytes` (at most 64) of this thread to its warp, waits for the others', and returns all 32 in the order of
/// lanes; good until the next but one exchange.
const void* exchangeInWarp(const void* mine, size_t bytes);

// Copies that arrive late, as cp.async's do: nothing is moved before this thread waits for it. `from` null: zeros.
void copyLater(void* to, const void* from, size_t bytes);
void endCopyGroup();
/// Carries out all but the newest groups.
void finishCopies(int newest);

/// Returns what was there.
unsigned atomicAdd(unsigned* to, unsigned value);

/// The block's dynamic shared memory, exactly as long as the launch asked.
void* dynamicSharedMemory();

}  // namespace smug::emulation

using ::smug::emulation::atomicAdd;

#define __syncthreads() ::smug::emulation::barrier(__LINE__)
#define __syncwarp() ::smug::emulation::warpBarrier(__LINE__)
