// Functions of one number, arithmetic of two tensors, per-channel scaling.
#include <algorithm>
#include <limits>

#include "builder.h"
#include "kernels/broadcast.h"
#include "kernels/channels.h"
#include "kernels/elementwise.h"

namespace smug::cpu {

namespace {

/// Zero padding after the last channel must stay zero: only such functions may run over it.
bool keepsZero(const Node& node) {
  switch (node.op) {
    case Op::relu:
    case Op::tanh:
    case Op::hardSwish:
    case Op::leakyRelu:
    case Op::elu:
    case Op::selu:
    case Op::swish:
    case Op::erf:
    case Op::gelu: return true;
    case Op::clip: return node.min <= 0 && node.max >= 0;
    default: return false;
  }
}

/// The open interval in which a relu or clip lets gradients through.
std::pair<float, float> passing(const Node& node) {
  if (node.op == Op::relu) return {0.0f, std::numeric_limits<float>::infinity()};
  return {node.min, node.max};
}

bool isMask(const Node& node) { return node.op == Op::relu || node.op == Op::clip; }

/// An upper limit of +infinity lets +infinity itself pass too; only finite values are of interest.
void maskStep(Builder& builder, const View& result, const View& gradient, std::pair<float, float> limits) {
  const Layout x = layoutOf(result.desc), y = layoutOf(gradient.desc);
  const auto [low, high] = limits;
  if (gradient.desc.get_data_type() == DataType::bf16) {
    builder.step("mask", {result, gradient}, [=](const Run& run) {
      forStretches<BFloat16>(run, result, gradient, x, y,
                             [=](BFloat16* from, BFloat16* to, int64_t n) { maskOutside(from, to, low, high, n); });
    });
  } else {
    builder.step("mask", {result, gradient}, [=](const Run& run) {
      forStretches<float>(run, result, gradient, x, y,
                          [=](float* from, float* to, int64_t n) { maskOutside(from, to, low, high, n); });
    });
  }
}

}  // namespace

void lowerUnaryBackward(Builder& builder, const Node& node) {
  const bool fromResult = derivativeFromResult(node);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    View from = builder.view(fromResult ? node.output : node.inputs[0]);
    const bool half = from.desc.get_data_type() == DataType::bf16;
    if (!layoutOf(from.desc).regular || (half && !isMask(node)))
      from = builder.plain(fromResult ? node.output : node.inputs[0]);
    const View by = builder.owned(gradient, from.desc);
    if (isMask(node)) {
      maskStep(builder, from, by, passing(node));
    } else {
      const Layout x = layoutOf(from.desc), y = layoutOf(by.desc);
      builder.step("unary backward", {from, by}, [=, &node](const Run& run) {
        forStretches<float>(run, from, by, x, y,
                            [&](float* argument, float* to, int64_t n) { unaryBackward(node, argument, to, n); });
      });
    }
    builder.give(node.inputs[0], {by, true});
  });
}

void lowerUnary(Builder& builder, const Node& node) {
  View from = builder.view(node.inputs[0]);
  Layout x = layoutOf(from.desc);
  const bool half = from.desc.get_data_type() == DataType::bf16;
  if (!x.regular || (half && !isMask(node)) || (!x.exact() && !keepsZero(node))) {
    from = builder.plain(node.inputs[0]);
    x = layoutOf(from.desc);
  }
  const View to = builder.newBuffer(packed(from.desc));
  const Layout y = layoutOf(to.desc);
  // Without a gradient, or with one that needs the result only, the argument may be overwritten.
  const bool overwrite = !from.constant && (!builder.moving(node.output) || derivativeFromResult(node));
  const std::pair<int, int> inPlace =
      overwrite && from.offset == 0 ? std::pair(from.buffer, to.buffer) : std::pair(-1, -1);
  if (from.desc.get_data_type() == DataType::bf16) {
    const float low = passing(node).first, high = passing(node).second;
    builder.step(
        "unary", {from, to},
        [=](const Run& run) {
          forStretches<BFloat16>(run, from, to, x, y, [=](BFloat16* argument, BFloat16* result, int64_t n) {
            clipForward(argument, result, low, high, n);
          });
        },
        inPlace);
  } else {
    builder.step(
        "unary", {from, to},
        [=, &node](const Run& run) {
          forStretches<float>(run, from, to, x, y, [&](float* argument, float* result, int64_t n) {
            unaryForward(node, argument, result, n);
          });
        },
        inPlace);
  }
  builder.define(node.output, to);
  lowerUnaryBackward(builder, node);
}

