// Element-wise operations of lib/graph/graph.ts, forward and backward. Views may have any strides.
//
// Backward functions write dx, or add to it with `accumulate`; dx may be the memory of dy where sizes agree.
// All of them take views of halves too.
#pragma once

#include "graph/graph.h"

#include "../device.h"
#include "../view.h"

namespace smug::cuda {

/// relu, sigmoid, tanh, softplus, hardSwish, identity, clip, leakyRelu, elu, selu, hardSigmoid, swish, erf, sqrt, gelu;
/// parameters as in graph.ts.
struct Unary {
  Op op = Op::identity;
  float alpha = 0, beta = 0, gamma = 0, min = 0, max = 0;
};
void unary(Stream& stream, const Unary& op, View x, View y);
/// dx (+)= dy·f′(x). At the kink of relu and its kin the derivative is that of lib/engines/reference.
void unaryBackward(Stream& stream, const Unary& op, View x, View dy, View dx, bool accumulate);

/// y = a ∘ b with ∘ of add, sub, mul, div; a and b have y's sizes, stride 0 on broadcast axes.
void binary(Stream& stream, Op op, View a, View b, View y);
/// The gradient of operand 0 or 1. `operand`'s view has dy's rank and its own sizes (1 on broadcast axes): a thread
/// owns one element of it and sums over the broadcast axes in order. a, b as in `binary`.
void binaryBackward(Stream& stream, Op op, int operand, View a, View b, View dy, View dOperand, bool accumulate);

/// y = x·scale[c] + shift[c] along axis 1; scale and shift are dense; either may be null (1 and 0).
void affine(Stream& stream, View x, const float* scale, const float* shift, View y);
void affineBackward(Stream& stream, View dy, const float* scale, View dx, bool accumulate);

/// x ≥ 0 ? x : slope·x; slope has x's sizes, stride 0 on broadcast axes.
void prelu(Stream& stream, View x, View slope, View y);
void preluBackward(Stream& stream, View x, View slope, View dy, View dx, bool accumulate);

/// `count` floats, rounded to the nearest of a format of 16 bits, ties to even.
void toHalves(Stream& stream, const float* from, Format format, void* to, int64_t count);

}  // namespace smug::cuda
