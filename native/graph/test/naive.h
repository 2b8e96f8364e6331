// The oracle of the native tests: every operation as its definition reads, in double, forward only. Gradients come
// from it by finite differences, so no line of it is shared with the engine's backward pass.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace smug::test {

using Values = std::vector<double>;

/// All values of the graph, at the graph's own batch size; `inputs` in the order of graph.inputs.
std::vector<Values> evaluate(const Graph& graph, const std::vector<Values>& inputs);

/// ∂ Σ_i weights[i]·output[i] / ∂ (element `index` of input `input`), by a central difference.
double derivative(const Graph& graph, std::vector<Values> inputs, size_t input, size_t index, const Values& weights);

}  // namespace smug::test
