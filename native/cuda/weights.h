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
  /// Filters [k][r][s][c/groups] from the graph's [k, c/groups, r, s] (or [k, c/groups, s]), rounded as the arithmetic
  /// asks; bfloat16 for Arithmetic::bf16.
  void* filters(const Constant& data, const Shape& shape, Arithmetic arithmetic);
  /// The same as [c][r][s][k], for gradients on tensor cores; of one group.
  void* filtersByInput(const Constant& data, const Shape& shape, Arithmetic arithmetic);
  /// A dense layer's weights [k][c] from the graph's [c, k].
  void* transposed(const Constant& data, const Shape& shape, Arithmetic arithmetic);
  /// A dense layer's weights [c][k], as the graph has them.
  void* rounded(const Constant& data, Arithmetic arithmetic);

  size_t bytes() const;

 private:
  enum class Layout { plain, filters, filtersByInput, transposed };
  struct Entry {
    Constant data;  ///< kept, so that its address names it
    Layout layout;
    Arithmetic arithmetic;
    Memory memory;
  };
  template <typename Arrange>
  void* find(const Constant& data, Layout layout, Arithmetic arithmetic, Arrange arrange);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace smug::cuda
