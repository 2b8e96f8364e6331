#include "builder.h"

#include <algorithm>

#include "kernels/movement.h"
#include "kernels/path.h"
#include "kernels/pointwise.h"

namespace smug::cuda {

namespace {

/// A part of a concatenation begins at a multiple of this number of channels: 16 bytes of halves, a byte of derivative bits.
constexpr int64_t slotChannels = 8;

/// Operations whose result is somebody else's memory, or a view of their own making.
bool makesView(Op op) {
  switch (op) {
    case Op::identity: case Op::reshape: case Op::transpose: case Op::slice: case Op::concat: case Op::reduceMean:
    case Op::dense:
      return true;
    default:
      return false;
  }
}

/// Operations whose kernels read and write halves.
bool takesHalves(Op op) {
  switch (op) {
    case Op::pad: case Op::upsample: case Op::gather: case Op::softmax: case Op::logSoftmax: case Op::reshape: case Op::dense:
    case Op::layerNorm: case Op::matMul:
      return false;
    default:
      return true;
  }
}

bool isMapOfEights(const Shape& shape) { return (shape.size() == 3 || shape.size() == 4) && shape[1] % 8 == 0; }

}  // namespace

std::unique_ptr<Program> buildProgram(const Graph& graph, const std::vector<bool>& batched,
                                      const DeviceRequest& request, const Formats& formats, Weights& weights) {
  return Builder(graph, batched, request, formats, weights).build();
}

Builder::Builder(const Graph& graph, const std::vector<bool>& batched, const DeviceRequest& request,
                 const Formats& formats, Weights& weights)
    : Lowering(graph, batched, request.request),
      formats(formats),
      weights(weights),
      exchangeRequest_(request),
      tensors_(graph.values.size()),
      gradients_(graph.values.size()),
      recipes_(graph.nodes.size()),
      halves_(graph.values.size(), false),
      bits_(graph.values.size()) {}

std::unique_ptr<Program> Builder::build() {
  for (size_t value = 0; value < graph.values.size(); value++) {
    if (needed(value) && graph.values[value].shape.size() > static_cast<size_t>(maxRank)) {
      throw Unsupported("value '" + graph.values[value].name + "': the cuda engine takes at most " +
                        std::to_string(maxRank) + " axes");
    }
  }
  fuseConvolutions([](Op op) { return op == Op::relu; });
  findHalves();
  findSlots();
  findBits();
  loadInputs();
  walkForward([&](const Node& node) { lower(node); }, [&](const Node& node) { lowerUnaryBackward(*this, node); });
  for (const int value : request.wanted) {
    exchange_.outputs.push_back(exchanged(value, stored(value), exchangeRequest_.deviceOutputs));
  }
  if (!request.gradientsAt.empty()) {
    exchange_.outputs.resize(request.wanted.size() + request.gradientsAt.size());
    seed();
    runBackward();
  }
  return std::make_unique<Program>(std::move(steps_), buffers_, request.batches, std::move(exchange_));
}

void Builder::findHalves() {
  if (bytesOf(formats.values) != 2 && bytesOf(formats.gradients) != 2) return;
  for (const Node& node : graph.nodes) {
    if (!isMapOfEights(graph.values[node.output].shape) || !takesHalves(node.op)) continue;
    const bool all = std::all_of(node.inputs.begin(), node.inputs.end(),
                                 [&](int input) { return halves_[input] || graph.values[input].constant; });
    // What a convolution makes or a ReLU passes on is rounded for the next convolution anyway.
    const bool rounded = (node.op == Op::conv && node.groups == 1) || node.op == Op::relu || node.op == Op::lrn;
    halves_[node.output] = node.op == Op::conv ? node.groups == 1 : all || rounded;
  }
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    if (absorbed(i)) halves_[graph.nodes[i].output] = halves_[graph.nodes[i].inputs[0]];
  }
}

