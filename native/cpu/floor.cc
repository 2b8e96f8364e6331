#include "floor.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace smug::cpu {

namespace {

using Tag = dnnl::memory::format_tag;

/// One convolution of the graph with memory for its operands.
struct Bare {
  dnnl::primitive forward, backward;
  std::unordered_map<int, dnnl::memory> forwardArguments, backwardArguments;
};

dnnl::memory filled(const Desc& desc) {
  dnnl::memory memory(desc, cpuEngine());
  // Zero bits: no denormals, no NaN; the time does not depend on the numbers.
  std::fill_n(static_cast<char*>(memory.get_data_handle()), desc.get_size(), 0);
  return memory;
}

Bare bareConvolution(const Graph& graph, const Node& node, int64_t samples, DataType type) {
  Shape x = graph.values[node.inputs[0]].shape, y = graph.values[node.output].shape;
  Shape w = graph.values[node.inputs[1]].shape;
  x[0] = y[0] = samples;
  const size_t rank = x.size() - 2;
  if (node.groups != 1) {
    w[0] /= node.groups;
    w.insert(w.begin(), node.groups);
  }
  Shape dilations, begin, end;
  for (size_t i = 0; i < rank; i++) {
    dilations.push_back(node.dilations[i] - 1);
    begin.push_back(node.pads[i]);
    end.push_back(node.pads[i + rank]);
  }
  const Desc source(x, type, Tag::any), target(y, type, Tag::any), weights(w, type, Tag::any);
  const Desc bias({y[1]}, DataType::f32, Tag::x);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(cpuEngine(), dnnl::prop_kind::forward_training, algorithm,
                                                          source, weights, bias, target, node.strides, dilations, begin,
                                                          end);
  const dnnl::convolution_backward_data::primitive_desc backward(cpuEngine(), algorithm, source, weights, target,
                                                                 node.strides, dilations, begin, end, forward);
  Bare bare;
  bare.forward = dnnl::convolution_forward(forward);
  bare.backward = dnnl::convolution_backward_data(backward);
  bare.forwardArguments = {{DNNL_ARG_SRC, filled(forward.src_desc())},
                           {DNNL_ARG_WEIGHTS, filled(forward.weights_desc())},
                           {DNNL_ARG_BIAS, filled(forward.bias_desc())},
                           {DNNL_ARG_DST, filled(forward.dst_desc())}};
  bare.backwardArguments = {{DNNL_ARG_DIFF_DST, filled(backward.diff_dst_desc())},
                            {DNNL_ARG_WEIGHTS, filled(backward.weights_desc())},
                            {DNNL_ARG_DIFF_SRC, filled(backward.diff_src_desc())}};
  return bare;
}

/// Processor time of the calling thread.
double threadMilliseconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return 1e3 * static_cast<double>(spent.tv_sec) + 1e-6 * static_cast<double>(spent.tv_nsec);
}

/// Best times of all layers, on the calling thread's OpenMP threads.
Floor measure(const Graph& graph, int64_t samples, int repeats, DataType type) {
  using Clock = std::chrono::steady_clock;
  std::vector<Bare> layers;
  for (const Node& node : graph.nodes) {
    if (node.op == Op::conv) layers.push_back(bareConvolution(graph, node, samples, type));
  }
  dnnl::stream stream(cpuEngine());
  Floor best{1e30, 1e30, 1e30};
  for (int r = 0; r < repeats + 1; r++) {
    const double before = threadMilliseconds();
    const auto start = Clock::now();
    for (const Bare& layer : layers) layer.forward.execute(stream, layer.forwardArguments);
    const auto middle = Clock::now();
    for (const Bare& layer : layers) layer.backward.execute(stream, layer.backwardArguments);
    const auto end = Clock::now();
    if (r == 0) continue;  // warms up
    best.cpuMs = std::min(best.cpuMs, threadMilliseconds() - before);
    best.forwardMs = std::min(best.forwardMs, std::chrono::duration<double, std::milli>(middle - start).count());
    best.backwardMs = std::min(best.backwardMs, std::chrono::duration<double, std::milli>(end - middle).count());
  }
  return best;
}

}  // namespace

Floor convolutionFloor(const Graph& graph, int64_t samples, int threads, int repeats, Precision precision) {
  const DataType type = precision == Precision::bf16 ? DataType::bf16 : DataType::f32;
  Scheduler& scheduler = Scheduler::instance();
  Floor wide, lanes;
  scheduler.run(1, {threads, true, nullptr}, [&](Arena&, int64_t) { wide = measure(graph, samples, repeats, type); });
  std::mutex mutex;
  const int64_t share = (samples + threads - 1) / threads;
  scheduler.run(threads, {threads, false, nullptr}, [&](Arena&, int64_t) {
    const Floor own = measure(graph, share, repeats, type);
    const std::lock_guard lock(mutex);
    // The slowest lane is when the work is done.
    lanes = {std::max(lanes.forwardMs, own.forwardMs), std::max(lanes.backwardMs, own.backwardMs),
             std::max(lanes.cpuMs, own.cpuMs)};
  });
  const double scale = static_cast<double>(samples) / static_cast<double>(share * threads);
  lanes = {lanes.forwardMs * scale, lanes.backwardMs * scale, lanes.cpuMs * static_cast<double>(threads) * scale};
  // What waiting threads of a wide run burn is not work: the processor time is that of single threads.
  wide.cpuMs = lanes.cpuMs;
  return wide.forwardMs + wide.backwardMs < lanes.forwardMs + lanes.backwardMs ? wide : lanes;
}

}  // namespace smug::cpu
