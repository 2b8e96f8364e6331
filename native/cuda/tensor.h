// A tensor of a program before its memory is known: a part of a buffer of the arena, or constant memory, with strides.
#pragma once

#include <optional>

#include "graph/graph.h"
#include "view.h"

namespace smug::cuda {

struct Tensor {
  int buffer = -1;           ///< of the arena; -1: `constant`
  float* constant = nullptr;  ///< device memory that lives as long as the network
  int64_t offset = 0;        ///< elements from the buffer's beginning
  Shape size, stride;        ///< in the graph's order of axes; strides in elements
  Format format = Format::float32;  ///< constants are float32

  int64_t elements() const { return sizeOf(size); }
  size_t elementBytes() const { return static_cast<size_t>(bytesOf(format)); }
  int64_t rank() const { return static_cast<int64_t>(size.size()); }
};

/// Strides of maps of this shape, channels last; row-major where the shape is not one of a map (rank 3 or 4).
Shape channelsLast(const Shape& size);
/// Dense strides with the axes nested as they are in `like` (which has the same rank).
Shape nestedLike(const Shape& size, const Tensor& like);
/// Whether strides describe the same places, axes of size 1 aside.
bool sameStrides(const Tensor& tensor, const Shape& stride);

/// Views; none moves data.
Tensor permuted(const Tensor& tensor, const Ints& perm);
Tensor part(const Tensor& tensor, int64_t axis, int64_t first, int64_t size, int64_t step = 1);
/// As numpy broadcasts: axes in front, stride 0 where a size of 1 is repeated.
Tensor broadcast(const Tensor& tensor, const Shape& size);
/// The tensor with `rank` axes: axes of size 1 in front.
Tensor withRank(const Tensor& tensor, size_t rank);
/// The same elements in row-major order under another shape; nothing where that needs a copy.
std::optional<Tensor> reshaped(const Tensor& tensor, const Shape& size);

/// Whether it begins at a multiple of 16 bytes (buffers do).
bool beginsAligned(const Tensor& tensor);
/// Whether eight channels (axis 1) of every pixel lie side by side, aligned for kernels that take them at once.
bool inEights(const Tensor& tensor);

/// Elements from one row to the next when all axes but the last are one axis of rows and the last is dense.
std::optional<int64_t> rowDistance(const Tensor& tensor);
/// Elements from one pixel to the next when the tensor is a channels-last map, also as a part of wider pixels.
std::optional<int64_t> pixelDistance(const Tensor& tensor);

}  // namespace smug::cuda
