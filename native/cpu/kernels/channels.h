// Work per channel, on feature maps in any regular layout (see layout.h).
#pragma once

#include "layout.h"

namespace smug::cpu {

/// y = x·scale[c] + shift[c]; null scale means 1, null shift 0. Padding channels become 0. x and y may be the same
/// array; `y` has x's sample arrangement with its own distance between samples.
void affineChannels(const Layout& layout, const float* x, const float* scale, const float* shift, float* y,
                    int64_t ySampleStride);

/// means[n·channels + c] = the mean of channel c over all spatial elements.
void spatialMeans(const Layout& layout, const float* x, float* means);

/// x[n, c, …] = values[n·channels + c] · factor; padding channels become 0.
void spreadOverSpace(const Layout& layout, const float* values, float factor, float* x);

}  // namespace smug::cpu
