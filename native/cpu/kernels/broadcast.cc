#include "broadcast.h"

#include <algorithm>

namespace smug::cpu {

namespace {

/// Strides of an array of shape `from` seen as one of shape `to`: 0 along repeated axes.
Shape broadcastStrides(const Shape& from, const Shape& to) {
  const Shape own = stridesOf(from);
  Shape strides(to.size(), 0);
  const size_t missing = to.size() - from.size();
  for (size_t axis = 0; axis < from.size(); axis++) strides[axis + missing] = from[axis] == 1 ? 0 : own[axis];
  return strides;
}

/// Calls row(y, a, b, aStep, bStep, length) for every line of `shape` along its last axis; y, a, b are indices.
template <typename Row>
void forEachRow(const Shape& shape, const Shape& aShape, const Shape& bShape, Row row) {
  if (shape.empty()) return row(0, 0, 0, 0, 0, 1);
  const Shape aStrides = broadcastStrides(aShape, shape), bStrides = broadcastStrides(bShape, shape);
  const size_t last = shape.size() - 1;
  const int64_t length = shape[last], rows = length == 0 ? 0 : sizeOf(shape) / length;
  Shape at(shape.size(), 0);
  int64_t a = 0, b = 0;
  for (int64_t r = 0; r < rows; r++) {
    row(r * length, a, b, aStrides[last], bStrides[last], length);
    for (size_t axis = last; axis-- > 0;) {
      a += aStrides[axis];
      b += bStrides[axis];
      if (++at[axis] < shape[axis]) break;
      a -= aStrides[axis] * shape[axis];
      b -= bStrides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
}

float valueOf(Op op, float a, float b) {
  switch (op) {
    case Op::add: return a + b;
    case Op::sub: return a - b;
    case Op::mul: return a * b;
    case Op::div: return a / b;
    default: return a >= 0 ? a : b * a;
  }
}

/// At 0, prelu's derivative is the one from the left.
float slopeOf(Op op, int operand, float a, float b) {
  switch (op) {
    case Op::add: return 1;
    case Op::sub: return operand == 0 ? 1.0f : -1.0f;
    case Op::mul: return operand == 0 ? b : a;
    case Op::div: return operand == 0 ? 1 / b : -a / (b * b);
    default: return operand == 0 ? (a > 0 ? 1 : b) : (a > 0 ? 0 : a);
  }
}

}  // namespace

void broadcastForward(Op op, const float* a, const Shape& aShape, const float* b, const Shape& bShape, float* y,
                      const Shape& shape) {
  forEachRow(shape, aShape, bShape,
             [&](int64_t to, int64_t fromA, int64_t fromB, int64_t aStep, int64_t bStep, int64_t length) {
               for (int64_t i = 0; i < length; i++) y[to + i] = valueOf(op, a[fromA + i * aStep], b[fromB + i * bStep]);
             });
}

void broadcastBackward(Op op, int operand, const float* a, const Shape& aShape, const float* b, const Shape& bShape,
                       const float* gradient, const Shape& shape, double* sums, float* result) {
  const int64_t size = sizeOf(operand == 0 ? aShape : bShape);
  std::fill(sums, sums + size, 0.0);
  forEachRow(shape, aShape, bShape,
             [&](int64_t from, int64_t inA, int64_t inB, int64_t aStep, int64_t bStep, int64_t length) {
               for (int64_t i = 0; i < length; i++) {
                 const int64_t ai = inA + i * aStep, bi = inB + i * bStep;
                 sums[operand == 0 ? ai : bi] += gradient[from + i] * slopeOf(op, operand, a[ai], b[bi]);
               }
             });
  for (int64_t i = 0; i < size; i++) result[i] = static_cast<float>(sums[i]);
}

}  // namespace smug::cpu
