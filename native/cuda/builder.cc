#include "builder.h"

#include <algorithm>

#include "kernels/movement.h"
#include "kernels/path.h"
#include "kernels/pointwise.h"

namespace smug::cuda {

namespace {

/// A part of a concatenation begins at a multiple of so many channels: tensor cores load 16 bytes at a time.
constexpr int64_t slotChannels = 4;

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

}  // namespace

std::unique_ptr<Program> buildProgram(const Graph& graph, const std::vector<bool>& batched,
                                      const DeviceRequest& request, Arithmetic arithmetic, Weights& weights) {
  return Builder(graph, batched, request, arithmetic, weights).build();
}

Builder::Builder(const Graph& graph, const std::vector<bool>& batched, const DeviceRequest& request,
                 Arithmetic arithmetic, Weights& weights)
    : graph(graph),
      arithmetic(arithmetic),
      weights(weights),
      request_(request.request),
      exchangeRequest_(request),
      batched_(batched),
      needed_(neededValues(graph, request_)),
      moving_(movingValues(graph, request_)),
      tensors_(graph.values.size()),
      gradients_(graph.values.size()),
      recipes_(graph.nodes.size()),
      fusedWith_(graph.nodes.size(), -1),
      absorbed_(graph.nodes.size(), false),
      slots_(graph.values.size()) {}

std::unique_ptr<Program> Builder::build() {
  for (size_t value = 0; value < graph.values.size(); value++) {
    if (needed_[value] && graph.values[value].shape.size() > static_cast<size_t>(maxRank)) {
      throw Unsupported("value '" + graph.values[value].name + "': the cuda engine takes at most " +
                        std::to_string(maxRank) + " axes");
    }
  }
  findFused();
  findSlots();
  loadInputs();
  for (current_ = 0; current_ < graph.nodes.size(); current_++) {
    const Node& node = graph.nodes[current_];
    if (!needed_[node.output]) continue;
    if (absorbed_[current_]) lowerUnaryBackward(*this, node);
    else lower(node);
  }
  for (const int value : request_.wanted) {
    exchange_.outputs.push_back(exchanged(value, tensor(value), exchangeRequest_.deviceOutputs));
  }
  if (!request_.gradientsAt.empty()) {
    exchange_.outputs.resize(request_.wanted.size() + request_.gradientsAt.size());
    seed();
    runBackward();
  }
  return std::make_unique<Program>(std::move(steps_), buffers_, request_.batches, std::move(exchange_));
}

void Builder::findFused() {
  const std::vector<int> readers = soleReaders(graph, request_, needed_);
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    const Node& node = graph.nodes[i];
    if (node.op != Op::conv || !needed_[node.output]) continue;
    const int next = readers[node.output];
    if (next < 0 || graph.nodes[next].op != Op::relu) continue;
    fusedWith_[i] = next;
    absorbed_[next] = true;
  }
}

const Node* Builder::fused(const Node& node) const {
  const int next = fusedWith_[&node - graph.nodes.data()];
  return next < 0 ? nullptr : &graph.nodes[next];
}

void Builder::findSlots() {
  std::vector<bool> able(graph.values.size(), false);
  for (const Node& node : graph.nodes) able[node.output] = !makesView(node.op);
  for (const Node& node : graph.nodes) {
    if (node.op != Op::concat || !needed_[node.output] || node.axis != 1) continue;
    int64_t channel = 0;
    for (const int input : node.inputs) {
      const bool once = std::count(node.inputs.begin(), node.inputs.end(), input) == 1;
      if (once && able[input] && slots_[input].whole < 0 && channel % slotChannels == 0) {
        slots_[input] = {node.output, channel};
      }
      channel += graph.values[input].shape[1];
    }
  }
}

Shape Builder::shape(int value) const {
  Shape shape = graph.values[value].shape;
  if (batched_[value]) shape[0] *= request_.batches;
  return shape;
}

const Tensor& Builder::tensor(int value) {
  std::optional<Tensor>& known = tensors_[value];
  if (known) return *known;
  if (!constant(value)) throw std::logic_error("value '" + graph.values[value].name + "' is read before it is computed");
  Tensor tensor;
  tensor.constant = weights.plain(constant(value));
  tensor.size = shape(value);
  tensor.stride = stridesOf(tensor.size);
  known = std::move(tensor);
  return *known;
}

Tensor Builder::map(int value) {
  const Tensor found = tensor(value);
  if (pixelDistance(found)) return found;
  const auto known = maps_.find(value);
  if (known != maps_.end()) return known->second;
  const Tensor copy = newTensor(found.size, channelsLast(found.size));
  copyStep(found, copy);
  return maps_[value] = copy;
}

Tensor Builder::rows(int value) {
  const Tensor found = tensor(value);
  if (rowDistance(found)) return found;
  const Tensor copy = newTensor(found.size, stridesOf(found.size));
  copyStep(found, copy);
  return copy;
}

Tensor Builder::result(int value, const Shape& strides) {
  const Slot& slot = slots_[value];
  if (slot.whole < 0) {
    const Tensor made = newTensor(shape(value), strides);
    define(value, made);
    return made;
  }
  if (!tensors_[slot.whole]) {
    const Shape whole = shape(slot.whole);
    define(slot.whole, newTensor(whole, channelsLast(whole)));
  }
  const Tensor place = part(*tensors_[slot.whole], 1, slot.channel, graph.values[value].shape[1]);
  define(value, place);
  return place;
}

