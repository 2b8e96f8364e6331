#include "networks.h"

#include <array>
#include <cmath>
#include <random>
#include <stdexcept>

namespace smug::bench {

namespace {

class Builder {
 public:
  Builder(std::string name, int64_t channels, int64_t size) {
    made_.name = std::move(name);
    made_.graph.inputs = {value({1, channels, size, size})};
  }

  int input() const { return made_.graph.inputs[0]; }

  /// Convolution with bias, and ReLU.
  int conv(int x, int64_t k, int64_t r, int64_t s, int64_t stride = 1, int64_t padH = 0, int64_t padW = 0) {
    const Shape in = shape(x);
    const int64_t p = (in[2] + 2 * padH - r) / stride + 1, q = (in[3] + 2 * padW - s) / stride + 1;
    Node node;
    node.op = Op::conv;
    node.strides = {stride, stride}, node.pads = {padH, padW, padH, padW}, node.dilations = {1, 1};
    // He's initialisation keeps the size of activations from layer to layer.
    node.inputs = {x, constant({k, in[1], r, s}, std::sqrt(6.0 / static_cast<double>(in[1] * r * s))), constant({k}, 0.1)};
    made_.forwardFlop += 2.0 * static_cast<double>(k * in[1] * r * s * p * q);
    return relu(add(std::move(node), {1, k, p, q}));
  }
  int square(int x, int64_t k, int64_t size, int64_t stride = 1, int64_t pad = 0) {
    return conv(x, k, size, size, stride, pad, pad);
  }

  int relu(int x) {
    Node node;
    node.op = Op::relu, node.inputs = {x};
    return add(std::move(node), shape(x));
  }

  int pool(Op op, int x, int64_t size, int64_t stride, int64_t pad = 0, bool ceil = false) {
    const Shape in = shape(x);
    const auto count = [&](int64_t length) {
      const int64_t room = length + 2 * pad - size;
      return (ceil ? (room + stride - 1) / stride : room / stride) + 1;
    };
    Node node;
    node.op = op, node.inputs = {x}, node.kernel = {size, size}, node.strides = {stride, stride};
    node.pads = {pad, pad, pad, pad}, node.dilations = {1, 1}, node.ceil = ceil, node.countIncludePad = true;
    return add(std::move(node), {1, in[1], count(in[2]), count(in[3])});
  }

  int lrn(int x) {
    Node node;
    node.op = Op::lrn, node.inputs = {x}, node.size = 5, node.alpha = 1e-4f, node.beta = 0.75f, node.bias = 1;
    return add(std::move(node), shape(x));
  }

  int concat(const std::vector<int>& parts) {
    Shape out = shape(parts[0]);
    out[1] = 0;
    for (const int part : parts) out[1] += shape(part)[1];
    Node node;
    node.op = Op::concat, node.inputs = parts, node.axis = 1;
    return add(std::move(node), out);
  }

  int average(int x) {
    Node node;
    node.op = Op::reduceMean, node.inputs = {x}, node.axes = {2, 3};
    return add(std::move(node), {1, shape(x)[1]});
  }

  int dense(int x, int64_t classes) {
    const int64_t inputs = shape(x)[1];
    Node node;
    node.op = Op::dense;
    node.inputs = {x, constant({inputs, classes}, std::sqrt(3.0 / static_cast<double>(inputs))), constant({classes}, 0.1)};
    made_.forwardFlop += 2.0 * static_cast<double>(inputs * classes);
    return add(std::move(node), {1, classes});
  }

  NetworkCase finish(int x) {
    Node node;
    node.op = Op::softmax, node.inputs = {x}, node.axis = 1;
    made_.graph.outputs = {add(std::move(node), shape(x))};
    made_.graph.check();
    return std::move(made_);
  }

 private:
  Shape shape(int x) const { return made_.graph.values[static_cast<size_t>(x)].shape; }
  int value(Shape shape) {
    made_.graph.values.push_back({"v" + std::to_string(made_.graph.values.size()), std::move(shape), nullptr});
    return static_cast<int>(made_.graph.values.size()) - 1;
  }
  int constant(Shape shape, double limit) {
    std::uniform_real_distribution<float> uniform(static_cast<float>(-limit), static_cast<float>(limit));
    auto data = std::make_shared<std::vector<float>>(static_cast<size_t>(sizeOf(shape)));
    for (float& element : *data) element = uniform(random_);
    const int made = value(std::move(shape));
    made_.graph.values[static_cast<size_t>(made)].constant = std::move(data);
    return made;
  }
  int add(Node node, Shape shape) {
    node.output = value(std::move(shape));
    made_.graph.nodes.push_back(std::move(node));
    return made_.graph.nodes.back().output;
  }

