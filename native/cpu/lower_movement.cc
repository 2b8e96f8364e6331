// Operations that move elements: aliases where nothing moves, index lists otherwise.
#include "builder.h"
#include "kernels/movement.h"

namespace smug::cpu {

void lowerReshape(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Shape x = builder.shape(input), y = builder.shape(node.output);
  if (x == y) {
    builder.define(node.output, builder.view(input));
    return builder.backward([&builder, input](const Builder::Gradient& gradient) { builder.give(input, gradient); });
  }
  View view = builder.plain(input);
  view.desc = plainDesc(y);
  builder.define(node.output, view);
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const bool plain = isPlain(gradient.view.desc);
    View back = builder.reordered(gradient.view, plainDesc(y));
    back.desc = plainDesc(x);
    builder.give(input, {back, plain ? gradient.exclusive : true});
  });
}

void lowerMovement(Builder& builder, const Node& node) {
  const int input = node.inputs[0];
  const Shape &x = builder.graph.values[input].shape, &y = builder.graph.values[node.output].shape;
  if (sizeOf(x) > INT32_MAX || sizeOf(y) > INT32_MAX) {
    throw Unsupported(std::string(nameOf(node.op)) + " '" + node.name + "': more than 2^31 elements");
  }
  const auto sources = std::make_shared<const std::vector<int32_t>>(sourcesOf(node, x, y));
  const int64_t blocks = builder.isBatched(input) ? builder.request.batches : 1, block = sizeOf(x);
  const View from = builder.plain(input), to = builder.newBuffer(plainDesc(builder.shape(node.output)));
  const float filler = node.value;
  builder.step("move", {from, to},
               [=](const Run& run) { moveForward(*sources, blocks, block, filler, run.at(from), run.at(to)); });
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    const View by = builder.reordered(gradient.view, to.desc);
    const View result = builder.newBuffer(plainDesc(builder.shape(input)));
    builder.step("move backward", {by, result},
                 [=](const Run& run) { moveBackward(*sources, blocks, block, run.at(by), run.at(result)); });
    builder.give(input, {result, true});
  });
}

namespace {

/// The part [first, first + part's size) along `axis` of a row-major tensor, where it is.
View partOf(const View& whole, const Shape& wholeShape, const Shape& part, int64_t axis, int64_t first) {
  View view = whole;
  const Shape strides = stridesOf(wholeShape);
  view.desc = Desc(part, DataType::f32, strides);
  view.offset += static_cast<size_t>(first * strides[axis]) * sizeof(float);
  return view;
}

void concatBackward(Builder& builder, const Node& node, const Builder::Gradient& gradient) {
  const Shape whole = builder.shape(node.output);
  int64_t first = 0;
  // Parts that share no element may be overwritten one by one, but the copies below read all of the whole: those
  // come first in the list of steps anyway, since each is made before its part is handed on.
  for (const int input : node.inputs) {
    const Shape part = builder.shape(input);
    const int64_t from = first;
    first += part[node.axis];
    if (!builder.moving(input)) continue;
    if (node.axis == 1) {
      if (const auto view = channelPart(gradient.view, from, part[1])) {
        builder.give(input, {*view, gradient.exclusive});
        continue;
      }
    }
    const Layout layout = layoutOf(gradient.view.desc);
    const bool channelsLast = node.axis == 1 && part.size() == 4 && layout.regular && layout.inner == whole[1] &&
                              gradient.view.desc.get_inner_nblks() == 0;
    View place, result;
    if (channelsLast) {
      place = gradient.view;
      place.desc = gradient.view.desc.submemory_desc(part, {0, from, 0, 0});
      result = builder.newBuffer(Desc(part, gradient.view.desc.get_data_type(), dnnl::memory::format_tag::nhwc));
    } else {
      place = partOf(builder.reordered(gradient.view, plainDesc(whole)), whole, part, node.axis, from);
      result = builder.newBuffer(plainDesc(part));
    }
    builder.primitive("split",
                      dnnl::reorder(dnnl::reorder::primitive_desc(cpuEngine(), place.desc, cpuEngine(), result.desc)),
                      {{DNNL_ARG_FROM, place}, {DNNL_ARG_TO, result}});
    builder.give(input, {result, true});
  }
}

}  // namespace

