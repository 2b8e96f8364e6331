// Convolutions and dense layers, by the algorithm that tuning chose.
#include <optional>

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

std::string describe(const ConvShape& s, Direction direction, int algorithm, Arithmetic arithmetic) {
  const auto by = [](int64_t a, int64_t b) { return std::to_string(a) + "x" + std::to_string(b); };
  std::string text = by(s.h, s.w) + "x" + std::to_string(s.c) + " -> " + by(s.p, s.q) + "x" + std::to_string(s.k) + ", " +
                     by(s.r, s.s);
  if (s.groups > 1) text += " in " + std::to_string(s.groups) + " groups";
  return text + ", " + kernelName(algorithm, direction, s, arithmetic);
}

double flopOf(const ConvShape& s) {
  return 2.0 * static_cast<double>(s.n * s.p * s.q * s.k) * static_cast<double>(s.r * s.s * (s.c / s.groups));
}

/// One convolution as a step; the call's own addresses are made when it runs.
struct ConvStep {
  Direction direction;
  ConvShape shape;
  Arithmetic arithmetic;
  int algorithm;
  Tensor from, to;
  Weights::Filters weights;
  const float* bias = nullptr;
  Activation activation = Activation::none;
  bool accumulate = false;
  std::optional<Builder::Bits> bits = std::nullopt;  ///< written forward, applied backward

  void add(Builder& builder, const char* what) const {
    builder.step(what, {from, to}, [*this](const Run& run) {
      ConvCall call;
      call.from = run.anyView(from).data;
      call.weights = weights.data;
      call.scale = weights.scale;
      call.bias = bias;
      call.activation = activation;
      call.to = run.anyView(to).data;
      call.toFormat = to.format;
      call.accumulate = accumulate;
      if (bits) {
        uint8_t* const place = run.at<uint8_t>(bits->buffer) + bits->offset;
        if (direction == Direction::forward) call.positive = place, call.positivePixel = bits->pixel;
        else call.keep = place, call.keepPixel = bits->pixel;
      }
      convolve(run.stream, direction, algorithm, shape, arithmetic, call);
    }, {bits ? bits->buffer : -1}, describe(shape, direction, algorithm, arithmetic), flopOf(shape));
  }
};

/// The layer's shape as these two tensors lie.
ConvShape lying(ConvShape shape, const Tensor& input, int64_t inputPixel, const Tensor& output, int64_t outputPixel) {
  shape.inputPixel = inputPixel, shape.inputAligned = beginsAligned(input);
  shape.outputPixel = outputPixel, shape.outputAligned = beginsAligned(output);
  return shape;
}

/// In the format and with the strides that a kernel wants.
Tensor laidOut(Builder& builder, const Tensor& tensor, Format format, const Shape& strides, bool fits) {
  return fits ? builder.as(tensor, format) : builder.as(tensor, format, &strides);
}

}  // namespace