  NetworkCase made_;
  std::mt19937 random_{12345};
};

/// SqueezeNet 1.1 (Iandola et al. 2016) behind its first 64 maps of 113×113.
NetworkCase squeezeNet() {
  Builder b("squeezenet", 64, 113);
  const auto fire = [&](int x, int64_t squeeze, int64_t expand) {
    const int s = b.square(x, squeeze, 1);
    return b.concat({b.square(s, expand, 1), b.square(s, expand, 3, 1, 1)});
  };
  const auto pool = [&](int x) { return b.pool(Op::maxPool, x, 3, 2, 0, true); };
  int x = fire(fire(pool(b.input()), 16, 64), 16, 64);
  x = fire(fire(pool(x), 32, 128), 32, 128);
  x = fire(fire(pool(x), 48, 192), 48, 192);
  x = fire(fire(x, 64, 256), 64, 256);
  return b.finish(b.average(b.square(x, 1000, 1)));
}

/// GoogLeNet (Szegedy et al. 2014, no batch norm) behind its first 64 maps of 112×112.
NetworkCase googleNet() {
  Builder b("googlenet", 64, 112);
  // 1×1; 3×3 reduce, 3×3; 5×5 reduce, 5×5; projection: the table of the paper.
  const auto module = [&](int x, const std::array<int64_t, 6>& width) {
    return b.concat({b.square(x, width[0], 1), b.square(b.square(x, width[1], 1), width[2], 3, 1, 1),
                     b.square(b.square(x, width[3], 1), width[4], 5, 1, 2),
                     b.square(b.pool(Op::maxPool, x, 3, 1, 1), width[5], 1)});
  };
  const auto pool = [&](int x) { return b.pool(Op::maxPool, x, 3, 2, 0, true); };
  int x = b.lrn(pool(b.input()));
  x = pool(b.lrn(b.square(b.square(x, 64, 1), 192, 3, 1, 1)));
  x = pool(module(module(x, {64, 96, 128, 16, 32, 32}), {128, 128, 192, 32, 96, 64}));
  x = module(module(x, {192, 96, 208, 16, 48, 64}), {160, 112, 224, 24, 64, 64});
  x = module(module(x, {128, 128, 256, 24, 64, 64}), {112, 144, 288, 32, 64, 64});
  x = pool(module(x, {256, 160, 320, 32, 128, 128}));
  x = module(module(x, {256, 160, 320, 32, 128, 128}), {384, 192, 384, 48, 128, 128});
  return b.finish(b.dense(b.average(x), 1000));
}

/// Inception v3 (Szegedy et al. 2015), batch norm folded into the convolutions, behind its first 32 maps of 149×149.
NetworkCase inceptionV3() {
  Builder b("inception_v3", 32, 149);
  const auto average = [&](int x) { return b.pool(Op::averagePool, x, 3, 1, 1); };
  const auto reduce = [&](int x) { return b.pool(Op::maxPool, x, 3, 2); };
  const auto moduleA = [&](int x, int64_t projection) {
    const int five = b.square(b.square(x, 48, 1), 64, 5, 1, 2);
    const int three = b.square(b.square(b.square(x, 64, 1), 96, 3, 1, 1), 96, 3, 1, 1);
    return b.concat({b.square(x, 64, 1), five, three, b.square(average(x), projection, 1)});
  };
  const auto wide = [&](int x, int64_t k) { return b.conv(x, k, 1, 7, 1, 0, 3); };
  const auto tall = [&](int x, int64_t k) { return b.conv(x, k, 7, 1, 1, 3, 0); };
  const auto moduleC = [&](int x, int64_t k) {
    const int once = tall(wide(b.square(x, k, 1), k), 192);
    const int twice = wide(tall(wide(tall(b.square(x, k, 1), k), k), k), 192);
    return b.concat({b.square(x, 192, 1), once, twice, b.square(average(x), 192, 1)});
  };
  const auto fork = [&](int x) { return b.concat({b.conv(x, 384, 1, 3, 1, 0, 1), b.conv(x, 384, 3, 1, 1, 1, 0)}); };
  const auto moduleE = [&](int x) {
    const int once = fork(b.square(x, 384, 1));
    const int twice = fork(b.square(b.square(x, 448, 1), 384, 3, 1, 1));
    return b.concat({b.square(x, 320, 1), once, twice, b.square(average(x), 192, 1)});
  };
  int x = b.square(b.square(b.input(), 32, 3), 64, 3, 1, 1);
  x = reduce(b.square(b.square(reduce(x), 80, 1), 192, 3));
  x = moduleA(moduleA(moduleA(x, 32), 64), 64);
  x = b.concat({b.square(x, 384, 3, 2), b.square(b.square(b.square(x, 64, 1), 96, 3, 1, 1), 96, 3, 2), reduce(x)});
  x = moduleC(moduleC(moduleC(moduleC(x, 128), 160), 160), 192);
  x = b.concat({b.square(b.square(x, 192, 1), 320, 3, 2), b.square(tall(wide(b.square(x, 192, 1), 192), 192), 192, 3, 2),
                reduce(x)});
  return b.finish(b.dense(b.average(moduleE(moduleE(x))), 1000));
}

}  // namespace

NetworkCase buildNetwork(const std::string& name) {
  if (name == "squeezenet") return squeezeNet();
  if (name == "googlenet") return googleNet();
  if (name == "inception_v3") return inceptionV3();
  throw std::invalid_argument("unknown network " + name + ": expected squeezenet, googlenet or inception_v3");
}

}  // namespace smug::bench
