#include "program.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace smug::cpu {

namespace {

int rootOf(std::vector<int>& parents, int buffer) {
  while (parents[buffer] != buffer) buffer = parents[buffer] = parents[parents[buffer]];
  return buffer;
}

}  // namespace

const dnnl::engine& cpuEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

Program::Program(std::vector<Step> steps, std::vector<size_t> bufferBytes, int64_t batches)
    : steps_(std::move(steps)), batches_(batches), bound_(Scheduler::maxWorkers) {
  const size_t count = bufferBytes.size();
  std::vector<Lifetime> lives(count);
  for (size_t b = 0; b < count; b++) lives[b] = {bufferBytes[b], -1, -1};
  for (size_t s = 0; s < steps_.size(); s++) {
    for (const int buffer : steps_[s].uses) {
      if (buffer < 0) continue;
      if (lives[buffer].first < 0) lives[buffer].first = static_cast<int>(s);
      lives[buffer].last = static_cast<int>(s);
    }
  }
  // A step that may work in place does so where its source ends and its destination begins with it: both then
  // become one buffer with the joined lifetime.
  std::vector<int> parents(count);
  std::iota(parents.begin(), parents.end(), 0);
  for (size_t s = 0; s < steps_.size(); s++) {
    const auto [from, to] = steps_[s].inPlace;
    if (from < 0 || to < 0) continue;
    const int source = rootOf(parents, from);
    if (lives[source].last != static_cast<int>(s) || lives[to].first != static_cast<int>(s)) continue;
    if (lives[source].bytes != lives[to].bytes || source == to) continue;
    lives[source].last = lives[to].last;
    lives[to].first = lives[to].last = -1;
    parents[to] = source;
  }
  offsets_ = placeBuffers(lives, arenaBytes_);
  for (size_t b = 0; b < count; b++) offsets_[b] = offsets_[rootOf(parents, static_cast<int>(b))];
}

Program::Bound& Program::bind(int number, char* memory) const {
  std::unique_ptr<Bound>& slot = bound_.at(number);
  if (slot && slot->memory == memory) return *slot;
  auto bound = std::make_unique<Bound>();
  bound->memory = memory;
  bound->stream = dnnl::stream(cpuEngine());
  bound->arguments.resize(steps_.size());
  const Run run{memory, &offsets_, nullptr};
  for (size_t s = 0; s < steps_.size(); s++) {
    for (const auto& [argument, view] : steps_[s].arguments) {
      bound->arguments[s].emplace(argument, dnnl::memory(view.desc, cpuEngine(), run.at<void>(view)));
    }
  }
  slot = std::move(bound);
  return *slot;
}

void Program::runStep(size_t i, const Bound& bound, const Run& run) const {
  const Step& step = steps_[i];
  if (step.function) step.function(run);
  else step.primitive.execute(bound.stream, bound.arguments[i]);
}

void Program::run(Arena& arena, RunArguments& arguments) const {
  char* const memory = arena.memory(arenaBytes_);
  const Bound& bound = bind(arena.number(), memory);
  const Run run{memory, &offsets_, &arguments};
  for (size_t s = 0; s < steps_.size(); s++) runStep(s, bound, run);
}

std::map<std::string, double> Program::profile(Arena& arena, RunArguments& arguments, int repeats) const {
  using Clock = std::chrono::steady_clock;
  char* const memory = arena.memory(arenaBytes_);
  const Bound& bound = bind(arena.number(), memory);
  const Run run{memory, &offsets_, &arguments};
  std::map<std::string, double> milliseconds;
  for (int r = 0; r < repeats; r++) {
    for (size_t s = 0; s < steps_.size(); s++) {
      const auto start = Clock::now();
      runStep(s, bound, run);
      const std::chrono::duration<double, std::milli> spent = Clock::now() - start;
      milliseconds[steps_[s].what] += spent.count() / repeats;
    }
  }
  return milliseconds;
}

}  // namespace smug::cpu
