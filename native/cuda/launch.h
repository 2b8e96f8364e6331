// One way to start a kernel, for nvcc and for the emulation: the first lines of every `.cu` file.
#pragma once

#include <string>
#include <tuple>
#include <utility>

#include "device.h"

#ifdef __CUDACC__
#include <cuda_runtime.h>
#define SMUG_UNROLL _Pragma("unroll")
#else
#include "emulation/block.h"
#include "emulation/cuda_emulation.h"
#define SMUG_UNROLL
#endif

namespace smug::cuda {

/// Gives the kernel to the stream and returns. Throws DeviceFailure when the device refuses it.
template <typename... Parameters, typename... Arguments>
void launch(Stream& stream, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t sharedBytes,
            Arguments&&... arguments) {
#ifdef __CUDACC__
  if (sharedBytes > 48 * 1024) {  // more must be asked for
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes));
  }
  kernel<<<grid, block, sharedBytes, static_cast<cudaStream_t>(stream.handle())>>>(
      static_cast<Parameters>(arguments)...);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) {
    const bool refused = error == cudaErrorInvalidConfiguration || error == cudaErrorLaunchOutOfResources ||
                         error == cudaErrorInvalidValue;
    throw DeviceFailure(std::string("starting a kernel: ") + cudaGetErrorString(error), !refused);
  }
#else
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;
  };
  const Call call{kernel, std::tuple<Parameters...>(static_cast<Parameters>(arguments)...)};
  emulation::runGrid(grid, block, sharedBytes, [](const void* context) {
    const Call& call = *static_cast<const Call*>(context);
    std::apply(call.kernel, call.arguments);
  }, &call);
#endif
}

/// The block's dynamic shared memory: `sharedBytes` of the launch.
template <typename T>
__device__ T* dynamicShared() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char smugDynamicShared[];
  return reinterpret_cast<T*>(smugDynamicShared);
#else
  return static_cast<T*>(emulation::dynamicSharedMemory());
#endif
}

/// Blocks of `perBlock` that hold `count` (> 0) things.
inline unsigned blocksFor(int64_t count, int64_t perBlock) {
  return static_cast<unsigned>((count + perBlock - 1) / perBlock);
}

}  // namespace smug::cuda
