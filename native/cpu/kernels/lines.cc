#include "lines.h"

#include <algorithm>
#include <cmath>

#include "vector.h"

namespace smug::cpu {

namespace {

template <typename Visit>
void forEachLine(const Lines& lines, Visit visit) {
  for (int64_t o = 0; o < lines.outer; o++) {
    for (int64_t i = 0; i < lines.step; i++) visit(o * lines.length * lines.step + i);
  }
}

/// d^-beta; 0.75, which AlexNet and GoogLeNet use, without a call to pow.
SMUG_INLINE float powerOf(float d, float beta) {
  if (beta == 0.75f) {
    const float root = std::sqrt(d);
    return 1.0f / (root * std::sqrt(root));
  }
  return std::pow(d, -beta);
}

/// y = x·d^-beta
SMUG_VECTORISED void dividedByPowers(const float* x, const float* d, float beta, float* y, int64_t n) {
  if (beta == 0.75f)
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * powerOf(d[i], 0.75f);
  else
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * std::pow(d[i], -beta);
}

/// d becomes y·x/d, what one channel hands to all channels of its window.
SMUG_VECTORISED void pulls(const float* y, const float* x, float* d, int64_t n) {
  for (int64_t i = 0; i < n; i++) d[i] = y[i] * x[i] / d[i];
}

/// y -= factor·x·pull
SMUG_VECTORISED void subtractPull(const float* x, const float* pull, float factor, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] -= factor * x[i] * pull[i];
}

/// denominators[c, s] for one outer index: a window that slides over channels, each row along `step` at once.
SMUG_VECTORISED void denominators(const float* x, float* d, int64_t length, int64_t step, int64_t size, float alpha,
                                  float bias) {
  const int64_t before = (size - 1) / 2, after = size - 1 - before;
  const float share = alpha / static_cast<float>(size);
  for (int64_t c = 0; c < length; c++) {
    float* row = d + c * step;
    for (int64_t s = 0; s < step; s++) row[s] = 0;
    const int64_t last = std::min(length - 1, c + after);
    for (int64_t other = std::max<int64_t>(0, c - before); other <= last; other++) {
      const float* from = x + other * step;
      for (int64_t s = 0; s < step; s++) row[s] += from[s] * from[s];
    }
    for (int64_t s = 0; s < step; s++) row[s] = bias + share * row[s];
  }
}

}  // namespace

Lines linesAlong(const Shape& shape, int64_t axis) {
  Lines lines{1, shape[axis], 1};
  for (int64_t i = 0; i < axis; i++) lines.outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); i++) lines.step *= shape[i];
  return lines;
}

namespace {

/// The maximum of a line and the sum of e^(x - maximum), in double: classes are few and accuracy is what the
/// completeness error is measured with.
struct LineSum {
  float maximum;
  double sum;
};

LineSum lineSum(const Lines& lines, const float* x, int64_t first) {
  const int64_t end = first + lines.length * lines.step;
  float maximum = x[first];
  for (int64_t i = first; i < end; i += lines.step) maximum = std::max(maximum, x[i]);
  double sum = 0;
  for (int64_t i = first; i < end; i += lines.step) sum += std::exp(static_cast<double>(x[i]) - maximum);
  return {maximum, sum};
}

}  // namespace

void softmaxForward(const Lines& lines, const float* x, float* y) {
  forEachLine(lines, [&](int64_t first) {
    const LineSum total = lineSum(lines, x, first);
    for (int64_t i = first; i < first + lines.length * lines.step; i += lines.step) {
      y[i] = static_cast<float>(std::exp(static_cast<double>(x[i]) - total.maximum) / total.sum);
    }
  });
}

void softmaxBackward(const Lines& lines, const float* y, const float* gradient, float* result) {
  forEachLine(lines, [&](int64_t first) {
    const int64_t end = first + lines.length * lines.step;
    double inner = 0;
    for (int64_t i = first; i < end; i += lines.step) inner += static_cast<double>(y[i]) * gradient[i];
    for (int64_t i = first; i < end; i += lines.step) result[i] = static_cast<float>(y[i] * (gradient[i] - inner));
  });
}

