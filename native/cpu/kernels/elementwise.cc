#include "elementwise.h"

#include <limits>
#include <stdexcept>

namespace smug::cpu {

namespace {

// clang-format off
// One function per operation, so that each loop is compiled for every instruction set.
#define SMUG_UNARY(NAME, FORWARD, SLOPE)                                                              \
  SMUG_VECTORISED void NAME##Forward(const Node& op, const float* from, float* to, int64_t n) {       \
    [[maybe_unused]] const float alpha = op.alpha, beta = op.beta, gamma = op.gamma;                  \
    [[maybe_unused]] const float low = op.min, high = op.max;                                         \
    for (int64_t i = 0; i < n; i++) {                                                                 \
      const float x = from[i];                                                                        \
      to[i] = (FORWARD);                                                                              \
    }                                                                                                 \
  }                                                                                                   \
  SMUG_VECTORISED void NAME##Backward(const Node& op, const float* from, float* gradient, int64_t n) { \
    [[maybe_unused]] const float alpha = op.alpha, beta = op.beta, gamma = op.gamma;                  \
    [[maybe_unused]] const float low = op.min, high = op.max;                                         \
    for (int64_t i = 0; i < n; i++) {                                                                 \
      [[maybe_unused]] const float x = from[i], y = from[i];                                          \
      gradient[i] *= (SLOPE);                                                                         \
    }                                                                                                 \
  }

// Where a function has a kink its derivative is the one from the left; where it saturates, the saturated side's:
// the choices of lib/engines/reference/elementwise.ts.
SMUG_UNARY(relu, x <= 0 ? 0.0f : x, y > 0 ? 1.0f : 0.0f)
SMUG_UNARY(clip, x < low ? low : (x > high ? high : x), (y > low && y < high) ? 1.0f : 0.0f)
SMUG_UNARY(sigmoid, logistic(x), y * (1.0f - y))
SMUG_UNARY(tanh, hyperbolicTangent(x), 1.0f - y * y)
SMUG_UNARY(softplus, (x > 0 ? x : 0.0f) + std::log1p(exponential(-std::fabs(x))), logistic(x))
SMUG_UNARY(hardSwish, x * (x <= -3 ? 0.0f : x >= 3 ? 1.0f : x * (1.0f / 6) + 0.5f),
           x <= -3 ? 0.0f : x >= 3 ? 1.0f : (2 * x + 3) * (1.0f / 6))
SMUG_UNARY(leakyRelu, x > 0 ? x : alpha * x, x > 0 ? 1.0f : alpha)
SMUG_UNARY(elu, x > 0 ? x : alpha * exponentialMinusOne(x), x > 0 ? 1.0f : alpha * exponential(x))
SMUG_UNARY(selu, gamma * (x > 0 ? x : alpha * exponentialMinusOne(x)),
           gamma * (x > 0 ? 1.0f : alpha * exponential(x)))
SMUG_UNARY(hardSigmoid, alpha * x + beta < 0 ? 0.0f : (alpha * x + beta > 1 ? 1.0f : alpha * x + beta),
           (alpha * x + beta > 0 && alpha * x + beta < 1) ? alpha : 0.0f)
SMUG_UNARY(swish, x * logistic(alpha * x),
           logistic(alpha * x) + alpha * x * logistic(alpha * x) * (1.0f - logistic(alpha * x)))
SMUG_UNARY(erf, errorFunction(x), 1.12837917f * exponential(-x * x))
SMUG_UNARY(sqrt, std::sqrt(x), 0.5f / y)
SMUG_UNARY(gelu, x * normalDistribution(x), normalDistribution(x) + x * normalDensity(x))
#undef SMUG_UNARY
// clang-format on

[[noreturn]] void notUnary(const Node& op) {
  throw std::logic_error(std::string(nameOf(op.op)) + " is not a function of one number");
}

SMUG_VECTORISED void maskFloat(const float* result, float* gradient, float low, float high, int64_t n) {
  for (int64_t i = 0; i < n; i++) gradient[i] = (result[i] > low && result[i] < high) ? gradient[i] : 0.0f;
}

SMUG_VECTORISED void maskHalf(const BFloat16* result, BFloat16* gradient, float low, float high, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const float value = result[i];
    const int32_t keep = -static_cast<int32_t>((value > low) & (value < high));
    gradient[i].bits &= static_cast<uint16_t>(keep);
  }
}

/// The same for relu: a bfloat16 is positive exactly when its bits, read as a signed number, are.
SMUG_VECTORISED void maskNotPositive(const BFloat16* result, BFloat16* gradient, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const int16_t keep = static_cast<int16_t>(-(static_cast<int16_t>(result[i].bits) > 0));
    gradient[i].bits &= static_cast<uint16_t>(keep);
  }
}

SMUG_VECTORISED void addFloat(float* sum, const float* part, int64_t n) {
  for (int64_t i = 0; i < n; i++) sum[i] += part[i];
}

SMUG_VECTORISED void addHalf(BFloat16* sum, const BFloat16* part, int64_t n) {
  for (int64_t i = 0; i < n; i++) sum[i] = static_cast<float>(sum[i]) + static_cast<float>(part[i]);
}

}  // namespace

