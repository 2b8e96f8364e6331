// Convolutions and dense layers, by the algorithm that tuning chose.
#include "algorithms.h"
#include "builder.h"

namespace smug::cuda {

namespace {

const Constant& constantOperand(Builder& builder, const Node& node, size_t operand) {
  const Constant& constant = builder.constant(node.inputs[operand]);
  if (!constant) {
    throw Unsupported(std::string(nameOf(node.op)) + " '" + node.name + "': the cuda engine needs constant weights");
  }
  return constant;
}

const float* biasOf(Builder& builder, const Node& node) {
  return node.inputs.size() > 2 ? builder.weights.plain(constantOperand(builder, node, 2)) : nullptr;
}

/// What both directions share; the distances of pixels are those of each call's own tensors.
ConvShape shapeOf(Builder& builder, const Node& node) {
  const Shape x = builder.shape(node.inputs[0]), y = builder.shape(node.output);
  const Shape& w = builder.graph.values[node.inputs[1]].shape;
  const size_t rank = x.size() - 2;
  if (rank != 1 && rank != 2) {
    throw Unsupported("conv '" + node.name + "': only 1-D and 2-D convolutions are supported");
  }
  const bool plane = rank == 2;
  ConvShape shape;
  shape.n = x[0], shape.c = x[1], shape.k = y[1], shape.groups = node.groups;
  shape.h = plane ? x[2] : 1, shape.w = x.back();
  shape.p = plane ? y[2] : 1, shape.q = y.back();
  shape.r = plane ? w[2] : 1, shape.s = w.back();
  shape.strideH = plane ? node.strides[0] : 1, shape.strideW = node.strides.back();
  shape.dilationH = plane ? node.dilations[0] : 1, shape.dilationW = node.dilations.back();
  shape.padH = plane ? node.pads[0] : 0, shape.padW = node.pads[rank - 1];
  return shape;
}

ConvShape shapeOfDense(int64_t rows, int64_t depth, int64_t width) {
  ConvShape shape;
  shape.n = rows, shape.c = depth, shape.k = width;
  return shape;
}

/// One launch forward. `half`: the buffer of the input in bfloat16, or -1.
void forwardStep(Builder& builder, const char* what, const ConvShape& shape, Arithmetic arithmetic, const Tensor& x,
                 int half, const void* w, const float* bias, Activation activation, const Tensor& y) {
  const int algorithm = chooseForward(shape, arithmetic);
  const int scratch = builder.newBuffer(forwardScratchBytes(algorithm, shape, arithmetic));
  builder.step(what, {x, y}, [=](const Run& run) {
    const void* input = half < 0 ? run.view(x).data : run.at<void>(half);
    convForward(run.stream, algorithm, shape, arithmetic, input, w, bias, activation, run.view(y).data,
                run.at<void>(scratch));
  }, {half, scratch});
}

void backwardStep(Builder& builder, const char* what, const ConvShape& shape, Arithmetic arithmetic, const Tensor& dy,
                  const void* w, const Tensor& dx, bool accumulate) {
  const int half = arithmetic == Arithmetic::bf16 ? builder.halved(dy) : -1;
  const int algorithm = chooseBackward(shape, arithmetic);
  const int scratch = builder.newBuffer(backwardScratchBytes(algorithm, shape, arithmetic));
  builder.step(what, {dy, dx}, [=](const Run& run) {
    const void* gradient = half < 0 ? run.view(dy).data : run.at<void>(half);
    convBackwardData(run.stream, algorithm, shape, arithmetic, gradient, w, run.view(dx).data, accumulate,
                     run.at<void>(scratch));
  }, {half, scratch});
}

/// Where the gradient of `value` is to be written or added, laid out as `distance` measures it; `finish` hands it on.
template <typename Distance, typename Write>
void writeGradient(Builder& builder, int value, const Shape& strides, Distance distance, Write write) {
  const auto& known = builder.gradient(value);
  if (known && known->exclusive && distance(known->tensor)) {
    const Tensor sum = known->tensor;
    return write(sum, *distance(sum), true);
  }
  const Tensor fresh = builder.newTensor(builder.shape(value), strides);
  write(fresh, *distance(fresh), false);
  builder.give(value, {fresh, true});
}

Tensor laidOut(Builder& builder, const Tensor& tensor, const Shape& strides, bool fits) {
  if (fits) return tensor;
  const Tensor copy = builder.newTensor(tensor.size, strides);
  builder.copyStep(tensor, copy);
  return copy;
}

}  // namespace

void lowerConv(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Arithmetic arithmetic = builder.arithmetic;
  const bool bf16 = arithmetic == Arithmetic::bf16;
  const Node* fused = builder.fused(node);
  const ConvShape common = shapeOf(builder, node);
  const auto& filters = constantOperand(builder, node, 1);
  const void* w = builder.weights.filters(filters, builder.graph.values[node.inputs[1]].shape, bf16);

  const Tensor x = builder.map(input);
  const int half = bf16 ? builder.halvedMap(input) : -1;
  const int output = fused ? fused->output : node.output;
  Tensor y = builder.result(output, channelsLast(builder.shape(output)));
  const Tensor place = y;
  if (!pixelDistance(y)) y = builder.newTensor(y.size, channelsLast(y.size));
  ConvShape shape = common;
  shape.inputPixel = *pixelDistance(x);
  shape.outputPixel = *pixelDistance(y);
  forwardStep(builder, "conv", shape, arithmetic, x, half, w, biasOf(builder, node),
              fused ? Activation::relu : Activation::none, y);
  if (y.buffer != place.buffer) builder.copyStep(y, place);

  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Shape strides = channelsLast(gradient.tensor.size);
    const Tensor dy = laidOut(builder, gradient.tensor, strides, pixelDistance(gradient.tensor).has_value());
    writeGradient(builder, input, channelsLast(builder.shape(input)), pixelDistance,
                  [&](const Tensor& dx, int64_t pixel, bool accumulate) {
      ConvShape back = common;
      back.inputPixel = pixel;
      back.outputPixel = *pixelDistance(dy);
      backwardStep(builder, "conv backward", back, arithmetic, dy, w, dx, accumulate);
    });
  });
}

