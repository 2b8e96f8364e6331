// Pooling: oneDNN for the usual windows, our own code for dilated and overhanging ones.
#include "builder.h"
#include "kernels/windows.h"

namespace smug::cpu {

namespace {

using Tag = dnnl::memory::format_tag;

/// The padding after the last element that makes oneDNN's output size come out as y's, or nothing when it lacks
/// the case.
std::optional<dnnl::memory::dims> endPadding(const Node& node, const Shape& x, const Shape& y) {
  const size_t rank = x.size() - 2;
  dnnl::memory::dims end;
  for (size_t i = 0; i < rank; i++) {
    const int64_t size = x[i + 2], kernel = node.kernel[i], stride = node.strides[i], begin = node.pads[i];
    if (node.dilations[i] != 1 || begin >= kernel || node.pads[i + rank] >= kernel) return std::nullopt;
    const int64_t reach = (y[i + 2] - 1) * stride + kernel - begin;  // one past the last tap
    const int64_t needed = reach - size;
    if (needed >= kernel) return std::nullopt;
    // Taps beyond the declared padding must not count in an average that counts padding.
    if (needed > node.pads[i + rank] && node.op == Op::averagePool && node.countIncludePad) return std::nullopt;
    const bool declared = (size + begin + node.pads[i + rank] - kernel) / stride + 1 == y[i + 2];
    end.push_back(declared ? node.pads[i + rank] : needed);
  }
  return end;
}

bool lowerWithLibrary(Builder& builder, const Node& node) {
  const Shape x = builder.shape(node.inputs[0]), y = builder.shape(node.output);
  if (x.size() != 4 || node.op == Op::globalMaxPool) return false;
  const auto end = endPadding(node, x, y);
  if (!end) return false;
  const View from = builder.view(node.inputs[0]);
  const bool back = builder.moving(node.inputs[0]);
  const auto kind = back ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto algorithm = node.op == Op::maxPool ? dnnl::algorithm::pooling_max
                         : node.countIncludePad ? dnnl::algorithm::pooling_avg_include_padding
                                                : dnnl::algorithm::pooling_avg_exclude_padding;
  const dnnl::memory::dims begin(node.pads.begin(), node.pads.begin() + 2), none(2, 0);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto describe = [&](const Desc& source, const Desc& target) {
    return dnnl::pooling_forward::primitive_desc(cpuEngine(), kind, algorithm, source, target, node.strides,
                                                 node.kernel, none, begin, *end, attributes, true);
  };
  const auto usable = [](const dnnl::pooling_forward::primitive_desc& description) {
    return description && std::string(description.impl_info_str()).find("jit") != std::string::npos;
  };
  std::optional<View> slot = builder.slot(node.output);
  // The record of winners has no gaps between samples, so the output it belongs to must have none either.
  if (slot && back && !(packed(slot->desc) == slot->desc)) slot.reset();
  dnnl::pooling_forward::primitive_desc description;
  // Channels first is slow to pool, and the next convolution would have reordered its result anyway.
  Desc source = isPlain(from.desc) ? builder.preferred(from.desc) : from.desc;
  const DataType type = source.get_data_type();
  if (slot) description = describe(source, slot->desc);
  if (!slot || !usable(description)) {
    slot.reset();
    description = describe(source, Desc(y, type, Tag::any));
    if (!usable(description)) {
      source = packed(source);
      description = describe(source, Desc(y, type, Tag::any));
    }
  }
  if (!description || !layoutOf(description.dst_desc()).regular) return false;

  const View input = builder.as(node.inputs[0], source);
  const View to = slot ? *slot : builder.newBuffer(description.dst_desc());
  std::vector<std::pair<int, View>> arguments = {
      {DNNL_ARG_SRC, input},
      {DNNL_ARG_DST, to},
      {DNNL_ARG_SCRATCHPAD, builder.newBuffer(description.scratchpad_desc())}};
  const bool winners = back && node.op == Op::maxPool;
  View workspace;
  if (winners) {
    workspace = builder.newBuffer(description.workspace_desc());
    arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
  }
  builder.primitive("pool", dnnl::pooling_forward(description), std::move(arguments));
  builder.define(node.output, to);

  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    // The workspace is laid out like the output, so the gradient must be, too.
    const View by = builder.reordered(gradient.view, packed(to.desc));
    const dnnl::pooling_backward::primitive_desc back(cpuEngine(), algorithm, packed(input.desc), by.desc, node.strides,
                                                      node.kernel, none, begin, *end, description, attributes);
    const View result = builder.newBuffer(back.diff_src_desc());
    std::vector<std::pair<int, View>> arguments = {{DNNL_ARG_DIFF_DST, by},
                                                   {DNNL_ARG_DIFF_SRC, result},
                                                   {DNNL_ARG_SCRATCHPAD, builder.newBuffer(back.scratchpad_desc())}};
    if (winners) arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
    builder.primitive("pool backward", dnnl::pooling_backward(back), std::move(arguments));
    builder.give(node.inputs[0], {result, true});
  });
  return true;
}

void lowerPlainly(Builder& builder, const Node& node) {
  const Shape x = builder.shape(node.inputs[0]), y = builder.shape(node.output);
  const size_t rank = x.size() - 2;
  Node window = node;
  if (node.op == Op::globalMaxPool) {
    // A window as large as the plane. All spatial axes beyond the last are one axis of rows.
    window.kernel.assign(x.begin() + 2, x.end());
    window.strides.assign(rank, 1);
    window.dilations.assign(rank, 1);
    window.pads.assign(2 * rank, 0);
  }
  if (rank > 2)
    throw Unsupported(std::string(nameOf(node.op)) + " '" + node.name + "': only 1-D and 2-D pooling is supported");
  const Windows windows = windowsOf(window, x, y);
  const bool average = node.op == Op::averagePool;
  const View from = builder.plain(node.inputs[0]), to = builder.newBuffer(plainDesc(y));
  builder.step("pool (own)", {from, to}, [=](const Run& run) {
    if (average) averagePoolForward(windows, run.at(from), run.at(to));
    else maxPoolForward(windows, run.at(from), run.at(to));
  });
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, plainDesc(y)), result = builder.newBuffer(plainDesc(x));
    std::vector<View> uses = {by, result};
    if (!average) uses.push_back(from);
    builder.step("pool backward (own)", uses, [=](const Run& run) {
      if (average) averagePoolBackward(windows, run.at(by), run.at(result));
      else maxPoolBackward(windows, run.at(from), run.at(by), run.at(result));
    });
    builder.give(node.inputs[0], {result, true});
  });
}

}  // namespace

void lowerPool(Builder& builder, const Node& node) {
  if (!lowerWithLibrary(builder, node)) lowerPlainly(builder, node);
}

}  // namespace smug::cpu
