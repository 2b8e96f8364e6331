// Sums, differences, products and quotients of two tensors with numpy broadcasting.
#include <stdexcept>

#include "elementwise.h"
#include "pointwise.h"
#include "repeated_sum.h"

namespace smug::cuda {

namespace {

struct Value {
  Op op;
  __device__ float operator()(float a, float b) const {
    switch (op) {
      case Op::add: return a + b;
      case Op::sub: return a - b;
      case Op::mul: return a * b;
      default: return a / b;
    }
  }
};

struct Slope {
  Op op;
  int operand;
  __device__ float operator()(float a, float b, float dy) const {
    switch (op) {
      case Op::add: return dy;
      case Op::sub: return operand == 0 ? dy : -dy;
      case Op::mul: return dy * (operand == 0 ? b : a);
      default: return operand == 0 ? dy / b : -dy * a / (b * b);
    }
  }
};

void checkBinary(Op op) {
  if (op != Op::add && op != Op::sub && op != Op::mul && op != Op::div) {
    throw std::logic_error(std::string(nameOf(op)) + " is not add, sub, mul or div");
  }
}

}  // namespace

void binary(Stream& stream, Op op, View a, View b, View y) {
  checkBinary(op);
  elementwise<2>(stream, y, {a, b}, Value{op});
}

void binaryBackward(Stream& stream, Op op, int operand, View a, View b, View dy, View dOperand, bool accumulate) {
  checkBinary(op);
  const Slope slope{op, operand};
  bool repeated = false;
  for (int i = 0; i < dy.rank; i++) repeated = repeated || dOperand.size[i] != dy.size[i];
  if (repeated) return sumRepeats<3>(stream, dOperand, {a, b, dy}, slope, 1, accumulate);
  elementwise<3>(stream, dOperand, {a, b, dy}, slope, accumulate);
}

}  // namespace smug::cuda