void Builder::findSlots() {
  std::vector<bool> able(graph.values.size(), false);
  for (const Node& node : graph.nodes) able[node.output] = !makesView(node.op);
  for (const Node& node : graph.nodes) {
    if (!needed(node.output) || node.op != Op::concat || node.axis != 1) continue;
    placeParts(node, [&](int part, int64_t channel) {
      return able[part] && valueFormat(part) == valueFormat(node.output) && channel % slotChannels == 0;
    });
  }
}

void Builder::findBits() {
  if (formats.forward == Arithmetic::fp32) return;  // the plain convolution writes none
  std::vector<bool> has(graph.values.size(), false);
  const auto asked = [&](int value) {
    // A caller must get the gradient as it is.
    const auto& list = request.gradientsAt;
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    const Node& node = graph.nodes[i];
    const int output = node.output;
    if (!needed(output) || !moving(output) || !isMapOfEights(graph.values[output].shape) || asked(output)) continue;
    const int whole = slotOf(output).whole;
    if (whole >= 0 && graph.values[whole].shape[1] % 8 != 0) continue;  // pixels of odd lengths
    if (absorbed(i)) {
      has[output] = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& conv) {
        return conv.op == Op::conv && conv.output == node.inputs[0] && conv.groups == 1;
      });
    } else if (node.op == Op::maxPool) {
      has[output] = has[node.inputs[0]];
    } else if (node.op == Op::concat && node.axis == 1) {
      has[output] = std::all_of(node.inputs.begin(), node.inputs.end(),
                                [&](int input) { return has[input] && slotOf(input).whole == output; });
    }
  }
  // Wholes come after their parts, and may be parts themselves.
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const int output = graph.nodes[i].output;
    if (!has[output]) continue;
    const Slot& slot = slotOf(output);
    if (slot.whole >= 0 && has[slot.whole]) {
      bits_[output] = bits_[slot.whole];
      bits_[output]->offset += slot.channel / 8;
    } else {
      const Shape size = shape(output);
      const int64_t pixel = size[1] / 8;
      bits_[output] = Bits{newBuffer(static_cast<size_t>(sizeOf(size) / 8)), 0, pixel};
    }
  }
}

const Tensor& Builder::stored(int value) {
  std::optional<Tensor>& known = tensors_[value];
  if (known) return *known;
  if (!constant(value))
    throw std::logic_error("value '" + graph.values[value].name + "' is read before it is computed");
  Tensor tensor;
  tensor.constant = weights.plain(constant(value));
  tensor.size = shape(value);
  tensor.stride = stridesOf(tensor.size);
  known = std::move(tensor);
  return *known;
}

Tensor Builder::tensor(int value) {
  const Tensor found = stored(value);
  if (found.format == Format::float32) return found;
  const auto known = floats_.find(value);
  if (known != floats_.end()) return known->second;
  return floats_[value] = as(found, Format::float32);
}

Tensor Builder::as(const Tensor& tensor, Format format, const Shape* strides) {
  if (tensor.format == format && !strides) return tensor;
  const Tensor copy = newTensor(tensor.size, strides ? *strides : nestedLike(tensor.size, tensor), format);
  copyStep(tensor, copy);
  return copy;
}

Tensor Builder::map(int value) {
  const Tensor found = stored(value);
  const Format format = formatOf(formats.forward);
  const bool lies = pixelDistance(found).has_value();
  if (lies && found.format == format) return found;
  const auto known = maps_.find(value);
  if (known != maps_.end()) return known->second;
  const Shape strides = channelsLast(found.size);
  return maps_[value] = as(found, format, &strides);
}

Tensor Builder::rows(int value) {
  const Tensor found = tensor(value);
  if (rowDistance(found)) return found;
  const Shape strides = stridesOf(found.size);
  return as(found, Format::float32, &strides);
}

