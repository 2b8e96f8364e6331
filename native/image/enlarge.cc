#include "enlarge.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace smug::image {

namespace {

/// For every sample of an axis the two samples of the crop beside it, and the share of the second.
struct Axis {
  std::vector<int64_t> first, second;
  std::vector<float> share;

  Axis(int64_t start, int64_t length, int64_t size) : first(size), second(size), share(size) {
    for (int64_t at = 0; at < size; at++) {
      const double centre = (static_cast<double>(at) + 0.5) * static_cast<double>(length) / size - 0.5;
      const auto low = static_cast<int64_t>(std::floor(centre));
      first[at] = start + std::max<int64_t>(0, low);
      second[at] = start + std::min(length - 1, low + 1);
      share[at] = static_cast<float>(centre - low);
    }
  }
};

/// One line between two others. Steps of one are known to the compiler, which then works on many at once.
void between(const float* one, const float* other, float share, int64_t length, int64_t step, float* to) {
  if (step == 1) {
    for (int64_t x = 0; x < length; x++) to[x] = one[x] + (other[x] - one[x]) * share;
  } else {
    for (int64_t x = 0; x < length; x++) to[x * step] = one[x] + (other[x] - one[x]) * share;
  }
}

}  // namespace

void enlarge(const float* image, const Layout& layout, const Crop& crop, float* enlarged) {
  const Axis across(crop.left, crop.right - crop.left, layout.width);
  const Axis down(0, crop.bottom - crop.top, layout.height);
  const int64_t width = layout.width;
  std::vector<float> rows((crop.bottom - crop.top) * width);
  for (int64_t channel = 0; channel < layout.channels; channel++) {
    const float* plane = image + channel * layout.perChannel;
    for (int64_t y = crop.top; y < crop.bottom; y++) {
      const float* row = plane + y * width * layout.perPixel;
      float* to = &rows[(y - crop.top) * width];
      for (int64_t x = 0; x < width; x++) {
        const float one = row[across.first[x] * layout.perPixel];
        to[x] = one + (row[across.second[x] * layout.perPixel] - one) * across.share[x];
      }
    }
    float* to = enlarged + channel * layout.perChannel;
    for (int64_t y = 0; y < layout.height; y++) {
      between(&rows[down.first[y] * width], &rows[down.second[y] * width], down.share[y], width, layout.perPixel,
              to + y * width * layout.perPixel);
    }
  }
}

}  // namespace smug::image
