#include <stdexcept>

#include "element.h"
#include "pointwise.h"

namespace smug::cuda {

namespace {

__global__ void round(const float* from, void* to, Format format, int64_t count) {
  const int64_t first = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * 4;
  for (int64_t i = first; i < first + 4 && i < count; i++) storeOne(to, i, format, from[i]);
}

__global__ void roundFours(const float* from, void* to, Format format, int64_t fours) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= fours) return;
  float x[4];
  loadFour(from, 4 * i, Format::float32, x);
  storeFour(to, 4 * i, format, x);
}

}  // namespace

void toHalves(Stream& stream, const float* from, Format format, void* to, int64_t count) {
  if (bytesOf(format) != 2) throw std::logic_error("a format of 16 bits is needed");
  if (count == 0) return;
  constexpr int threads = 256;
  const bool aligned = reinterpret_cast<uintptr_t>(from) % 16 == 0 && reinterpret_cast<uintptr_t>(to) % 8 == 0;
  if (aligned && count % 4 == 0) {
    launch(stream, roundFours, dim3(blocksFor(count / 4, threads)), dim3(threads), 0, from, to, format, count / 4);
  } else {
    launch(stream, round, dim3(blocksFor(count, 4 * threads)), dim3(threads), 0, from, to, format, count);
  }
}

}  // namespace smug::cuda
