// Operations along one axis of a row-major array seen as [outer, length, step].
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace smug::cpu {

struct Lines {
  int64_t outer, length, step;
};

Lines linesAlong(const Shape& shape, int64_t axis);

void softmaxForward(const Lines& lines, const float* x, float* y);
/// From the result y.
void softmaxBackward(const Lines& lines, const float* y, const float* gradient, float* result);
void logSoftmaxForward(const Lines& lines, const float* x, float* y);
void logSoftmaxBackward(const Lines& lines, const float* y, const float* gradient, float* result);

/// Local response normalisation across the lines: y = x·d^-beta, d_c = bias + alpha/size·Σ x² over channels
/// c - ⌊(size-1)/2⌋ … c + ⌈(size-1)/2⌉. `scratch` holds as many floats as x.
void lrnForward(const Node& lrn, const Lines& lines, const float* x, float* y, float* scratch);
void lrnBackward(const Node& lrn, const Lines& lines, const float* x, const float* gradient, float* result,
                 float* scratch);

/// Means over any axes; `kept` is x's shape with those axes set to 1. `sums` is scratch of the output's size.
void meanForward(const Shape& shape, const Shape& kept, const float* x, double* sums, float* y);
void meanBackward(const Shape& shape, const Shape& kept, const float* gradient, float* result);

}  // namespace smug::cpu
