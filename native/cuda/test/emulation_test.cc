// The emulation itself: barriers, shared memory, faults that a device would not forgive, and that no kernel's result
// depends on the order in which blocks and threads run.
#include "../emulation/block.h"
#include "../emulation/races.h"

#include <functional>
#include <string>

#include "../kernels/convolution_plain.h"
#include "../kernels/path.h"
#include "../kernels/reduction.h"
#include "../launch.h"
#include "oracle.h"
#include "racing_kernels.h"
#include "random_graph.h"

using namespace smug;
using namespace smug::test;

namespace {

__global__ void reverse(int* values) {
  __shared__ int held[64];
  held[threadIdx.x] = values[blockIdx.x * 64 + threadIdx.x];
  __syncthreads();
  values[blockIdx.x * 64 + threadIdx.x] = held[63 - threadIdx.x];
}

__global__ void reverseDynamic(int* values) {
  auto* held = cuda::dynamicShared<int>();
  held[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = held[blockDim.x - 1 - threadIdx.x];
}

__global__ void leaveEarly(int) {
  if (threadIdx.x == 3) return;
  __syncthreads();
}

__global__ void differentBarriers(int) {
  if (threadIdx.x < 2) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void coordinates(int* seen) {
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  seen[block * blockDim.x * blockDim.y * blockDim.z + thread]++;
}

__global__ void uninitialised(float* out) { out[0] = cuda::dynamicShared<float>()[0]; }

std::string failureOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const cuda::DeviceFailure& failure) {
    return failure.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void barriers() {
  std::vector<int> values(128);
  for (int i = 0; i < 128; i++) values[i] = i;
  cuda::launch(stream(), reverse, dim3(2), dim3(64), 0, values.data());
  check(values[0] == 63 && values[63] == 0 && values[64] == 127 && values[127] == 64, "a barrier lets all threads see what all wrote");
  cuda::launch(stream(), reverseDynamic, dim3(1), dim3(64), 64 * sizeof(int), values.data());
  check(values[0] == 0 && values[63] == 63, "dynamic shared memory");
  check(has(failureOf([] { cuda::launch(stream(), leaveEarly, dim3(1), dim3(8), 0, 0); }), "reached by 7 of a block's 8 threads"),
        "a barrier that one thread never reaches is an error");
  check(has(failureOf([] { cuda::launch(stream(), differentBarriers, dim3(1), dim3(8), 0, 0); }), "wait at the barriers in lines"),
        "threads at different barriers are an error");
  cuda::launch(stream(), reverse, dim3(2), dim3(64), 0, values.data());
  check(values[0] == 63, "the next launch works");
  std::vector<int> seen(2 * 3 * 2 * 4 * 3 * 2, 0);
  cuda::launch(stream(), coordinates, dim3(2, 3, 2), dim3(4, 3, 2), 0, seen.data());
  check(seen == std::vector<int>(seen.size(), 1), "every thread of every block runs once");
  float fresh = 0;
  cuda::launch(stream(), uninitialised, dim3(1), dim3(1), 16, &fresh);
  check(std::isnan(fresh), "shared memory begins as NaN");
}

void refusals() {
  int seen[1] = {0};
  const auto start = [&](dim3 grid, dim3 block, size_t shared) {
    return failureOf([&] { cuda::launch(stream(), coordinates, grid, block, shared, &seen[0]); });
  };
  check(has(start(dim3(0), dim3(1), 0), "a grid of 0x1x1"), "an empty grid is refused");
  check(has(start(dim3(1), dim3(1025), 0), "1025 threads"), "a block of more than 1024 threads is refused");
  check(has(start(dim3(1, 65536), dim3(1), 0), "a grid of"), "a grid that is too high is refused");
  check(has(start(dim3(1), dim3(1), 110000), "shared memory"), "too much shared memory is refused");
}

template <typename T>
T* pointerOf(void (*)(T*, int));

void races() {
  if (!emulation::watchesRaces()) {
    std::puts("races: not watched in this build (SMUG_SANITIZE=races watches)");
    return;
  }
  std::vector<int> values(1024);
  const auto shows = [&](const char* what, auto kernel, int threads, const std::string& part) {
    auto* data = reinterpret_cast<decltype(pointerOf(kernel))>(values.data());
    for (uint32_t seed = 0; seed < 3; seed++) {
      emulation::shuffleOrder(seed);
      const std::string failure = failureOf([&] { cuda::launch(stream(), kernel, dim3(2), dim3(threads), 4096, data, 0); });
      check(has(failure, "a race: between two barriers") && has(failure, part) && has(failure, "racing_kernels.cc:"), what);
      cuda::launch(stream(), kernel, dim3(1), dim3(threads), 4096, data, 1);
    }
    emulation::shuffleOrder(0);
  };
  shows("a missing barrier is a race", sharedRace, 64, "sharedRace");
  shows("a missing warp barrier is a race", warpRace, 32, "warpRace");
  shows("a warp's barrier does not order two warps", betweenWarps, 64, "betweenWarps");
  shows("two threads that write one word of global memory race", globalRace, 32, "globalRace");
  shows("halves of a word are apart, one half is not", halfWords, 32, "halfWords");
  shows("an atomic change and a plain read race, two atomic changes do not", atomicRace, 32, "changes atomically");
  shows("a copy that nobody waited for races with whoever reads it", lateCopy, 2, "lateCopy");
  shows("one that writes what many read races", manyReaders, 20, "manyReaders");
}

/// Bits of everything that barriers, atomics and sums touch, under one order of blocks and threads.
Values everything() {
  GraphMaker maker(11);
  Values bits;
  const auto keep = [&](const auto& values) { bits.insert(bits.end(), values.begin(), values.end()); };
  cuda::ConvShape shape;
  shape.n = 2, shape.h = 9, shape.w = 8, shape.c = shape.inputPixel = 20, shape.k = shape.outputPixel = 70;
  shape.r = shape.s = 3, shape.padH = shape.padW = 1, shape.strideH = shape.strideW = 2, shape.p = 5, shape.q = 4;
  const DeviceTensor x({2, 20, 9, 8}, maker.tensor({2, 20, 9, 8}, -1, 1), Layout::channelsLast);
  const DeviceTensor w({70, 3, 3, 20}, maker.tensor({70, 3, 3, 20}, -1, 1));
  DeviceTensor y({2, 70, 5, 4}, Layout::channelsLast), dx(x.shape(), Layout::channelsLast), z(x.shape(), Layout::channelsLast);
  cuda::plainForward(stream(), shape, cuda::Arithmetic::fp32, x.view().data, w.view().data, nullptr, cuda::Activation::none, y.view().data);
  keep(y.get());
  cuda::plainBackwardData(stream(), shape, cuda::Arithmetic::fp32, y.view().data, w.view().data, dx.view().data, false);
  keep(dx.get());
  cuda::softmax(stream(), 1, false, x.view(), z.view());
  keep(z.get());
  cuda::lrnBackward(stream(), {}, x.view(), z.view(), dx.view(), false);
  keep(dx.get());
  const int64_t elements = 9000;
  const Values random = maker.tensor({elements}, -1, 1);
  const DeviceArray<float> scores(std::vector<float>(random.begin(), random.end())), values(500);
  const DeviceArray<int32_t> indices(500), count(1);
  const DeviceArray<double> total(1);
  const cuda::Memory scratch(cuda::selectScratchBytes(elements, 500)), partial(cuda::sumScratchBytes(elements));
  cuda::selectTopPositive(stream(), scores.data(), elements, 500, indices.data(), values.data(), count.data(), scratch.as<void>());
  cuda::sum(stream(), scores.data(), elements, total.data(), partial.as<void>());
  keep(indices.get());
  keep(values.get());
  keep(total.get());
  return bits;
}

void orders() {
  const Values ascending = everything();
  for (uint32_t seed = 1; seed <= 4; seed++) {
    emulation::shuffleOrder(seed);
    check(everything() == ascending, "the same bits whatever the order of blocks and threads");
  }
  emulation::shuffleOrder(0);
}

void memory() {
  const size_t before = cuda::memoryUse().now;
  cuda::limitMemory(before + 1000);
  {
    const cuda::Memory held(600);
    check(reinterpret_cast<uintptr_t>(held.as<char>()) % 256 == 0, "memory is 256-byte aligned");
    check(cuda::memoryUse().now == before + 600, "memory in use is counted");
    bool refused = false;
    try {
      const cuda::Memory more(500);
    } catch (const cuda::OutOfMemory&) {
      refused = true;
    }
    check(refused, "past the limit there is no memory");
    const cuda::Memory rest(400);
    check(cuda::memoryUse().now == before + 1000, "up to the limit there is");
  }
  cuda::limitMemory(0);
  check(cuda::memoryUse().now == before && cuda::memoryUse().peak >= before + 1000, "freed memory is counted off");
  int runs = 0;
  const cuda::Recording recording(stream(), [&] { runs++; });
  check(runs == 0, "recording runs nothing");
  recording.replay(stream());
  recording.replay(stream());
  check(runs == 2, "every replay runs the work");
}

}  // namespace

int main() {
  barriers();
  refusals();
  races();
  orders();
  memory();
  return finish("cuda emulation");
}
