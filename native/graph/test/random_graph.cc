#include "random_graph.h"

#include <algorithm>

namespace smug::test {

namespace {

Shape broadcastShape(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (const Shape* shape : {&a, &b}) {
    for (size_t i = 0; i < shape->size(); i++) {
      int64_t& size = out[out.size() - shape->size() + i];
      size = std::max(size, (*shape)[i]);
    }
  }
  return out;
}

int64_t windowCount(int64_t size, int64_t kernel, int64_t stride, int64_t begin, int64_t end, int64_t dilation,
                    bool ceil) {
  const int64_t room = size + begin + end - dilation * (kernel - 1) - 1;
  int64_t count = (ceil ? (room + stride - 1) / stride : room / stride) + 1;
  // A window must start inside the input or the padding before it.
  if (ceil && (count - 1) * stride >= size + begin) count--;
  return count;
}

Shape windowShape(const Node& node, const Shape& x, const Ints& kernel, int64_t channels, bool ceil) {
  const size_t rank = x.size() - 2;
  Shape out = {x[0], channels};
  for (size_t i = 0; i < rank; i++) {
    out.push_back(
        windowCount(x[i + 2], kernel[i], node.strides[i], node.pads[i], node.pads[i + rank], node.dilations[i], ceil));
  }
  return out;
}

Shape shapeAfter(const Graph& graph, const Node& node) {
  const auto in = [&](size_t i) -> const Shape& { return graph.values[node.inputs[i]].shape; };
  Shape out = in(0);
  switch (node.op) {
    case Op::conv: return windowShape(node, out, Ints(in(1).begin() + 2, in(1).end()), in(1)[0], false);
    case Op::maxPool:
    case Op::averagePool: return windowShape(node, out, node.kernel, out[1], node.ceil);
    case Op::dense: out.back() = in(1)[1]; return out;
    case Op::matMul: out.back() = in(1).back(); return out;
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div: return broadcastShape(out, in(1));
    case Op::globalMaxPool: std::fill(out.begin() + 2, out.end(), 1); return out;
    case Op::reduceMean: {
      Shape kept;
      for (size_t axis = 0; axis < out.size(); axis++) {
        const bool averaged =
            std::find(node.axes.begin(), node.axes.end(), static_cast<int64_t>(axis)) != node.axes.end();
        if (!averaged) kept.push_back(out[axis]);
        else if (node.keepDims) kept.push_back(1);
      }
      return kept;
    }
    case Op::concat:
      for (size_t i = 1; i < node.inputs.size(); i++) out[node.axis] += in(i)[node.axis];
      return out;
    case Op::pad:
      for (size_t axis = 0; axis < out.size(); axis++) out[axis] += node.pads[axis] + node.pads[axis + out.size()];
      return out;
    case Op::slice:
      for (size_t axis = 0; axis < out.size(); axis++) {
        const int64_t span = node.ends[axis] - node.starts[axis], step = node.steps[axis];
        out[axis] = step > 0 ? (span + step - 1) / step : (span + step + 1) / step;
      }
      return out;
    case Op::reshape: return node.axes;  // tests keep the target there
    case Op::transpose:
      for (size_t axis = 0; axis < out.size(); axis++) out[axis] = in(0)[node.perm[axis]];
      return out;
    case Op::gather: {
      Shape picked(in(0).begin(), in(0).begin() + node.axis);
      picked.insert(picked.end(), in(1).begin(), in(1).end());
      picked.insert(picked.end(), in(0).begin() + node.axis + 1, in(0).end());
      return picked;
    }
    case Op::upsample:
      for (size_t i = 0; i < node.scales.size(); i++) out[i + 2] *= node.scales[i];
      return out;
    default: return out;
  }
}

}  // namespace

Values GraphMaker::tensor(const Shape& shape, double low, double high) {
  Values values(sizeOf(shape));
  for (double& value : values) value = static_cast<float>(real(low, high));
  return values;
}

int GraphMaker::input(const Shape& shape) {
  graph.values.push_back({"x", shape, nullptr});
  graph.inputs.push_back(static_cast<int>(graph.values.size()) - 1);
  return graph.inputs.back();
}

int GraphMaker::constant(const Shape& shape, double low, double high) {
  const Values values = tensor(shape, low, high);
  graph.values.push_back({"c", shape, std::make_shared<const std::vector<float>>(values.begin(), values.end())});
  return static_cast<int>(graph.values.size()) - 1;
}

int GraphMaker::add(Node node, const std::vector<int>& inputs) {
  node.inputs = inputs;
  node.name = std::string(nameOf(node.op)) + std::to_string(graph.nodes.size());
  const Shape shape = shapeAfter(graph, node);
  node.output = static_cast<int>(graph.values.size());
  graph.values.push_back({node.name, shape, nullptr});
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().output;
}

void GraphMaker::finish(int value, int64_t classes) {
  const int64_t batch = shape(value)[0], features = sizeOf(shape(value)) / batch;
  Node flatten = named(Op::reshape);
  flatten.axes = {batch, features};
  const int flat = add(flatten, {value});
  const double limit = std::sqrt(3.0 / static_cast<double>(features));
  graph.outputs = {add(named(Op::dense), {flat, constant({features, classes}, -limit, limit)})};
}

Node named(Op op) {
  Node node;
  node.op = op;
  return node;
}

Node convNode(const Ints& strides, const Ints& pads, const Ints& dilations, int64_t groups) {
  Node node = named(Op::conv);
  node.strides = strides;
  node.pads = pads;
  node.dilations = dilations;
  node.groups = groups;
  return node;
}

Node poolNode(Op op, const Ints& kernel, const Ints& strides, const Ints& pads, const Ints& dilations, bool ceil,
              bool countIncludePad) {
  Node node = convNode(strides, pads, dilations, 1);
  node.op = op;
  node.kernel = kernel;
  node.ceil = ceil;
  node.countIncludePad = countIncludePad;
  return node;
}

namespace {

int randomConv(GraphMaker& maker, int x, int64_t channels, int64_t kernel, bool bias) {
  const int64_t in = maker.shape(x)[1], pad = kernel / 2;
  const double limit = std::sqrt(6.0 / static_cast<double>(in * kernel * kernel));
  std::vector<int> inputs = {x, maker.constant({channels, in, kernel, kernel}, -limit, limit)};
  if (bias) inputs.push_back(maker.constant({channels}, -0.2, 0.2));
  return maker.add(convNode({1, 1}, {pad, pad, pad, pad}, {1, 1}, 1), inputs);
}

int randomActivation(GraphMaker& maker, int x) {
  Node node = named(maker.chance(0.6) ? Op::relu : maker.chance(0.5) ? Op::clip : Op::swish);
  node.min = 0;
  node.max = 6;
  node.alpha = 1;
  return maker.add(node, {x});
}

/// Two or three branches side by side, as in fire and inception modules.
int module(GraphMaker& maker, int x) {
  std::vector<int> parts;
  const int64_t branches = maker.integer(2, 3), unit = maker.chance(0.6) ? 16 : maker.integer(1, 9);
  for (int64_t i = 0; i < branches; i++) {
    int branch = maker.chance(0.2)
                     ? maker.add(poolNode(Op::maxPool, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, false, false), {x})
                     : x;
    branch = randomConv(maker, branch, unit * maker.integer(1, 2), maker.chance(0.5) ? 1 : 3, maker.chance(0.8));
    parts.push_back(maker.chance(0.85) ? randomActivation(maker, branch) : branch);
  }
  Node concat = named(Op::concat);
  concat.axis = 1;
  return maker.add(concat, parts);
}

}  // namespace

Graph randomNetwork(uint32_t seed, const Shape& input) {
  GraphMaker maker(seed);
  int x = maker.input(input);
  const int64_t depth = maker.integer(2, 5);
  for (int64_t i = 0; i < depth; i++) {
    const double kind = maker.real(0, 1);
    const Shape shape = maker.shape(x);
    if (kind < 0.35) {
      x = module(maker, x);
    } else if (kind < 0.5 && shape[2] > 3) {
      x = maker.add(poolNode(maker.chance(0.5) ? Op::maxPool : Op::averagePool, {3, 3}, {2, 2}, {0, 0, 0, 0}, {1, 1},
                             maker.chance(0.5), false),
                    {x});
    } else if (kind < 0.65) {
      const int branch = randomActivation(maker, randomConv(maker, x, shape[1], 3, true));
      x = maker.add(named(Op::add), {x, branch});
    } else {
      x = randomActivation(maker, randomConv(maker, x, maker.chance(0.5) ? 32 : maker.integer(1, 20), 3, true));
    }
  }
  if (maker.chance(0.5)) {
    Node mean = named(Op::reduceMean);
    mean.axes = {2, 3};
    mean.keepDims = maker.chance(0.5);
    x = maker.add(mean, {x});
  }
  maker.finish(x, 4);
  Node softmax = named(Op::softmax);
  softmax.axis = 1;
  if (maker.chance(0.5)) maker.graph.outputs = {maker.add(softmax, {maker.graph.outputs[0]})};
  maker.graph.check();
  return maker.graph;
}

}  // namespace smug::test