/// x […, K] · W [K, M]: a 1×1 convolution of as many maps of one pixel as there are rows. With bfloat16 in TF32: dense
/// layers are small and decide the class.
void lowerDense(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Shape& kernel = builder.graph.values[node.inputs[1]].shape;
  const Arithmetic arithmetic = builder.arithmetic == Arithmetic::bf16 ? Arithmetic::tf32 : builder.arithmetic;
  const void* w = builder.weights.transposed(constantOperand(builder, node, 1), kernel, false);
  const Tensor x = builder.rows(input);
  const Tensor y = builder.newTensor(builder.shape(node.output), stridesOf(builder.shape(node.output)));
  const ConvShape common = shapeOfDense(x.elements() / kernel[0], kernel[0], kernel[1]);
  ConvShape shape = common;
  shape.inputPixel = *rowDistance(x);
  shape.outputPixel = kernel[1];
  forwardStep(builder, "dense", shape, arithmetic, x, -1, w, biasOf(builder, node), Activation::none, y);
  builder.define(node.output, y);

  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Shape strides = stridesOf(gradient.tensor.size);
    const Tensor dy = laidOut(builder, gradient.tensor, strides, rowDistance(gradient.tensor).has_value());
    writeGradient(builder, input, stridesOf(builder.shape(input)), rowDistance,
                  [&](const Tensor& dx, int64_t row, bool accumulate) {
      ConvShape back = common;
      back.inputPixel = row;
      back.outputPixel = *rowDistance(dy);
      backwardStep(builder, "dense backward", back, arithmetic, dy, w, dx, accumulate);
    });
  });
}

}  // namespace smug::cuda
