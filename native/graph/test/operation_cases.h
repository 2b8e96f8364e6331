// Every operation on odd shapes, each in a small network.
#pragma once

#include <functional>
#include <string>

#include "random_graph.h"

namespace smug::test {

/// (graph, name, seed of the input, its least and greatest elements, how many elements of the gradient to probe)
using Compare = std::function<void(const Graph&, const std::string&, uint32_t, double, double, int)>;

void forEachOperation(const Compare& compare);

}  // namespace smug::test
