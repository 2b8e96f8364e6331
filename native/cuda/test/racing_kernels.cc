#include "racing_kernels.h"

namespace smug::test {

__global__ void sharedRace(int* out, int barrier) {
  __shared__ int held[64];
  held[threadIdx.x] = out[threadIdx.x];
  if (barrier) __syncthreads();
  out[threadIdx.x] = held[63 - threadIdx.x];
}

__global__ void warpRace(int* out, int barrier) {
  __shared__ int held[32];
  held[threadIdx.x] = static_cast<int>(threadIdx.x);
  if (barrier) __syncwarp();
  else emulation::exchangeInWarp(out, 4);  // an exchange orders no memory
  out[threadIdx.x] = held[31 - threadIdx.x];
}

__global__ void betweenWarps(int* out, int barrier) {
  __shared__ int held[64];
  held[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncwarp();
  if (barrier) __syncthreads();
  out[threadIdx.x] = held[63 - threadIdx.x];
}

__global__ void globalRace(int* out, int apart) { out[apart ? threadIdx.x : threadIdx.x / 2] = static_cast<int>(threadIdx.x); }

__global__ void halfWords(uint16_t* out, int apart) { out[apart ? threadIdx.x : threadIdx.x / 2] = 1; }

__global__ void atomicRace(unsigned* out, int barrier) {
  cuda::dynamicShared<int>()[threadIdx.x] = 0;
  atomicAdd(out, 1u);
  if (barrier) __syncthreads();
  if (threadIdx.x == 3) out[1] = out[0];
}

__global__ void lateCopy(int* out, int wait) {
  int* held = cuda::dynamicShared<int>();
  if (threadIdx.x == 0) {
    emulation::copyLater(held, out, 16);
    emulation::endCopyGroup();
    if (wait) emulation::finishCopies(0);
  }
  __syncthreads();
  if (threadIdx.x == 1) out[8] = held[0];
  if (threadIdx.x == 0) emulation::finishCopies(0);
}

// Twenty threads read a word, then one writes it.
__global__ void manyReaders(int* out, int barrier) {
  if (threadIdx.x != 5) out[1 + threadIdx.x] = out[0];
  if (barrier) __syncthreads();
  if (threadIdx.x == 5) out[0] = 1;
}

}  // namespace smug::test
