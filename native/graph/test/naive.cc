#include "naive.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace smug::test {

namespace {

Shape coordinatesOf(int64_t index, const Shape& shape) {
  Shape at(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    at[axis] = index % shape[axis];
    index /= shape[axis];
  }
  return at;
}

int64_t indexOf(const Shape& at, const Shape& shape) {
  int64_t index = 0;
  for (size_t axis = 0; axis < shape.size(); axis++) index = index * shape[axis] + at[axis];
  return index;
}

/// The element that broadcasting puts at `at`.
double broadcast(const Values& x, const Shape& shape, const Shape& at) {
  Shape own(shape.size());
  const size_t missing = at.size() - shape.size();
  for (size_t axis = 0; axis < shape.size(); axis++) own[axis] = shape[axis] == 1 ? 0 : at[axis + missing];
  return x[indexOf(own, shape)];
}

double unary(const Node& n, double x) {
  const auto logistic = [](double z) { return 1 / (1 + std::exp(-z)); };
  switch (n.op) {
    case Op::relu: return std::max(0.0, x);
    case Op::sigmoid: return logistic(x);
    case Op::tanh: return std::tanh(x);
    case Op::softplus: return std::log1p(std::exp(x));
    case Op::hardSwish: return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case Op::clip: return std::clamp<double>(x, n.min, n.max);
    case Op::leakyRelu: return x > 0 ? x : n.alpha * x;
    case Op::elu: return x > 0 ? x : n.alpha * std::expm1(x);
    case Op::selu: return n.gamma * (x > 0 ? x : n.alpha * std::expm1(x));
    case Op::hardSigmoid: return std::clamp<double>(n.alpha * x + n.beta, 0.0, 1.0);
    case Op::swish: return x * logistic(n.alpha * x);
    case Op::erf: return std::erf(x);
    case Op::sqrt: return std::sqrt(x);
    case Op::gelu: return x * std::erfc(-x * std::sqrt(0.5)) / 2;
    default: return x;
  }
}

double binary(Op op, double a, double b) {
  switch (op) {
    case Op::add: return a + b;
    case Op::sub: return a - b;
    case Op::mul: return a * b;
    case Op::div: return a / b;
    default: return a >= 0 ? a : a * b;
  }
}

/// Calls visit(tap number, input coordinates or nothing-inside flag, counted) for every tap of a window.
template <typename Visit>
void forEachTap(const Node& node, const Shape& kernel, const Shape& x, const Shape& out, Visit visit) {
  const size_t rank = kernel.size();
  const int64_t taps = sizeOf(kernel);
  for (int64_t tap = 0; tap < taps; tap++) {
    const Shape k = coordinatesOf(tap, kernel);
    Shape at(rank);
    bool inside = true, padded = true;
    for (size_t i = 0; i < rank; i++) {
      at[i] = out[i + 2] * node.strides[i] + k[i] * node.dilations[i] - node.pads[i];
      inside = inside && at[i] >= 0 && at[i] < x[i + 2];
      padded = padded && at[i] < x[i + 2] + node.pads[i + rank];
    }
    visit(tap, at, inside, padded);
  }
}

double convolution(const Node& node, const Shape& xShape, const Values& x, const Shape& wShape, const Values& w,
                   const Values* bias, const Shape& out) {
  const int64_t perGroup = wShape[1], outputsPerGroup = wShape[0] / node.groups, group = out[1] / outputsPerGroup;
  const Shape kernel(wShape.begin() + 2, wShape.end());
  const int64_t taps = sizeOf(kernel);
  double sum = bias ? (*bias)[out[1]] : 0;
  forEachTap(node, kernel, xShape, out, [&](int64_t tap, const Shape& at, bool inside, bool) {
    if (!inside) return;
    for (int64_t c = 0; c < perGroup; c++) {
      Shape from = {out[0], group * perGroup + c};
      from.insert(from.end(), at.begin(), at.end());
      sum += x[indexOf(from, xShape)] * w[(out[1] * perGroup + c) * taps + tap];
    }
  });
  return sum;
}

double pooled(const Node& node, const Shape& xShape, const Values& x, const Shape& out) {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  int64_t counted = 0;
  forEachTap(node, node.kernel, xShape, out, [&](int64_t, const Shape& at, bool inside, bool padded) {
    if (node.countIncludePad ? padded : inside) counted++;
    if (!inside) return;
    Shape from = {out[0], out[1]};
    from.insert(from.end(), at.begin(), at.end());
    largest = std::max(largest, x[indexOf(from, xShape)]);
    sum += x[indexOf(from, xShape)];
  });
  if (node.op == Op::maxPool) return largest;
  return counted == 0 ? 0 : sum / static_cast<double>(counted);
}

double normalised(const Node& node, const Shape& shape, const Values& x, Shape at) {
  const double own = x[indexOf(at, shape)];
  if (node.op == Op::lrn) {
    const int64_t channel = at[1], before = (node.size - 1) / 2, after = node.size - 1 - before;
    double sum = 0;
    for (int64_t c = std::max<int64_t>(0, channel - before); c <= std::min(shape[1] - 1, channel + after); c++) {
      at[1] = c;
      sum += x[indexOf(at, shape)] * x[indexOf(at, shape)];
    }
    return own * std::pow(node.bias + node.alpha / static_cast<double>(node.size) * sum, -double(node.beta));
  }
  double sum = 0;
  for (int64_t i = 0; i < shape[node.axis]; i++) {
    at[node.axis] = i;
    sum += std::exp(x[indexOf(at, shape)]);
  }
  return node.op == Op::softmax ? std::exp(own) / sum : own - std::log(sum);
}

int64_t mirrored(int64_t position, int64_t size, PadMode mode) {
  if (mode == PadMode::edge) return std::clamp<int64_t>(position, 0, size - 1);
  if (size == 1) return 0;
  while (position < 0 || position >= size) position = position < 0 ? -position : 2 * (size - 1) - position;
  return position;
}

double moved(const Node& node, const Shape& shape, const Values& x, const Shape& out) {
  Shape from = out;
  if (node.op == Op::transpose) {
    for (size_t axis = 0; axis < out.size(); axis++) from[node.perm[axis]] = out[axis];
  } else if (node.op == Op::slice) {
    for (size_t axis = 0; axis < out.size(); axis++) from[axis] = node.starts[axis] + out[axis] * node.steps[axis];
  } else if (node.op == Op::upsample) {
    for (size_t axis = 2; axis < out.size(); axis++) from[axis] = out[axis] / node.scales[axis - 2];
  } else {
    for (size_t axis = 0; axis < out.size(); axis++) {
      from[axis] = out[axis] - node.pads[axis];
      const bool inside = from[axis] >= 0 && from[axis] < shape[axis];
      if (inside) continue;
      if (node.mode == PadMode::constant) return node.value;
      from[axis] = mirrored(from[axis], shape[axis], node.mode);
    }
  }
  return x[indexOf(from, shape)];
}

double meanOver(const Node& node, const Shape& shape, const Values& x, const Shape& out) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(x.size()); i++) {
    const Shape at = coordinatesOf(i, shape);
    Shape kept;
    for (size_t axis = 0; axis < at.size(); axis++) {
      const bool averaged =
          std::find(node.axes.begin(), node.axes.end(), static_cast<int64_t>(axis)) != node.axes.end();
      if (!averaged) kept.push_back(at[axis]);
      else if (node.keepDims) kept.push_back(0);
    }
    if (kept != out) continue;
    sum += x[i];
    count++;
  }
  return sum / static_cast<double>(count);
}

