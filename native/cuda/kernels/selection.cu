// The k highest positive scores, highest first, equal ones by index.
//
// A score's key is its bits, which for positive floats are in the order of their values, and below them its index
// turned round: no two keys are equal, so that exactly k keys lie at or above the k-th, whatever ties there are. That
// key is found digit by digit from the top (radix select); the chosen ones are then few enough to be put in order by
// counting, for each, how many are higher.
#include <algorithm>

#include "../launch.h"
#include "path.h"

namespace smug::cuda {

namespace {

constexpr int threads = 256;
constexpr int digitBits = 11, bins = 1 << digitBits, binsPerThread = bins / threads;
constexpr int scoresPerBlock = 16 * threads;

struct Selection {
  uint64_t threshold;   ///< the digits known so far; once finished, every key from here up is chosen
  unsigned needed;      ///< min(k, positive scores)
  unsigned remaining;   ///< of those, how many share the known digits
  unsigned finished;
  unsigned blocksDone;
  unsigned collected;
  unsigned histogram[bins];
};

/// 0 for scores that are not positive (NaN among them).
__device__ uint64_t keyOf(float score, int64_t index) {
  if (!(score > 0)) return 0;
  return uint64_t{__float_as_uint(score)} << 32 | (0xffffffffu - static_cast<uint32_t>(index));
}

__global__ void begin(Selection* state, int32_t* count) {
  for (unsigned i = threadIdx.x; i < bins; i += blockDim.x) state->histogram[i] = 0;
  if (threadIdx.x != 0) return;
  state->threshold = 0;
  state->needed = state->remaining = state->finished = state->blocksDone = state->collected = 0;
  *count = 0;
}

/// The bin in which, counted from the highest, the `remaining`-th key lies; `above` gets the keys in higher bins.
__device__ int binOf(const unsigned* perThread, const volatile unsigned* histogram, unsigned remaining, unsigned& above) {
  int part = threads - 1;
  above = 0;
  while (part > 0 && above + perThread[part] < remaining) above += perThread[part--];
  int bin = (part + 1) * binsPerThread - 1;
  while (bin > part * binsPerThread && above + histogram[bin] < remaining) above += histogram[bin--];
  return bin;
}

/// Counts one digit (`shift`, `bits`) of the keys whose higher digits are those of the threshold; the block that ends
/// last reads the counts and fixes the digit.
__global__ void countDigit(Selection* state, const float* scores, int64_t elements, unsigned k, int shift, int bits,
                           bool first) {
  __shared__ unsigned counts[bins];
  __shared__ unsigned perThread[threads];
  __shared__ bool last;
  if (state->finished) return;  // the same for all threads: it changes only when every block is done
  for (unsigned i = threadIdx.x; i < bins; i += blockDim.x) counts[i] = 0;
  __syncthreads();
  const uint64_t known = state->threshold;
  const int64_t start = int64_t{blockIdx.x} * scoresPerBlock;
  for (int64_t i = start + threadIdx.x; i < start + scoresPerBlock && i < elements; i += threads) {
    const uint64_t key = keyOf(scores[i], i);
    const bool same = first || (key >> shift >> bits) == (known >> shift >> bits);
    if (key != 0 && same) atomicAdd(&counts[(key >> shift) & ((1u << bits) - 1)], 1u);
  }
  __syncthreads();
  for (unsigned i = threadIdx.x; i < bins; i += blockDim.x) {
    if (counts[i] != 0) atomicAdd(&state->histogram[i], counts[i]);
  }
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(&state->blocksDone, 1u) == gridDim.x - 1;
  __syncthreads();
  if (!last) return;
  __threadfence();

  volatile unsigned* histogram = state->histogram;
  unsigned own = 0;
  for (int i = 0; i < binsPerThread; i++) own += histogram[threadIdx.x * binsPerThread + static_cast<unsigned>(i)];
  perThread[threadIdx.x] = own;
  __syncthreads();
  if (threadIdx.x == 0) {
    if (first) {
      unsigned positive = 0;
      for (int i = 0; i < threads; i++) positive += perThread[i];
      state->needed = state->remaining = k < positive ? k : positive;
      // All of them: every key but 0 is chosen.
      if (positive <= k) state->finished = 1;
    }
    if (state->finished) {
      state->threshold = 1;
    } else {
      unsigned above;
      const int bin = binOf(perThread, histogram, state->remaining, above);
      state->threshold = known | static_cast<uint64_t>(bin) << shift;
      state->remaining -= above;
      if (histogram[bin] == state->remaining) state->finished = 1;
    }
    state->blocksDone = 0;
  }
  __syncthreads();
  for (unsigned i = threadIdx.x; i < bins; i += blockDim.x) histogram[i] = 0;
}

__global__ void collect(Selection* state, const float* scores, int64_t elements, uint64_t* keys) {
  const int64_t start = int64_t{blockIdx.x} * scoresPerBlock;
  const uint64_t threshold = state->threshold;
  for (int64_t i = start + threadIdx.x; i < start + scoresPerBlock && i < elements; i += threads) {
    const uint64_t key = keyOf(scores[i], i);
    if (key >= threshold) keys[atomicAdd(&state->collected, 1u)] = key;
  }
}

/// The place of a key is the number of higher ones; the order in which they were collected does not matter.
__global__ void order(const Selection* state, const uint64_t* keys, int32_t* indices, float* values, int32_t* count) {
  __shared__ uint64_t tile[threads];
  const unsigned chosen = state->needed, first = blockIdx.x * threads;
  if (blockIdx.x == 0 && threadIdx.x == 0) *count = static_cast<int32_t>(chosen);
  if (first >= chosen) return;  // for the whole block
  const uint64_t own = first + threadIdx.x < chosen ? keys[first + threadIdx.x] : 0;
  unsigned higher = 0;
  for (unsigned start = 0; start < chosen; start += threads) {
    const unsigned here = chosen - start < threads ? chosen - start : threads;
    __syncthreads();
    if (threadIdx.x < here) tile[threadIdx.x] = keys[start + threadIdx.x];
    __syncthreads();
    for (unsigned i = 0; i < here; i++) higher += tile[i] > own;
  }
  if (own == 0) return;
  indices[higher] = static_cast<int32_t>(0xffffffffu - static_cast<uint32_t>(own));
  values[higher] = __uint_as_float(static_cast<uint32_t>(own >> 32));
}

constexpr size_t stateBytes = (sizeof(Selection) + 255) / 256 * 256;

}  // namespace

size_t selectScratchBytes(int64_t elements, int64_t k) {
  return stateBytes + sizeof(uint64_t) * static_cast<size_t>(std::max<int64_t>(0, std::min(k, elements)));
}

void selectTopPositive(Stream& stream, const float* scores, int64_t elements, int64_t k, int32_t* indices,
                       float* values, int32_t* count, void* scratch) {
  auto* state = static_cast<Selection*>(scratch);
  auto* keys = reinterpret_cast<uint64_t*>(static_cast<char*>(scratch) + stateBytes);
  launch(stream, begin, dim3(1), dim3(threads), 0, state, count);
  const int64_t most = std::min(k, elements);
  if (most <= 0) return;
  const dim3 grid(blocksFor(elements, scoresPerBlock));
  for (int shift = 64; shift > 0;) {
    // 32 bits of the score and 32 of the index: digits of 11, 11 and 10 bits each.
    const int bits = shift % 32 == 10 ? 10 : digitBits;
    const bool first = shift == 64;
    shift -= bits;
    launch(stream, countDigit, grid, dim3(threads), 0, state, scores, elements, static_cast<unsigned>(most), shift, bits,
           first);
  }
  launch(stream, collect, grid, dim3(threads), 0, state, scores, elements, keys);
  launch(stream, order, dim3(blocksFor(most, threads)), dim3(threads), 0, static_cast<const Selection*>(state),
         static_cast<const uint64_t*>(keys), indices, values, count);
}

}  // namespace smug::cuda
