// Kernels that race on purpose: with 0 as their second argument; with 1 they do not. For the race detector's own test.
#pragma once

#include "../launch.h"

namespace smug::test {

__global__ void sharedRace(int* out, int barrier);
__global__ void warpRace(int* out, int barrier);
__global__ void betweenWarps(int* out, int barrier);
__global__ void globalRace(int* out, int apart);
__global__ void halfWords(uint16_t* out, int apart);
__global__ void atomicRace(unsigned* out, int barrier);
__global__ void lateCopy(int* out, int wait);
__global__ void manyReaders(int* out, int barrier);

}  // namespace smug::test
