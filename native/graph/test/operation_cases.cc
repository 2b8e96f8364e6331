#include "operation_cases.h"

namespace smug::test {

namespace {

uint32_t seed = 1;
const Compare* current = nullptr;

void compare(const Graph& graph, const std::string& name, uint32_t seed, double low, double high, int probes) {
  (*current)(graph, name, seed, low, high, probes);
}

/// One operation between an input and a dense read-out. `constants` makes its further operands.
template <typename Constants>
void one(const std::string& name, const Node& node, const Shape& shape, Constants constants, double low = -2,
         double high = 2) {
  GraphMaker maker(seed++);
  std::vector<int> inputs = {maker.input(shape)};
  for (const int operand : constants(maker)) inputs.push_back(operand);
  maker.finish(maker.add(node, inputs), 3);
  compare(maker.graph, name, seed, low, high, 12);
}

void alone(const std::string& name, const Node& node, const Shape& shape, double low = -2, double high = 2) {
  one(
      name, node, shape, [](GraphMaker&) { return std::vector<int>{}; }, low, high);
}

void convolutions() {
  struct Case {
    Shape x, w;
    Ints strides, pads, dilations;
    int64_t groups;
  };
  const std::vector<Case> cases = {
      {{1, 3, 9, 7}, {5, 3, 3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 1},
      {{2, 17, 8, 5}, {19, 17, 3, 2}, {2, 1}, {0, 1, 2, 0}, {1, 2}, 1},
      {{3, 16, 6, 6}, {32, 16, 1, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1},
      {{2, 8, 7, 7}, {8, 1, 3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}, 8},
      {{1, 12, 5, 6}, {6, 4, 2, 3}, {1, 2}, {1, 0, 0, 1}, {1, 1}, 3},
      {{2, 20, 11}, {7, 20, 3}, {2}, {1, 0}, {1}, 1},
      {{1, 4, 13}, {4, 1, 5}, {1}, {4, 4}, {2}, 4},
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1},
  };
  for (size_t i = 0; i < cases.size(); i++) {
    const Case& c = cases[i];
    for (const bool bias : {false, true}) {
      one("conv " + std::to_string(i), convNode(c.strides, c.pads, c.dilations, c.groups), c.x, [&](GraphMaker& maker) {
        std::vector<int> operands = {maker.constant(c.w, -0.5, 0.5)};
        if (bias) operands.push_back(maker.constant({c.w[0]}, -0.5, 0.5));
        return operands;
      });
    }
  }
}

void pools() {
  for (const Op op : {Op::maxPool, Op::averagePool}) {
    for (const bool count : {false, true}) {
      for (const bool ceil : {false, true}) {
        const std::string name = std::string(nameOf(op)) + (count ? " counting padding" : "") + (ceil ? " ceil" : "");
        alone(name, poolNode(op, {3, 2}, {2, 2}, {1, 0, 1, 1}, {1, 1}, ceil, count), {2, 17, 8, 7});
        alone(name, poolNode(op, {3, 3}, {2, 2}, {0, 0, 0, 0}, {1, 1}, ceil, count), {2, 32, 8, 8});
        alone(name, poolNode(op, {2, 3}, {1, 2}, {0, 1, 1, 1}, {2, 2}, ceil, count), {1, 3, 9, 10});
        alone(name, poolNode(op, {3}, {2}, {1, 1}, {1}, ceil, count), {2, 5, 12});
      }
    }
  }
  alone("globalMaxPool", named(Op::globalMaxPool), {2, 18, 5, 3});
  alone("globalMaxPool 1-D", named(Op::globalMaxPool), {2, 3, 7});
}

void unary() {
  for (const Op op : {Op::relu, Op::sigmoid, Op::tanh, Op::softplus, Op::hardSwish, Op::identity, Op::clip,
                      Op::leakyRelu, Op::elu, Op::selu, Op::hardSigmoid, Op::swish, Op::erf, Op::gelu}) {
    Node node = named(op);
    node.alpha = op == Op::hardSigmoid ? 0.2f : op == Op::selu ? 1.67326f : 0.7f;
    node.beta = 0.5f;
    node.gamma = 1.0507f;
    node.min = -0.5f;
    node.max = 1.5f;
    alone(nameOf(op), node, {2, 5, 3, 7}, -5, 5);
    alone(nameOf(op), node, {3, 33}, -5, 5);
    // Behind a convolution: blocked layout, channels that do not fill their block.
    GraphMaker maker(seed++);
    const int x = maker.input({2, 4, 5, 5});
    const int y = maker.add(convNode({1, 1}, {1, 1, 1, 1}, {1, 1}, 1), {x, maker.constant({21, 4, 3, 3}, -0.5, 0.5)});
    maker.finish(maker.add(node, {y}), 3);
    compare(maker.graph, std::string("conv + ") + nameOf(op), seed, -2, 2, 12);
  }
}

void binary() {
  for (const Op op : {Op::add, Op::sub, Op::mul, Op::div, Op::prelu}) {
    for (const Shape& other : {Shape{}, Shape{1}, Shape{5, 1, 1}, Shape{1, 5, 3, 4}, Shape{4}, Shape{2, 5, 3, 4}}) {
      if (op == Op::prelu && other.empty()) continue;
      one(nameOf(op), named(op), {2, 5, 3, 4},
          [&](GraphMaker& maker) { return std::vector<int>{maker.constant(other, 0.5, 2)}; });
    }
    if (op == Op::prelu) continue;
    // Two values that both depend on the input, one of them broadcast.
    for (const bool spatial : {false, true}) {
      GraphMaker maker(seed++);
      const int x = maker.input({2, 18, 4, 3});
      Node mean = named(Op::reduceMean);
      mean.axes = {2, 3};
      mean.keepDims = true;
      const int other = maker.add(named(Op::softplus), {spatial ? x : maker.add(mean, {x})});
      maker.finish(maker.add(named(op), {x, other}), 3);
      compare(maker.graph, std::string(nameOf(op)) + " of two values", seed, -2, 2, 12);
    }
  }
  one("affine", named(Op::affine), {2, 19, 3, 2}, [](GraphMaker& maker) {
    return std::vector<int>{maker.constant({19}, -1, 1), maker.constant({19}, -1, 1)};
  });
}

void layerNorms() {
  for (const int64_t axis : {1, 2, 3}) {
    Node node = named(Op::layerNorm);
    node.axis = axis;
    node.epsilon = 1e-2f;
    const int64_t length = Shape{2, 5, 13, 70}[axis];
    one("layerNorm", node, {2, 5, 13, 70}, [=](GraphMaker& maker) {
      return std::vector<int>{maker.constant({length}, 0.5, 2), maker.constant({length}, -1, 1)};
    });
  }
}

/// Both factors depend on the input: x and a transpose of it, or x and itself.
void products() {
  for (const Shape& input : {Shape{2, 3, 5, 4}, Shape{1, 7, 9}, Shape{3, 4, 4}}) {
    GraphMaker maker(seed++);
    const int x = maker.input(input);
    Node turn = named(Op::transpose);
    for (size_t axis = 0; axis < input.size(); axis++) turn.perm.push_back(static_cast<int64_t>(axis));
    std::swap(turn.perm[input.size() - 1], turn.perm[input.size() - 2]);
    const int turned = maker.add(turn, {maker.add(named(Op::tanh), {x})});
    maker.finish(maker.add(named(Op::matMul), {x, turned}), 3);
    compare(maker.graph, "matMul", seed, -2, 2, 12);
  }
}

void alongAxes() {
  for (const int64_t axis : {1, 2, 3}) {
    for (const Op op : {Op::softmax, Op::logSoftmax}) {
      Node node = named(op);
      node.axis = axis;
      alone(nameOf(op), node, {2, 5, 3, 4});
    }
    Node mean = named(Op::reduceMean);
    mean.axes = {axis};
    mean.keepDims = axis != 2;
    alone("reduceMean", mean, {2, 5, 3, 4});
  }
  Node global = named(Op::reduceMean);
  global.axes = {2, 3};
  alone("reduceMean over space", global, {2, 20, 3, 4});
  for (const int64_t size : {1, 2, 4, 5}) {
    Node lrn = named(Op::lrn);
    lrn.size = size;
    lrn.alpha = 0.5f;
    lrn.beta = size == 4 ? 0.6f : 0.75f;
    lrn.bias = 1.5f;
    alone("lrn " + std::to_string(size), lrn, {2, 7, 3, 2});
  }
}

void movement() {
  Node node = named(Op::transpose);
  node.perm = {0, 2, 3, 1};
  alone("transpose", node, {2, 5, 3, 4});
  node = named(Op::slice);
  node.starts = {0, 4, 0, 1}, node.ends = {2, -1, 3, 4}, node.steps = {1, -2, 1, 2};
  alone("slice", node, {2, 5, 3, 4});
  for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::edge}) {
    node = named(Op::pad);
    node.pads = {0, 1, 2, 0, 0, 0, 1, 3};
    node.mode = mode;
    node.value = 0.7f;
    alone("pad", node, {2, 5, 3, 4});
  }
  node = named(Op::pad);
  node.pads = {0, 0, -1, 0, 0, 0, 0, -2};
  alone("crop", node, {2, 5, 3, 4});
  node = named(Op::upsample);
  node.scales = {2, 3};
  alone("upsample", node, {2, 5, 3, 4});
  node = named(Op::gather);
  node.axis = 2;
  one("gather", node, {2, 3, 4}, [](GraphMaker& maker) {
    maker.graph.values.push_back(
        {"indices", {3}, std::make_shared<const std::vector<float>>(std::vector<float>{2, -1, 2})});
    return std::vector<int>{static_cast<int>(maker.graph.values.size()) - 1};
  });
  one("dense", named(Op::dense), {2, 3, 19}, [](GraphMaker& maker) {
    return std::vector<int>{maker.constant({19, 7}, -1, 1), maker.constant({7}, -1, 1)};
  });
  for (const int64_t axis : {1, 2, 3}) {
    GraphMaker maker(seed++);
    const int x = maker.input({2, 16, 4, 3});
    const int y = maker.add(named(Op::relu), {x});
    Node concat = named(Op::concat);
    concat.axis = axis;
    maker.finish(maker.add(concat, {y, x, y}), 3);
    compare(maker.graph, "concat", seed, -2, 2, 12);
  }
}

}  // namespace

void forEachOperation(const Compare& compare) {
  current = &compare;
  seed = 1;
  convolutions();
  pools();
  unary();
  binary();
  alongAxes();
  layerNorms();
  products();
  movement();
}

}  // namespace smug::test
