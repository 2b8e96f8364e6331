// Operations that only move elements: a list of source indices, one an output element.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace smug::cpu {

/// For transpose, slice, pad, upsample: where each element of the output comes from (-1: the constant filler), for
/// shapes x → y.
std::vector<int32_t> sourcesOf(const Node& node, const Shape& x, const Shape& y);

/// y[o] = x[from[o]], `filler` where from[o] < 0; `blocks` times, each block of from.size() outputs reading its own
/// block of `inputs` elements.
void moveForward(const std::vector<int32_t>& from, int64_t blocks, int64_t inputs, float filler, const float* x,
                 float* y);
/// The gradient flows back the same way and adds up where an element was copied several times.
void moveBackward(const std::vector<int32_t>& from, int64_t blocks, int64_t inputs, const float* gradient,
                  float* result);

/// table[indices] along an axis: table [outer, size, inner], y [outer, count, inner]. Negative indices count from
/// the end. Throws GraphError for an index outside the table.
struct GatherShape {
  int64_t outer, size, inner, count;
};
void gatherForward(const GatherShape& shape, const float* table, const float* indices, float* y);
void gatherBackward(const GatherShape& shape, const float* indices, const float* gradient, float* result);

}  // namespace smug::cpu
