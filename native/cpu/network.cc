#include "network.h"

#include <algorithm>

#include "graph/batch.h"

namespace smug::cpu {

namespace {

/// Programs kept a network: a few batch sizes for each of a few questions.
constexpr size_t keptPrograms = 12;
/// The share of the memory budget that reordered weights may take.
constexpr size_t weightsShare = 4;

std::atomic<int> liveNetworks{0};

template <typename T>
std::vector<std::vector<T>> part(const std::vector<std::vector<T>>& all, int64_t first, int64_t count, int64_t total) {
  std::vector<std::vector<T>> parts;
  for (const std::vector<T>& one : all) {
    std::vector<T> list;
    // An incomplete micro-batch repeats its last block.
    for (int64_t b = 0; b < count; b++) list.push_back(one[std::min(first + b, total - 1)]);
    parts.push_back(std::move(list));
  }
  return parts;
}

}  // namespace

Network::Network(Graph graph, const NetworkOptions& options, std::shared_ptr<Weights> weights)
    : graph_(std::make_shared<const Graph>(std::move(graph))),
      options_(options),
      weights_(weights ? std::move(weights) : std::make_shared<Weights>(options.memoryBudget / weightsShare)) {
  graph_->check();
  if (options_.threads <= 0) options_.threads = Scheduler::defaultThreads();
  options_.threads = std::min(options_.threads, Scheduler::maxWorkers);
  if (options_.precision == Precision::bf16 && !hasBFloat16()) {
    throw Unsupported("precision bf16 needs a processor with AVX512-BF16 or AMX");
  }
  for (const Value& value : graph_->values) {
    if (!value.constant && sizeOf(value.shape) == 0) {
      throw Unsupported("value '" + value.name + "' has no elements");
    }
  }
  const auto batched = batchedValues(*graph_);
  batchable_ = batched.has_value();
  batched_ = batched.value_or(std::vector<bool>(graph_->values.size(), false));
  if (!graph_->outputs.empty() && !graph_->values[graph_->outputs[0]].shape.empty()) {
    samplesPerBlock_ = graph_->values[graph_->outputs[0]].shape[0];
  }
  liveNetworks++;
}

Network::~Network() {
  programs_.clear();
  if (--liveNetworks == 0) Scheduler::instance().trim();
}

std::shared_ptr<const Program> Network::program(ProgramRequest request, int threads) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < programs_.size(); i++) {
    if (programs_[i].threads != threads || !(programs_[i].request == request)) continue;
    std::rotate(programs_.begin() + i, programs_.begin() + i + 1, programs_.end());
    return programs_.back().program;
  }
  std::shared_ptr<const Program> built = buildProgram(*graph_, batched_, request, options_.precision, *weights_);
  if (programs_.size() >= keptPrograms) programs_.erase(programs_.begin());
  programs_.push_back({std::move(request), threads, built});
  return built;
}

size_t Network::arenaBytes(const ProgramRequest& request) {
  size_t bytes = 0;
  ProgramRequest single = request;
  single.batches = 1;
  Scheduler::instance().run(1, {}, [&](Arena&, int64_t) { bytes = program(single, 1)->arenaBytes(); });
  return bytes;
}

RunArguments Network::argumentsOf(const Blocks& blocks, int64_t first, int64_t batches) const {
  RunArguments arguments;
  arguments.inputs = part(blocks.inputs, first, batches, blocks.count);
  arguments.baselines = part(blocks.baselines, first, batches, blocks.count);
  arguments.seeds = part(blocks.seeds, first, batches, blocks.count);
  arguments.outputs = part(blocks.outputs, first, batches, blocks.count);
  const int64_t present = std::min(batches, blocks.count - first);
  for (auto& list : arguments.outputs) std::fill(list.begin() + present, list.end(), nullptr);
  for (int64_t b = 0; b < batches; b++) {
    const int64_t block = std::min(first + b, blocks.count - 1);
    if (!blocks.scales.empty()) arguments.scales.push_back(blocks.scales[block]);
    for (int64_t n = 0; n < samplesPerBlock_ && !blocks.targets.empty(); n++) {
      arguments.targets.push_back(blocks.targets[block * samplesPerBlock_ + n]);
    }
  }
  arguments.values.resize(arguments.targets.size());
  return arguments;
}

void Network::runTask(const Program& program, Arena& arena, Blocks& blocks, int64_t first) {
  RunArguments arguments = argumentsOf(blocks, first, program.batches());
  program.run(arena, arguments);
  const int64_t present = std::min(program.batches(), blocks.count - first);
  if (!arguments.values.empty()) {
    std::copy_n(arguments.values.begin(), present * samplesPerBlock_, blocks.values.begin() + first * samplesPerBlock_);
  }
}

void Network::run(const ProgramRequest& request, Blocks& blocks, const CancelFlag& cancel, size_t reserved) {
  if (blocks.count == 0) return;
  Scheduler& scheduler = Scheduler::instance();
  ProgramRequest question = request;
  question.batches = 1;
  blocks.values.assign(blocks.targets.size(), 0.0);

  // One block a task: a layer's activations of one sample stay in the core's own cache, and threads never wait for
  // each other. (Measured on SqueezeNet: as fast as oneDNN's own threading at its best, without its barriers.)
  std::shared_ptr<const Program> single;
  scheduler.run(1, {1, false, cancel}, [&](Arena&, int64_t) { single = program(question, 1); });
  const size_t held = reserved + weights_->bytes();
  const size_t budget = options_.memoryBudget - std::min(options_.memoryBudget, held);
  const size_t affordable = std::max<size_t>(1, budget / std::max<size_t>(1, single->arenaBytes()));
  const int lanes = static_cast<int>(std::min<size_t>(options_.threads, affordable));
  if (lanes < options_.threads) scheduler.trim(lanes);
  scheduler.run(blocks.count, {lanes, false, cancel},
                [&](Arena& arena, int64_t task) { runTask(*single, arena, blocks, task); });
}

std::map<std::string, double> Network::profile(const ProgramRequest& request, Blocks& blocks, int repeats) {
  std::map<std::string, double> result;
  ProgramRequest question = request;
  question.batches = 1;
  Scheduler::instance().run(1, {}, [&](Arena& arena, int64_t) {
    const auto single = program(question, 1);
    RunArguments arguments = argumentsOf(blocks, 0, 1);
    result = single->profile(arena, arguments, repeats);
  });
  return result;
}

std::string libraryVersion() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

std::string instructionSet() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41: return "SSE4.1";
    case dnnl::cpu_isa::avx: return "AVX";
    case dnnl::cpu_isa::avx2: return "AVX2";
    case dnnl::cpu_isa::avx2_vnni: return "AVX2 VNNI";
    case dnnl::cpu_isa::avx512_core: return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni: return "AVX-512 VNNI";
    case dnnl::cpu_isa::avx512_core_bf16: return "AVX-512 BF16";
    case dnnl::cpu_isa::avx512_core_fp16: return "AVX-512 FP16";
    case dnnl::cpu_isa::avx512_core_amx: return "AVX-512 AMX";
    default: return "unknown instruction set";
  }
}

bool hasBFloat16() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_fp16:
    case dnnl::cpu_isa::avx512_core_amx: return true;
    default: return false;
  }
}

}  // namespace smug::cpu