double layerNormalised(const Node& node, const Shape& shape, const std::vector<const Values*>& inputs, Shape at) {
  const Values& x = *inputs[0];
  const int64_t own = at[node.axis], length = shape[node.axis];
  const double value = x[indexOf(at, shape)];
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < length; i++) {
    at[node.axis] = i;
    sum += x[indexOf(at, shape)];
    squares += x[indexOf(at, shape)] * x[indexOf(at, shape)];
  }
  const double count = static_cast<double>(length), mean = sum / count, variance = squares / count - mean * mean;
  return (value - mean) / std::sqrt(variance + node.epsilon) * (*inputs[1])[own] + (*inputs[2])[own];
}

double product(const Shape& aShape, const Values& a, const Shape& bShape, const Values& b, const Shape& out) {
  const size_t rank = out.size();
  Shape left = out, right = out;
  double sum = 0;
  for (int64_t k = 0; k < aShape[rank - 1]; k++) {
    left[rank - 1] = k;
    right[rank - 2] = k;
    sum += a[indexOf(left, aShape)] * b[indexOf(right, bShape)];
  }
  return sum;
}

double element(const Graph& graph, const Node& node, const std::vector<Values>& values, int64_t o) {
  const Shape& shape = graph.values[node.output].shape;
  const Shape out = coordinatesOf(o, shape);
  const auto value = [&](size_t i) -> const Values& { return values[node.inputs[i]]; };
  const auto shapeOf = [&](size_t i) -> const Shape& { return graph.values[node.inputs[i]].shape; };
  switch (node.op) {
    case Op::conv:
      return convolution(node, shapeOf(0), value(0), shapeOf(1), value(1), node.inputs.size() > 2 ? &value(2) : nullptr,
                         out);
    case Op::dense: {
      const int64_t depth = shapeOf(1)[0], width = shapeOf(1)[1];
      double sum = node.inputs.size() > 2 ? value(2)[out.back()] : 0;
      for (int64_t k = 0; k < depth; k++) sum += value(0)[o / width * depth + k] * value(1)[k * width + out.back()];
      return sum;
    }
    case Op::affine: return value(0)[o] * value(1)[out[1]] + value(2)[out[1]];
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::prelu: return binary(node.op, broadcast(value(0), shapeOf(0), out), broadcast(value(1), shapeOf(1), out));
    case Op::maxPool:
    case Op::averagePool: return pooled(node, shapeOf(0), value(0), out);
    case Op::globalMaxPool: {
      const int64_t plane = static_cast<int64_t>(value(0).size()) / sizeOf(shape);
      return *std::max_element(value(0).begin() + o * plane, value(0).begin() + (o + 1) * plane);
    }
    case Op::reduceMean: return meanOver(node, shapeOf(0), value(0), out);
    case Op::lrn:
    case Op::softmax:
    case Op::logSoftmax: return normalised(node, shapeOf(0), value(0), out);
    case Op::layerNorm: return layerNormalised(node, shapeOf(0), {&value(0), &value(1), &value(2)}, out);
    case Op::matMul: return product(shapeOf(0), value(0), shapeOf(1), value(1), out);
    case Op::concat: {
      Shape at = out;
      for (size_t i = 0; i < node.inputs.size(); i++) {
        if (at[node.axis] < shapeOf(i)[node.axis]) return value(i)[indexOf(at, shapeOf(i))];
        at[node.axis] -= shapeOf(i)[node.axis];
      }
      return NAN;
    }
    case Op::pad:
    case Op::slice:
    case Op::transpose:
    case Op::upsample: return moved(node, shapeOf(0), value(0), out);
    case Op::gather: {
      const size_t indexRank = shapeOf(1).size();
      const Shape picked(out.begin() + node.axis, out.begin() + node.axis + indexRank);
      Shape from(out.begin(), out.begin() + node.axis);
      const int64_t row = static_cast<int64_t>(value(1)[indexOf(picked, shapeOf(1))]);
      from.push_back(row < 0 ? row + shapeOf(0)[node.axis] : row);
      from.insert(from.end(), out.begin() + node.axis + indexRank, out.end());
      return value(0)[indexOf(from, shapeOf(0))];
    }
    default: return unary(node, value(0)[o]);  // reshape and identity keep the order of elements
  }
}

}  // namespace

