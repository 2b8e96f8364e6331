// CUTLASS's convolutions against the plain kernel, on a GPU: every tile, forward and gradient, strides, views into
// concatenations, bias, ReLU, accumulation. The seed is new every run unless given: `cuda_device_algorithms_test SEED`.
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "../kernels/convolution.h"
#include "../kernels/convolution_plain.h"
#include "../kernels/pointwise.h"
#include "check.h"

using namespace smug;
using namespace smug::test;
using cuda::Activation;
using cuda::Arithmetic;
using cuda::ConvShape;

namespace {

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  int64_t integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }
  bool chance(double p) { return std::uniform_real_distribution<double>(0, 1)(random_) < p; }
  std::vector<float> floats(int64_t count) {
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = uniform(random_);
    return values;
  }

 private:
  std::mt19937 random_;
};

class Device {
 public:
  explicit Device(const std::vector<float>& values) : count_(values.size()), memory_(values.size() * 4) {
    cuda::copyToDevice(stream(), memory_.as<void>(), values.data(), count_ * 4);
    stream().synchronize();
  }
  float* data() const { return memory_.as<float>(); }
  std::vector<float> get() const {
    std::vector<float> values(count_);
    cuda::copyToHost(stream(), values.data(), memory_.as<void>(), count_ * 4);
    stream().synchronize();
    return values;
  }
  static cuda::Stream& stream() {
    static cuda::Stream one;
    return one;
  }

 private:
  size_t count_;
  cuda::Memory memory_;
};

/// The elements in the arithmetic's own type.
struct Rounded {
  Rounded(const Device& from, size_t count, Arithmetic arithmetic) : data(from.data()) {
    if (arithmetic != Arithmetic::bf16) return;
    memory = cuda::Memory(count * 2);
    cuda::toBFloat16(Device::stream(), from.data(), memory.as<void>(), static_cast<int64_t>(count));
    data = memory.as<void>();
  }
  cuda::Memory memory;
  const void* data;
};

ConvShape draw(Draw& random) {
  ConvShape s;
  s.n = random.integer(1, 3);
  s.h = random.integer(1, 20), s.w = random.integer(1, 20);
  s.c = 8 * random.integer(1, 20), s.k = 8 * random.integer(1, 40);
  do {
    s.r = random.integer(1, 7), s.s = random.integer(1, 7);
    s.padH = random.integer(0, s.r - 1), s.padW = random.integer(0, s.s - 1);
  } while (s.h + 2 * s.padH < s.r || s.w + 2 * s.padW < s.s);
  if (random.chance(0.4)) s.strideH = random.integer(1, 3), s.strideW = random.integer(1, 3);
  s.p = (s.h + 2 * s.padH - s.r) / s.strideH + 1;
  s.q = (s.w + 2 * s.padW - s.s) / s.strideW + 1;
  s.inputPixel = s.c + (random.chance(0.5) ? 8 * random.integer(1, 3) : 0);
  s.outputPixel = s.k + (random.chance(0.5) ? 8 * random.integer(1, 3) : 0);
  return s;
}

std::string describe(const ConvShape& s, const std::string& algorithm, int arithmetic) {
  std::string text = algorithm + " arithmetic " + std::to_string(arithmetic) + ":";
  for (const int64_t value : {s.n, s.h, s.w, s.c, s.k, s.r, s.s, s.padH, s.padW, s.strideH, s.strideW, s.inputPixel, s.outputPixel}) {
    text += " " + std::to_string(value);
  }
  return text;
}

// Both kernels multiply the same rounded operands exactly and add in float32, in other orders; only TF32 is rounded by
// other rules (halves), which is far below its own 2⁻¹¹.
double toleranceOf(Arithmetic arithmetic) { return arithmetic == Arithmetic::tf32 ? 5e-4 : 1e-5; }

