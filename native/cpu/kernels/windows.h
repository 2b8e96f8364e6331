// Pooling windows of any kind, on row-major arrays: for what oneDNN does not offer (dilated or overhanging windows).
#pragma once

#include "graph/graph.h"

namespace smug::cpu {

/// One spatial axis of a pooling operation.
struct WindowAxis {
  int64_t size = 1, outputs = 1, kernel = 1, stride = 1, padBegin = 0, padEnd = 0, dilation = 1;
};

/// A pooling operation over `planes` planes of rows × columns (1-D: one row).
struct Windows {
  int64_t planes = 1;
  WindowAxis rows, columns;
  bool countPadding = false;
};

Windows windowsOf(const Node& pool, const Shape& x, const Shape& y);

/// Largest element of each window; of equal ones the first in row-major order. -∞ for an empty window.
void maxPoolForward(const Windows& windows, const float* x, float* y);
/// The winner takes the whole gradient.
void maxPoolBackward(const Windows& windows, const float* x, const float* gradient, float* result);

/// Mean of each window. The divisor counts the taps inside the input or, with countPadding, inside the padded
/// input; taps beyond the padding (ceil mode) never count. 0 for an empty window.
void averagePoolForward(const Windows& windows, const float* x, float* y);
void averagePoolBackward(const Windows& windows, const float* gradient, float* result);

}  // namespace smug::cpu