Tensor Builder::result(int value, const Shape& strides) {
  const Slot& slot = slotOf(value);
  if (slot.whole < 0) {
    const Tensor made = newTensor(shape(value), strides, valueFormat(value));
    define(value, made);
    return made;
  }
  if (!tensors_[slot.whole]) {
    const Shape whole = shape(slot.whole);
    define(slot.whole, newTensor(whole, channelsLast(whole), valueFormat(slot.whole)));
  }
  const Tensor place = part(*tensors_[slot.whole], 1, slot.channel, graph.values[value].shape[1]);
  define(value, place);
  return place;
}

int Builder::newBuffer(size_t bytes) {
  buffers_.push_back(bytes);
  return static_cast<int>(buffers_.size()) - 1;
}

Tensor Builder::newTensor(const Shape& size, const Shape& strides, Format format) {
  Tensor tensor;
  tensor.size = size;
  tensor.stride = strides;
  tensor.format = format;
  tensor.buffer = newBuffer(static_cast<size_t>(sizeOf(size)) * tensor.elementBytes());
  return tensor;
}

void Builder::step(std::string what, const std::vector<Tensor>& uses, std::function<void(const Run&)> launch,
                   const std::vector<int>& buffers, std::string detail, double flop) {
  Step step;
  step.what = std::move(what);
  step.detail = std::move(detail);
  step.flop = flop;
  step.uses = buffers;
  for (const Tensor& tensor : uses) {
    step.uses.push_back(tensor.buffer);
    step.bytes += static_cast<double>(tensor.elements() * static_cast<int64_t>(tensor.elementBytes()));
  }
  step.launch = std::move(launch);
  steps_.push_back(std::move(step));
}

void Builder::copyStep(const Tensor& from, const Tensor& to, bool accumulate) {
  step("copy", {from, to}, [=](const Run& run) { copy(run.stream, run.anyView(from), run.anyView(to), accumulate); });
}

Tensor Builder::newExchange(int value, bool device) {
  const Shape size = shape(value);
  return newTensor(size, device ? channelsLast(size) : stridesOf(size));
}

Tensor Builder::exchanged(int value, const Tensor& tensor, bool device) {
  const Shape size = shape(value), strides = device ? channelsLast(size) : stridesOf(size);
  if (tensor.buffer >= 0 && tensor.format == Format::float32 && sameStrides(tensor, strides)) return tensor;
  const Tensor copy = newTensor(size, strides);
  copyStep(tensor, copy);
  return copy;
}

void Builder::loadInputs() {
  for (const int value : graph.inputs) {
    Tensor place = newExchange(value, exchangeRequest_.deviceInputs);
    if (needed(value)) define(value, place);
    exchange_.inputs.push_back(std::move(place));
  }
}

void Builder::seed() {
  if (request.seedTarget) {
    const int output = graph.outputs[0];
    const Shape whole = shape(output);
    const int64_t samples = whole.empty() ? 1 : whole[0], classes = sizeOf(whole) / samples;
    const Tensor found = tensor(output);
    Tensor values;
    if (const auto view = reshaped(found, {samples, classes})) {
      values = *view;
    } else {
      const Tensor copied = newTensor(whole, stridesOf(whole));
      copyStep(found, copied);
      values = *reshaped(copied, {samples, classes});
    }
    const Tensor gradient = newTensor({samples, classes}, {classes, 1});
    const int targets = newBuffer(samples * sizeof(int32_t)), reported = newBuffer(samples * sizeof(double));
    exchange_.targets = targets;
    exchange_.values = reported;
    step("seed", {values, gradient},
         [=](const Run& run) {
           seedTargets(run.stream, run.view(values), run.at<int32_t>(targets), run.view(gradient),
                       run.at<double>(reported));
         },
         {targets, reported});
    give(output, {*reshaped(gradient, whole), true});
  }
  for (const int value : request.seeded) {
    exchange_.seeds.push_back(newExchange(value, exchangeRequest_.deviceSeeds));
    give(value, {exchange_.seeds.back(), true});
  }
}

