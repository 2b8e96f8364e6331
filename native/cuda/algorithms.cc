#include "algorithms.h"

#include <algorithm>
#include <mutex>

namespace smug::cuda {

namespace {

/// Samples a tuning run works on: enough to fill a large device, little memory.
constexpr int64_t tunedSamples = 32;
/// An algorithm later in the list must be so much faster than the best before it: noise must not change choices.
constexpr double margin = 0.95;

struct Choice {
  ConvShape shape;
  Arithmetic arithmetic;
  bool backward;
  int algorithm;
};

std::mutex mutex;
std::vector<Choice> choices;

struct Operands {
  Memory x, y, w;

  Operands(const ConvShape& shape, Arithmetic arithmetic, bool backward) {
    const size_t half = arithmetic == Arithmetic::bf16 ? 2 : 4;
    const size_t in = shape.n * shape.h * shape.w * shape.inputPixel, out = shape.n * shape.p * shape.q * shape.outputPixel;
    x = Memory(in * (backward ? 4 : half));
    y = Memory(out * (backward ? half : 4));
    w = Memory(shape.k * shape.r * shape.s * (shape.c / shape.groups) * half);
  }
};

int fastest(const ConvShape& shape, Arithmetic arithmetic, bool backward, const std::vector<int>& algorithms) {
  const Operands operands(shape, arithmetic, backward);
  Stream stream;
  fillZero(stream, operands.x.as<void>(), operands.x.bytes());
  fillZero(stream, operands.y.as<void>(), operands.y.bytes());
  fillZero(stream, operands.w.as<void>(), operands.w.bytes());
  int best = 0;
  double bestTime = -1;
  for (const int algorithm : algorithms) {
    // The plain kernel is the check of the others, never faster than one of them.
    if (algorithm == 0) continue;
    const size_t bytes = backward ? backwardScratchBytes(algorithm, shape, arithmetic)
                                  : forwardScratchBytes(algorithm, shape, arithmetic);
    const Memory scratch(std::max<size_t>(bytes, 1));
    const auto once = [&] {
      if (backward) {
        convBackwardData(stream, algorithm, shape, arithmetic, operands.y.as<void>(), operands.w.as<void>(),
                         operands.x.as(), false, scratch.as<void>());
      } else {
        convForward(stream, algorithm, shape, arithmetic, operands.x.as<void>(), operands.w.as<void>(), nullptr,
                    Activation::none, operands.y.as(), scratch.as<void>());
      }
    };
    once();  // the first launch loads the kernel
    double time = millisecondsOf(stream, once);
    for (int repeat = 0; repeat < 2; repeat++) time = std::min(time, millisecondsOf(stream, once));
    if (bestTime < 0 || time < margin * bestTime) {
      bestTime = time;
      best = algorithm;
    }
  }
  stream.synchronize();
  return best;
}

int choose(ConvShape shape, Arithmetic arithmetic, bool backward) {
  shape.n = tunedSamples;
  const std::lock_guard lock(mutex);
  for (const Choice& choice : choices) {
    if (choice.shape == shape && choice.arithmetic == arithmetic && choice.backward == backward) return choice.algorithm;
  }
  const std::vector<int> algorithms =
      backward ? backwardAlgorithms(shape, arithmetic) : forwardAlgorithms(shape, arithmetic);
  int chosen = algorithms.front();
  // With one besides the plain one there is nothing to time.
  if (algorithms.size() > 2) {
    try {
      chosen = fastest(shape, arithmetic, backward, algorithms);
    } catch (const OutOfMemory&) {
      return algorithms.front();  // not remembered: there may be room another time
    }
  }
  choices.push_back({shape, arithmetic, backward, chosen});
  return chosen;
}

}  // namespace

int chooseForward(const ConvShape& shape, Arithmetic arithmetic) { return choose(shape, arithmetic, false); }
int chooseBackward(const ConvShape& shape, Arithmetic arithmetic) { return choose(shape, arithmetic, true); }

}  // namespace smug::cuda
