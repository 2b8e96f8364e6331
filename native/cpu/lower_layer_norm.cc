// Layer normalisation along one axis.
#include "builder.h"
#include "kernels/layer_norm.h"

namespace smug::cpu {

void lowerLayerNorm(Builder& builder, const Node& node) {
  const auto &scale = builder.constant(node.inputs[1]), &shift = builder.constant(node.inputs[2]);
  if (!scale || !shift) {
    throw Unsupported("layerNorm '" + node.name + "': the cpu engine needs constant scale and shift");
  }
  const int input = node.inputs[0];
  const Shape shape = builder.shape(input);
  const Lines lines = linesAlong(shape, node.axis);
  const View from = builder.plain(input), to = builder.newBuffer(plainDesc(shape));
  const float epsilon = node.epsilon;
  builder.step("layerNorm", {from, to}, [=](const Run& run) {
    layerNormForward(lines, epsilon, scale->data(), shift->data(), run.at(from), run.at(to));
  });
  builder.define(node.output, to);
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, to.desc), result = builder.newBuffer(to.desc);
    builder.step("layerNorm backward", {from, by, result}, [=](const Run& run) {
      layerNormBackward(lines, epsilon, scale->data(), run.at(from), run.at(by), run.at(result));
    });
    builder.give(input, {result, true});
  });
}

}  // namespace smug::cpu