void Builder::emit(int value) {
  for (size_t i = 0; i < request.gradientsAt.size(); i++) {
    if (request.gradientsAt[i] != value) continue;
    Tensor& place = exchange_.outputs[request.wanted.size() + i];
    if (std::optional<Gradient>& gradient = gradients_[value]) {
      place = exchanged(value, gradient->tensor, exchangeRequest_.deviceOutputs);
      gradient->exclusive = false;  // the caller may read this very memory after the last step
    } else {
      place = newExchange(value, exchangeRequest_.deviceOutputs);
      const size_t bytes = buffers_[place.buffer];
      step("zero", {place}, [=, zeros = place](const Run& run) { fillZero(run.stream, run.view(zeros).data, bytes); });
    }
  }
}

void Builder::runBackward() {
  walkBackward([&](int value) { emit(value); },
               [&](size_t node) {
                 const Recipe& recipe = recipes_[node];
                 const std::optional<Gradient>& arrived = gradients_[graph.nodes[node].output];
                 if (!arrived || !recipe.give) return;
                 Gradient gradient = *arrived;
                 if (gradient.tensor.format != Format::float32 && !recipe.takesHalves) {
                   gradient.tensor = as(gradient.tensor, Format::float32);
                   gradient.exclusive = true;
                 }
                 recipe.give(gradient);
               });
}

void Builder::give(int value, const Gradient& gradient) {
  if (!moving(value)) return;
  std::optional<Gradient>& known = gradients_[value];
  if (!known) {
    known = gradient;
    return;
  }
  const bool kept = known->kept && gradient.kept;
  if (!known->exclusive && gradient.exclusive) {
    copyStep(known->tensor, gradient.tensor, true);
    known = gradient;
  } else {
    const Target sum = target(value, true);
    copyStep(gradient.tensor, sum.tensor, sum.accumulate);
  }
  known->kept = kept;
}

Builder::Target Builder::target(int value, bool takesHalves, bool keeps) {
  std::optional<Gradient>& known = gradients_[value];
  const bool fits = known && known->exclusive && (takesHalves || known->tensor.format == Format::float32);
  if (fits) {
    known->kept = known->kept && keeps;
    return {known->tensor, true};
  }
  // What a convolution computed together with its relu was never in memory itself.
  const Shape size = shape(value);
  const Shape strides = tensors_[value] ? nestedLike(size, *tensors_[value]) : channelsLast(size);
  const Tensor fresh = newTensor(size, strides, takesHalves ? gradientFormat(value) : Format::float32);
  if (known) copyStep(known->tensor, fresh);
  const bool accumulate = known.has_value();
  known = Gradient{fresh, true, keeps && (!known || known->kept)};
  return {fresh, accumulate};
}

void Builder::lower(const Node& node) {
  switch (node.op) {
    case Op::conv: return lowerConv(*this, node);
    case Op::dense: return lowerDense(*this, node);
    case Op::maxPool: case Op::averagePool: case Op::globalMaxPool: return lowerPool(*this, node);
    case Op::reduceMean: return lowerMean(*this, node);
    case Op::lrn: return lowerLrn(*this, node);
    case Op::softmax: case Op::logSoftmax: return lowerSoftmax(*this, node);
    case Op::add: case Op::sub: case Op::mul: case Op::div: return lowerBinary(*this, node);
    case Op::prelu: return lowerPrelu(*this, node);
    case Op::affine: return lowerAffine(*this, node);
    case Op::identity: case Op::transpose: case Op::slice: return lowerView(*this, node);
    case Op::reshape: return lowerReshape(*this, node);
    case Op::pad: return lowerPad(*this, node);
    case Op::upsample: return lowerUpsample(*this, node);
    case Op::gather: return lowerGather(*this, node);
    case Op::concat: return lowerConcat(*this, node);
    case Op::layerNorm: return lowerLayerNorm(*this, node);
    case Op::matMul: return lowerMatMul(*this, node);
    default: return lowerUnary(*this, node);
  }
}

}  // namespace smug::cuda
