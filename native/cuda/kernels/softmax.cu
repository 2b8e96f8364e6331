// Softmax and its logarithm: a block makes one line along the axis.
#include "block_reduce.h"
#include "lines.h"
#include "reduction.h"

namespace smug::cuda {

namespace {

__global__ void softmaxLines(Lines lines, bool logarithm, const float* x, float* y) {
  __shared__ float largest[mostLineThreads];
  __shared__ double sums[mostLineThreads];
  const auto start = lines.starts.at(blockIdx.x);
  const float* from = x + start.of[1];
  float* to = y + start.of[0];
  float peak = -INFINITY;
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) peak = fmaxf(peak, from[i * lines.step[1]]);
  peak = blockReduce(peak, largest, Largest{});
  double sum = 0;
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) sum += expf(from[i * lines.step[1]] - peak);
  sum = blockReduce(sum, sums, Sum{});
  const auto scale = static_cast<float>(1 / sum);
  const auto shift = static_cast<float>(log(sum));
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
    const float relative = from[i * lines.step[1]] - peak;
    to[i * lines.step[0]] = logarithm ? relative - shift : expf(relative) * scale;
  }
}

/// Terms are taken relative to the gradient of the largest output, which changes nothing but the rounding: with an
/// output near 1, dy − Σ dy·y would lose all its digits.
__global__ void softmaxGradient(Lines lines, bool logarithm, const float* y, const float* dy, float* dx,
                                bool accumulate) {
  __shared__ uint64_t largest[mostLineThreads];
  __shared__ double sums[mostLineThreads];
  const auto start = lines.starts.at(blockIdx.x);
  const float *values = y + start.of[1], *gradients = dy + start.of[2];
  float* to = dx + start.of[0];
  float origin = 0;
  if (!logarithm) {
    // Outputs are not negative, so their bits are in the order of their values; of equal ones the first.
    uint64_t best = 0;
    for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
      const uint64_t key = uint64_t{__float_as_uint(values[i * lines.step[1]])} << 32 | (0xffffffffu - static_cast<uint32_t>(i));
      best = best < key ? key : best;
    }
    best = blockReduce(best, largest, Largest{});
    origin = gradients[int64_t{0xffffffffu - static_cast<uint32_t>(best)} * lines.step[2]];
  }
  double sum = 0;
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
    const double gradient = double{gradients[i * lines.step[2]]} - origin;
    sum += logarithm ? gradient : gradient * values[i * lines.step[1]];
  }
  sum = blockReduce(sum, sums, Sum{});
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
    const float value = values[i * lines.step[1]];
    const double gradient = double{gradients[i * lines.step[2]]} - origin;
    const auto result = static_cast<float>(logarithm ? gradient - exp(double{value}) * sum : value * (gradient - sum));
    float* out = to + i * lines.step[0];
    *out = accumulate ? *out + result : result;
  }
}

}  // namespace

void softmax(Stream& stream, int axis, bool logarithm, View x, View y) {
  if (elementsOf(y) == 0) return;
  const Lines lines = linesOf("softmax", axis, {y, x, x});
  launch(stream, softmaxLines, dim3(lines.starts.count), dim3(threadsForLine(lines.length)), 0, lines, logarithm, x.data,
         y.data);
}

void softmaxBackward(Stream& stream, int axis, bool logarithm, View y, View dy, View dx, bool accumulate) {
  if (elementsOf(dx) == 0) return;
  const Lines lines = linesOf("softmax", axis, {dx, y, dy});
  launch(stream, softmaxGradient, dim3(lines.starts.count), dim3(threadsForLine(lines.length)), 0, lines, logarithm, y.data,
         dy.data, dx.data, accumulate);
}

}  // namespace smug::cuda
