// Sums, differences, products and quotients of two tensors with numpy broadcasting.
#include <stdexcept>

#include "elementwise.h"
#include "pointwise.h"

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

struct Sources {
  const float *a, *b, *dy;
};

/// One thread an element of the operand; it sums over the places where broadcasting repeats it, in order.
/// `own`: operand, a, b, dy over the operand's elements; `repeats`: a, b, dy over the places of one of them.
__global__ void broadcastSum(Walk<4> own, Walk<3> repeats, Slope slope, Sources from, float* out, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= own.count) return;
  const auto first = own.at(i);
  double sum = 0;
  for (uint32_t r = 0; r < repeats.count; r++) {
    const auto at = repeats.at(r);
    sum += slope(from.a[first.of[1] + at.of[0]], from.b[first.of[2] + at.of[1]], from.dy[first.of[3] + at.of[2]]);
  }
  float* to = out + first.of[0];
  *to = static_cast<float>(accumulate ? *to + sum : sum);
}

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
  Axes<4> own;
  Axes<3> repeats;
  for (int i = 0; i < dy.rank; i++) {
    if (dOperand.size[i] == dy.size[i]) {
      own.axis[own.rank++] = {dy.size[i], {dOperand.stride[i], a.stride[i], b.stride[i], dy.stride[i]}};
    } else {
      repeats.axis[repeats.rank++] = {dy.size[i], {a.stride[i], b.stride[i], dy.stride[i]}};
    }
  }
  const Slope slope{op, operand};
  if (repeats.rank == 0) return elementwise<3>(stream, dOperand, {a, b, dy}, slope, accumulate);
  own.sort();
  own.merge();
  repeats.merge();
  if (own.count() == 0) return;
  if (!own.isSmall() || !repeats.isSmall()) {
    throw std::length_error("the gradient of a broadcast operand has more elements than one kernel can count");
  }
  const Walk<4> walk = own.pack();
  launch(stream, broadcastSum, dim3(blocksFor(walk.count, 128)), dim3(128), 0, walk, repeats.pack(), slope,
         Sources{a.data, b.data, dy.data}, dOperand.data, accumulate);
}

}  // namespace smug::cuda
