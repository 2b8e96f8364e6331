// The path of integrated gradients: its points, its seeds, its sums.
#include "path.h"

#include <algorithm>

#include "block_reduce.h"

namespace smug::cuda {

namespace {

constexpr int threads = 256;

__device__ bool aligned(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; }

__device__ float between(float base, float alpha, float a) { return base + alpha * (a - base); }

/// A thread makes four neighbouring elements of a step, in one piece where all addresses allow it.
__global__ void interpolateSteps(const float* const* activations, const float* const* baselines, const float* alphas,
                                 int64_t steps, int64_t elements, float* out) {
  const int64_t first = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * 4;
  if (first >= elements) return;
  for (int64_t step = blockIdx.y; step < steps; step += gridDim.y) {
    const float* a = activations[step] + first;
    const float* base = baselines && baselines[step] ? baselines[step] + first : nullptr;
    const float alpha = alphas[step];
    float* to = out + step * elements + first;
    if (first + 4 <= elements && aligned(a) && aligned(base) && aligned(to)) {
      const float4 x = *reinterpret_cast<const float4*>(a);
      const float4 b = base ? *reinterpret_cast<const float4*>(base) : make_float4(0, 0, 0, 0);
      *reinterpret_cast<float4*>(to) = make_float4(between(b.x, alpha, x.x), between(b.y, alpha, x.y),
                                                   between(b.z, alpha, x.z), between(b.w, alpha, x.w));
    } else {
      for (int64_t i = 0; i < 4 && first + i < elements; i++) to[i] = between(base ? base[i] : 0.0f, alpha, a[i]);
    }
  }
}

__global__ void seed(View output, const int32_t* targets, View gradient, double* values) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const int64_t classes = output.size[1];
  if (i >= output.size[0] * classes) return;
  const int64_t sample = i / classes, c = i % classes;
  const bool target = c == targets[sample];
  gradient.data[sample * gradient.stride[0] + c * gradient.stride[1]] = target ? 1.0f : 0.0f;
  if (target) values[sample] = output.data[sample * output.stride[0] + c * output.stride[1]];
}

__global__ void weightedSum(const float* const* gradients, const double* weights, int64_t steps, int64_t elements,
                            float* sum) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= elements) return;
  double total = 0;
  for (int64_t step = 0; step < steps; step++) total += weights[step] * gradients[step][i];
  sum[i] = static_cast<float>(total);
}

__global__ void timesPath(const float* activation, const float* baseline, const float* gradient, int64_t elements,
                          float* scores) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= elements) return;
  scores[i] = (activation[i] - (baseline ? baseline[i] : 0.0f)) * gradient[i];
}

// Elements that one block sums: it depends on nothing, so that the tree of sums does not either.
constexpr int64_t sumPart = 16 * threads;

template <typename T>
__global__ void sumParts(const T* values, int64_t elements, int64_t part, double* sums) {
  __shared__ double scratch[threads];
  const int64_t first = blockIdx.x * part, left = elements - first, end = left < part ? left : part;
  double own = 0;
  for (int64_t i = threadIdx.x; i < end; i += blockDim.x) own += values[first + i];
  own = blockReduce(own, scratch, Sum{});
  if (threadIdx.x == 0) sums[blockIdx.x] = own;
}

int64_t partsOf(int64_t elements) { return (elements + sumPart - 1) / sumPart; }

}  // namespace

void interpolate(Stream& stream, const float* const* activations, const float* const* baselines, const float* alphas,
                 int64_t steps, int64_t elements, float* out) {
  if (steps == 0 || elements == 0) return;
  const dim3 grid(blocksFor(elements, 4 * threads), static_cast<unsigned>(std::min<int64_t>(steps, 65535)));
  launch(stream, interpolateSteps, grid, dim3(threads), 0, activations, baselines, alphas, steps, elements, out);
}

void seedTargets(Stream& stream, View output, const int32_t* targets, View gradient, double* values) {
  const int64_t elements = output.size[0] * output.size[1];
  if (elements == 0) return;
  launch(stream, seed, dim3(blocksFor(elements, threads)), dim3(threads), 0, output, targets, gradient, values);
}

void accumulate(Stream& stream, const float* const* gradients, const double* weights, int64_t steps, int64_t elements,
                float* sum) {
  if (elements == 0) return;
  launch(stream, weightedSum, dim3(blocksFor(elements, threads)), dim3(threads), 0, gradients, weights, steps, elements,
         sum);
}

void multiplyByPath(Stream& stream, const float* activation, const float* baseline, const float* gradient,
                    int64_t elements, float* scores) {
  if (elements == 0) return;
  launch(stream, timesPath, dim3(blocksFor(elements, threads)), dim3(threads), 0, activation, baseline, gradient,
         elements, scores);
}

size_t sumScratchBytes(int64_t elements) { return static_cast<size_t>(std::max<int64_t>(1, partsOf(elements))) * sizeof(double); }

void sum(Stream& stream, const float* values, int64_t elements, double* total, void* scratch) {
  auto* parts = static_cast<double*>(scratch);
  const int64_t count = partsOf(elements);
  if (count > 0) {
    launch(stream, sumParts<float>, dim3(static_cast<unsigned>(count)), dim3(threads), 0, values, elements, sumPart,
           parts);
  }
  launch(stream, sumParts<double>, dim3(1), dim3(threads), 0, parts, count, count, total);
}

}  // namespace smug::cuda