int Builder::newBuffer(size_t bytes) {
  buffers_.push_back(bytes);
  return static_cast<int>(buffers_.size()) - 1;
}

Tensor Builder::newTensor(const Shape& size, const Shape& strides) {
  Tensor tensor;
  tensor.size = size;
  tensor.stride = strides;
  tensor.buffer = newBuffer(static_cast<size_t>(sizeOf(size)) * sizeof(float));
  return tensor;
}

int Builder::halved(const Tensor& tensor) {
  int64_t count = 1;
  for (size_t axis = 0; axis < tensor.size.size(); axis++) count += (tensor.size[axis] - 1) * tensor.stride[axis];
  const int buffer = newBuffer(static_cast<size_t>(count) * 2);
  step("bfloat16", {tensor}, [=](const Run& run) {
    toBFloat16(run.stream, run.view(tensor).data, run.at<void>(buffer), count);
  }, {buffer});
  return buffer;
}

int Builder::halvedMap(int value) {
  const auto known = halvedMaps_.find(value);
  if (known != halvedMaps_.end()) return known->second;
  return halvedMaps_[value] = halved(map(value));
}

void Builder::step(std::string what, const std::vector<Tensor>& uses, std::function<void(const Run&)> launch,
                   const std::vector<int>& buffers) {
  Step step;
  step.what = std::move(what);
  step.uses = buffers;
  for (const Tensor& tensor : uses) step.uses.push_back(tensor.buffer);
  step.launch = std::move(launch);
  steps_.push_back(std::move(step));
}

void Builder::copyStep(const Tensor& from, const Tensor& to, bool accumulate) {
  step("copy", {from, to}, [=](const Run& run) { copy(run.stream, run.view(from), run.view(to), accumulate); });
}

Tensor Builder::newExchange(int value, bool device) {
  const Shape size = shape(value);
  return newTensor(size, device ? channelsLast(size) : stridesOf(size));
}

Tensor Builder::exchanged(int value, const Tensor& tensor, bool device) {
  const Shape size = shape(value), strides = device ? channelsLast(size) : stridesOf(size);
  if (tensor.buffer >= 0 && sameStrides(tensor, strides)) return tensor;
  const Tensor copy = newTensor(size, strides);
  copyStep(tensor, copy);
  return copy;
}

void Builder::loadInputs() {
  for (const int value : graph.inputs) {
    Tensor place = newExchange(value, exchangeRequest_.deviceInputs);
    if (needed_[value]) define(value, place);
    exchange_.inputs.push_back(std::move(place));
  }
}

void Builder::seed() {
  if (request_.seedTarget) {
    const int output = graph.outputs[0];
    const Shape whole = shape(output);
    const int64_t samples = whole.empty() ? 1 : whole[0], classes = sizeOf(whole) / samples;
    const Tensor& found = tensor(output);
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
    step("seed", {values, gradient}, [=](const Run& run) {
      seedTargets(run.stream, run.view(values), run.at<int32_t>(targets), run.view(gradient), run.at<double>(reported));
    }, {targets, reported});
    give(output, {*reshaped(gradient, whole), true});
  }
  for (const int value : request_.seeded) {
    exchange_.seeds.push_back(newExchange(value, exchangeRequest_.deviceSeeds));
    give(value, {exchange_.seeds.back(), true});
  }
}

void Builder::emit(int value) {
  for (size_t i = 0; i < request_.gradientsAt.size(); i++) {
    if (request_.gradientsAt[i] != value) continue;
    Tensor& place = exchange_.outputs[request_.wanted.size() + i];
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
  std::vector<bool> computed(graph.values.size(), false);
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    computed[node.output] = true;
    if (!moving_[node.output] || !needed_[node.output]) continue;
    emit(node.output);
    const bool further = std::any_of(node.inputs.begin(), node.inputs.end(), [&](int v) { return moving_[v]; });
    if (gradients_[node.output] && further && recipes_[i]) recipes_[i](*gradients_[node.output]);
  }
  for (size_t value = 0; value < graph.values.size(); value++) {
    if (!computed[value] && moving_[value]) emit(static_cast<int>(value));
  }
}

void Builder::give(int value, const Gradient& gradient) {
  if (!moving_[value]) return;
  if (!gradients_[value]) {
    gradients_[value] = gradient;
    return;
  }
  if (!gradients_[value]->exclusive && gradient.exclusive) {
    copyStep(gradients_[value]->tensor, gradient.tensor, true);
    gradients_[value] = gradient;
    return;
  }
  const Target sum = target(value);
  copyStep(gradient.tensor, sum.tensor, sum.accumulate);
}

Builder::Target Builder::target(int value) {
  std::optional<Gradient>& known = gradients_[value];
  if (known && known->exclusive) return {known->tensor, true};
  // What a convolution computed together with its relu was never in memory itself.
  const Shape size = shape(value);
  const Tensor fresh = newTensor(size, tensors_[value] ? nestedLike(size, *tensors_[value]) : channelsLast(size));
  if (known) copyStep(known->tensor, fresh);
  const bool accumulate = known.has_value();
  known = Gradient{fresh, true};
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
    default: return lowerUnary(*this, node);
  }
}

}  // namespace smug::cuda