void lowerConv(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Arithmetic arithmetic = builder.formats.forward;
  // Groups run on the plain kernel, which has no pieces: in float32 then.
  const Arithmetic backward = node.groups > 1 && builder.formats.backward == Arithmetic::bf16x2
                                  ? Arithmetic::fp32
                                  : builder.formats.backward;
  const Node* fused = builder.fused(node);
  const ConvShape common = shapeOf(builder, node);
  const Constant& filters = constantOperand(builder, node, 1);
  const Shape filterShape = builder.graph.values[node.inputs[1]].shape;
  const int output = fused ? fused->output : node.output;

  const Tensor x = builder.map(input);
  const Tensor place = builder.result(output, channelsLast(builder.shape(output)));
  Tensor y = place;
  if (!pixelDistance(y)) y = builder.newTensor(y.size, channelsLast(y.size), y.format);
  ConvStep forward{Direction::forward, lying(common, x, *pixelDistance(x), y, *pixelDistance(y)), arithmetic, 0, x, y, {}, {}};
  forward.algorithm = chooseAlgorithm(forward.direction, forward.shape, arithmetic);
  if (y.format != Format::float32 && !finishesInKernel(forward.algorithm)) {
    forward.to = y = builder.newTensor(y.size, channelsLast(y.size));
    forward.shape = lying(common, x, *pixelDistance(x), y, *pixelDistance(y));
  }
  forward.weights = builder.weights.filters(filters, filterShape, arithmetic, forward.algorithm);
  forward.bias = biasOf(builder, node);
  forward.activation = fused ? Activation::relu : Activation::none;
  if (fused) forward.bits = builder.bits(output);
  forward.add(builder, "conv");
  if (y.buffer != place.buffer) builder.copyStep(y, place);

  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = laidOut(builder, gradient.tensor, formatOf(backward), channelsLast(gradient.tensor.size),
                              pixelDistance(gradient.tensor).has_value());
    const auto lies = [&](const Tensor& dx) { return lying(common, dx, *pixelDistance(dx), dy, *pixelDistance(dy)); };
    ConvStep back{Direction::backward, common, backward, 0, dy, {}, {}, {}};
    back.bits = builder.bits(input);
    const auto& known = builder.gradient(input);
    if (known && known->exclusive && pixelDistance(known->tensor) && (!back.bits || inEights(known->tensor))) {
      const Tensor sum = known->tensor;
      const int algorithm = chooseAlgorithm(back.direction, lies(sum), backward);
      if (finishesInKernel(algorithm) || (sum.format == Format::float32 && !back.bits)) {
        back.to = sum, back.shape = lies(sum), back.algorithm = algorithm, back.accumulate = true;
      }
    }
    if (!back.accumulate) {
      const Shape size = builder.shape(input);
      // In 16 bits where that is wanted, unless nobody can write them.
      back.to = builder.newTensor(size, channelsLast(size), builder.gradientFormat(input));
      back.shape = lies(back.to);
      back.algorithm = chooseAlgorithm(back.direction, back.shape, backward);
      if (!finishesInKernel(back.algorithm)) {
        back.bits.reset();
        if (back.to.format != Format::float32) {
          back.to = builder.newTensor(size, channelsLast(size));
          back.shape = lies(back.to);
        }
      }
    }
    back.weights = gradientByInput(back.algorithm)
                       ? builder.weights.filtersByInput(filters, filterShape, backward, back.algorithm)
                       : builder.weights.filters(filters, filterShape, backward, back.algorithm);
    back.add(builder, "conv backward");
    if (!back.accumulate) {
      builder.give(input, {back.to, true, back.bits.has_value()});
    } else if (builder.target(input, true); back.bits) {
      builder.markKept(input);
    }
  }, true);
}

/// x […, K] · W [K, M]: a 1×1 convolution of as many maps of one pixel as there are rows, in float32: dense layers are
/// small and decide the class.
void lowerDense(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Shape kernel = builder.graph.values[node.inputs[1]].shape;
  const Constant& data = constantOperand(builder, node, 1);
  const Arithmetic arithmetic =
      builder.formats.forward == Arithmetic::fp32 ? Arithmetic::fp32 : Arithmetic::bf16x3;
  const Tensor x = builder.rows(input);
  const Tensor y = builder.newTensor(builder.shape(node.output), stridesOf(builder.shape(node.output)));
  const ConvShape common = shapeOfDense(x.elements() / kernel[0], kernel[0], kernel[1]);
  ConvStep forward{Direction::forward, lying(common, x, *rowDistance(x), y, kernel[1]), arithmetic, 0, x, y, {}, {}};
  forward.algorithm = chooseAlgorithm(forward.direction, forward.shape, arithmetic);
  forward.weights = builder.weights.transposed(data, kernel, arithmetic, forward.algorithm);
  forward.bias = biasOf(builder, node);
  forward.add(builder, "dense");
  builder.define(node.output, y);

  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Tensor dy = laidOut(builder, gradient.tensor, Format::float32, stridesOf(gradient.tensor.size),
                              rowDistance(gradient.tensor).has_value());
    const auto& known = builder.gradient(input);
    ConvStep back{Direction::backward, common, arithmetic, 0, dy, {}, {}, {}};
    back.accumulate = known && known->exclusive && known->tensor.format == Format::float32 && rowDistance(known->tensor);
    back.to = back.accumulate ? known->tensor
                              : builder.newTensor(builder.shape(input), stridesOf(builder.shape(input)));
    back.shape = lying(common, back.to, *rowDistance(back.to), dy, *rowDistance(dy));
    back.algorithm = chooseAlgorithm(back.direction, back.shape, arithmetic);
    back.weights = gradientByInput(back.algorithm)
                       ? builder.weights.asGiven(data, kernel, arithmetic, back.algorithm)
                       : builder.weights.transposed(data, kernel, arithmetic, back.algorithm);
    back.add(builder, "dense backward");
    if (back.accumulate) builder.target(input);
    else builder.give(input, {back.to, true});
  });
}

}  // namespace smug::cuda
