// Functions of one number. Kinks and saturation: the derivatives of lib/engines/reference/elementwise.ts.
#include <stdexcept>

#include "elementwise.h"
#include "pointwise.h"

namespace smug::cuda {

namespace {

/// 1 / (1 + e⁻ˣ), without overflow for x far below zero.
__device__ float logistic(float x) {
  const float e = expf(-fabsf(x));
  return (x >= 0 ? 1.0f : e) / (1.0f + e);
}

/// Φ(x) = erfc(-x/√2)/2, which keeps its digits far below zero.
__device__ float normalDistribution(float x) { return 0.5f * erfcf(-0.70710678f * x); }

struct Relu {
  // Written so that NaN stays NaN.
  __device__ float operator()(float x) const { return x <= 0 ? 0.0f : x; }
};

struct ReluSlope {
  __device__ float operator()(float x, float dy) const { return x > 0 ? dy : 0.0f * dy; }
};

/// The rest: which function it is, is the same for all threads, so that the choice costs next to nothing.
struct Value {
  Unary op;
  __device__ float operator()(float x) const {
    const float alpha = op.alpha, beta = op.beta;
    switch (op.op) {
      case Op::relu: return Relu{}(x);
      case Op::sigmoid: return logistic(x);
      case Op::tanh: return tanhf(x);
      case Op::softplus: return (x > 0 ? x : 0.0f) + log1pf(expf(-fabsf(x)));
      case Op::hardSwish: return x * (x <= -3 ? 0.0f : x >= 3 ? 1.0f : x / 6 + 0.5f);
      case Op::clip: return x < op.min ? op.min : x > op.max ? op.max : x;
      case Op::leakyRelu: return x > 0 ? x : alpha * x;
      case Op::elu: return x > 0 ? x : alpha * expm1f(x);
      case Op::selu: return op.gamma * (x > 0 ? x : alpha * expm1f(x));
      case Op::hardSigmoid: {
        const float line = alpha * x + beta;
        return line < 0 ? 0.0f : line > 1 ? 1.0f : line;
      }
      case Op::swish: return x * logistic(alpha * x);
      case Op::erf: return erff(x);
      case Op::sqrt: return sqrtf(x);
      case Op::gelu: return x * normalDistribution(x);
      default: return x;
    }
  }
};

struct Slope {
  Unary op;
  __device__ float operator()(float x, float dy) const { return dy * derivative(x); }
  __device__ float derivative(float x) const {
    const float alpha = op.alpha, beta = op.beta;
    switch (op.op) {
      case Op::relu: return x > 0 ? 1.0f : 0.0f;
      case Op::sigmoid: return logistic(x) * logistic(-x);
      case Op::tanh: return 4 * logistic(2 * x) * logistic(-2 * x);  // cosh⁻²: tanhf may be so near 1 that 1 − y² is 0
      case Op::softplus: return logistic(x);
      case Op::hardSwish: return x <= -3 ? 0.0f : x >= 3 ? 1.0f : (2 * x + 3) / 6;
      case Op::clip: return x > op.min && x < op.max ? 1.0f : 0.0f;
      case Op::leakyRelu: return x > 0 ? 1.0f : alpha;
      case Op::elu: return x > 0 ? 1.0f : alpha * expf(x);
      case Op::selu: return op.gamma * (x > 0 ? 1.0f : alpha * expf(x));
      case Op::hardSigmoid: {
        const float line = alpha * x + beta;
        return line > 0 && line < 1 ? alpha : 0.0f;
      }
      case Op::swish: {
        const float gate = logistic(alpha * x);
        return gate + alpha * x * gate * logistic(-alpha * x);
      }
      case Op::erf: return 1.12837917f * expf(-x * x);
      case Op::sqrt: return 0.5f / sqrtf(x);
      case Op::gelu: return normalDistribution(x) + x * 0.39894228f * expf(-0.5f * x * x);
      default: return 1.0f;
    }
  }
};

void checkUnary(Op op) {
  switch (op) {
    case Op::relu: case Op::sigmoid: case Op::tanh: case Op::softplus: case Op::hardSwish: case Op::identity:
    case Op::clip: case Op::leakyRelu: case Op::elu: case Op::selu: case Op::hardSigmoid: case Op::swish:
    case Op::erf: case Op::sqrt: case Op::gelu: return;
    default: throw std::logic_error(std::string(nameOf(op)) + " is not a function of one number");
  }
}

}  // namespace

void unary(Stream& stream, const Unary& op, View x, View y) {
  checkUnary(op.op);
  if (op.op == Op::relu) return elementwise<1>(stream, y, {x}, Relu{});
  elementwise<1>(stream, y, {x}, Value{op});
}

void unaryBackward(Stream& stream, const Unary& op, View x, View dy, View dx, bool accumulate) {
  checkUnary(op.op);
  if (op.op == Op::relu) return elementwise<2>(stream, dx, {x, dy}, ReluSlope{}, accumulate);
  elementwise<2>(stream, dx, {x, dy}, Slope{op}, accumulate);
}

}  // namespace smug::cuda
