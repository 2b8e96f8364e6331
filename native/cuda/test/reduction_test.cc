// Windows, means, normalisations and softmax against the oracle; ties, NaN and borders by their definition.
#include "../kernels/reduction.h"
#include "one_operation.h"

using namespace smug;
using namespace smug::test;
using cuda::View;

namespace {

cuda::Window windowOf(const Node& n) {
  cuda::Window w;
  w.spatial = static_cast<int>(n.kernel.size());
  for (size_t i = 0; i < n.kernel.size(); i++) {
    w.kernel[i] = n.kernel[i], w.stride[i] = n.strides[i], w.dilation[i] = n.dilations[i];
    w.pad[i] = n.pads[i], w.padEnd[i] = n.pads[i + n.kernel.size()];
  }
  w.countIncludePad = n.countIncludePad;
  return w;
}

void pools() {
  struct Case {
    Shape shape;
    Ints kernel, strides, pads, dilations;
    bool ceil;
  };
  uint32_t seed = 1;
  for (const Case& c : {Case{{2, 5, 7, 6}, {3, 3}, {2, 2}, {0, 0, 0, 0}, {1, 1}, true},
                        {{2, 8, 7, 6}, {3, 3}, {2, 2}, {0, 1, 1, 0}, {1, 1}, true},
                        {{2, 3, 6, 7}, {3, 2}, {1, 2}, {1, 1, 1, 0}, {1, 1}, false},
                        {{1, 4, 9, 8}, {3, 3}, {3, 1}, {2, 1, 0, 2}, {2, 2}, true},
                        {{3, 2, 4, 4}, {4, 4}, {1, 1}, {0, 0, 0, 0}, {1, 1}, false},
                        {{1, 3, 5, 5}, {2, 2}, {3, 3}, {1, 1, 1, 1}, {3, 1}, false},
                        {{2, 3, 11}, {4}, {3}, {2, 1}, {1}, true},
                        {{2, 1, 1, 1}, {3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}, false}}) {
    seed++;
    for (const bool countIncludePad : {false, true}) {
      const Node node = poolNode(Op::averagePool, c.kernel, c.strides, c.pads, c.dilations, c.ceil, countIncludePad);
      const cuda::Window window = windowOf(node);
      agree(node, c.shape, {[&](View x, View y) { cuda::averagePool(stream(), window, x, y); },
                            [&](View, View, View dy, View dx, bool accumulate) {
                              cuda::averagePoolBackward(stream(), window, dy, dx, accumulate);
                            }}, seed);
    }
    const Node node = poolNode(Op::maxPool, c.kernel, c.strides, c.pads, c.dilations, c.ceil, false);
    const cuda::Window window = windowOf(node);
    const DeviceArray<int32_t> winners(4096);
    agree(node, c.shape, {[&](View x, View y) { cuda::maxPool(stream(), window, x, y, {winners.data()}); },
                          [&](View, View, View dy, View dx, bool accumulate) {
                            cuda::maxPoolBackward(stream(), window, winners.data(), dy, dx, accumulate);
                          }}, seed);
  }
}

/// The first of equal elements takes the gradient; NaN wins, the first of them; a window of padding gives −∞.
void ties() {
  cuda::Window window;
  window.kernel[1] = 4, window.stride[1] = 4;
  const DeviceTensor x({1, 1, 1, 8}, {1.0, 3.0, 3.0, 2.0, -INFINITY, NAN, 5.0, NAN}), dy({1, 1, 1, 2}, {1.0, 2.0});
  DeviceTensor y({1, 1, 1, 2}), dx({1, 1, 1, 8});
  const DeviceArray<uint8_t> winners(2);
  cuda::maxPool(stream(), window, x.view(), y.view(), {winners.data()});
  cuda::maxPoolBackward(stream(), window, winners.data(), dy.view(), dx.view(), false);
  check(y.get()[0] == 3 && std::isnan(y.get()[1]), "the maximum of equal elements and of NaN");
  check(dx.get() == Values({0, 1, 0, 0, 0, 2, 0, 0}), "the first maximum takes the gradient");
  check(winners.get() == std::vector<uint8_t>({1, 1}), "winners are taps of their windows, a byte each");

  cuda::Window beyond;
  beyond.pad[1] = 2, beyond.stride[1] = 2;
  DeviceTensor outside({1, 1, 1, 2}), none({1, 1, 1, 2});
  cuda::maxPool(stream(), beyond, x.view(), outside.view(), {});
  check(outside.get() == Values({-INFINITY, 1}), "a window of padding alone has no maximum");
  cuda::averagePool(stream(), beyond, x.view(), none.view());
  check(none.get() == Values({0, 1}), "a window without a counted tap averages to 0");
}

void means() {
  for (const auto& [shape, axes] : std::vector<std::pair<Shape, Ints>>{
           {{2, 5, 3, 4}, {2, 3}}, {{3, 4, 6}, {2}}, {{2, 3, 4, 2}, {1}}, {{2, 3, 4}, {0, 1, 2}}, {{2, 7}, {1}}}) {
    Node node = named(Op::reduceMean);
    node.axes = axes;
    node.keepDims = true;
    agree(node, shape, {[](View x, View y) { cuda::reduceMean(stream(), x, y); },
                        [](View, View, View dy, View dx, bool accumulate) {
                          cuda::reduceMeanBackward(stream(), dy, dx, accumulate);
                        }}, 20);
  }
}

void normalisations() {
  uint32_t seed = 30;
  for (const Shape& shape : {Shape{2, 7, 3, 2}, Shape{1, 3, 5}, Shape{2, 40}, Shape{1, 90, 1, 13}}) {
    for (const int64_t size : {5, 4, 1}) {
      for (const float beta : {0.75f, 0.6f}) {
        Node node = named(Op::lrn);
        node.size = size, node.alpha = 0.4f, node.beta = beta, node.bias = 1.5f;
        const cuda::Lrn options{size, 0.4f, beta, 1.5f};
        if (shape[1] == 90 && (size != 5 || beta != 0.75f)) continue;
        agree(node, shape, {[&](View x, View y) { cuda::lrn(stream(), options, x, y); },
                            [&](View x, View, View dy, View dx, bool accumulate) {
                              cuda::lrnBackward(stream(), options, x, dy, dx, accumulate);
                            }}, seed++);
      }
    }
  }
}

void softmaxes() {
  uint32_t seed = 50;
  for (const auto& [shape, axis] : std::vector<std::pair<Shape, int>>{
           {{3, 10}, 1}, {{2, 4, 3, 2}, 1}, {{2, 3, 5}, 2}, {{4, 3}, 0}, {{1, 140}, 1}, {{5}, 0}}) {
    for (const bool logarithm : {false, true}) {
      Node node = named(logarithm ? Op::logSoftmax : Op::softmax);
      node.axis = axis;
      const int along = axis;
      agree(node, shape, {[&](View x, View y) { cuda::softmax(stream(), along, logarithm, x, y); },
                          [&](View, View y, View dy, View dx, bool accumulate) {
                            cuda::softmaxBackward(stream(), along, logarithm, y, dy, dx, accumulate);
                          }}, seed++);
    }
  }
  // Scores far apart: nothing overflows, and the winner's gradient keeps its digits: its own is
  // (1 − y)·y = e^−20 − e^−40 + …, far below the rounding of 1 − y itself.
  const DeviceTensor x({1, 2}, {500.0, 480.0}), dy({1, 2}, {1.0, 0.0});
  DeviceTensor y({1, 2}), dx({1, 2});
  cuda::softmax(stream(), 1, false, x.view(), y.view());
  cuda::softmaxBackward(stream(), 1, false, y.view(), dy.view(), dx.view(), false);
  check(y.get()[0] == 1 && std::fabs(y.get()[1] / std::exp(-20.0) - 1) < 1e-5, "softmax of scores far apart");
  check(std::fabs(dx.get()[0] / std::exp(-20.0) - 1) < 1e-5, "the gradient of a near certain class keeps its digits");
}

}  // namespace

int main() {
  pools();
  ties();
  means();
  normalisations();
  softmaxes();
  return finish("cuda reduction");
}
