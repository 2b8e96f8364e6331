// Constants of a graph in device memory: each uploaded once in every layout that is asked for, and shared by the
// programs of a network and of its halves.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "device.h"
#include "graph/graph.h"
#include "kernels/convolution.h"

namespace smug::cuda {

class Weights {
 public:
  /// Row-major, as in the graph.
  float* plain(const Constant& data);

  /// What a convolution multiplies by; its sums are to be multiplied by `scale`, a power of two that brings weights of
  /// float16 into that format's range, else 1.
  struct Filters {
    void* data;
    float scale;
  };
  /// Filters [k][r][s][c/groups] from the graph's [k, c/groups, r, s] (or [k, c/groups, s]), in the arithmetic's format,
  /// for an algorithm (convolution.h) of it. In the pieces of bf16x3 a row k is filled up to whole steps of 64 bytes, each
  /// with the large pieces of sixteen numbers and then the small ones, in the order that the kernel multiplies in; in
  /// those of bf16x2 all small pieces follow all large ones.
  Filters filters(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm);
  /// The same as [c][r][s][k], for gradients on tensor cores; of one group.
  Filters filtersByInput(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm);
  /// A dense layer's weights [k][c] from the graph's [c, k].
  Filters transposed(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm);
  /// A dense layer's weights [c][k], as the graph has them.
  Filters asGiven(const Constant& data, const Shape& shape, Arithmetic arithmetic, int algorithm);

  size_t bytes() const;

 private:
  enum class Layout { plain, filters, filtersByInput, transposed };
  struct Entry {
    Constant data;  ///< kept, so that its address names it
    Layout layout;
    Arithmetic arithmetic;  ///< whose form it has
    Memory memory;
    float scale;
  };
  template <typename Arrange>
  Filters find(const Constant& data, Layout layout, Arithmetic arithmetic, int64_t rowLength, Arrange arrange);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace smug::cuda
