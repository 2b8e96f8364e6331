// Native checks: both provers against enumeration on small problems, cancellation, time limits, threads.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <thread>

#include "highs_component.h"
#include "z3_component.h"

using namespace smug::solver;

namespace {

int failures = 0;

void expect(bool condition, const char* what, int line) {
  if (condition) return;
  std::fprintf(stderr, "line %d: %s\n", line, what);
  failures++;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

IntegerProblem randomProblem(std::mt19937& random, uint32_t variables, size_t rows, int entries) {
  IntegerProblem problem;
  problem.variables = variables;
  problem.offsets = {0};
  for (size_t row = 0; row < rows; row++) {
    int64_t sum = 0;
    for (uint32_t j = 0; j < variables; j++) {
      if (static_cast<int>(random() % variables) >= entries) continue;
      const int32_t coefficient = static_cast<int32_t>(random() % 2001) - 700;
      problem.columns.push_back(j);
      problem.coefficients.push_back(coefficient);
      sum += coefficient;
    }
    problem.offsets.push_back(static_cast<uint32_t>(problem.columns.size()));
    problem.bounds.push_back(sum / 2 + 1);
  }
  return problem;
}

std::optional<int> enumerate(const IntegerProblem& problem) {
  std::optional<int> best;
  std::vector<uint8_t> mask(problem.variables);
  for (uint32_t bits = 0; bits < (1u << problem.variables); bits++) {
    const int size = std::popcount(bits);
    if (best && size >= *best) continue;
    for (uint32_t j = 0; j < problem.variables; j++) mask[j] = bits >> j & 1;
    if (problem.satisfiedBy(mask)) best = size;
  }
  return best;
}

int sizeOf(const Answer& answer) { return static_cast<int>(std::count(answer.mask.begin(), answer.mask.end(), 1)); }

void checkAnswer(const Answer& answer, std::optional<int> truth, int line) {
  if (!truth) {
    expect(answer.status == Answer::Status::infeasible, "infeasible problem recognised", line);
    return;
  }
  expect(answer.status == Answer::Status::optimal, "optimal", line);
  expect(sizeOf(answer) == *truth, "size equals enumeration", line);
  expect(answer.lowerBound == *truth, "bound equals enumeration", line);
}

void smallProblemsEqualEnumeration() {
  std::mt19937 random(1);
  for (int round = 0; round < 300; round++) {
    const auto problem = randomProblem(random, 3 + random() % 9, 1 + random() % 8, 2 + random() % 8);
    problem.check();
    const auto truth = enumerate(problem);
    Control first, second;
    checkAnswer(solveWithZ3(problem, {}, first), truth, __LINE__);
#ifdef SMUG_HAS_HIGHS
    checkAnswer(solveWithHighs(problem, {}, second), truth, __LINE__);
#endif
    if (truth && *truth > 0) {
      Z3Options tight;
      tight.atMost = *truth - 1;
      Control third;
      EXPECT(solveWithZ3(problem, tight, third).status == Answer::Status::infeasible);
    }
  }
}

template <typename Solve>
double secondsOf(Solve solve) {
  const auto start = std::chrono::steady_clock::now();
  solve();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void limitsReallyStop() {
  std::mt19937 random(2);
  const auto hard = randomProblem(random, 600, 900, 40);
  Answer answer;
  Z3Options options;
  options.seconds = 0.3;
  Control timed, cancelled;
  const double z3 = secondsOf([&] { answer = solveWithZ3(hard, options, timed); });
  EXPECT(answer.status == Answer::Status::stopped);
  EXPECT(z3 < 0.3 + 0.5);
  EXPECT(answer.mask.empty() || hard.satisfiedBy(answer.mask));
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancelled.stop();
  });
  const double stopped = secondsOf([&] { answer = solveWithZ3(hard, {}, cancelled); });
  canceller.join();
  EXPECT(answer.status == Answer::Status::stopped && stopped < 0.7);
  Z3Options work;
  work.workLimit = 200000;
  Control limited;
  EXPECT(solveWithZ3(hard, work, limited).status == Answer::Status::stopped);
#ifdef SMUG_HAS_HIGHS
  HighsOptions highsOptions;
  highsOptions.seconds = 0.3;
  Control highs_timed;
  const double highs = secondsOf([&] { answer = solveWithHighs(hard, highsOptions, highs_timed); });
  EXPECT(answer.status == Answer::Status::stopped && highs < 5);  // it asks between LP rounds only
#endif
  Control before;
  before.stop();
  EXPECT(solveWithZ3(hard, {}, before).status == Answer::Status::stopped);
}

void threadsDoNotDisturbEachOther() {
  std::mt19937 random(3);
  std::vector<IntegerProblem> problems;
  std::vector<std::optional<int>> truths;
  for (int i = 0; i < 32; i++) {
    problems.push_back(randomProblem(random, 10, 6, 6));
    truths.push_back(enumerate(problems.back()));
  }
  std::vector<Answer> answers(problems.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < problems.size(); i++) {
    threads.emplace_back([&, i] {
      Control control;
#ifdef SMUG_HAS_HIGHS
      if (i % 2) {
        answers[i] = solveWithHighs(problems[i], {}, control);
        return;
      }
#endif
      answers[i] = solveWithZ3(problems[i], {}, control);
    });
  }
  for (auto& thread : threads) thread.join();
  for (size_t i = 0; i < problems.size(); i++) checkAnswer(answers[i], truths[i], __LINE__);
}

void malformedProblemsAreRefused() {
  const auto refused = [](std::vector<uint32_t> offsets, uint32_t column) {
    IntegerProblem problem;
    problem.variables = 1;
    problem.bounds.assign(offsets.size() - 1, 1);
    problem.columns.assign(offsets.back(), column);
    problem.coefficients.assign(offsets.back(), 1);
    problem.offsets = std::move(offsets);
    try {
      problem.check();
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  EXPECT(!refused({0, 1}, 0));
  EXPECT(refused({0, 1}, 1));
  // The first row must not be read before the second offset is known to lie too far: a sanitizer sees it.
  EXPECT(refused({0, 1u << 20, 1}, 0));
}

}  // namespace

int main() {
  smallProblemsEqualEnumeration();
  limitsReallyStop();
  threadsDoNotDisturbEachOther();
  malformedProblemsAreRefused();
  if (failures == 0) std::puts("solver: all checks passed");
  return failures != 0;
}
