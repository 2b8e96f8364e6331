// Functions of one number, arithmetic of two tensors, per-channel scaling.
#include <algorithm>

#include "builder.h"
#include "kernels/pointwise.h"
#include "kernels/reduction.h"

namespace smug::cuda {

void lowerUnaryBackward(Builder& builder, const Node& node) {
  const int input = node.inputs[0], output = node.output;
  const Unary op{node.op, node.alpha, node.beta, node.gamma, node.min, node.max};
  // What a convolution computed together with its relu has no argument in memory; the result has the same sign.
  const Tensor x = builder.stored(node.op == Op::relu ? output : input);
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    if (gradient.kept) return builder.give(input, {gradient.tensor, gradient.exclusive});
    const Tensor dy = gradient.tensor;
    const bool inPlace = gradient.exclusive && !builder.gradient(input);
    const auto [dx, accumulate] = inPlace ? Builder::Target{dy, false} : builder.target(input, true);
    const auto bits = builder.bits(output);
    if (bits && inEights(dx)) {
      builder.step("unary backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
        const KeepBits keep{run.at<uint8_t>(bits->buffer) + bits->offset, bits->pixel};
        backThroughBits(run.stream, run.anyView(dy), 1, keep, run.anyView(dx), accumulate);
      }, {bits->buffer});
    } else {
      builder.step("unary backward", {x, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
        unaryBackward(run.stream, op, run.anyView(x), run.anyView(dy), run.anyView(dx), accumulate);
      });
    }
    if (inPlace) builder.give(input, {dy, true});
  }, true);
}

void lowerUnary(Builder& builder, const Node& node) {
  const Unary op{node.op, node.alpha, node.beta, node.gamma, node.min, node.max};
  const Tensor x = builder.stored(node.inputs[0]), y = builder.result(node.output, nestedLike(x.size, x));
  builder.step(nameOf(node.op), {x, y}, [=](const Run& run) { unary(run.stream, op, run.anyView(x), run.anyView(y)); });
  lowerUnaryBackward(builder, node);
}

void lowerBinary(Builder& builder, const Node& node) {
  const Shape size = builder.shape(node.output);
  const Tensor left = builder.stored(node.inputs[0]), right = builder.stored(node.inputs[1]);
  const Tensor a = broadcast(left, size), b = broadcast(right, size);
  // Laid out like the operand that is not repeated.
  const Tensor& like = left.elements() >= right.elements() ? a : b;
  const Tensor y = builder.result(node.output, nestedLike(size, like));
  const Op op = node.op;
  builder.step(nameOf(op), {a, b, y}, [=](const Run& run) {
    binary(run.stream, op, run.anyView(a), run.anyView(b), run.anyView(y));
  });
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const bool both = builder.moving(node.inputs[0]) && builder.moving(node.inputs[1]);
    for (int operand = 0; operand < 2; operand++) {
      const int input = node.inputs[operand];
      if (!builder.moving(input)) continue;
      const Shape own = builder.shape(input);
      const bool unchanged = own == size && (op == Op::add || (op == Op::sub && operand == 0));
      if (unchanged) {
        builder.give(input, {dy, gradient.exclusive && !both});
        continue;
      }
      const auto [dx, accumulate] = builder.target(input, true);
      const Tensor place = withRank(dx, size.size());
      builder.step("arithmetic backward", {a, b, dy, dx}, [=, accumulate = accumulate](const Run& run) {
        binaryBackward(run.stream, op, operand, run.anyView(a), run.anyView(b), run.anyView(dy), run.anyView(place), accumulate);
      });
    }
  }, true);
}

void lowerPrelu(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  if (builder.moving(node.inputs[1])) {
    throw Unsupported("prelu '" + node.name + "': the cuda engine has no gradient with respect to the slope");
  }
  const Tensor x = builder.stored(input), slope = broadcast(builder.stored(node.inputs[1]), x.size);
  const Tensor y = builder.result(node.output, nestedLike(x.size, x));
  builder.step("prelu", {x, slope, y}, [=](const Run& run) {
    prelu(run.stream, run.anyView(x), run.anyView(slope), run.anyView(y));
  });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input, true);
    builder.step("prelu backward", {x, slope, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      preluBackward(run.stream, run.anyView(x), run.anyView(slope), run.anyView(dy), run.anyView(dx), accumulate);
    });
  }, true);
}

void lowerAffine(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const auto &scales = builder.constant(node.inputs[1]), &shifts = builder.constant(node.inputs[2]);
  if (!scales || !shifts) throw Unsupported("affine '" + node.name + "': the cuda engine needs constant scale and shift");
  const auto all = [](const Constant& list, float what) {
    return std::all_of(list->begin(), list->end(), [=](float x) { return x == what; });
  };
  const float* scale = all(scales, 1) ? nullptr : builder.weights.plain(scales);
  const float* shift = all(shifts, 0) ? nullptr : builder.weights.plain(shifts);
  const Tensor x = builder.stored(input), y = builder.result(node.output, nestedLike(x.size, x));
  builder.step("affine", {x, y}, [=](const Run& run) { affine(run.stream, run.anyView(x), scale, shift, run.anyView(y)); });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    if (!scale) return builder.give(input, {gradient.tensor, gradient.exclusive});
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input, true);
    builder.step("affine backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      affineBackward(run.stream, run.anyView(dy), scale, run.anyView(dx), accumulate);
    });
  }, true);
}

}  // namespace smug::cuda
