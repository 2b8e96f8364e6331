#include "channels.h"

#include <algorithm>

#include "vector.h"

namespace smug::cpu {

namespace {

// Two shapes of the same loop: with one channel a block the row along space is what the compiler vectorises, else
// the channels of a block.

SMUG_VECTORISED void affineRow(const float* x, float scale, float shift, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * scale + shift;
}

SMUG_VECTORISED void affineBlock(const float* x, const float* scale, const float* shift, float* y, int64_t spatial,
                                 int64_t inner) {
  for (int64_t s = 0; s < spatial; s++) {
    for (int64_t c = 0; c < inner; c++) y[s * inner + c] = x[s * inner + c] * scale[c] + shift[c];
  }
}

SMUG_VECTORISED float sumRow(const float* x, int64_t n) {
  // Sixteen running sums: vector code with a fixed order of additions.
  float sums[16] = {};
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (int j = 0; j < 16; j++) sums[j] += x[i + j];
  }
  float total = 0;
  for (; i < n; i++) total += x[i];
  for (const float sum : sums) total += sum;
  return total;
}

SMUG_VECTORISED void sumBlock(const float* x, float* sums, int64_t spatial, int64_t inner) {
  for (int64_t c = 0; c < inner; c++) sums[c] = 0;
  for (int64_t s = 0; s < spatial; s++) {
    for (int64_t c = 0; c < inner; c++) sums[c] += x[s * inner + c];
  }
}

SMUG_VECTORISED void fillRow(float* x, float value, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = value;
}

SMUG_VECTORISED void fillBlock(float* x, const float* values, int64_t spatial, int64_t inner) {
  for (int64_t s = 0; s < spatial; s++) {
    for (int64_t c = 0; c < inner; c++) x[s * inner + c] = values[c];
  }
}

/// Visits every block of every sample: its sample, its first channel, its place.
template <typename Visit>
void forEachBlock(const Layout& layout, Visit visit) {
  for (int64_t n = 0; n < layout.samples; n++) {
    for (int64_t b = 0; b < layout.blocks; b++) visit(n, b * layout.inner, b * layout.spatial * layout.inner);
  }
}

}  // namespace

void affineChannels(const Layout& layout, const float* x, const float* scale, const float* shift, float* y,
                    int64_t ySampleStride) {
  std::vector<float> scales(layout.blocks * layout.inner, 0.0f), shifts(layout.blocks * layout.inner, 0.0f);
  for (int64_t c = 0; c < layout.channels; c++) {
    scales[c] = scale ? scale[c] : 1.0f;
    shifts[c] = shift ? shift[c] : 0.0f;
  }
  forEachBlock(layout, [&](int64_t n, int64_t channel, int64_t place) {
    const float* from = x + n * layout.sampleStride + place;
    float* to = y + n * ySampleStride + place;
    if (layout.inner == 1) affineRow(from, scales[channel], shifts[channel], to, layout.spatial);
    else affineBlock(from, &scales[channel], &shifts[channel], to, layout.spatial, layout.inner);
  });
}

void spatialMeans(const Layout& layout, const float* x, float* means) {
  std::vector<float> sums(layout.inner);
  const float share = 1.0f / static_cast<float>(layout.spatial);
  forEachBlock(layout, [&](int64_t n, int64_t channel, int64_t place) {
    const float* from = x + n * layout.sampleStride + place;
    if (layout.inner == 1) sums[0] = sumRow(from, layout.spatial);
    else sumBlock(from, sums.data(), layout.spatial, layout.inner);
    const int64_t present = std::min(layout.inner, layout.channels - channel);
    for (int64_t c = 0; c < present; c++) means[n * layout.channels + channel + c] = sums[c] * share;
  });
}

void spreadOverSpace(const Layout& layout, const float* values, float factor, float* x) {
  std::vector<float> row(layout.inner);
  forEachBlock(layout, [&](int64_t n, int64_t channel, int64_t place) {
    float* to = x + n * layout.sampleStride + place;
    for (int64_t c = 0; c < layout.inner; c++) {
      row[c] = channel + c < layout.channels ? values[n * layout.channels + channel + c] * factor : 0.0f;
    }
    if (layout.inner == 1) fillRow(to, row[0], layout.spatial);
    else fillBlock(to, row.data(), layout.spatial, layout.inner);
  });
}

}  // namespace smug::cpu