std::vector<Values> evaluate(const Graph& graph, const std::vector<Values>& inputs) {
  std::vector<Values> values(graph.values.size());
  for (size_t i = 0; i < graph.values.size(); i++) {
    if (graph.values[i].constant) values[i].assign(graph.values[i].constant->begin(), graph.values[i].constant->end());
  }
  for (size_t i = 0; i < inputs.size(); i++) values[graph.inputs[i]] = inputs[i];
  for (const Node& node : graph.nodes) {
    Values& result = values[node.output];
    result.resize(sizeOf(graph.values[node.output].shape));
    for (size_t o = 0; o < result.size(); o++) result[o] = element(graph, node, values, static_cast<int64_t>(o));
  }
  return values;
}

double derivative(const Graph& graph, std::vector<Values> inputs, size_t input, size_t index, const Values& weights) {
  const double step = 1e-6, middle = inputs[input][index];
  const auto weighted = [&](double x) {
    inputs[input][index] = x;
    const Values output = evaluate(graph, inputs)[graph.outputs[0]];
    double sum = 0;
    for (size_t i = 0; i < output.size(); i++) sum += weights[i] * output[i];
    return sum;
  };
  return (weighted(middle + step) - weighted(middle - step)) / (2 * step);
}

}  // namespace smug::test
