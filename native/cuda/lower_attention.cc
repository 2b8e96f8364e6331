// What transformers add: layer normalisation, products of two computed values.
#include "builder.h"
#include "kernels/reduction.h"

namespace smug::cuda {

void lowerLayerNorm(Builder& builder, const Node& node) {
  const int input = node.inputs[0], axis = static_cast<int>(node.axis);
  const auto &scales = builder.constant(node.inputs[1]), &shifts = builder.constant(node.inputs[2]);
  if (!scales || !shifts) {
    throw Unsupported("layerNorm '" + node.name + "': the cuda engine needs constant scale and shift");
  }
  const float *scale = builder.weights.plain(scales), *shift = builder.weights.plain(shifts);
  const float epsilon = node.epsilon;
  const Tensor x = builder.tensor(input), y = builder.result(node.output, nestedLike(x.size, x));
  builder.step("layerNorm", {x, y}, [=](const Run& run) {
    layerNorm(run.stream, axis, epsilon, run.view(x), scale, shift, run.view(y));
  });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("layerNorm backward", {x, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      layerNormBackward(run.stream, axis, epsilon, run.view(x), scale, run.view(dy), run.view(dx), accumulate);
    });
  });
}

namespace {

Tensor turned(const Tensor& matrices) {
  Ints perm(matrices.size.size());
  for (size_t axis = 0; axis < perm.size(); axis++) perm[axis] = static_cast<int64_t>(axis);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return permuted(matrices, perm);
}

}  // namespace

void lowerMatMul(Builder& builder, const Node& node) {
  const int left = node.inputs[0], right = node.inputs[1];
  const Tensor a = builder.tensor(left), b = builder.tensor(right);
  const Shape size = builder.shape(node.output);
  const Tensor y = builder.newTensor(size, stridesOf(size));
  builder.step("matMul", {a, b, y}, [=](const Run& run) {
    batchedProduct(run.stream, run.view(a), run.view(b), run.view(y), false);
  });
  builder.define(node.output, y);
  // ∂F/∂a = G·bᵀ and ∂F/∂b = aᵀ·G.
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto back = [&](int input, const Tensor& first, const Tensor& second) {
      if (!builder.moving(input)) return;
      const auto [dx, accumulate] = builder.target(input);
      builder.step("matMul backward", {first, second, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
        batchedProduct(run.stream, run.view(first), run.view(second), run.view(dx), accumulate);
      });
    };
    back(left, dy, turned(b));
    back(right, turned(a), dy);
  });
}

}  // namespace smug::cuda
