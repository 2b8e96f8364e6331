// Convolutions and dense layers: oneDNN primitives in the layouts they ask for.
#include <cstring>

#include "builder.h"

namespace smug::cpu {

namespace {

using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;

const Constant& constantOperand(Builder& builder, const Node& node, size_t operand) {
  const auto& constant = builder.constant(node.inputs[operand]);
  if (!constant) {
    throw Unsupported(std::string(nameOf(node.op)) + " '" + node.name + "': the cpu engine needs constant weights");
  }
  return constant;
}

dnnl::primitive_attr userScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Whether oneDNN chose code made for this machine, not its plain fallback.
bool fast(const char* implementation) {
  return std::strncmp(implementation, "ref", 3) != 0 && std::strncmp(implementation, "gemm", 4) != 0;
}

struct Convolution {
  Dims x, y, weights, strides, dilations, padBegin, padEnd;
  Desc plainWeights;
};

Convolution convolutionOf(Builder& builder, const Node& node) {
  Convolution conv;
  conv.x = builder.shape(node.inputs[0]);
  conv.y = builder.shape(node.output);
  const size_t rank = conv.x.size() - 2;
  if (rank != 1 && rank != 2) {
    throw Unsupported("conv '" + node.name + "': only 1-D and 2-D convolutions are supported");
  }
  conv.weights = builder.graph.values[node.inputs[1]].shape;
  if (node.groups != 1) {
    conv.weights[0] /= node.groups;
    conv.weights.insert(conv.weights.begin(), node.groups);
  }
  conv.plainWeights = Desc(conv.weights, DataType::f32, stridesOf(conv.weights));
  conv.strides = node.strides;
  for (size_t i = 0; i < rank; i++) {
    conv.dilations.push_back(node.dilations[i] - 1);
    conv.padBegin.push_back(node.pads[i]);
    conv.padEnd.push_back(node.pads[i + rank]);
  }
  return conv;
}

/// Sums over fewer products gain little from bfloat16 where their operands are float32 anyway.
constexpr int64_t thinLayer = 256;

/// Whether the layer stands next to a grouped convolution, with at most element-wise functions between them.
bool besideGrouped(const Graph& graph, const Node& node) {
  int made = node.output, read = node.inputs[0];
  const auto follows = [](const Node& other) { return other.op == Op::relu || other.op == Op::clip; };
  const auto grouped = [](const Node& other) { return other.op == Op::conv && other.groups != 1; };
  // Nodes come in the order of computation: one walk on, one back.
  for (const Node& reader : graph.nodes) {
    if (reader.inputs[0] != made) continue;
    if (grouped(reader)) return true;
    if (follows(reader)) made = reader.output;
  }
  for (auto maker = graph.nodes.rbegin(); maker != graph.nodes.rend(); ++maker) {
    if (maker->output != read) continue;
    if (!follows(*maker)) return grouped(*maker);
    read = maker->inputs[0];
  }
  return false;
}

/// What the layer computes in when bfloat16 is asked for. Grouped convolutions, which move more than they multiply, are
/// slower in it. All of its error comes from the forward pass, where it turns units on or off that stand near their
/// kink (docs/method.md), so thin layers beside grouped ones stay in float32 there, at no cost.
DataType typeOf(const Builder& builder, const Node& node, bool backward) {
  if (node.groups != 1) return DataType::f32;
  const Shape& kernel = builder.graph.values[node.inputs[1]].shape;
  const bool thin = sizeOf(kernel) / kernel[0] <= thinLayer;
  return !backward && thin && besideGrouped(builder.graph, node) ? DataType::f32 : builder.dataType;
}

/// The primitive's description; an invalid one when oneDNN has no code for these layouts.
dnnl::convolution_forward::primitive_desc forwardDescription(const Convolution& conv, DataType type, const Desc& x,
                                                             const Desc& y, bool bias,
                                                             const dnnl::primitive_attr& attributes) {
  // As for training, also where no gradient follows: asked for inference, oneDNN picks channels-last code in
  // float32, and the backward pass blocked code; then every layer would be reordered between the two.
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const Desc weights(conv.weights, type, Tag::any);
  if (!bias) {
    return {cpuEngine(),  kind,           algorithm,     x,           weights,    y,
            conv.strides, conv.dilations, conv.padBegin, conv.padEnd, attributes, true};
  }
  const Desc shift({conv.y[1]}, DataType::f32, Tag::x);
  return {cpuEngine(),  kind,           algorithm,     x,           weights,    shift, y,
          conv.strides, conv.dilations, conv.padBegin, conv.padEnd, attributes, true};
}

void convBackward(Builder& builder, const Node& node, const Convolution& conv, const Builder::Gradient& gradient) {
  const DataType type = typeOf(builder, node, true);
  const Desc x(conv.x, type, Tag::any), y(conv.y, type, Tag::any), weights(conv.weights, type, Tag::any);
  const auto hint = forwardDescription(conv, type, x, y, false, userScratchpad());
  const auto describe = [&](const Desc& dy) {
    return dnnl::convolution_backward_data::primitive_desc(cpuEngine(), dnnl::algorithm::convolution_direct, x, weights,
                                                           dy, conv.strides, conv.dilations, conv.padBegin, conv.padEnd,
                                                           hint, userScratchpad(), true);
  };
  auto description = describe(y);
  // A part of a concatenation has gaps between its samples; the fast code reads it where it is if it can.
  if (!(description.diff_dst_desc() == gradient.view.desc) && gradient.view.desc.get_data_type() == type) {
    const auto direct = describe(gradient.view.desc);
    if (direct && fast(direct.impl_info_str()) == fast(description.impl_info_str()) &&
        std::strcmp(direct.impl_info_str(), description.impl_info_str()) == 0) {
      description = direct;
    }
  }
  const View from = builder.reordered(gradient.view, description.diff_dst_desc());
  const View to = builder.newBuffer(description.diff_src_desc());
  const View kernel = builder.weight(constantOperand(builder, node, 1), conv.plainWeights, description.weights_desc());
  builder.primitive("conv backward", dnnl::convolution_backward_data(description),
                    {{DNNL_ARG_DIFF_DST, from},
                     {DNNL_ARG_WEIGHTS, kernel},
                     {DNNL_ARG_DIFF_SRC, to},
                     {DNNL_ARG_SCRATCHPAD, builder.newBuffer(description.scratchpad_desc())}});
  builder.give(node.inputs[0], {to, true});
}

}  // namespace

void lowerConv(Builder& builder, const Node& node) {
  const Convolution conv = convolutionOf(builder, node);
  const DataType type = typeOf(builder, node, false);
  const Node* fused = builder.fused(node);
  const int output = fused ? fused->output : node.output;
  const bool bias = node.inputs.size() > 2;

  dnnl::primitive_attr attributes = userScratchpad();
  if (fused) {
    dnnl::post_ops after;
    if (fused->op == Op::relu) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    else after.append_eltwise(dnnl::algorithm::eltwise_clip, fused->min, fused->max);
    attributes.set_post_ops(after);
  }
  const Desc any(conv.x, type, Tag::any), anyOutput(conv.y, type, Tag::any);
  auto description = forwardDescription(conv, type, any, anyOutput, bias, attributes);
  if (!description) throw Unsupported("conv '" + node.name + "': oneDNN has no code for these shapes");
  std::optional<View> slot = builder.slot(output);
  if (slot && !(description.dst_desc() == slot->desc)) {
    const auto direct = forwardDescription(conv, type, any, slot->desc, bias, attributes);
    if (direct && std::strcmp(direct.impl_info_str(), description.impl_info_str()) == 0) description = direct;
    else slot.reset();
  }
  // A source that lies in a concatenation has gaps between its samples, too.
  const Desc own = builder.view(node.inputs[0]).desc;
  if (!(description.src_desc() == own) && own.get_data_type() == type) {
    const auto direct = forwardDescription(conv, type, own, slot ? slot->desc : anyOutput, bias, attributes);
    if (direct && std::strcmp(direct.impl_info_str(), description.impl_info_str()) == 0) description = direct;
  }

  const View from = builder.as(node.inputs[0], description.src_desc());
  const View to = slot ? *slot : builder.newBuffer(description.dst_desc());
  std::vector<std::pair<int, View>> arguments = {
      {DNNL_ARG_SRC, from},
      {DNNL_ARG_WEIGHTS,
       builder.weight(constantOperand(builder, node, 1), conv.plainWeights, description.weights_desc())},
      {DNNL_ARG_DST, to},
      {DNNL_ARG_SCRATCHPAD, builder.newBuffer(description.scratchpad_desc())}};
  if (bias) {
    arguments.emplace_back(DNNL_ARG_BIAS, Weights::asIs(constantOperand(builder, node, 2), description.bias_desc()));
  }
  builder.primitive("conv", dnnl::convolution_forward(description), std::move(arguments));
  builder.define(output, to);
  builder.backward(
      [&builder, &node, conv](const Builder::Gradient& gradient) { convBackward(builder, node, conv, gradient); });
}

/// Elements of a dense layer's matrix from which it is read where it is: such layers hold most of a network's weights
/// and use each once a pass, so nothing but their size counts (25,088 × 4,096 on one core: 28 ms forward and 29 back,
/// against 31 and 81 in the layouts oneDNN would choose). Not a matter of the budget, which is to change no bit.
constexpr int64_t largeMatrix = int64_t{1} << 22;

/// x […, K] · W [K, M]: an inner product of all rows of x, float32 in every precision (dense layers are small and
/// decide the class).
void lowerDense(Builder& builder, const Node& node) {
  const Shape whole = builder.shape(node.inputs[0]), target = builder.shape(node.output);
  const Shape& kernel = builder.graph.values[node.inputs[1]].shape;
  const int64_t depth = kernel[0], width = kernel[1], rows = sizeOf(whole) / depth;
  const Desc x({rows, depth}, DataType::f32, Tag::nc), y({rows, width}, DataType::f32, Tag::nc);
  const Desc plainWeights({width, depth}, DataType::f32, Tag::io), shift({width}, DataType::f32, Tag::x);
  const Desc weights = width * depth > largeMatrix ? plainWeights : Desc({width, depth}, DataType::f32, Tag::any);
  const auto kind = dnnl::prop_kind::forward_training;
  const bool bias = node.inputs.size() > 2;
  const auto description =
      bias ? dnnl::inner_product_forward::primitive_desc(cpuEngine(), kind, x, weights, shift, y, userScratchpad())
           : dnnl::inner_product_forward::primitive_desc(cpuEngine(), kind, x, weights, y, userScratchpad());
  const auto flat = [](View view, const Desc& desc) {
    view.desc = desc;
    return view;
  };
  const View to = builder.newBuffer(plainDesc(target));
  std::vector<std::pair<int, View>> arguments = {
      {DNNL_ARG_SRC, flat(builder.plain(node.inputs[0]), x)},
      {DNNL_ARG_WEIGHTS, builder.weight(constantOperand(builder, node, 1), plainWeights, description.weights_desc())},
      {DNNL_ARG_DST, flat(to, y)},
      {DNNL_ARG_SCRATCHPAD, builder.newBuffer(description.scratchpad_desc())}};
  if (bias) arguments.emplace_back(DNNL_ARG_BIAS, Weights::asIs(constantOperand(builder, node, 2), shift));
  builder.primitive("dense", dnnl::inner_product_forward(description), std::move(arguments));
  builder.define(node.output, to);

  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const dnnl::inner_product_backward_data::primitive_desc back(cpuEngine(), x, weights, y, description,
                                                                 userScratchpad());
    const View result = builder.newBuffer(plainDesc(whole));
    builder.primitive(
        "dense backward", dnnl::inner_product_backward_data(back),
        {{DNNL_ARG_DIFF_DST, flat(builder.reordered(gradient.view, plainDesc(target)), y)},
         {DNNL_ARG_WEIGHTS, builder.weight(constantOperand(builder, node, 1), plainWeights, back.weights_desc())},
         {DNNL_ARG_DIFF_SRC, flat(result, x)},
         {DNNL_ARG_SCRATCHPAD, builder.newBuffer(back.scratchpad_desc())}});
    builder.give(node.inputs[0], {result, true});
  });
}

}  // namespace smug::cpu
