// Operations that move elements: views where strides can say it, copies otherwise.
#include <algorithm>

#include "builder.h"
#include "kernels/movement.h"

namespace smug::cuda {

namespace {

Ints inverse(const Ints& perm) {
  Ints result(perm.size());
  for (size_t axis = 0; axis < perm.size(); axis++) result[perm[axis]] = static_cast<int64_t>(axis);
  return result;
}

/// What a slice takes of a tensor.
Tensor sliced(const Node& node, const Tensor& x, const Shape& size) {
  Tensor view = x;
  for (size_t axis = 0; axis < size.size(); axis++) {
    view = part(view, static_cast<int64_t>(axis), node.starts[axis], size[axis], node.steps[axis]);
  }
  return view;
}

/// The gradient of a value as a sum to add to: zero where nothing has been given yet.
Tensor zeroedTarget(Builder& builder, int value) {
  const bool fresh = !builder.gradient(value);
  const Tensor dx = builder.target(value, true).tensor;
  if (fresh) {
    const size_t bytes = static_cast<size_t>(dx.elements()) * dx.elementBytes();
    builder.step("zero", {dx}, [=](const Run& run) { fillZero(run.stream, run.anyView(dx).data, bytes); });
  }
  return dx;
}

}  // namespace

void lowerView(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Tensor x = builder.stored(input);
  const Shape size = builder.shape(node.output);
  if (node.op == Op::transpose) builder.define(node.output, permuted(x, node.perm));
  else if (node.op == Op::slice) builder.define(node.output, sliced(node, x, size));
  else builder.define(node.output, x);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    if (node.op == Op::transpose) {
      builder.give(input, {permuted(gradient.tensor, inverse(node.perm)), gradient.exclusive});
    } else if (node.op == Op::slice) {
      builder.copyStep(gradient.tensor, sliced(node, zeroedTarget(builder, input), size), true);
    } else {
      builder.give(input, {gradient.tensor, gradient.exclusive});
    }
  }, true);
}

void lowerReshape(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  Tensor x = builder.stored(input);
  const Shape size = builder.shape(node.output);
  if (const auto view = reshaped(x, size)) {
    builder.define(node.output, *view);
  } else {
    x = builder.tensor(input);
    const Tensor y = builder.newTensor(size, stridesOf(size));
    builder.step("reshape", {x, y}, [=](const Run& run) { reshape(run.stream, run.view(x), run.view(y)); });
    builder.define(node.output, y);
  }
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    if (const auto view = reshaped(dy, x.size)) return builder.give(input, {*view, gradient.exclusive});
    const auto [dx, accumulate] = builder.target(input);
    builder.step("reshape backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      reshape(run.stream, run.view(dy), run.view(dx), accumulate);
    });
  });
}

void lowerPad(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Tensor x = builder.tensor(input);
  const Shape size = builder.shape(node.output);
  const Tensor y = builder.result(node.output, nestedLike(size, x));
  const Ints begins(node.pads.begin(), node.pads.begin() + x.rank());
  const PadMode mode = node.mode;
  const float value = node.value;
  builder.step("pad", {x, y}, [=](const Run& run) { pad(run.stream, run.view(x), begins.data(), mode, value, run.view(y)); });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("pad backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      padBackward(run.stream, run.view(dy), begins.data(), mode, run.view(dx), accumulate);
    });
  });
}

void lowerUpsample(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Tensor x = builder.tensor(input);
  const Shape size = builder.shape(node.output);
  const Tensor y = builder.result(node.output, nestedLike(size, x));
  const Ints scales = node.scales;
  builder.step("upsample", {x, y}, [=](const Run& run) {
    upsample(run.stream, run.view(x), scales.data(), run.view(y));
  });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("upsample backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      upsampleBackward(run.stream, run.view(dy), scales.data(), run.view(dx), accumulate);
    });
  });
}

void lowerGather(Builder& builder, const Node& node) {
  const int input = node.inputs[0], axis = static_cast<int>(node.axis);
  const Tensor table = builder.tensor(input), indices = builder.tensor(node.inputs[1]);
  const Shape size = builder.shape(node.output);
  const Tensor y = builder.result(node.output, stridesOf(size));
  builder.step("gather", {table, indices, y}, [=](const Run& run) {
    View picks = run.view(indices);
    picks.rank = static_cast<int>(indices.rank());
    gather(run.stream, run.view(table), picks, axis, run.view(y));
  });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    if (!builder.moving(input)) return;  // indices have no gradient
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("gather backward", {indices, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      View picks = run.view(indices);
      picks.rank = static_cast<int>(indices.rank());
      gatherBackward(run.stream, picks, run.view(dy), axis, run.view(dx), accumulate);
    });
  });
}

void lowerConcat(Builder& builder, const Node& node) {
  const Shape size = builder.shape(node.output);
  Tensor whole;
  if (const Tensor* begun = builder.begun(node.output)) {
    whole = *begun;
  } else {
    whole = builder.newTensor(size, nestedLike(size, builder.stored(node.inputs[0])), builder.valueFormat(node.output));
    builder.define(node.output, whole);
  }
  int64_t first = 0;
  for (const int input : node.inputs) {
    const Tensor place = part(whole, node.axis, first, builder.shape(input)[node.axis]);
    first += place.size[node.axis];
    const Tensor there = builder.stored(input);
    if (there.buffer == place.buffer && there.offset == place.offset) continue;  // written in place
    builder.copyStep(there, place);
  }
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    int64_t first = 0;
    for (const int input : node.inputs) {
      const Tensor dy = part(gradient.tensor, node.axis, first, builder.shape(input)[node.axis]);
      first += dy.size[node.axis];
      builder.give(input, {dy, gradient.exclusive, gradient.kept});
    }
  }, true);
}

}  // namespace smug::cuda
