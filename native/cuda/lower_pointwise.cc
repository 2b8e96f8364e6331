// Functions of one number, arithmetic of two tensors, per-channel scaling.
#include <algorithm>

#include "builder.h"
#include "kernels/pointwise.h"

namespace smug::cuda {

void lowerUnaryBackward(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Unary op{node.op, node.alpha, node.beta, node.gamma, node.min, node.max};
  // What a convolution computed together with its relu has no argument in memory; the result has the same sign.
  const bool fromResult = node.op == Op::relu;
  const Tensor x = builder.tensor(fromResult ? node.output : input);
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const bool inPlace = gradient.exclusive && !builder.gradient(input);
    const auto [dx, accumulate] = inPlace ? Builder::Target{dy, false} : builder.target(input);
    builder.step("unary backward", {x, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      unaryBackward(run.stream, op, run.view(x), run.view(dy), run.view(dx), accumulate);
    });
    if (inPlace) builder.give(input, {dy, true});
  });
}

void lowerUnary(Builder& builder, const Node& node) {
  const Unary op{node.op, node.alpha, node.beta, node.gamma, node.min, node.max};
  const Tensor x = builder.tensor(node.inputs[0]), y = builder.result(node.output, nestedLike(x.size, x));
  builder.step(nameOf(node.op), {x, y}, [=](const Run& run) { unary(run.stream, op, run.view(x), run.view(y)); });
  lowerUnaryBackward(builder, node);
}

void lowerBinary(Builder& builder, const Node& node) {
  const Shape size = builder.shape(node.output);
  const Tensor left = builder.tensor(node.inputs[0]), right = builder.tensor(node.inputs[1]);
  const Tensor a = broadcast(left, size), b = broadcast(right, size);
  // Laid out like the operand that is not repeated.
  const Tensor& like = left.elements() >= right.elements() ? a : b;
  const Tensor y = builder.result(node.output, nestedLike(size, like));
  const Op op = node.op;
  builder.step(nameOf(op), {a, b, y}, [=](const Run& run) {
    binary(run.stream, op, run.view(a), run.view(b), run.view(y));
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
      const auto [dx, accumulate] = builder.target(input);
      const Tensor place = withRank(dx, size.size());
      builder.step("arithmetic backward", {a, b, dy, dx}, [=, accumulate = accumulate](const Run& run) {
        binaryBackward(run.stream, op, operand, run.view(a), run.view(b), run.view(dy), run.view(place), accumulate);
      });
    }
  });
}

void lowerPrelu(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  if (builder.moving(node.inputs[1])) {
    throw Unsupported("prelu '" + node.name + "': the cuda engine has no gradient with respect to the slope");
  }
  const Tensor x = builder.tensor(input), slope = broadcast(builder.tensor(node.inputs[1]), x.size);
  const Tensor y = builder.result(node.output, nestedLike(x.size, x));
  builder.step("prelu", {x, slope, y}, [=](const Run& run) {
    prelu(run.stream, run.view(x), run.view(slope), run.view(y));
  });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("prelu backward", {x, slope, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      preluBackward(run.stream, run.view(x), run.view(slope), run.view(dy), run.view(dx), accumulate);
    });
  });
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
  const Tensor x = builder.tensor(input), y = builder.result(node.output, nestedLike(x.size, x));
  builder.step("affine", {x, y}, [=](const Run& run) { affine(run.stream, run.view(x), scale, shift, run.view(y)); });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    if (!scale) return builder.give(input, gradient);
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("affine backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      affineBackward(run.stream, run.view(dy), scale, run.view(dx), accumulate);
    });
  });
}

}  // namespace smug::cuda
