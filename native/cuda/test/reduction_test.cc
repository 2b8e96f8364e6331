// Windows, means, normalisations and softmax against the oracle; ties, NaN and borders by their definition.
#include "../kernels/movement.h"
#include "../kernels/pointwise.h"
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

/// A map [n, h, w, c] in 16 bits, its pixels `pixel` elements long.
struct HalfMap {
  HalfMap(int64_t n, int64_t h, int64_t w, int64_t c, int64_t pixel, cuda::Format format)
      : memory(static_cast<size_t>(n * h * w * pixel) * 2) {
    view.data = memory.as<float>();
    view.format = format, view.rank = 4;
    const int64_t sizes[] = {n, c, h, w}, strides[] = {h * w * pixel, 1, w * pixel, pixel};
    std::copy_n(sizes, 4, view.size), std::copy_n(strides, 4, view.stride);
    count = n * h * w * pixel;
  }
  /// Rounds, and gives back what the map then holds.
  std::vector<float> set(const std::vector<float>& values) {
    const DeviceArray<float> from(values);
    cuda::toHalves(stream(), from.data(), view.format, memory.as<void>(), count);
    return get();
  }
  std::vector<float> get() const {
    const cuda::Memory floats(static_cast<size_t>(count) * 4);
    View flat, wide;
    flat.rank = wide.rank = 1, flat.size[0] = wide.size[0] = count, flat.stride[0] = wide.stride[0] = 1;
    flat.data = view.data, flat.format = view.format, wide.data = floats.as<float>();
    cuda::copy(stream(), flat, wide, false);
    std::vector<float> values(static_cast<size_t>(count));
    cuda::copyToHost(stream(), values.data(), floats.as<void>(), values.size() * 4);
    stream().synchronize();
    return values;
  }
  View view;
  cuda::Memory memory;
  int64_t count;
};

/// Maxima of a ReLU's outputs in 16 bits, by their definition: value, first winner, the derivative's bits, gradient.
void maximaOfHalves() {
  std::mt19937 random(3);
  const auto integer = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  for (int trial = 0; trial < (fewLayouts ? 12 : 60); trial++) {
    // Three by three, one or two apart, have kernels of their own.
    const int64_t kernel = trial % 4 == 3 ? integer(1, 5) : 3, stride = integer(1, 3), pad = integer(0, kernel / 2);
    const int64_t n = integer(1, 3), c = 8 * integer(1, 3), h = integer(kernel, 9), w = integer(kernel, 9);
    const int64_t p = (h + 2 * pad - kernel) / stride + 1, q = (w + 2 * pad - kernel) / stride + 1;
    const int64_t inPixel = c + 8 * integer(0, 2), outPixel = c + 8 * integer(0, 2);
    const auto format = trial % 2 ? cuda::Format::float16 : cuda::Format::bfloat16;
    const std::string name = "maxima of 16 bits, trial " + std::to_string(trial);
    cuda::Window window;
    for (int axis = 0; axis < 2; axis++) {
      window.kernel[axis] = kernel, window.stride[axis] = stride, window.pad[axis] = window.padEnd[axis] = pad;
    }
    HalfMap x(n, h, w, c, inPixel, format), y(n, p, q, c, outPixel, format);
    HalfMap dy(n, p, q, c, outPixel, cuda::Format::bfloat16), dx(n, h, w, c, inPixel, cuda::Format::bfloat16);
    const auto drawn = [&](int64_t count, bool few) {
      std::vector<float> values(static_cast<size_t>(count));
      // Few different numbers, so that there are ties; half of them zero.
      for (float& value : values) value = few ? static_cast<float>(std::max<int64_t>(0, integer(-6, 6))) / 4 : static_cast<float>(integer(-99, 99)) / 32;
      return values;
    };
    const auto xs = x.set(drawn(x.count, true)), gs = dy.set(drawn(dy.count, false)), before = dx.set(drawn(dx.count, false));
    y.set(std::vector<float>(static_cast<size_t>(y.count), -7.0f));
    const DeviceArray<uint8_t> winners(static_cast<size_t>(n * p * q * c)), bits(static_cast<size_t>(n * p * q * c / 8));
    cuda::PoolNotes notes{winners.data(), true, bits.data(), c / 8};
    cuda::maxPool(stream(), window, x.view, y.view, notes);
    std::vector<float> expected(before), sum(static_cast<size_t>(dx.count), 0.0f);
    const auto found = y.get();
    const auto bytes = bits.get();
    bool values = true, derivative = true;
    for (int64_t out = 0; out < n * p * q; out++) {
      const int64_t image = out / (p * q), row = out / q % p * stride - pad, column = out % q * stride - pad;
      for (int64_t channel = 0; channel < outPixel; channel++) {
        const float got = found[static_cast<size_t>(out * outPixel + channel)];
        if (channel >= c) {
          values = values && got == -7;
          continue;
        }
        float best = 0;
        int64_t winner = -1;
        for (int64_t r = std::max<int64_t>(0, row); r < std::min(h, row + kernel); r++) {
          for (int64_t s = std::max<int64_t>(0, column); s < std::min(w, column + kernel); s++) {
            const int64_t at = ((image * h + r) * w + s) * inPixel + channel;
            if (xs[static_cast<size_t>(at)] > best) best = xs[static_cast<size_t>(at)], winner = at;
          }
        }
        values = values && got == best;
        derivative = derivative && ((bytes[static_cast<size_t>(out * c / 8 + channel / 8)] >> (channel % 8) & 1) != 0) == (best > 0);
        if (winner >= 0) sum[static_cast<size_t>(winner)] += gs[static_cast<size_t>(out * outPixel + channel)];
      }
    }
    check(values, name + ": values");
    check(derivative, name + ": bits");
    for (const bool accumulate : {true, false}) {
      if (!accumulate) dx.set(std::vector<float>(static_cast<size_t>(dx.count), -7.0f));
      cuda::maxPoolBackward(stream(), window, winners.data(), dy.view, dx.view, accumulate);
      const auto gradient = dx.get();
      bool right = true;
      for (int64_t at = 0; at < dx.count; at++) {
        const auto i = static_cast<size_t>(at);
        const float wanted = at % inPixel >= c ? (accumulate ? before[i] : -7.0f) : (accumulate ? before[i] : 0.0f) + sum[i];
        right = right && std::fabs(gradient[i] - wanted) <= std::fabs(wanted) / 256;
      }
      check(right, name + (accumulate ? ": gradient, added" : ": gradient"));
    }
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

/// `cuda_reduction_test SEED FEW`: what is drawn is always the same; with a second argument fewer layouts, for a checker.
int main(int count, char** /*arguments*/) {
  fewLayouts = count > 2;
  pools();
  maximaOfHalves();
  ties();
  means();
  normalisations();
  softmaxes();
  return finish("cuda reduction");
}
