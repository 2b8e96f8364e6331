// Runs a kernel's grid on this machine: block after block, and within a block thread after thread.
//
// A thread that comes to a barrier is parked on its own stack (a fiber) until all threads of its block are there.
// Kernels without barriers pay nothing for this: as long as no thread parks, one fiber runs them all in a plain loop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda_emulation.h"

namespace smug::emulation {

/// Calls body(context) for every thread of every block with threadIdx, blockIdx, … set. Throws smug::cuda::DeviceFailure
/// for a grid or block that a device would refuse, for more than 99 KiB of shared memory, and for a barrier that some
/// threads of a block never reach or where they wait in different lines.
void runGrid(dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void*), const void* context);

/// For tests: blocks, and the threads between two barriers, run in an order drawn from this seed; 0 (the default) is
/// ascending order. Holds for launches from the calling thread.
void shuffleOrder(uint32_t seed);

}  // namespace smug::emulation
