// The plain convolution and its gradient against the oracle: seeded random shapes, every arithmetic.
#include <string>

#include "../kernels/convolution_plain.h"
#include "../kernels/pointwise.h"
#include "check.h"
#include "device_tensor.h"
#include "random_graph.h"

using namespace smug;
using namespace smug::test;
using cuda::Activation;
using cuda::Arithmetic;
using cuda::ConvShape;

namespace {

int64_t outputSize(int64_t size, int64_t taps, int64_t stride, int64_t pads, int64_t dilation) {
  return (size + pads - (taps - 1) * dilation - 1) / stride + 1;
}

std::string describe(const ConvShape& s) {
  const auto by = [](int64_t a, int64_t b) { return std::to_string(a) + "x" + std::to_string(b); };
  return std::string("n") + std::to_string(s.n) + " " + by(s.h, s.w) + "x" + std::to_string(s.c) + " -> " + std::to_string(s.k) +
         " filters " + by(s.r, s.s) + " stride " + by(s.strideH, s.strideW) + " pad " + by(s.padH, s.padW) +
         " dilation " + by(s.dilationH, s.dilationW) + " groups " + std::to_string(s.groups);
}

ConvShape randomShape(GraphMaker& maker, int64_t trial) {
  ConvShape s;
  do {
    s.groups = maker.chance(0.4) ? maker.integer(2, 9) : 1;
    const bool depthwise = s.groups > 1 && maker.chance(0.6);
    s.n = maker.integer(1, 4);
    s.h = maker.integer(1, 11);
    s.w = maker.integer(1, 13);
    s.c = s.groups * (depthwise ? 1 : maker.integer(1, 11));
    // Beyond the widths of both tiles now and then.
    s.k = s.groups * (depthwise ? maker.integer(1, 3) : maker.chance(0.2) ? maker.integer(30, 70) : maker.integer(1, 20));
    s.r = maker.integer(1, 5), s.s = maker.integer(1, 4);
    s.strideH = maker.integer(1, 3), s.strideW = maker.integer(1, 4);
    s.dilationH = maker.integer(1, 3), s.dilationW = maker.chance(0.7) ? 1 : 2;
    s.padH = maker.integer(0, 3), s.padW = maker.integer(0, 2);
    s.p = outputSize(s.h, s.r, s.strideH, s.padH + maker.integer(0, 2), s.dilationH);
    s.q = outputSize(s.w, s.s, s.strideW, 2 * s.padW, s.dilationW);
  } while (s.p < 1 || s.q < 1 || s.h + 2 * s.padH < (s.r - 1) * s.dilationH + 1 ||
           s.w + 2 * s.padW < (s.s - 1) * s.dilationW + 1);
  (void)trial;
  return s;
}

/// The oracle: the definition, in double; what lies beyond the padding at the end reads as zero too.
struct Expected {
  Values y, dx;
};

Expected expectedOf(const ConvShape& s, const Values& x, const Values& w, const Values& bias, bool relu,
                    const Values& dy) {
  Expected e;
  e.y.assign(static_cast<size_t>(s.n * s.k * s.p * s.q), 0);
  e.dx.assign(x.size(), 0);
  const int64_t cg = s.c / s.groups, kg = s.k / s.groups;
  for (int64_t n = 0; n < s.n; n++)
    for (int64_t k = 0; k < s.k; k++)
      for (int64_t p = 0; p < s.p; p++)
        for (int64_t q = 0; q < s.q; q++) {
          const int64_t out = ((n * s.k + k) * s.p + p) * s.q + q;
          double sum = bias.empty() ? 0 : bias[k];
          for (int64_t r = 0; r < s.r; r++)
            for (int64_t t = 0; t < s.s; t++)
              for (int64_t c = 0; c < cg; c++) {
                const int64_t h = p * s.strideH - s.padH + r * s.dilationH, v = q * s.strideW - s.padW + t * s.dilationW;
                if (h < 0 || h >= s.h || v < 0 || v >= s.w) continue;
                const int64_t from = ((n * s.c + k / kg * cg + c) * s.h + h) * s.w + v;
                const double weight = w[((k * s.r + r) * s.s + t) * cg + c];
                sum += x[from] * weight;
                e.dx[from] += dy[out] * weight;
              }
          e.y[out] = relu && sum < 0 ? 0 : sum;
        }
  return e;
}

/// float32 elements as the kernels want them: in the arithmetic's format.
struct Operand {
  Operand(const DeviceTensor& from, int64_t span, Arithmetic arithmetic) : data(from.view().data) {
    if (bytesOf(formatOf(arithmetic)) == 4) return;
    rounded = cuda::Memory(static_cast<size_t>(span) * 2);
    cuda::toHalves(stream(), from.view().data, formatOf(arithmetic), rounded.as<void>(), span);
    data = rounded.as<void>();
  }
  cuda::Memory rounded;
  const void* data;
};

int64_t spanOf(const cuda::View& view) {
  int64_t span = 1;
  for (int i = 0; i < view.rank; i++) span += (view.size[i] - 1) * view.stride[i];
  return span;
}

// ‖difference‖/‖reference‖. Operands lose 2⁻¹² (float16) and 2⁻⁹ (bfloat16) at most, on average a third of it.
double toleranceOf(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::fp32 ? 1e-6 : arithmetic == Arithmetic::fp16 ? 1e-3 : 1e-2;
}

Values joined(const Values& x, double scale, const Values& y) {
  Values sum(x.size());
  for (size_t i = 0; i < x.size(); i++) sum[i] = x[i] * scale + y[i];
  return sum;
}

void agree(GraphMaker& maker, ConvShape s, Arithmetic arithmetic, const std::string& name) {
  const uint32_t seed = static_cast<uint32_t>(maker.integer(0, 1000));
  const Layout layout = maker.chance(0.5) ? Layout::concatenated : Layout::channelsLast;
  const Values x = maker.tensor({s.n, s.c, s.h, s.w}, -1, 1), dy = maker.tensor({s.n, s.k, s.p, s.q}, -1, 1);
  const Values w = maker.tensor({s.k, s.r, s.s, s.c / s.groups}, -1, 1);
  const bool relu = maker.chance(0.5);
  const Values bias = maker.chance(0.5) ? maker.tensor({s.k}, -1, 1) : Values{};
  const Expected expected = expectedOf(s, x, w, bias, relu, dy);

  DeviceTensor source({s.n, s.c, s.h, s.w}, x, layout, seed), result({s.n, s.k, s.p, s.q}, layout, seed + 1);
  const DeviceTensor weights({s.k, s.r, s.s, s.c / s.groups}, w);
  s.inputPixel = source.view().stride[3];
  s.outputPixel = result.view().stride[3];
  const Operand weightOperand(weights, sizeOf(weights.shape()), cuda::weightsFor(0, arithmetic));
  const DeviceTensor shift({s.k}, bias.empty() ? Values(static_cast<size_t>(s.k), 0) : bias);

  const Operand input(source, spanOf(source.view()), arithmetic);
  cuda::plainForward(stream(), s, arithmetic, input.data, weightOperand.data, bias.empty() ? nullptr : shift.view().data,
                     relu ? Activation::relu : Activation::none, result.view().data);
  const double forward = relativeError(result.get(), expected.y);
  check(forward <= toleranceOf(arithmetic), name + ": forward error " + std::to_string(forward));
  check(result.gapsWhole(), name + ": forward writes its own elements only");

  result.set(dy);
  const Operand gradient(result, spanOf(result.view()), arithmetic);
  cuda::plainBackwardData(stream(), s, arithmetic, gradient.data, weightOperand.data, source.view().data, false);
  const Values first = source.get();
  const double backward = relativeError(first, expected.dx);
  check(backward <= toleranceOf(arithmetic), name + ": gradient error " + std::to_string(backward));
  cuda::plainBackwardData(stream(), s, arithmetic, gradient.data, weightOperand.data, source.view().data, true);
  const double twice = relativeError(source.get(), joined(first, 1, first));
  check(twice <= 1e-7, name + ": accumulating adds the gradient once more");
  check(source.gapsWhole(), name + ": the gradient writes its own elements only");
}

/// A sample's results are the same bits alone and within a batch.
void batchCuts(GraphMaker& maker, ConvShape s) {
  s.n = 5;
  s.inputPixel = s.c, s.outputPixel = s.k;
  const Values x = maker.tensor({s.n, s.c, s.h, s.w}, -1, 1), dy = maker.tensor({s.n, s.k, s.p, s.q}, -1, 1);
  const DeviceTensor w({s.k, s.r, s.s, s.c / s.groups}, maker.tensor({s.k, s.r, s.s, s.c / s.groups}, -1, 1));
  const DeviceTensor source({s.n, s.c, s.h, s.w}, x, Layout::channelsLast), gradient({s.n, s.k, s.p, s.q}, dy, Layout::channelsLast);
  DeviceTensor y(gradient.shape(), Layout::channelsLast), pieces(gradient.shape(), Layout::channelsLast);
  DeviceTensor dx(source.shape(), Layout::channelsLast), dxPieces(source.shape(), Layout::channelsLast);
  const auto run = [&](int64_t first, int64_t count, DeviceTensor& toY, DeviceTensor& toX) {
    ConvShape part = s;
    part.n = count;
    const int64_t in = first * s.h * s.w * s.c, out = first * s.p * s.q * s.k;
    cuda::plainForward(stream(), part, Arithmetic::fp32, source.view().data + in, w.view().data, nullptr,
                       Activation::none, toY.view().data + out);
    cuda::plainBackwardData(stream(), part, Arithmetic::fp32, gradient.view().data + out, w.view().data,
                            toX.view().data + in, false);
  };
  run(0, 5, y, dx);
  run(0, 2, pieces, dxPieces);
  run(2, 3, pieces, dxPieces);
  check(y.get() == pieces.get() && dx.get() == dxPieces.get(), "the same bits however the batch is cut: " + describe(s));
}

}  // namespace

int main() {
  GraphMaker maker(6);
  for (int trial = 0; trial < 120; trial++) {
    const ConvShape shape = randomShape(maker, trial);
    constexpr Arithmetic all[] = {Arithmetic::fp32, Arithmetic::fp16, Arithmetic::bf16};
    const Arithmetic arithmetic = all[trial % 3];
    agree(maker, shape, arithmetic, describe(shape) + " arithmetic " + std::to_string(trial % 3));
    if (trial % 8 == 0) batchCuts(maker, shape);
  }
  // A dense layer: maps of one pixel; deeper and wider than a tile, a batch with a tail.
  ConvShape dense;
  dense.n = 70, dense.c = 131, dense.k = 67;
  agree(maker, dense, Arithmetic::fp32, "dense 131 -> 67");
  ConvShape empty = dense;
  empty.n = 0;
  cuda::plainForward(stream(), empty, Arithmetic::fp32, nullptr, nullptr, nullptr, Activation::none, nullptr);
  check(true, "a batch of nothing starts nothing");
  return finish("cuda convolution");
}
