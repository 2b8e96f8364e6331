// The tails of three image networks as graphs: everything behind the first layer's ReLU, with seeded random weights.
// rival.py builds the same ones in PyTorch.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace smug::bench {

struct NetworkCase {
  std::string name;
  Graph graph;              ///< one input: the first layer's activations, [1, C, H, W]; one output: probabilities
  double forwardFlop = 0;   ///< of convolutions and dense layers, one sample
};

/// "squeezenet", "googlenet", "inception_v3".
NetworkCase buildNetwork(const std::string& name);

}  // namespace smug::bench
