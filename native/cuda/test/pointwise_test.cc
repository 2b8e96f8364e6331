// Element-wise kernels against the oracle, gradients by finite differences; every layout, broadcast and accumulation.
#include <cstring>
#include <string>

#include "../kernels/pointwise.h"
#include "oracle.h"
#include "random_graph.h"

using namespace smug;
using namespace smug::test;

namespace {

Node unaryNode(Op op) {
  Node node = named(op);
  node.alpha = 0.3f, node.beta = 0.4f, node.gamma = 1.2f, node.min = -0.5f, node.max = 0.7f;
  return node;
}

cuda::Unary unaryOf(const Node& n) { return {n.op, n.alpha, n.beta, n.gamma, n.min, n.max}; }

void unaries(const Shape& shape, Layout in, Layout out, uint32_t seed) {
  for (const Op op : {Op::relu, Op::sigmoid, Op::tanh, Op::softplus, Op::hardSwish, Op::identity, Op::clip,
                      Op::leakyRelu, Op::elu, Op::selu, Op::hardSigmoid, Op::swish, Op::erf, Op::gelu}) {
    GraphMaker maker(seed);
    const int input = maker.input(shape);
    const Node node = unaryNode(op);
    maker.graph.outputs = {maker.add(node, {input})};
    const Values x = maker.tensor(shape, -4, 4), dy = maker.tensor(shape, -1, 1), before = maker.tensor(shape, -1, 1);
    const std::string name = std::string(nameOf(op)) + " layouts " + std::to_string(int(in)) + std::to_string(int(out));
    const DeviceTensor source(shape, x, in, seed);
    DeviceTensor result(shape, out, seed + 2), gradient(shape, dy, out, seed + 4);
    cuda::unary(stream(), unaryOf(node), source.view(), result.view());
    near(result, evaluate(maker.graph, {x})[maker.graph.outputs[0]], name);
    const Values expected = gradientOf(maker.graph, {x}, 0, dy);
    result.set(before);
    cuda::unaryBackward(stream(), unaryOf(node), source.view(), gradient.view(), result.view(), true);
    near(result, plus(before, expected), name + " gradient, added");
    cuda::unaryBackward(stream(), unaryOf(node), source.view(), gradient.view(), gradient.view(), false);
    near(gradient, expected, name + " gradient, in place");
  }
}

/// At a kink the derivative is the one from the left, at the ends of saturation the saturated side's.
void kinks() {
  struct Kink {
    Op op;
    double x, slope;
  };
  const float alpha = 0.3f, low = -0.5f, high = 0.7f;
  for (const Kink& kink : {Kink{Op::relu, 0, 0}, {Op::leakyRelu, 0, alpha}, {Op::elu, 0, alpha}, {Op::clip, low, 0},
                           {Op::clip, high, 0}, {Op::hardSwish, -3, 0}, {Op::hardSwish, 3, 1}}) {
    const DeviceTensor x({1}, {kink.x}), dy({1}, {2.0});
    DeviceTensor dx({1});
    cuda::unaryBackward(stream(), unaryOf(unaryNode(kink.op)), x.view(), dy.view(), dx.view(), false);
    check(std::fabs(dx.get()[0] - 2 * kink.slope) < 1e-6, std::string(nameOf(kink.op)) + ": its derivative at the kink");
  }
  // Far from zero nothing overflows, and a NaN is not hidden.
  const Values far = {-200, 200, NAN};
  for (const Op op : {Op::sigmoid, Op::softplus, Op::tanh, Op::swish, Op::relu}) {
    const DeviceTensor x({3}, far);
    DeviceTensor y({3});
    cuda::unary(stream(), unaryOf(unaryNode(op)), x.view(), y.view());
    const Values got = y.get();
    check(std::isfinite(got[0]) && std::isfinite(got[1]) && std::isnan(got[2]), std::string(nameOf(op)) + " far from zero");
  }
}

void binaries(const Shape& a, const Shape& b, Layout layout, uint32_t seed) {
  for (const Op op : {Op::add, Op::sub, Op::mul, Op::div, Op::prelu}) {
    GraphMaker maker(seed);
    const int first = maker.input(a), second = maker.input(b);
    maker.graph.outputs = {maker.add(named(op), {first, second})};
    const Shape& shape = maker.shape(maker.graph.outputs[0]);
    if (op == Op::prelu && shape != a) continue;
    // Away from zero: divisors, and prelu's kink.
    Values xa = maker.tensor(a, 0.5, 2), xb = maker.tensor(b, 0.5, 2);
    for (double& x : xa) x *= maker.chance(0.5) ? -1 : 1;
    const Values dy = maker.tensor(shape, -1, 1);
    const DeviceTensor ta(a, xa, layout, seed), tb(b, xb, layout, seed + 1), gradient(shape, dy, layout, seed + 2);
    DeviceTensor result(shape, layout, seed + 3);
    const std::string name = std::string(nameOf(op)) + " of ranks " + std::to_string(a.size()) + " and " +
                             std::to_string(b.size()) + " layout " + std::to_string(int(layout));
    const cuda::View va = ta.broadcastTo(shape), vb = tb.broadcastTo(shape);
    if (op == Op::prelu) cuda::prelu(stream(), va, vb, result.view());
    else cuda::binary(stream(), op, va, vb, result.view());
    near(result, evaluate(maker.graph, {xa, xb})[maker.graph.outputs[0]], name);
    for (int operand = 0; operand < (op == Op::prelu ? 1 : 2); operand++) {
      const Shape& own = operand == 0 ? a : b;
      const Values expected = gradientOf(maker.graph, {xa, xb}, static_cast<size_t>(operand), dy);
      Shape ones(shape.size() - own.size(), 1);
      ones.insert(ones.end(), own.begin(), own.end());
      const Values before = maker.tensor(own, -1, 1);
      DeviceTensor to(ones, before, layout, seed + 4);
      const auto run = [&](bool accumulate) {
        if (op == Op::prelu) cuda::preluBackward(stream(), va, vb, gradient.view(), to.view(), accumulate);
        else cuda::binaryBackward(stream(), op, operand, va, vb, gradient.view(), to.view(), accumulate);
      };
      run(true);
      near(to, plus(before, expected), name + " gradient, added");
      run(false);
      near(to, expected, name + " gradient of operand " + std::to_string(operand));
    }
  }
}

void affines(const Shape& shape, Layout layout, uint32_t seed) {
  GraphMaker maker(seed);
  const Values x = maker.tensor(shape, -2, 2), scale = maker.tensor({shape[1]}, -2, 2), shift = maker.tensor({shape[1]}, -2, 2);
  const DeviceTensor source(shape, x, layout, seed), scales({shape[1]}, scale), shifts({shape[1]}, shift);
  DeviceTensor result(shape, layout, seed + 1);
  const int64_t inner = sizeOf(shape) / shape[0] / shape[1];
  for (int which = 0; which < 4; which++) {
    const float* by = which & 1 ? scales.view().data : nullptr;
    const float* plusBy = which & 2 ? shifts.view().data : nullptr;
    Values expected(x.size()), slope(x.size());
    for (size_t i = 0; i < x.size(); i++) {
      const size_t c = i / static_cast<size_t>(inner) % scale.size();
      slope[i] = x[i] * (by ? scale[c] : 1);
      expected[i] = slope[i] + (plusBy ? shift[c] : 0);
    }
    cuda::affine(stream(), source.view(), by, plusBy, result.view());
    near(result, expected, "affine " + std::to_string(which) + " layout " + std::to_string(int(layout)));
    result.set(x);
    cuda::affineBackward(stream(), source.view(), by, result.view(), true);
    near(result, plus(x, slope), "affine gradient " + std::to_string(which));
  }
}

void bfloat16() {
  for (const size_t count : {0, 1, 7, 64}) {
    GraphMaker maker(9);
    const Values values = maker.tensor({static_cast<int64_t>(count)}, -3, 3);
    const DeviceArray<float> from(std::vector<float>(values.begin(), values.end()));
    const DeviceArray<uint16_t> to(count);
    cuda::toHalves(stream(), from.data(), cuda::Format::bfloat16, to.data(), static_cast<int64_t>(count));
    const auto got = to.get();
    for (size_t i = 0; i < count; i++) {
      const uint32_t bits = uint32_t{got[i]} << 16;
      float back;
      std::memcpy(&back, &bits, sizeof back);
      // Half a unit of 8 bits of precision.
      check(std::fabs(back - values[i]) <= std::fabs(values[i]) / 256, "bfloat16 is the nearest");
    }
  }
  // Ties go to the even neighbour: 1 + 2⁻⁸ to 1, 1 + 3·2⁻⁸ to 1 + 2⁻⁶.
  const DeviceArray<float> ties({1 + 1.0f / 256, 1 + 3.0f / 256, -INFINITY, NAN});
  const DeviceArray<uint16_t> to(4);
  cuda::toHalves(stream(), ties.data(), cuda::Format::bfloat16, to.data(), 4);
  const auto got = to.get();
  check(got[0] == 0x3f80 && got[1] == 0x3f82 && got[2] == 0xff80, "bfloat16 ties and infinities");
  check((got[3] & 0x7f80) == 0x7f80 && (got[3] & 0x7f) != 0, "bfloat16 keeps NaN");
}

/// Every float16 there is comes back from float32 as it was; between two neighbours the nearer one is chosen, ties to the
/// even one; what is too large is NaN.
void float16() {
  const auto rounded = [](const std::vector<float>& values) {
    const DeviceArray<float> from(values);
    const DeviceArray<uint16_t> to(values.size());
    cuda::toHalves(stream(), from.data(), cuda::Format::float16, to.data(), static_cast<int64_t>(values.size()));
    return to.get();
  };
  const auto valueOf = [](int bits) {  // of one that is positive and finite
    const int exponent = bits >> 10, fraction = bits & 1023;
    return exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  };
  std::vector<float> exact, ties, above, below;
  for (int bits = 0; bits < 0x7c00; bits++) exact.push_back(static_cast<float>(valueOf(bits)));
  for (size_t i = 0; i + 1 < exact.size(); i++) {
    ties.push_back((exact[i] + exact[i + 1]) / 2);
    above.push_back(std::nextafter(ties.back(), INFINITY)), below.push_back(-std::nextafter(ties.back(), 0.0f));
  }
  bool same = true;
  const auto plain = rounded(exact), middle = rounded(ties), up = rounded(above), down = rounded(below);
  for (size_t i = 0; i < exact.size(); i++) same = same && plain[i] == i;
  check(same, "float16 keeps every number of its own");
  bool even = true, near = true;
  for (size_t i = 0; i + 1 < exact.size(); i++) {
    even = even && middle[i] == (i + 1) / 2 * 2;
    near = near && up[i] == i + 1 && down[i] == (0x8000 | i);
  }
  check(even, "float16: ties go to the even neighbour");
  check(near, "float16: else to the nearer one");
  for (const uint16_t bits : rounded({65505, -1e9f, INFINITY, -INFINITY, NAN})) {
    check((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0, "float16: what it cannot hold is NaN");
  }
}

}  // namespace

int main() {
  uint32_t seed = 1;
  for (const Layout in : layouts) {
    for (const Layout out : layouts) unaries({2, 4, 3, 2}, in, out, seed++);
    unaries({3, 5}, in, in, seed++);
    unaries({7}, in, in, seed++);
    for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{
             {{2, 4, 3, 5}, {2, 4, 3, 5}}, {{2, 4, 3, 5}, {1, 4, 1, 1}}, {{2, 4, 1, 1}, {2, 4, 3, 5}},
             {{3, 4, 2, 2}, {4, 1, 2}}, {{3, 4}, {1}}, {{2, 1, 3}, {4, 1}}, {{1, 8, 2, 2}, {2, 1, 2, 2}}}) {
      binaries(a, b, in, seed++);
    }
    affines({2, 5, 3, 2}, in, seed++);
    affines({3, 8, 2, 2}, in, seed++);
    affines({3, 4}, in, seed++);
  }
  unaries({2, 0, 3}, Layout::rowMajor, Layout::rowMajor, seed);
  kinks();
  bfloat16();
  float16();
  return finish("cuda pointwise");
}
