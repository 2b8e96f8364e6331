// The tensor-core kernel against the plain one: every tile, forward and gradient, strides, dilation, odd channel counts,
// views into concatenations, bias, ReLU, bits of its derivative, accumulation, halves. On a GPU and in the emulation. The
// seed is new every run unless given: `cuda_algorithms_test SEED TRIALS`; few trials are of small shapes, for a checker.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "../kernels/convolution.h"
#include "../kernels/convolution_plain.h"
#include "../kernels/pointwise.h"
#include "../algorithms.h"
#include "../weights.h"
#include "check.h"

using namespace smug;
using namespace smug::test;
using cuda::Activation;
using cuda::Arithmetic;
using cuda::ConvShape;
using cuda::Direction;

namespace {

// A GPU does in a second what the emulation does in an hour.
const bool emulated = !cuda::keepsTime();
const int usualTrials = emulated ? 6 : 60;
int64_t longest = emulated ? 7 : 20, widest = emulated ? 96 : 320;

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

/// The elements in a format.
struct Rounded {
  Rounded(const Device& from, size_t count, cuda::Format format) : data(from.data()) {
    if (format == cuda::Format::float32) return;
    memory = cuda::Memory(count * 2);
    cuda::toHalves(Device::stream(), from.data(), format, memory.as<void>(), static_cast<int64_t>(count));
    data = memory.as<void>();
  }
  cuda::Memory memory;
  const void* data;
};

ConvShape draw(Draw& random) {
  ConvShape s;
  s.n = random.integer(1, 3);
  s.h = random.integer(1, longest), s.w = random.integer(1, longest);
  const bool odd = random.chance(0.2);
  s.c = odd ? random.integer(1, 40) : 8 * random.integer(1, widest / 16);
  s.k = odd ? random.integer(1, 40) : 8 * random.integer(1, widest / 8);
  do {
    s.r = random.integer(1, 7), s.s = random.integer(1, 7);
    s.padH = random.integer(0, s.r - 1), s.padW = random.integer(0, s.s - 1);
    s.dilationH = random.chance(0.8) ? 1 : 2, s.dilationW = random.chance(0.8) ? 1 : 3;
  } while (s.h + 2 * s.padH < (s.r - 1) * s.dilationH + 1 || s.w + 2 * s.padW < (s.s - 1) * s.dilationW + 1);
  if (random.chance(0.4)) s.strideH = random.integer(1, 3), s.strideW = random.integer(1, 3);
  s.p = (s.h + 2 * s.padH - (s.r - 1) * s.dilationH - 1) / s.strideH + 1;
  s.q = (s.w + 2 * s.padW - (s.s - 1) * s.dilationW - 1) / s.strideW + 1;
  const int64_t gap = odd ? 1 : 8;
  s.inputPixel = s.c + (random.chance(0.5) ? gap * random.integer(1, 3) : 0);
  s.outputPixel = s.k + (random.chance(0.5) ? gap * random.integer(1, 3) : 0);
  return s;
}

std::string describe(const ConvShape& s, const std::string& algorithm, int arithmetic) {
  std::string text = algorithm + " arithmetic " + std::to_string(arithmetic) + ":";
  for (const int64_t value : {s.n, s.h, s.w, s.c, s.k, s.r, s.s, s.padH, s.padW, s.strideH, s.strideW, s.inputPixel, s.outputPixel}) {
    text += " " + std::to_string(value);
  }
  return text;
}

// Both kernels multiply the same rounded operands exactly and add in float32, in other orders, and tensor cores cut off
// where others round: some 10⁻⁵ over the longest sums here (13,000 terms). bf16x3 leaves out what is below 2⁻¹⁷ of an
// operand, bf16x2 of a weight, in root mean square 5·10⁻⁶.
constexpr double tolerance = 4e-5;

struct Sides {
  Direction direction;
  int64_t from, to, channels, pixel;  ///< elements; of the result
};

/// Bits of ReLU's derivative as a kernel leaves or takes them: dense, a byte per eight channels.
class Bits {
 public:
  Bits(int64_t pixels, int64_t channels, Draw* random) : pixel_(channels / 8), memory_(static_cast<size_t>(pixels * pixel_)) {
    bytes_.resize(memory_.bytes());
    for (uint8_t& byte : bytes_) byte = random ? static_cast<uint8_t>(random->integer(0, 255)) : 0xa5;
    cuda::copyToDevice(Device::stream(), memory_.as<void>(), bytes_.data(), bytes_.size());
    Device::stream().synchronize();
  }
  uint8_t* data() const { return memory_.as<uint8_t>(); }
  int64_t pixel() const { return pixel_; }
  std::vector<uint8_t> get() const {
    std::vector<uint8_t> found(bytes_.size());
    cuda::copyToHost(Device::stream(), found.data(), memory_.as<void>(), found.size());
    Device::stream().synchronize();
    return found;
  }
  bool at(int64_t pixel, int64_t channel) const { return bytes_[static_cast<size_t>(pixel * pixel_ + channel / 8)] >> (channel % 8) & 1; }

