#include "builder.h"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"

namespace smug::cpu {

namespace {

/// The channel block of the layout oneDNN prefers for convolutions here; 0 for channels last.
int64_t preferredBlock(DataType type) {
  using Tag = dnnl::memory::format_tag;
  const Desc map({1, 64, 14, 14}, type, Tag::any), kernel({64, 64, 3, 3}, type, Tag::any);
  const dnnl::convolution_forward::primitive_desc description(cpuEngine(), dnnl::prop_kind::forward_training,
                                                              dnnl::algorithm::convolution_direct, map, kernel, map,
                                                              {1, 1}, {1, 1}, {1, 1});
  const Layout layout = layoutOf(description.dst_desc());
  return layout.regular && layout.inner > 1 && layout.inner < 64 ? layout.inner : 0;
}

}  // namespace

std::unique_ptr<Program> buildProgram(const Graph& graph, const std::vector<bool>& batched,
                                      const ProgramRequest& request, Precision precision, Weights& weights) {
  return Builder(graph, batched, request, precision, weights).build();
}

Builder::Builder(const Graph& graph, const std::vector<bool>& batched, const ProgramRequest& request,
                 Precision precision, Weights& weights)
    : Lowering(graph, batched, request),
      weights(weights),
      dataType(precision == Precision::bf16 ? DataType::bf16 : DataType::f32),
      views_(graph.values.size()),
      gradients_(graph.values.size()),
      recipes_(graph.nodes.size()),
      wholes_(graph.values.size()),
      blockSize_(preferredBlock(dataType)) {}

std::unique_ptr<Program> Builder::build() {
  fuseConvolutions([](Op op) { return op == Op::relu || op == Op::clip; });
  findSlots();
  loadInputs();
  walkForward([&](const Node& node) { lower(node); }, [&](const Node& node) { lowerUnaryBackward(*this, node); });
  for (size_t i = 0; i < request.wanted.size(); i++) store(i, request.wanted[i], plain(request.wanted[i]));
  if (!request.gradientsAt.empty()) {
    seed();
    runBackward();
  }
  return std::make_unique<Program>(std::move(steps_), std::move(buffers_), request.batches);
}

void Builder::findSlots() {
  if (blockSize_ == 0) return;
  std::vector<Op> producer(graph.values.size(), Op::identity);
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    const Node& node = graph.nodes[i];
    producer[node.output] = absorbed(i) ? Op::conv : node.op;
  }
  for (const Node& node : graph.nodes) {
    if (node.op != Op::concat || !needed(node.output) || node.axis != 1 || shape(node.output).size() != 4) continue;
    const bool wholeBlocks = std::all_of(node.inputs.begin(), node.inputs.end(),
                                         [&](int part) { return graph.values[part].shape[1] % blockSize_ == 0; });
    if (!wholeBlocks) continue;
    // Parts that cannot be written in place are copied into theirs; with no part in place oneDNN concatenates.
    placeParts(node, [&](int part, int64_t) {
      const Op op = producer[part];
      return op == Op::conv || op == Op::maxPool || op == Op::averagePool;
    });
  }
}

Desc Builder::preferred(const Desc& plain) const {
  using Tag = dnnl::memory::format_tag;
  const auto dims = plain.get_dims();
  if (dims.size() != 4 || dims[1] < std::max<int64_t>(blockSize_, 8)) return plain;
  const Tag tag = blockSize_ == 16  ? Tag::nChw16c
                  : blockSize_ == 8 ? Tag::nChw8c
                  : blockSize_ == 4 ? Tag::nChw4c
                                    : Tag::nhwc;
  return Desc(dims, dataType, tag);
}

std::optional<View> Builder::slot(int value) {
  const Slot& slot = slotOf(value);
  if (slot.whole < 0) return std::nullopt;
  std::optional<View>& whole = wholes_[slot.whole];
  if (!whole) whole = newBuffer(preferred(plainDesc(shape(slot.whole))));
  return channelPart(*whole, slot.channel, graph.values[value].shape[1]);
}

std::optional<View> channelPart(const View& whole, int64_t first, int64_t channels) {
  const Layout layout = layoutOf(whole.desc);
  auto dims = whole.desc.get_dims();
  if (!layout.regular || dims.size() < 2) return std::nullopt;
  if (channels == dims[1]) return whole;
  if (first % layout.inner != 0 || channels % layout.inner != 0) return std::nullopt;
  // Channels last has no part without gaps between its elements.
  if (layout.blocks == 1) return std::nullopt;
  dims[1] = channels;
  View part = whole;
  part.desc = whole.desc.submemory_desc(dims, dnnl::memory::dims(dims.size(), 0));
  if (layout.samples == 1) part.desc = packed(part.desc);
  const size_t elementBytes = dnnl::memory::data_type_size(whole.desc.get_data_type());
  part.offset += static_cast<size_t>(first / layout.inner * layout.spatial * layout.inner) * elementBytes;
  return part;
}