namespace {

/// Both operands of one shape, both float32: done where they lie.
void lowerAlike(Builder& builder, const Node& node) {
  const int left = node.inputs[0], right = node.inputs[1];
  // 0/0 in the padding would be no number.
  const View a = builder.regular(left, node.op == Op::div);
  const View there = builder.view(right);
  const bool alike = there.desc.get_data_type() == DataType::f32 && sameSamples(a.desc, there.desc);
  const View b = alike ? there : builder.as(right, packed(a.desc));
  const View to = builder.newBuffer(packed(a.desc));
  const Layout x = layoutOf(a.desc), y = layoutOf(b.desc), z = layoutOf(to.desc);
  const Op op = node.op;
  builder.step("arithmetic", {a, b, to}, [=](const Run& run) {
    const int64_t length = x.sampleLength();
    for (int64_t n = 0; n < x.samples; n++) {
      arithmetic(op, run.at(a) + n * x.sampleStride, run.at(b) + n * y.sampleStride, run.at(to) + n * z.sampleStride,
                 length);
    }
  });
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const bool linear = op == Op::add || op == Op::sub;
    for (int operand = 0; operand < 2; operand++) {
      const int input = node.inputs[operand];
      if (!builder.moving(input)) continue;
      if (linear && (op == Op::add || operand == 0)) {
        builder.give(input, {gradient.view, false});
        continue;
      }
      const View by = builder.owned({gradient.view, false}, a.desc), result = builder.newBuffer(packed(a.desc));
      const Layout g = layoutOf(by.desc), r = layoutOf(result.desc);
      builder.step("arithmetic backward", {a, b, by, result}, [=](const Run& run) {
        for (int64_t n = 0; n < x.samples; n++) {
          arithmeticBackward(op, operand, run.at(a) + n * x.sampleStride, run.at(b) + n * y.sampleStride,
                             run.at(by) + n * g.sampleStride, run.at(result) + n * r.sampleStride, x.sampleLength());
        }
      });
      builder.give(input, {result, true});
    }
  });
}

void lowerBroadcast(Builder& builder, const Node& node) {
  const Shape left = builder.shape(node.inputs[0]), right = builder.shape(node.inputs[1]);
  const Shape shape = builder.shape(node.output);
  const View a = builder.plain(node.inputs[0]), b = builder.plain(node.inputs[1]);
  const View to = builder.newBuffer(plainDesc(shape));
  const Op op = node.op;
  builder.step("broadcast", {a, b, to},
               [=](const Run& run) { broadcastForward(op, run.at(a), left, run.at(b), right, run.at(to), shape); });
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, plainDesc(shape));
    for (int operand = 0; operand < 2; operand++) {
      const int input = node.inputs[operand];
      if (!builder.moving(input)) continue;
      const Shape& own = operand == 0 ? left : right;
      const View result = builder.newBuffer(plainDesc(own)), sums = builder.scratch(sizeOf(own) * sizeof(double));
      builder.step("broadcast backward", {a, b, by, sums, result}, [=](const Run& run) {
        broadcastBackward(op, operand, run.at(a), left, run.at(b), right, run.at(by), shape, run.at<double>(sums),
                          run.at(result));
      });
      builder.give(input, {result, true});
    }
  });
}

}  // namespace

void lowerBinary(Builder& builder, const Node& node) {
  const bool alike = builder.shape(node.inputs[0]) == builder.shape(node.inputs[1]) && node.op != Op::prelu;
  if (alike) lowerAlike(builder, node);
  else lowerBroadcast(builder, node);
}

void lowerAffine(Builder& builder, const Node& node) {
  const auto &scale = builder.constant(node.inputs[1]), &shift = builder.constant(node.inputs[2]);
  if (!scale || !shift) throw Unsupported("affine '" + node.name + "': the cpu engine needs constant scale and shift");
  const View from = builder.regular(node.inputs[0], false), to = builder.newBuffer(packed(from.desc));
  const Layout x = layoutOf(from.desc);
  const int64_t stride = layoutOf(to.desc).sampleStride;
  const bool unscaled = std::all_of(scale->begin(), scale->end(), [](float factor) { return factor == 1.0f; });
  builder.step(
      "affine", {from, to},
      [=](const Run& run) {
        affineChannels(x, run.at(from), unscaled ? nullptr : scale->data(), shift->data(), run.at(to), stride);
      },
      from.offset == 0 ? std::pair(from.buffer, to.buffer) : std::pair(-1, -1));
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    if (unscaled) return builder.give(node.inputs[0], gradient);
    const View by = builder.owned(gradient, to.desc);
    const Layout y = layoutOf(by.desc);
    builder.step("affine backward", {by}, [=](const Run& run) {
      affineChannels(y, run.at(by), scale->data(), nullptr, run.at(by), y.sampleStride);
    });
    builder.give(node.inputs[0], {by, true});
  });
}

}  // namespace smug::cpu