 private:
  int64_t pixel_;
  cuda::Memory memory_;
  std::vector<uint8_t> bytes_;
};

/// Elements of the result's own channels, or what lies between them.
std::vector<float> own(const std::vector<float>& values, const Sides& s, bool inside) {
  std::vector<float> kept;
  for (size_t i = 0; i < values.size(); i++) {
    if ((static_cast<int64_t>(i) % s.pixel < s.channels) == inside) kept.push_back(values[i]);
  }
  return kept;
}

float widened(uint16_t half, cuda::Format format) {
  if (format == cuda::Format::bfloat16) return std::bit_cast<float>(uint32_t{half} << 16);
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 31) return std::numeric_limits<float>::quiet_NaN();
  const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return static_cast<float>(half >> 15 ? -size : size);
}

/// Leaves of every number what bfloat16 can hold. A loop of its own: where it did more and the cut was under a condition,
/// GCC 12 at -O2 left the cut out.
void cutToBfloat16(std::vector<float>& numbers) {
  for (float& x : numbers) x = std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0xffff0000u);
}

/// One algorithm, bare or with everything that the kernel finishes itself, against the plain kernel.
void compare(const ConvShape& s, Arithmetic arithmetic, Direction direction, Draw& random) {
  const bool forward = direction == Direction::forward;
  const int64_t inputs = s.n * s.h * s.w * s.inputPixel, outputs = s.n * s.p * s.q * s.outputPixel;
  const Sides sides = forward ? Sides{direction, inputs, outputs, s.k, s.outputPixel}
                              : Sides{direction, outputs, inputs, s.c, s.inputPixel};
  cuda::Stream& stream = Device::stream();
  // What has pieces is held against float32; numbers that bfloat16 has are the same in both.
  const Arithmetic plainly = arithmetic == Arithmetic::bf16x2 ? Arithmetic::fp32 : arithmetic;
  auto given = random.floats(sides.from);
  if (arithmetic == Arithmetic::bf16x2) cutToBfloat16(given);
  const Device from(given), bias(random.floats(s.k));
  // As the engine uploads them; small ones, so that float16 needs its scale.
  auto numbers = random.floats(s.k * s.r * s.s * s.c);
  const bool scaled = random.chance(0.5);
  for (float& x : numbers) x *= scaled ? 1e-6f : 1.0f;
  // What float16 has too: the plain kernel takes its weights in float32.
  if (arithmetic == Arithmetic::fp16) cutToBfloat16(numbers);
  const auto filters = std::make_shared<const std::vector<float>>(std::move(numbers));
  const Shape shape = {s.k, s.c, s.r, s.s};
  cuda::Weights weights;
  const cuda::Weights::Filters plainWeights = weights.filters(filters, shape, plainly, 0);
  const Rounded rfrom(from, static_cast<size_t>(sides.from), formatOf(arithmetic));
  const void* plainFrom = plainly == arithmetic ? rfrom.data : from.data();
  const auto before = random.floats(sides.to);
  // What a kernel leaves unwritten stays NaN, and what lies between its pixels must.
  const std::vector<float> poison(static_cast<size_t>(sides.to), std::numeric_limits<float>::quiet_NaN());
  for (const bool dressed : {false, true}) {
    const Device right(dressed && !forward ? before : poison);
    if (forward) {
      cuda::plainForward(stream, s, plainly, plainFrom, plainWeights.data, dressed ? bias.data() : nullptr,
                         dressed ? Activation::relu : Activation::none, right.data());
    } else {
      cuda::plainBackwardData(stream, s, plainly, plainFrom, plainWeights.data, right.data(), dressed);
    }
    const auto plain = right.get();
    const bool eights = sides.channels % 8 == 0 && sides.pixel % 8 == 0;
    const int64_t pixels = sides.to / sides.pixel;
    for (const int algorithm : cuda::convAlgorithms(direction, s, arithmetic)) {
      if (algorithm == 0 && plainly != arithmetic) continue;
      const std::string name = describe(s, cuda::kernelName(algorithm, direction, s, arithmetic), static_cast<int>(arithmetic)) +
                               (forward ? " forward" : " gradient") + (dressed ? " dressed" : "");
      const bool finishes = cuda::finishesInKernel(algorithm) && dressed && eights;
      const Bits bits(pixels, std::max<int64_t>(8, sides.channels), finishes && !forward ? &random : nullptr);
      auto expected = own(plain, sides, true);
      if (finishes && !forward) {
        for (int64_t p = 0; p < pixels; p++) {
          for (int64_t c = 0; c < sides.channels; c++) {
            if (!bits.at(p, c)) expected[static_cast<size_t>(p * sides.channels + c)] = 0;
          }
        }
      }
      cuda::ConvCall call;
      call.from = rfrom.data;
      const auto taken = !forward && cuda::gradientByInput(algorithm)
                             ? weights.filtersByInput(filters, shape, arithmetic, algorithm)
                             : weights.filters(filters, shape, arithmetic, algorithm);
      call.weights = taken.data, call.scale = taken.scale;
      call.bias = forward && dressed ? bias.data() : nullptr;
      call.activation = forward && dressed ? Activation::relu : Activation::none;
      call.accumulate = !forward && dressed;
      if (finishes && forward) call.positive = bits.data(), call.positivePixel = bits.pixel();
      if (finishes && !forward) call.keep = bits.data(), call.keepPixel = bits.pixel();
      std::vector<float> first;
      for (int repeat = 0; repeat < 2; repeat++) {
        const Device to(dressed && !forward ? before : poison);
        call.to = to.data();
        cuda::convolve(stream, direction, algorithm, s, arithmetic, call);
        const auto all = to.get(), found = own(all, sides, true);
        const double error = relativeError(found, expected);
        check(error <= tolerance, name + ": error " + std::to_string(error));
        const auto between = own(all, sides, false);
        const bool whole = dressed && !forward
                               ? between == own(before, sides, false)
                               : std::all_of(between.begin(), between.end(), [](float x) { return std::isnan(x); });
        check(whole, name + " writes its own channels only");
        check(repeat == 0 || found == first, name + ": the same bits again");
        first = found;
      }
      if (finishes && forward) {
        const auto written = bits.get();
        bool same = true;
        for (int64_t p = 0; p < pixels; p++) {
          for (int64_t c = 0; c < sides.channels; c++) {
            const bool bit = written[static_cast<size_t>(p * bits.pixel() + c / 8)] >> (c % 8) & 1;
            same = same && bit == (first[static_cast<size_t>(p * sides.channels + c)] > 0);
          }
        }
        check(same, name + ": bits say which channels are positive");
      }
      if (!cuda::finishesInKernel(algorithm)) continue;
      // In 16 bits they are the same numbers, rounded; what they are added to is rounded before.
      for (const cuda::Format format : {cuda::Format::bfloat16, cuda::Format::float16}) {
        const float unit = format == cuda::Format::bfloat16 ? 1.0f / 256 : 1.0f / 2048;
        const Device there(before);
        Rounded to(there, static_cast<size_t>(sides.to), format);
        call.to = to.memory.as<void>();
        call.toFormat = format;
        cuda::convolve(stream, direction, algorithm, s, arithmetic, call);
        std::vector<uint16_t> halves(static_cast<size_t>(sides.to));
        cuda::copyToHost(stream, halves.data(), to.memory.as<void>(), halves.size() * 2);
        stream.synchronize();
        bool rounded = true, beside = true;
        size_t next = 0;
        for (int64_t i = 0; i < sides.to; i++) {
          const float had = before[static_cast<size_t>(i)], found = widened(halves[static_cast<size_t>(i)], format);
          if (i % sides.pixel >= sides.channels) {
            beside = beside && std::abs(found - had) <= unit;
            continue;
          }
          const float exact = first[next++];
          const float allowed = std::abs(exact) * unit + (call.accumulate ? std::abs(had) * unit : 0) + 1e-7f;
          rounded = rounded && std::abs(found - exact) <= allowed;
        }
        check(rounded, name + ": in 16 bits the same numbers, rounded");
        check(beside, name + ": in 16 bits its own channels only");
      }
    }
  }
}