View Builder::view(int value) {
  std::vector<View>& known = views_[value];
  if (known.empty()) {
    if (!constant(value))
      throw std::logic_error("value '" + graph.values[value].name + "' is read before it is computed");
    known.push_back(Weights::asIs(constant(value), plainDesc(shape(value))));
  }
  return known[0];
}

View Builder::as(int value, const Desc& desc) {
  View first = view(value);
  for (const View& known : views_[value]) {
    if (known.desc == desc) return known;
  }
  View made = reordered(first, desc);
  views_[value].push_back(made);
  return made;
}

View Builder::reordered(const View& from, const Desc& desc) {
  if (from.desc == desc) return from;
  View to = newBuffer(desc);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc description(cpuEngine(), from.desc, cpuEngine(), desc, attributes);
  primitive(
      "reorder", dnnl::reorder(description),
      {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, newBuffer(description.scratchpad_desc())}});
  return to;
}

View Builder::weight(const Constant& data, const Desc& from, const Desc& to) {
  const std::optional<View> kept = weights.reordered(data, from, to);
  return kept ? *kept : reordered(Weights::asIs(data, from), to);
}

View Builder::regular(int value, bool exactChannels) {
  const View found = view(value);
  const Layout layout = layoutOf(found.desc);
  const bool fits = layout.regular && found.desc.get_data_type() == DataType::f32;
  return fits && (layout.exact() || !exactChannels) ? found : plain(value);
}

View Builder::newBuffer(const Desc& desc) {
  View view;
  view.buffer = static_cast<int>(buffers_.size());
  view.desc = desc;
  buffers_.push_back(desc.get_size());
  return view;
}

View Builder::scratch(size_t bytes) {
  return newBuffer(Desc({static_cast<int64_t>(bytes)}, DataType::u8, dnnl::memory::format_tag::a));
}

void Builder::define(int value, View view) { views_[value].insert(views_[value].begin(), std::move(view)); }

void Builder::step(std::string what, const std::vector<View>& uses, std::function<void(const Run&)> function,
                   std::pair<int, int> inPlace) {
  Step step;
  step.what = std::move(what);
  for (const View& view : uses) step.uses.push_back(view.buffer);
  step.inPlace = inPlace;
  step.function = std::move(function);
  steps_.push_back(std::move(step));
}

void Builder::primitive(std::string what, const dnnl::primitive& primitive,
                        std::vector<std::pair<int, View>> arguments) {
  Step step;
  step.what = std::move(what);
  for (const auto& [argument, view] : arguments) step.uses.push_back(view.buffer);
  step.primitive = primitive;
  step.arguments = std::move(arguments);
  steps_.push_back(std::move(step));
}

void Builder::loadInputs() {
  for (size_t i = 0; i < graph.inputs.size(); i++) {
    const int value = graph.inputs[i];
    if (!needed(value)) continue;
    const View to = newBuffer(plainDesc(shape(value)));
    define(value, to);
    const int64_t block = sizeOf(graph.values[value].shape), blocks = isBatched(value) ? request.batches : 1;
    step("load", {to}, [=](const Run& run) {
      const RunArguments& arguments = *run.arguments;
      for (int64_t b = 0; b < blocks; b++) {
        const float factor = arguments.scales.empty() ? 1.0f : arguments.scales[b];
        float* target = run.at(to) + b * block;
        const float* from = arguments.baselines.empty() ? nullptr : arguments.baselines[i][b];
        if (from) interpolate(from, arguments.inputs[i][b], factor, target, block);
        else if (factor == 1.0f) std::memcpy(target, arguments.inputs[i][b], block * sizeof(float));
        else scale(arguments.inputs[i][b], factor, target, block);
      }
    });
  }
}

void Builder::store(size_t output, int value, const View& view) {
  const int64_t block = sizeOf(graph.values[value].shape), blocks = isBatched(value) ? request.batches : 1;
  step("store", {view}, [=](const Run& run) {
    for (int64_t b = 0; b < blocks; b++) {
      float* target = run.arguments->outputs[output][b];
      if (target) std::memcpy(target, run.at(view) + b * block, block * sizeof(float));
    }
  });
}

void Builder::lower(const Node& node) {
  switch (node.op) {
    case Op::conv: return lowerConv(*this, node);
    case Op::dense: return lowerDense(*this, node);
    case Op::maxPool:
    case Op::averagePool:
    case Op::globalMaxPool: return lowerPool(*this, node);
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::prelu: return lowerBinary(*this, node);
    case Op::affine: return lowerAffine(*this, node);
    case Op::reduceMean: return lowerMean(*this, node);
    case Op::softmax:
    case Op::logSoftmax:
    case Op::lrn: return lowerLines(*this, node);
    case Op::layerNorm: return lowerLayerNorm(*this, node);
    case Op::matMul: return lowerMatMul(*this, node);
    case Op::transpose:
    case Op::slice:
    case Op::pad:
    case Op::upsample: return lowerMovement(*this, node);
    case Op::reshape:
    case Op::identity: return lowerReshape(*this, node);
    case Op::concat: return lowerConcat(*this, node);
    case Op::gather: return lowerGather(*this, node);
    default: return lowerUnary(*this, node);
  }
}

}  // namespace smug::cpu
