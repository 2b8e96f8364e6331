#include "algorithms.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <sstream>

namespace smug::cuda {

namespace {

/// Samples a tuning run works on: as many as a micro-batch usually has, so that small maps are timed with the blocks that
/// they will have; of large maps, which fill any device, as few as keep memory small.
constexpr int64_t mostSamples = 200, fewestSamples = 32, tunedElements = int64_t{1} << 26;
/// An algorithm later in the list must take less than this share of the time of the best before it: noise must not change choices.
constexpr double margin = 0.95;

struct Choice {
  Direction direction;
  ConvShape shape;
  Arithmetic arithmetic;
  int algorithm;
};

std::mutex mutex;
std::vector<Choice> choices;

/// Every number of a shape, in one order for both ways.
auto numbersOf(auto& s) {
  return std::array{&s.n, &s.h, &s.w, &s.c, &s.k, &s.r, &s.s, &s.p, &s.q, &s.strideH, &s.strideW, &s.padH, &s.padW,
                    &s.dilationH, &s.dilationW, &s.groups, &s.inputPixel, &s.outputPixel};
}

const Choice* known(Direction direction, const ConvShape& shape, Arithmetic arithmetic) {
  for (const Choice& choice : choices) {
    if (choice.shape == shape && choice.arithmetic == arithmetic && choice.direction == direction) return &choice;
  }
  return nullptr;
}

int fastest(Direction direction, const ConvShape& shape, Arithmetic arithmetic, const std::vector<int>& algorithms) {
  const auto bytes = static_cast<size_t>(bytesOf(formatOf(arithmetic)));
  const Memory in(static_cast<size_t>(shape.n * shape.h * shape.w * shape.inputPixel) * bytes);
  const Memory out(static_cast<size_t>(shape.n * shape.p * shape.q * shape.outputPixel) * bytes);
  // In pieces a row ends with a whole step, or there are two of each.
  const bool back = direction == Direction::backward;
  const int64_t rows = back ? shape.c : shape.k, row = shape.r * shape.s * (back ? shape.k : shape.c) / shape.groups;
  const Memory weights(static_cast<size_t>(rows * (row + 15)) * 4);
  const bool forward = direction == Direction::forward;
  Stream stream;
  for (const Memory* memory : {&in, &out, &weights}) fillZero(stream, memory->as<void>(), memory->bytes());
  ConvCall call;
  call.from = (forward ? in : out).as<void>();
  call.weights = weights.as<void>();
  call.to = (forward ? out : in).as<void>();
  int best = 0;
  double bestTime = -1;
  for (const int algorithm : algorithms) {
    // The plain kernel is the check of the others, never faster than one of them.
    if (algorithm == 0) continue;
    call.toFormat = formatOf(arithmetic);
    const auto once = [&] { convolve(stream, direction, algorithm, shape, arithmetic, call); };
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

}  // namespace

int chooseAlgorithm(Direction direction, const ConvShape& wanted, Arithmetic arithmetic) {
  ConvShape shape = wanted;
  const int64_t sample = std::max(shape.h * shape.w * shape.inputPixel, shape.p * shape.q * shape.outputPixel);
  shape.n = std::clamp(tunedElements / std::max<int64_t>(1, sample), fewestSamples, mostSamples);
  const std::lock_guard lock(mutex);
  if (const Choice* choice = known(direction, shape, arithmetic)) return choice->algorithm;
  const std::vector<int> algorithms = convAlgorithms(direction, shape, arithmetic);
  int chosen = algorithms.front();
  // With one besides the plain one there is nothing to time.
  if (algorithms.size() > 2 && keepsTime()) {
    try {
      chosen = fastest(direction, shape, arithmetic, algorithms);
    } catch (const OutOfMemory&) {
      return algorithms.front();  // not remembered: there may be room another time
    }
  }
  choices.push_back({direction, shape, arithmetic, chosen});
  return chosen;
}

size_t choiceCount() {
  const std::lock_guard lock(mutex);
  return choices.size();
}

std::string tunedChoices() {
  const std::lock_guard lock(mutex);
  std::ostringstream lines;
  for (const Choice& choice : choices) {
    lines << static_cast<int>(choice.direction) << ' ' << static_cast<int>(choice.arithmetic) << ' ';
    for (const int64_t* number : numbersOf(choice.shape)) lines << *number << ' ';
    lines << choice.shape.inputAligned << ' ' << choice.shape.outputAligned << ' '
          << kernelName(choice.algorithm, choice.direction, choice.shape, choice.arithmetic) << '\n';
  }
  return lines.str();
}

void takeChoices(const std::string& lines) {
  std::istringstream all(lines);
  for (std::string line; std::getline(all, line);) {
    std::istringstream words(line);
    int direction = -1, arithmetic = -1;
    ConvShape shape;
    words >> direction >> arithmetic;
    for (int64_t* number : numbersOf(shape)) words >> *number;
    words >> shape.inputAligned >> shape.outputAligned >> std::ws;
    std::string name;
    std::getline(words, name);
    const auto numbers = numbersOf(shape);
    const bool whole = !words.fail() && direction >= 0 && direction <= 1 && arithmetic >= 0 &&
                       arithmetic <= static_cast<int>(Arithmetic::bf16) &&
                       std::all_of(numbers.begin(), numbers.end(), [](const int64_t* x) { return *x >= 0 && *x < INT32_MAX; }) &&
                       shape.groups > 0;
    if (!whole) continue;
    const auto way = static_cast<Direction>(direction);
    const auto kind = static_cast<Arithmetic>(arithmetic);
    // Only what could have been chosen: a file is no authority on what a kernel can run.
    for (const int algorithm : convAlgorithms(way, shape, kind)) {
      if (kernelName(algorithm, way, shape, kind) != name) continue;
      const std::lock_guard lock(mutex);
      if (!known(way, shape, kind)) choices.push_back({way, shape, kind, algorithm});
    }
  }
}

}  // namespace smug::cuda