/// What another process has chosen is taken in, and nothing else: no nonsense, nothing that cannot run, and no second
/// opinion on what this one has chosen.
void choices() {
  ConvShape shape;
  shape.n = 3, shape.h = shape.w = shape.p = shape.q = 14, shape.c = shape.inputPixel = 64, shape.k = shape.outputPixel = 64;
  ConvShape other = shape;
  other.c = other.inputPixel = 96;
  const int chosen = cuda::chooseAlgorithm(Direction::forward, shape, Arithmetic::bf16);
  const std::string line = cuda::tunedChoices();
  check(cuda::choiceCount() == 1 && std::count(line.begin(), line.end(), '\n') == 1, "a choice is a line");
  auto renamed = line.substr(0, line.rfind("mma"));
  cuda::takeChoices(line + renamed + "mma 64x64\n" + renamed + "mma 1x1\nnonsense\n7 9 -1\n\n" + std::string(300, '9') + "\n");
  check(cuda::choiceCount() == 1, "what is chosen stays, and what is no choice is passed over");
  check(cuda::chooseAlgorithm(Direction::forward, shape, Arithmetic::bf16) == chosen, "a choice holds");
  // As another process would have it: for 96 channels.
  const std::string from = " 64 64 1 1 ", to = " 96 64 1 1 ";
  std::string foreign = renamed + "mma 64x64\n";
  foreign.replace(foreign.find(from), from.size(), to);
  foreign.replace(foreign.rfind(" 64 64 "), 7, " 96 64 ");
  cuda::takeChoices(foreign);
  check(cuda::choiceCount() == 2, "another process's choice is taken in");
  const int taken = cuda::chooseAlgorithm(Direction::forward, other, Arithmetic::bf16);
  check(cuda::kernelName(taken, Direction::forward, other, Arithmetic::bf16) == "mma 64x64", "and holds: " +
            cuda::kernelName(taken, Direction::forward, other, Arithmetic::bf16));
}

}  // namespace

int main(int count, char** arguments) {
  const uint32_t seed = count > 1 ? static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10)) : std::random_device{}();
  std::printf("seed %u\n", seed);
  choices();
  const int trials = count > 2 ? std::atoi(arguments[2]) : usualTrials;
  if (trials <= 6) longest = 7, widest = 96;
  Draw random(seed);
  for (int trial = 0; trial < trials; trial++) {
    const ConvShape shape = draw(random);
    for (const Arithmetic arithmetic : {Arithmetic::bf16x3, Arithmetic::bf16x2, Arithmetic::fp16, Arithmetic::bf16}) {
      for (const Direction direction : {Direction::forward, Direction::backward}) {
        // As the engine has them (precision.h); dense layers' gradients have one tap.
        if (direction == Direction::backward && arithmetic == Arithmetic::fp16) continue;
        if (direction == Direction::forward && arithmetic == Arithmetic::bf16x2) continue;
        if (direction == Direction::backward && arithmetic == Arithmetic::bf16x3 && shape.r * shape.s != 1) continue;
        check(cuda::convAlgorithms(direction, shape, arithmetic).size() > 1, "a tensor-core kernel takes part");
        compare(shape, arithmetic, direction, random);
      }
    }
  }
  return finish("cuda algorithms");
}