void compare(const ConvShape& s, Arithmetic arithmetic, Draw& random) {
  const int64_t inputs = s.n * s.h * s.w * s.inputPixel, outputs = s.n * s.p * s.q * s.outputPixel;
  const Device x(random.floats(inputs)), dy(random.floats(outputs)), w(random.floats(s.k * s.r * s.s * s.c));
  const Device bias(random.floats(s.k));
  const Rounded rx(x, static_cast<size_t>(inputs), arithmetic), rdy(dy, static_cast<size_t>(outputs), arithmetic);
  const Rounded rw(w, static_cast<size_t>(s.k * s.r * s.s * s.c), arithmetic);
  const auto before = random.floats(std::max(inputs, outputs));
  // What a kernel leaves unwritten stays NaN, and what lies between its pixels must.
  const std::vector<float> poison(static_cast<size_t>(std::max(inputs, outputs)), std::numeric_limits<float>::quiet_NaN());
  const auto head = [](const std::vector<float>& from, int64_t count) { return std::vector<float>(from.begin(), from.begin() + count); };
  const auto own = [](const std::vector<float>& values, int64_t pixel, int64_t channels, bool inside) {
    std::vector<float> kept;
    for (size_t i = 0; i < values.size(); i++) {
      if ((static_cast<int64_t>(i) % pixel < channels) == inside) kept.push_back(values[i]);
    }
    return kept;
  };
  const auto untouched = [&](const std::vector<float>& values, int64_t pixel, int64_t channels) {
    for (const float value : own(values, pixel, channels, false)) {
      if (!std::isnan(value)) return false;
    }
    return true;
  };
  cuda::Stream& stream = Device::stream();
  for (const bool dressed : {false, true}) {
    const float* shift = dressed ? bias.data() : nullptr;
    const Activation activation = dressed ? Activation::relu : Activation::none;
    const Device right(head(poison, outputs));
    cuda::plainForward(stream, s, arithmetic, rx.data, rw.data, shift, activation, right.data());
    const auto expected = own(right.get(), s.outputPixel, s.k, true);
    const Device rightGradient(head(dressed ? before : poison, inputs));
    cuda::plainBackwardData(stream, s, arithmetic, rdy.data, rw.data, rightGradient.data(), dressed);
    const auto expectedGradient = own(rightGradient.get(), s.inputPixel, s.c, true);
    for (const int algorithm : cuda::forwardAlgorithms(s, arithmetic)) {
      const std::string name = describe(s, cuda::algorithmName(algorithm), static_cast<int>(arithmetic));
      std::vector<float> first;
      for (int repeat = 0; repeat < 2; repeat++) {
        const Device y(head(poison, outputs));
        cuda::convForward(stream, algorithm, s, arithmetic, rx.data, rw.data, shift, activation, y.data(), nullptr);
        const auto all = y.get(), found = own(all, s.outputPixel, s.k, true);
        const double error = relativeError(found, expected);
        check(error <= toleranceOf(arithmetic), name + " forward: error " + std::to_string(error));
        check(untouched(all, s.outputPixel, s.k), name + " forward writes its own channels only");
        check(repeat == 0 || found == first, name + " forward: the same bits again");
        first = found;
      }
    }
    for (const int algorithm : cuda::backwardAlgorithms(s, arithmetic)) {
      const std::string name = describe(s, cuda::algorithmName(algorithm), static_cast<int>(arithmetic));
      const Device dx(head(dressed ? before : poison, inputs));
      cuda::convBackwardData(stream, algorithm, s, arithmetic, rdy.data, rw.data, dx.data(), dressed, nullptr);
      const auto all = dx.get();
      const double error = relativeError(own(all, s.inputPixel, s.c, true), expectedGradient);
      check(error <= toleranceOf(arithmetic), name + " gradient: error " + std::to_string(error));
      const auto between = own(all, s.inputPixel, s.c, false);
      check(dressed ? between == own(head(before, inputs), s.inputPixel, s.c, false) : untouched(all, s.inputPixel, s.c),
            name + " gradient writes its own channels only");
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  const uint32_t seed = count > 1 ? static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10)) : std::random_device{}();
  std::printf("seed %u\n", seed);
  Draw random(seed);
  size_t tiles = 0;
  for (int trial = 0; trial < 60; trial++) {
    const ConvShape shape = draw(random);
    for (const Arithmetic arithmetic : {Arithmetic::tf32, Arithmetic::bf16}) {
      tiles = std::max(tiles, cuda::forwardAlgorithms(shape, arithmetic).size());
      compare(shape, arithmetic, random);
    }
  }
  check(tiles > 1, "tensor-core kernels took part");
  return finish("cuda algorithms");
}
