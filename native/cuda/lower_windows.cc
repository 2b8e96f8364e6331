// Pooling, means, response normalisation, softmax.
#include <algorithm>

#include "builder.h"
#include "kernels/reduction.h"

namespace smug::cuda {

namespace {

Window windowOf(const Node& node, const Shape& x) {
  const size_t rank = x.size() - 2;
  if (rank != 1 && rank != 2) {
    throw Unsupported(std::string(nameOf(node.op)) + " '" + node.name + "': only 1-D and 2-D pooling is supported");
  }
  Window window;
  window.spatial = static_cast<int>(rank);
  for (size_t i = 0; i < rank; i++) {
    const bool global = node.op == Op::globalMaxPool;
    window.kernel[i] = global ? x[i + 2] : node.kernel[i];
    window.stride[i] = global ? 1 : node.strides[i];
    window.pad[i] = global ? 0 : node.pads[i];
    window.padEnd[i] = global ? 0 : node.pads[i + rank];
    window.dilation[i] = global ? 1 : node.dilations[i];
  }
  window.countIncludePad = node.countIncludePad;
  return window;
}

}  // namespace

void lowerPool(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Tensor x = builder.stored(input);
  const Shape size = builder.shape(node.output);
  const Window window = windowOf(node, x.size);
  const bool average = node.op == Op::averagePool, back = builder.moving(input);
  const Tensor y = builder.result(node.output, channelsLast(size));
  const bool positiveOnly = builder.positivePart(input);
  const int winners =
      average || !back ? -1 : builder.newBuffer(static_cast<size_t>(sizeOf(size)) * winnerBytes(window));
  const auto bits = average ? std::nullopt : builder.bits(node.output);
  builder.step("pool", {x, y}, [=](const Run& run) {
    if (average) return averagePool(run.stream, window, run.anyView(x), run.anyView(y));
    PoolNotes notes{run.at<void>(winners), positiveOnly, nullptr, 0};
    if (bits) notes.positive = run.at<uint8_t>(bits->buffer) + bits->offset, notes.positivePixel = bits->pixel;
    maxPool(run.stream, window, run.anyView(x), run.anyView(y), notes);
  }, {winners, bits ? bits->buffer : -1});
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto& known = builder.gradient(input);
    const bool eights = inEights(dy) && inEights(x) && (!known || inEights(known->tensor));
    const auto keep = average && eights ? builder.bits(input) : std::nullopt;
    // A maximum of a ReLU's outputs gives nothing to where they are 0.
    const auto [dx, accumulate] = builder.target(input, true, average ? keep.has_value() : positiveOnly);
    builder.step("pool backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      if (!average) {
        return maxPoolBackward(run.stream, window, run.at<void>(winners), run.anyView(dy), run.anyView(dx), accumulate);
      }
      KeepBits bits;
      if (keep) bits = {run.at<uint8_t>(keep->buffer) + keep->offset, keep->pixel};
      averagePoolBackward(run.stream, window, run.anyView(dy), run.anyView(dx), accumulate, bits);
    }, {winners, keep ? keep->buffer : -1});
    if (keep) builder.markKept(input);
  }, true);
}

void lowerMean(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Tensor x = builder.stored(input);
  Shape kept = x.size;
  for (const int64_t axis : node.axes) kept[axis] = 1;
  const Tensor y = builder.newTensor(kept, nestedLike(kept, x));
  builder.step("mean", {x, y}, [=](const Run& run) { reduceMean(run.stream, run.anyView(x), run.view(y)); });
  const Shape size = builder.shape(node.output);
  builder.define(node.output, *reshaped(y, size));
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = *reshaped(gradient.tensor, kept);
    const auto& known = builder.gradient(input);
    const auto bits = inEights(x) && (!known || inEights(known->tensor)) ? builder.bits(input) : std::nullopt;
    const auto [dx, accumulate] = builder.target(input, true, bits.has_value());
    builder.step("mean backward", {dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      if (!bits) return reduceMeanBackward(run.stream, run.view(dy), run.anyView(dx), accumulate);
      const float share = static_cast<float>(static_cast<double>(dy.elements()) / static_cast<double>(dx.elements()));
      const KeepBits keep{run.at<uint8_t>(bits->buffer) + bits->offset, bits->pixel};
      backThroughBits(run.stream, run.view(broadcast(dy, dx.size)), share, keep, run.anyView(dx), accumulate);
    }, {bits ? bits->buffer : -1});
    if (bits) builder.markKept(input);
  });
}

void lowerLrn(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Tensor x = builder.stored(input), y = builder.result(node.output, nestedLike(x.size, x));
  const Lrn options{node.size, node.alpha, node.beta, node.bias};
  builder.step("lrn", {x, y}, [=](const Run& run) { lrn(run.stream, options, run.anyView(x), run.anyView(y)); });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input, true);
    builder.step("lrn backward", {x, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      lrnBackward(run.stream, options, run.anyView(x), run.anyView(dy), run.anyView(dx), accumulate);
    });
  }, true);
}

void lowerSoftmax(Builder& builder, const Node& node) {
  const int input = node.inputs[0], axis = static_cast<int>(node.axis);
  const bool logarithm = node.op == Op::logSoftmax;
  const Tensor x = builder.tensor(input), y = builder.result(node.output, nestedLike(x.size, x));
  builder.step("softmax", {x, y}, [=](const Run& run) {
    softmax(run.stream, axis, logarithm, run.view(x), run.view(y));
  });
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = gradient.tensor;
    const auto [dx, accumulate] = builder.target(input);
    builder.step("softmax backward", {y, dy, dx}, [=, dx = dx, accumulate = accumulate](const Run& run) {
      softmaxBackward(run.stream, axis, logarithm, run.view(y), run.view(dy), run.view(dx), accumulate);
    });
  });
}

}  // namespace smug::cuda