void logSoftmaxForward(const Lines& lines, const float* x, float* y) {
  forEachLine(lines, [&](int64_t first) {
    const LineSum total = lineSum(lines, x, first);
    const double shift = total.maximum + std::log(total.sum);
    for (int64_t i = first; i < first + lines.length * lines.step; i += lines.step) {
      y[i] = static_cast<float>(x[i] - shift);
    }
  });
}

void logSoftmaxBackward(const Lines& lines, const float* y, const float* gradient, float* result) {
  forEachLine(lines, [&](int64_t first) {
    const int64_t end = first + lines.length * lines.step;
    double total = 0;
    for (int64_t i = first; i < end; i += lines.step) total += gradient[i];
    for (int64_t i = first; i < end; i += lines.step) {
      result[i] = static_cast<float>(gradient[i] - std::exp(static_cast<double>(y[i])) * total);
    }
  });
}

void lrnForward(const Node& lrn, const Lines& lines, const float* x, float* y, float* scratch) {
  const int64_t block = lines.length * lines.step;
  for (int64_t o = 0; o < lines.outer; o++) {
    const float* from = x + o * block;
    denominators(from, scratch, lines.length, lines.step, lrn.size, lrn.alpha, lrn.bias);
    dividedByPowers(from, scratch, lrn.beta, y + o * block, block);
  }
}

void lrnBackward(const Node& lrn, const Lines& lines, const float* x, const float* gradient, float* result,
                 float* scratch) {
  const int64_t block = lines.length * lines.step, step = lines.step;
  const int64_t before = (lrn.size - 1) / 2, after = lrn.size - 1 - before;
  const float factor = 2 * lrn.alpha * lrn.beta / static_cast<float>(lrn.size);
  for (int64_t o = 0; o < lines.outer; o++) {
    const float *from = x + o * block, *by = gradient + o * block;
    float* to = result + o * block;
    denominators(from, scratch, lines.length, step, lrn.size, lrn.alpha, lrn.bias);
    dividedByPowers(by, scratch, lrn.beta, to, block);
    pulls(to, from, scratch, block);  // gradient·x·d^(-beta-1)
    for (int64_t c = 0; c < lines.length; c++) {
      // Channel c stands in the windows of the mirrored range.
      const int64_t last = std::min(lines.length - 1, c + before);
      for (int64_t other = std::max<int64_t>(0, c - after); other <= last; other++) {
        subtractPull(from + c * step, scratch + other * step, factor, to + c * step, step);
      }
    }
  }
}

namespace {

/// visit(index in shape, index in kept) for every element, in order.
template <typename Visit>
void forEachKept(const Shape& shape, const Shape& kept, Visit visit) {
  Shape strides = stridesOf(kept);
  for (size_t axis = 0; axis < kept.size(); axis++) {
    if (kept[axis] == 1) strides[axis] = 0;
  }
  Shape at(shape.size(), 0);
  int64_t to = 0;
  const int64_t size = sizeOf(shape);
  for (int64_t i = 0; i < size; i++) {
    visit(i, to);
    for (size_t axis = shape.size(); axis-- > 0;) {
      to += strides[axis];
      if (++at[axis] < shape[axis]) break;
      to -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
}

}  // namespace

void meanForward(const Shape& shape, const Shape& kept, const float* x, double* sums, float* y) {
  const int64_t size = sizeOf(kept);
  std::fill(sums, sums + size, 0.0);
  forEachKept(shape, kept, [&](int64_t i, int64_t to) { sums[to] += x[i]; });
  const double count = static_cast<double>(sizeOf(shape)) / static_cast<double>(size);
  for (int64_t i = 0; i < size; i++) y[i] = static_cast<float>(sums[i] / count);
}

void meanBackward(const Shape& shape, const Shape& kept, const float* gradient, float* result) {
  const float share = static_cast<float>(static_cast<double>(sizeOf(kept)) / static_cast<double>(sizeOf(shape)));
  forEachKept(shape, kept, [&](int64_t i, int64_t to) { result[i] = gradient[to] * share; });
}

}  // namespace smug::cpu