#define SMUG_EACH(DIRECTION, ...)                                     \
  switch (op.op) {                                                    \
    case Op::relu: return relu##DIRECTION(__VA_ARGS__);               \
    case Op::clip: return clip##DIRECTION(__VA_ARGS__);               \
    case Op::sigmoid: return sigmoid##DIRECTION(__VA_ARGS__);         \
    case Op::tanh: return tanh##DIRECTION(__VA_ARGS__);               \
    case Op::softplus: return softplus##DIRECTION(__VA_ARGS__);       \
    case Op::hardSwish: return hardSwish##DIRECTION(__VA_ARGS__);     \
    case Op::leakyRelu: return leakyRelu##DIRECTION(__VA_ARGS__);     \
    case Op::elu: return elu##DIRECTION(__VA_ARGS__);                 \
    case Op::selu: return selu##DIRECTION(__VA_ARGS__);               \
    case Op::hardSigmoid: return hardSigmoid##DIRECTION(__VA_ARGS__); \
    case Op::swish: return swish##DIRECTION(__VA_ARGS__);             \
    case Op::erf: return erf##DIRECTION(__VA_ARGS__);                 \
    case Op::sqrt: return sqrt##DIRECTION(__VA_ARGS__);               \
    case Op::gelu: return gelu##DIRECTION(__VA_ARGS__);               \
    default: notUnary(op);                                            \
  }

void unaryForward(const Node& op, const float* x, float* y, int64_t n) { SMUG_EACH(Forward, op, x, y, n) }

void unaryBackward(const Node& op, const float* from, float* gradient, int64_t n) {
  SMUG_EACH(Backward, op, from, gradient, n)
}
#undef SMUG_EACH

bool derivativeFromResult(const Node& op) {
  return op.op == Op::relu || op.op == Op::clip || op.op == Op::sigmoid || op.op == Op::tanh || op.op == Op::sqrt;
}

SMUG_VECTORISED void clipForward(const BFloat16* x, BFloat16* y, float low, float high, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const float value = x[i];
    y[i] = value < low ? low : (value > high ? high : value);
  }
}

void maskOutside(const float* result, float* gradient, float low, float high, int64_t n) {
  maskFloat(result, gradient, low, high, n);
}
void maskOutside(const BFloat16* result, BFloat16* gradient, float low, float high, int64_t n) {
  if (low == 0 && std::isinf(high)) maskNotPositive(result, gradient, n);
  else maskHalf(result, gradient, low, high, n);
}
void addTo(float* sum, const float* part, int64_t n) { addFloat(sum, part, n); }
void addTo(BFloat16* sum, const BFloat16* part, int64_t n) { addHalf(sum, part, n); }

SMUG_VECTORISED void addScaled(float* sum, const float* part, float factor, int64_t n) {
  for (int64_t i = 0; i < n; i++) sum[i] += factor * part[i];
}

SMUG_VECTORISED void interpolate(const float* a, const float* b, float factor, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = a[i] + factor * (b[i] - a[i]);
}

SMUG_VECTORISED void scale(const float* x, float factor, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = factor * x[i];
}

namespace {

SMUG_VECTORISED void arithmeticArrays(Op op, const float* a, const float* b, float* y, int64_t n) {
  if (op == Op::add)
    for (int64_t i = 0; i < n; i++) y[i] = a[i] + b[i];
  else if (op == Op::sub)
    for (int64_t i = 0; i < n; i++) y[i] = a[i] - b[i];
  else if (op == Op::mul)
    for (int64_t i = 0; i < n; i++) y[i] = a[i] * b[i];
  else
    for (int64_t i = 0; i < n; i++) y[i] = a[i] / b[i];
}

SMUG_VECTORISED void arithmeticNumber(Op op, const float* a, float b, float* y, int64_t n) {
  if (op == Op::add)
    for (int64_t i = 0; i < n; i++) y[i] = a[i] + b;
  else if (op == Op::sub)
    for (int64_t i = 0; i < n; i++) y[i] = a[i] - b;
  else if (op == Op::mul)
    for (int64_t i = 0; i < n; i++) y[i] = a[i] * b;
  else
    for (int64_t i = 0; i < n; i++) y[i] = a[i] / b;
}

}  // namespace

void arithmetic(Op op, const float* a, const float* b, float* y, int64_t n) { arithmeticArrays(op, a, b, y, n); }
void arithmetic(Op op, const float* a, float b, float* y, int64_t n) { arithmeticNumber(op, a, b, y, n); }

SMUG_VECTORISED void arithmeticBackward(Op op, int operand, const float* a, const float* b, const float* gradient,
                                        float* result, int64_t n) {
  if (op == Op::add || (op == Op::sub && operand == 0))
    for (int64_t i = 0; i < n; i++) result[i] = gradient[i];
  else if (op == Op::sub)
    for (int64_t i = 0; i < n; i++) result[i] = -gradient[i];
  else if (op == Op::mul && operand == 0)
    for (int64_t i = 0; i < n; i++) result[i] = gradient[i] * b[i];
  else if (op == Op::mul)
    for (int64_t i = 0; i < n; i++) result[i] = gradient[i] * a[i];
  else if (operand == 0)
    for (int64_t i = 0; i < n; i++) result[i] = gradient[i] / b[i];
  else
    for (int64_t i = 0; i < n; i++) result[i] = -gradient[i] * a[i] / (b[i] * b[i]);
}

}  // namespace smug::cpu
