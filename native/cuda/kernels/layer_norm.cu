// Layer normalisation: a block makes one line along the axis.
#include "block_reduce.h"
#include "lines.h"
#include "reduction.h"

namespace smug::cuda {

namespace {

/// The mean of a line and 1/√(variance + epsilon); all threads get both.
__device__ void statistics(const float* from, int64_t step, int64_t length, float epsilon, double* sums, double* mean,
                           double* factor) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < length; i += blockDim.x) sum += from[i * step];
  *mean = blockReduce(sum, sums, Sum{}) / static_cast<double>(length);
  double squares = 0;
  for (int64_t i = threadIdx.x; i < length; i += blockDim.x) {
    const double centred = from[i * step] - *mean;
    squares += centred * centred;
  }
  *factor = 1 / sqrt(blockReduce(squares, sums, Sum{}) / static_cast<double>(length) + epsilon);
}

__global__ void normaliseLines(Lines lines, float epsilon, const float* x, const float* scale, const float* shift,
                               float* y) {
  __shared__ double sums[mostLineThreads];
  const auto start = lines.starts.at(blockIdx.x);
  const float* from = x + start.of[1];
  double mean = 0, factor = 0;
  statistics(from, lines.step[1], lines.length, epsilon, sums, &mean, &factor);
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
    const auto normal = static_cast<float>((from[i * lines.step[1]] - mean) * factor);
    y[start.of[0] + i * lines.step[0]] = normal * scale[i] + shift[i];
  }
}

/// With u = scale·dy: (u − mean(u) − normal·mean(u·normal))/√(variance + epsilon).
__global__ void normaliseGradient(Lines lines, float epsilon, const float* x, const float* scale, const float* dy,
                                  float* dx, bool accumulate) {
  __shared__ double sums[mostLineThreads];
  const auto start = lines.starts.at(blockIdx.x);
  const float *from = x + start.of[1], *by = dy + start.of[2];
  double mean = 0, factor = 0;
  statistics(from, lines.step[1], lines.length, epsilon, sums, &mean, &factor);
  double sum = 0, along = 0;
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
    const double u = double{by[i * lines.step[2]]} * scale[i];
    sum += u;
    along += u * (from[i * lines.step[1]] - mean);
  }
  sum = blockReduce(sum, sums, Sum{}) / static_cast<double>(lines.length);
  along = blockReduce(along, sums, Sum{}) * factor * factor / static_cast<double>(lines.length);
  for (int64_t i = threadIdx.x; i < lines.length; i += blockDim.x) {
    const double u = double{by[i * lines.step[2]]} * scale[i];
    const auto result = static_cast<float>((u - sum - (from[i * lines.step[1]] - mean) * along) * factor);
    float* out = dx + start.of[0] + i * lines.step[0];
    *out = accumulate ? *out + result : result;
  }
}

}  // namespace

void layerNorm(Stream& stream, int axis, float epsilon, View x, const float* scale, const float* shift, View y) {
  if (elementsOf(y) == 0) return;
  const Lines lines = linesOf("normalisation", axis, {y, x, x});
  launch(stream, normaliseLines, dim3(lines.starts.count), dim3(threadsForLine(lines.length)), 0, lines, epsilon, x.data,
         scale, shift, y.data);
}

void layerNormBackward(Stream& stream, int axis, float epsilon, View x, const float* scale, View dy, View dx,
                       bool accumulate) {
  if (elementsOf(dx) == 0) return;
  const Lines lines = linesOf("normalisation", axis, {dx, x, dy});
  launch(stream, normaliseGradient, dim3(lines.starts.count), dim3(threadsForLine(lines.length)), 0, lines, epsilon, x.data,
         scale, dy.data, dx.data, accumulate);
}

}  // namespace smug::cuda
