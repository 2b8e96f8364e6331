// How fast oneDNN's convolutions alone are on this machine: what no executor built on them can beat.
#pragma once

#include "network.h"

namespace smug::cpu {

struct Floor {
  double forwardMs = 0, backwardMs = 0;
  double cpuMs = 0;  ///< processor time of both, summed over threads
};

/// The bare time of all convolutions of a graph, forward (with bias) and backward-data, for `samples` samples: each in
/// the layout oneDNN likes best, on buffers of its own, nothing in between. Run both as one batch on `threads` threads
/// and as `threads` lanes of one thread each; the faster of the two, best of `repeats`.
Floor convolutionFloor(const Graph& graph, int64_t samples, int threads, int repeats, Precision precision);

}  // namespace smug::cpu
