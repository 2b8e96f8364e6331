// The CPU engine against the oracle.
#pragma once

#include "agreement.h"
#include "network.h"

namespace smug::test {

inline void compare(const Graph& graph, const std::string& name, uint32_t seed, double low, double high, int probes) {
  cpu::NetworkOptions options;
  options.threads = 2;
  cpu::Network network(graph, options);
  compare(network, name, seed, low, high, probes);
}

}  // namespace smug::test
