// Layer normalisation: y = scale·(x - mean)/√(variance + epsilon) + shift along every line.
#pragma once

#include "lines.h"

namespace smug::cpu {

/// scale and shift have an entry for each place of a line.
void layerNormForward(const Lines& lines, float epsilon, const float* scale, const float* shift, const float* x,
                      float* y);
void layerNormBackward(const Lines& lines, float epsilon, const float* scale, const float* x, const float* gradient,
                       float* result);

}  // namespace smug::cpu
