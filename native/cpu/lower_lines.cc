// Operations along an axis: softmax, response normalisation, means.
#include <algorithm>

#include "builder.h"
#include "kernels/channels.h"
#include "kernels/lines.h"

namespace smug::cpu {

void lowerLines(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Shape shape = builder.shape(input);
  const Lines lines = linesAlong(shape, node.op == Op::lrn ? 1 : node.axis);
  const View from = builder.plain(input), to = builder.newBuffer(plainDesc(shape));
  const View scratch = builder.scratch(node.op == Op::lrn ? lines.length * lines.step * sizeof(float) : 0);
  builder.step(nameOf(node.op), {from, to, scratch}, [=, &node](const Run& run) {
    if (node.op == Op::softmax) softmaxForward(lines, run.at(from), run.at(to));
    else if (node.op == Op::logSoftmax) logSoftmaxForward(lines, run.at(from), run.at(to));
    else lrnForward(node, lines, run.at(from), run.at(to), run.at(scratch));
  });
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, to.desc), result = builder.newBuffer(to.desc);
    const bool fromResult = node.op != Op::lrn;
    const View again = builder.scratch(scratch.desc.get_size());
    builder.step(std::string(nameOf(node.op)) + " backward", {fromResult ? to : from, by, result, again},
                 [=, &node](const Run& run) {
                   if (node.op == Op::softmax) softmaxBackward(lines, run.at(to), run.at(by), run.at(result));
                   else if (node.op == Op::logSoftmax)
                     logSoftmaxBackward(lines, run.at(to), run.at(by), run.at(result));
                   else lrnBackward(node, lines, run.at(from), run.at(by), run.at(result), run.at(again));
                 });
    builder.give(input, {result, true});
  });
}

namespace {

/// Global average pooling, in whatever layout the map has.
void lowerSpatialMean(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const View from = builder.regular(input, false);
  const Layout x = layoutOf(from.desc);
  const Desc target = plainDesc(builder.shape(node.output));
  const View to = builder.newBuffer(target);
  builder.step("spatial mean", {from, to}, [=](const Run& run) { spatialMeans(x, run.at(from), run.at(to)); });
  builder.define(node.output, to);
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, target), result = builder.newBuffer(packed(from.desc));
    const Layout y = layoutOf(result.desc);
    builder.step("spatial mean backward", {by, result}, [=](const Run& run) {
      spreadOverSpace(y, run.at(by), 1.0f / static_cast<float>(y.spatial), run.at(result));
    });
    builder.give(input, {result, true});
  });
}

}  // namespace

void lowerMean(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Shape shape = builder.shape(input);
  Shape kept = shape;
  for (const int64_t axis : node.axes) kept[axis] = 1;
  bool spatial = shape.size() >= 3 && node.axes.size() == shape.size() - 2;
  for (const int64_t axis : node.axes) spatial = spatial && axis >= 2;
  if (spatial) return lowerSpatialMean(builder, node);

  const Desc target = plainDesc(builder.shape(node.output));
  const View from = builder.plain(input), to = builder.newBuffer(target);
  const View sums = builder.scratch(sizeOf(kept) * sizeof(double));
  builder.step("mean", {from, to, sums},
               [=](const Run& run) { meanForward(shape, kept, run.at(from), run.at<double>(sums), run.at(to)); });
  builder.define(node.output, to);
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, target), result = builder.newBuffer(plainDesc(shape));
    builder.step("mean backward", {by, result},
                 [=](const Run& run) { meanBackward(shape, kept, run.at(by), run.at(result)); });
    builder.give(input, {result, true});
  });
}

}  // namespace smug::cpu
