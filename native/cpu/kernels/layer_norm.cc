#include "layer_norm.h"

#include <algorithm>
#include <cmath>

#include "vector.h"

namespace smug::cpu {

namespace {

/// Lines that lie side by side are worked on together, so that neighbours in memory are read together.
constexpr int64_t together = 64;

/// What every line of a strip needs: sums in double, since a variance may be small beside the mean.
struct Strip {
  double mean[together], factor[together];
};

SMUG_VECTORISED void statistics(const float* x, int64_t length, int64_t step, int64_t width, float epsilon,
                                Strip& strip) {
  double sums[together] = {};
  for (int64_t c = 0; c < length; c++) {
    for (int64_t i = 0; i < width; i++) sums[i] += x[c * step + i];
  }
  const double share = 1.0 / static_cast<double>(length);
  for (int64_t i = 0; i < width; i++) strip.mean[i] = sums[i] * share, sums[i] = 0;
  for (int64_t c = 0; c < length; c++) {
    for (int64_t i = 0; i < width; i++) {
      const double centred = x[c * step + i] - strip.mean[i];
      sums[i] += centred * centred;
    }
  }
  for (int64_t i = 0; i < width; i++) strip.factor[i] = 1 / std::sqrt(sums[i] * share + epsilon);
}

/// The same for a line whose elements lie side by side: eight sums, which become vectors.
SMUG_VECTORISED void lineStatistics(const float* x, int64_t length, float epsilon, Strip& strip) {
  constexpr int64_t lanes = 8;
  double sums[lanes] = {};
  int64_t c = 0;
  for (; c + lanes <= length; c += lanes) {
    for (int64_t i = 0; i < lanes; i++) sums[i] += x[c + i];
  }
  for (; c < length; c++) sums[0] += x[c];
  double sum = 0;
  for (int64_t i = 0; i < lanes; i++) sum += sums[i], sums[i] = 0;
  const double mean = sum / static_cast<double>(length);
  for (c = 0; c + lanes <= length; c += lanes) {
    for (int64_t i = 0; i < lanes; i++) sums[i] += (x[c + i] - mean) * (x[c + i] - mean);
  }
  for (; c < length; c++) sums[0] += (x[c] - mean) * (x[c] - mean);
  sum = 0;
  for (int64_t i = 0; i < lanes; i++) sum += sums[i];
  strip.mean[0] = mean;
  strip.factor[0] = 1 / std::sqrt(sum / static_cast<double>(length) + epsilon);
}

SMUG_VECTORISED void forwardLine(const float* x, int64_t n, double mean, double factor, const float* scale,
                                 const float* shift, float* y) {
  for (int64_t c = 0; c < n; c++) y[c] = static_cast<float>((x[c] - mean) * factor) * scale[c] + shift[c];
}

SMUG_VECTORISED void forwardStrip(const float* x, int64_t length, int64_t step, int64_t width, const Strip& strip,
                                  const float* scale, const float* shift, float* y) {
  for (int64_t c = 0; c < length; c++) {
    for (int64_t i = 0; i < width; i++) {
      y[c * step + i] = static_cast<float>((x[c * step + i] - strip.mean[i]) * strip.factor[i]) * scale[c] + shift[c];
    }
  }
}

/// With u = scale·gradient: (u - mean(u) - normal·mean(u·normal))·factor.
SMUG_VECTORISED void backwardLine(const float* x, int64_t n, double mean, double factor, const float* scale,
                                  const float* gradient, float* result) {
  constexpr int64_t lanes = 8;
  double sums[lanes] = {}, alongs[lanes] = {};
  int64_t c = 0;
  for (; c + lanes <= n; c += lanes) {
    for (int64_t i = 0; i < lanes; i++) {
      const double u = static_cast<double>(gradient[c + i]) * scale[c + i];
      sums[i] += u;
      alongs[i] += u * (x[c + i] - mean);
    }
  }
  for (; c < n; c++) {
    const double u = static_cast<double>(gradient[c]) * scale[c];
    sums[0] += u;
    alongs[0] += u * (x[c] - mean);
  }
  double sum = 0, along = 0;
  for (int64_t i = 0; i < lanes; i++) sum += sums[i], along += alongs[i];
  sum /= static_cast<double>(n);
  along *= factor * factor / static_cast<double>(n);
  for (c = 0; c < n; c++) {
    const double u = static_cast<double>(gradient[c]) * scale[c];
    result[c] = static_cast<float>((u - sum - (x[c] - mean) * along) * factor);
  }
}

SMUG_VECTORISED void backwardStrip(const float* x, int64_t length, int64_t step, int64_t width, const Strip& strip,
                                   const float* scale, const float* gradient, float* result) {
  double sums[together] = {}, alongs[together] = {};
  for (int64_t c = 0; c < length; c++) {
    for (int64_t i = 0; i < width; i++) {
      const double u = static_cast<double>(gradient[c * step + i]) * scale[c];
      sums[i] += u;
      alongs[i] += u * (x[c * step + i] - strip.mean[i]);
    }
  }
  const double share = 1.0 / static_cast<double>(length);
  for (int64_t i = 0; i < width; i++) {
    sums[i] *= share;
    alongs[i] *= strip.factor[i] * strip.factor[i] * share;
  }
  for (int64_t c = 0; c < length; c++) {
    for (int64_t i = 0; i < width; i++) {
      const double u = static_cast<double>(gradient[c * step + i]) * scale[c];
      const double centred = x[c * step + i] - strip.mean[i];
      result[c * step + i] = static_cast<float>((u - sums[i] - centred * alongs[i]) * strip.factor[i]);
    }
  }
}

/// visit(first element, lines in the strip, their statistics)
template <typename Visit>
void forEachStrip(const Lines& lines, float epsilon, const float* x, Visit visit) {
  Strip strip;
  for (int64_t o = 0; o < lines.outer; o++) {
    for (int64_t i = 0; i < lines.step; i += together) {
      const int64_t first = o * lines.length * lines.step + i, width = std::min(together, lines.step - i);
      if (lines.step == 1) lineStatistics(x + first, lines.length, epsilon, strip);
      else statistics(x + first, lines.length, lines.step, width, epsilon, strip);
      visit(first, width, strip);
    }
  }
}

}  // namespace

void layerNormForward(const Lines& lines, float epsilon, const float* scale, const float* shift, const float* x,
                      float* y) {
  forEachStrip(lines, epsilon, x, [&](int64_t first, int64_t width, const Strip& strip) {
    if (lines.step == 1) forwardLine(x + first, lines.length, strip.mean[0], strip.factor[0], scale, shift, y + first);
    else forwardStrip(x + first, lines.length, lines.step, width, strip, scale, shift, y + first);
  });
}

void layerNormBackward(const Lines& lines, float epsilon, const float* scale, const float* x, const float* gradient,
                       float* result) {
  forEachStrip(lines, epsilon, x, [&](int64_t first, int64_t width, const Strip& strip) {
    if (lines.step == 1) {
      backwardLine(x + first, lines.length, strip.mean[0], strip.factor[0], scale, gradient + first, result + first);
    } else {
      backwardStrip(x + first, lines.length, lines.step, width, strip, scale, gradient + first, result + first);
    }
  });
}

}  // namespace smug::cpu
