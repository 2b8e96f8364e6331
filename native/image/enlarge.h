// Crops of an image enlarged to the size of the whole, as lib/input/enlarge-crops.ts has them, to the bit.
#pragma once

#include <cstdint>

namespace smug::image {

/// How the elements of an image lie in memory, in elements.
struct Layout {
  int64_t height, width, channels;
  int64_t perChannel, perPixel;

  int64_t elements() const { return height * width * channels; }
};

/// Right and bottom lie behind the last pixel.
struct Crop {
  int64_t left, top, right, bottom;
};

/// Writes `layout.elements()` floats, laid out as the image. The crop lies within the image and is not empty.
void enlarge(const float* image, const Layout& layout, const Crop& crop, float* enlarged);

}  // namespace smug::image
