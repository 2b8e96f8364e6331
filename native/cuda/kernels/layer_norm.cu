// Layer normalisation: a block makes one line along the axis.
#include <stdexcept>

#include "block_reduce.h"
#include "reduction.h"
#include "walk.h"

namespace smug::cuda {

namespace {

constexpr int mostThreads = 256;

/// The lines of three tensors: where each begins, and how far its elements lie apart.
struct Lines {
  Walk<3> starts;
  int64_t step[3];
  int64_t length;
};

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
  __shared__ double sums[mostThreads];
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
  __shared__ double sums[mostThreads];
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

Lines linesOf(int axis, std::array<View, 3> views) {
  Lines lines;
  lines.length = views[0].size[axis];
  for (int t = 0; t < 3; t++) {
    lines.step[t] = views[t].stride[axis];
    views[t].size[axis] = 1;
  }
  auto axes = Axes<3>::of(views);
  axes.sort();
  axes.merge();
  if (!axes.isSmall()) throw std::length_error("a normalisation of more than 2³¹ elements: use a smaller batch");
  lines.starts = axes.pack();
  return lines;
}

/// A power of two, near the line's length.
unsigned threadsFor(int64_t length) {
  unsigned threads = 32;
  while (threads < mostThreads && threads < length) threads *= 2;
  return threads;
}

}  // namespace

void layerNorm(Stream& stream, int axis, float epsilon, View x, const float* scale, const float* shift, View y) {
  if (elementsOf(y) == 0) return;
  const Lines lines = linesOf(axis, {y, x, x});
  launch(stream, normaliseLines, dim3(lines.starts.count), dim3(threadsFor(lines.length)), 0, lines, epsilon, x.data,
         scale, shift, y.data);
}

void layerNormBackward(Stream& stream, int axis, float epsilon, View x, const float* scale, View dy, View dx,
                       bool accumulate) {
  if (elementsOf(dx) == 0) return;
  const Lines lines = linesOf(axis, {dx, x, dy});
  launch(stream, normaliseGradient, dim3(lines.starts.count), dim3(threadsFor(lines.length)), 0, lines, epsilon, x.data,
         scale, dy.data, dx.data, accumulate);
}

}  // namespace smug::cuda
