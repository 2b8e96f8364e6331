// One value from all threads of a block, by a tree whose shape is the block's alone: the same bits every time.
#pragma once

#include "../launch.h"

namespace smug::cuda {

/// All threads call it and get the result. One block axis, a power of two long; `scratch` (shared memory) holds an
/// entry a thread.
template <typename T, typename Combine>
__device__ T blockReduce(T value, T* scratch, Combine combine) {
  const unsigned thread = threadIdx.x;
  scratch[thread] = value;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (thread < half) scratch[thread] = combine(scratch[thread], scratch[thread + half]);
    __syncthreads();
  }
  const T result = scratch[0];
  __syncthreads();  // the caller may use the scratch again
  return result;
}

struct Sum {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

struct Largest {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

}  // namespace smug::cuda
