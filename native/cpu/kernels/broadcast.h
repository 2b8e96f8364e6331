// Arithmetic with numpy broadcasting, on row-major arrays.
#pragma once

#include "graph/graph.h"

namespace smug::cpu {

/// y = a op b (add, sub, mul, div, prelu with b the slope), shapes broadcast to `shape`.
void broadcastForward(Op op, const float* a, const Shape& aShape, const float* b, const Shape& bShape, float* y,
                      const Shape& shape);

/// result[operand's shape] = Σ gradient · ∂y/∂operand over every place an element was repeated to. `sums` is
/// scratch for as many doubles as the operand has elements.
void broadcastBackward(Op op, int operand, const float* a, const Shape& aShape, const float* b, const Shape& bShape,
                       const float* gradient, const Shape& shape, double* sums, float* result);

}  // namespace smug::cpu
