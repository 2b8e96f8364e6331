// How a tensor lies in memory, as far as our own kernels care.
#pragma once

#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>

#include "graph/graph.h"

namespace smug::cpu {

using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

/// The three families oneDNN uses for feature maps, under one formula: element (n, c, s) of a tensor [N, C, S…]
/// (S flattened) lies at n·sampleStride + (c / inner)·spatial·inner + s·inner + c % inner, with
///   inner = 1: channels first;   inner = C: channels last;   inner = 8, 16, …: blocked, the last block padded
/// with zeros. `regular` is false for any other arrangement; then only oneDNN may touch the data.
struct Layout {
  bool regular = false;
  int64_t samples = 1, channels = 1, blocks = 1, spatial = 1, inner = 1;
  int64_t sampleStride = 0;  ///< elements from one sample to the next

  int64_t sampleLength() const { return blocks * spatial * inner; }
  /// No zero padding after the last channel.
  bool exact() const { return blocks * inner == channels; }
};

Layout layoutOf(const Desc& desc);

/// True when samples of both are arranged alike, element for element (the distance between samples may differ).
bool sameSamples(const Desc& a, const Desc& b);

/// Row-major float32. A scalar becomes [1].
Desc plainDesc(const Shape& shape);
bool isPlain(const Desc& desc);

/// The same arrangement without gaps between the samples.
Desc packed(const Desc& desc);

}  // namespace smug::cpu