void lowerConcat(Builder& builder, const Node& node) {
  builder.backward([&builder, &node](const Builder::Gradient& gradient) { concatBackward(builder, node, gradient); });
  std::optional<View> whole;
  for (const int input : node.inputs) {
    if (const auto slot = builder.slot(input)) {
      const View there = builder.view(input);
      if (there.buffer == slot->buffer) {
        whole = there;
        break;
      }
    }
  }
  if (whole) {
    // Most parts were written where they belong; the others are copied there.
    const View base = builder.slotWhole(node.output);
    int64_t first = 0;
    for (const int input : node.inputs) {
      const int64_t channels = builder.graph.values[input].shape[1];
      const View place = *channelPart(base, first, channels);
      first += channels;
      const View there = builder.view(input);
      if (there.buffer == place.buffer && there.offset == place.offset) continue;
      builder.primitive("concat part",
                        dnnl::reorder(dnnl::reorder::primitive_desc(cpuEngine(), there.desc, cpuEngine(), place.desc)),
                        {{DNNL_ARG_FROM, there}, {DNNL_ARG_TO, place}});
    }
    return builder.define(node.output, base);
  }
  std::vector<View> parts;
  bool alike = node.axis == 1;
  for (const int input : node.inputs) {
    parts.push_back(builder.view(input));
    alike = alike && layoutOf(parts.back().desc).regular &&
            parts.back().desc.get_data_type() == parts[0].desc.get_data_type();
  }
  if (!alike) {
    for (size_t i = 0; i < parts.size(); i++) parts[i] = builder.plain(node.inputs[i]);
  }
  std::vector<Desc> descs;
  for (const View& part : parts) descs.push_back(part.desc);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::concat::primitive_desc description(cpuEngine(), static_cast<int>(node.axis), descs, attributes);
  if (!layoutOf(description.dst_desc()).regular) {
    description = dnnl::concat::primitive_desc(cpuEngine(), plainDesc(builder.shape(node.output)),
                                               static_cast<int>(node.axis), descs, attributes);
  }
  const View to = builder.newBuffer(description.dst_desc());
  std::vector<std::pair<int, View>> arguments = {
      {DNNL_ARG_DST, to}, {DNNL_ARG_SCRATCHPAD, builder.newBuffer(description.scratchpad_desc())}};
  for (size_t i = 0; i < parts.size(); i++)
    arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), parts[i]);
  builder.primitive("concat", dnnl::concat(description), std::move(arguments));
  builder.define(node.output, to);
}

void lowerGather(Builder& builder, const Node& node) {
  const Shape table = builder.shape(node.inputs[0]), picked = builder.shape(node.inputs[1]);
  GatherShape shape{1, table[node.axis], 1, sizeOf(picked)};
  for (int64_t i = 0; i < node.axis; i++) shape.outer *= table[i];
  for (size_t i = node.axis + 1; i < table.size(); i++) shape.inner *= table[i];
  const View from = builder.plain(node.inputs[0]), indices = builder.plain(node.inputs[1]);
  const View to = builder.newBuffer(plainDesc(builder.shape(node.output)));
  builder.step("gather", {from, indices, to},
               [=](const Run& run) { gatherForward(shape, run.at(from), run.at(indices), run.at(to)); });
  builder.define(node.output, to);
  builder.backward([=, &builder, &node](const Builder::Gradient& gradient) {
    if (!builder.moving(node.inputs[0])) return;  // indices have no gradient
    const View by = builder.reordered(gradient.view, to.desc), result = builder.newBuffer(plainDesc(table));
    builder.step("gather backward", {by, indices, result},
                 [=](const Run& run) { gatherBackward(shape, run.at(indices), run.at(by), run.at(result)); });
    builder.give(node.inputs[0], {result, true});
  });
}

}  // namespace smug::cpu
