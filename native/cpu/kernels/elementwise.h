// Functions of one number, and arithmetic on arrays laid out alike.
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "vector.h"

namespace smug::cpu {

/// y = op(x) for n elements; x and y may be the same array. `op` is one of the unary operations of graph.h.
void unaryForward(const Node& op, const float* x, float* y, int64_t n);

/// Whether the derivative is computed from the function's result (true) or from its argument. Results are
/// preferred: they are kept anyway as the next operation's input.
bool derivativeFromResult(const Node& op);

/// gradient *= op'(…), with `from` the result or the argument as derivativeFromResult says.
void unaryBackward(const Node& op, const float* from, float* gradient, int64_t n);

/// The two that networks are full of, also on bfloat16: values outside (low, high) get no gradient.
void clipForward(const BFloat16* x, BFloat16* y, float low, float high, int64_t n);
void maskOutside(const float* result, float* gradient, float low, float high, int64_t n);
void maskOutside(const BFloat16* result, BFloat16* gradient, float low, float high, int64_t n);

void addTo(float* sum, const float* part, int64_t n);
void addTo(BFloat16* sum, const BFloat16* part, int64_t n);
/// sum += factor · part
void addScaled(float* sum, const float* part, float factor, int64_t n);
/// y = a + factor·(b - a)
void interpolate(const float* a, const float* b, float factor, float* y, int64_t n);
void scale(const float* x, float factor, float* y, int64_t n);

/// y = a op b for add, sub, mul, div; y may be a or b.
void arithmetic(Op op, const float* a, const float* b, float* y, int64_t n);
/// y = a op b with one number b.
void arithmetic(Op op, const float* a, float b, float* y, int64_t n);
/// result = gradient · ∂(a op b)/∂a (operand 0) or ∂b (operand 1).
void arithmeticBackward(Op op, int operand, const float* a, const float* b, const float* gradient, float* result,
                        int64_t n);

}  // namespace smug::cpu
