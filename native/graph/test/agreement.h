// Runs the network of any native engine and compares it with the oracle.
#pragma once

#include "check.h"
#include "graph/request.h"
#include "naive.h"
#include "random_graph.h"

namespace smug::test {

inline std::vector<float> floats(const Values& values) { return std::vector<float>(values.begin(), values.end()); }

/// Forward on `blocks` copies of the graph's batch, all from `inputs` (one tensor a block).
template <typename Network>
std::vector<float> forward(Network& network, const std::vector<std::vector<float>>& inputs, int value) {
  const int64_t size = sizeOf(network.graph().values[value].shape);
  std::vector<float> output(size * inputs.size());
  Blocks blocks;
  blocks.count = static_cast<int64_t>(inputs.size());
  blocks.inputs.resize(1);
  blocks.outputs.resize(1);
  for (size_t b = 0; b < inputs.size(); b++) {
    blocks.inputs[0].push_back(inputs[b].data());
    blocks.outputs[0].push_back(output.data() + b * size);
  }
  ProgramRequest request;
  request.wanted = {value};
  network.run(request, blocks);
  return output;
}

struct GradientOf {
  std::vector<float> gradient;
  std::vector<double> values;
};

template <typename Network>
GradientOf gradient(Network& network, const std::vector<std::vector<float>>& inputs, int at,
                    const std::vector<int32_t>& targets, const CancelFlag& cancel = nullptr) {
  const int64_t size = sizeOf(network.graph().values[at].shape);
  GradientOf result;
  result.gradient.resize(size * inputs.size());
  Blocks blocks;
  blocks.count = static_cast<int64_t>(inputs.size());
  blocks.inputs.resize(1);
  blocks.outputs.resize(1);
  for (size_t b = 0; b < inputs.size(); b++) {
    blocks.inputs[0].push_back(inputs[b].data());
    blocks.outputs[0].push_back(result.gradient.data() + b * size);
  }
  blocks.targets = targets;
  ProgramRequest request;
  request.gradientsAt = {at};
  network.run(request, blocks, cancel);
  result.values = blocks.values;
  return result;
}

/// Forward and gradient at the input, against the oracle and its finite differences at `probes` random elements.
template <typename Network>
void compare(Network& network, const std::string& name, uint32_t seed, double low, double high, int probes) {
  const Graph& graph = network.graph();
  GraphMaker maker(seed);
  const Shape& shape = graph.values[graph.inputs[0]].shape;
  const Values x = maker.tensor(shape, low, high);
  const Values expected = evaluate(graph, {x})[graph.outputs[0]];
  // Float32 sums of up to a few hundred terms.
  check(relativeError(forward(network, {floats(x)}, graph.outputs[0]), expected) < 1e-5, name + ": forward");

  const Shape& output = graph.values[graph.outputs[0]].shape;
  const int64_t classes = sizeOf(output) / output[0];
  std::vector<int32_t> targets;
  Values weights(expected.size(), 0.0);
  for (int64_t n = 0; n < output[0]; n++) {
    targets.push_back(static_cast<int32_t>(maker.integer(0, classes - 1)));
    weights[n * classes + targets.back()] = 1;
  }
  const GradientOf found = gradient(network, {floats(x)}, graph.inputs[0], targets);
  double size = 0;
  for (const float g : found.gradient) size = std::max(size, std::abs(double(g)));
  for (int i = 0; i < probes; i++) {
    const size_t index = static_cast<size_t>(maker.integer(0, static_cast<int64_t>(x.size()) - 1));
    const double slope = derivative(graph, {x}, 0, index, weights);
    // A central difference of step 1e-6 in double is good to 1e-8; the rest is float32.
    check(std::abs(found.gradient[index] - slope) < 1e-5 * std::max(size, 1e-3) + 1e-7,
          name + ": gradient " + std::to_string(found.gradient[index]) + ", difference quotient " +
              std::to_string(slope));
  }
}

}  // namespace smug::test
