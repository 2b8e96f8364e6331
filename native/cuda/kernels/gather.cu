// table[indices] along an axis.
#include <stdexcept>

#include "movement.h"
#include "walk.h"

namespace smug::cuda {

namespace {

/// The row that an index names, or −1 for none.
__device__ int64_t rowOf(float index, int64_t rows) {
  if (!(index >= static_cast<float>(-rows) && index < static_cast<float>(rows))) return -1;
  const auto row = static_cast<int64_t>(index);
  return row < 0 ? row + rows : row;
}

/// Tensors of the walk: y, table (without its axis), indices.
__global__ void pick(Walk<3> walk, const float* table, const float* indices, float* y, int64_t rows, int64_t step) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  const int64_t row = rowOf(indices[at.of[2]], rows);
  y[at.of[0]] = row < 0 ? 0.0f : table[at.of[1] + row * step];
}

/// A thread owns one element of the table and looks through all indices, in order. Tensors of `own`: dTable, dy, and
/// the row itself; of `uses`: indices, dy.
__global__ void collect(Walk<3> own, Walk<2> uses, const float* indices, const float* dy, float* dTable, int64_t rows,
                        bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= own.count) return;
  const auto first = own.at(i);
  double sum = 0;
  for (uint32_t use = 0; use < uses.count; use++) {
    const auto at = uses.at(use);
    if (rowOf(indices[at.of[0]], rows) == first.of[2]) sum += dy[first.of[1] + at.of[1]];
  }
  float* to = dTable + first.of[0];
  *to = static_cast<float>(accumulate ? *to + sum : sum);
}

void requireSmall(bool small) {
  if (!small) throw std::length_error("a gather of more than 2³¹ elements: use a smaller batch");
}

}  // namespace

void gather(Stream& stream, View table, View indices, int axis, View y) {
  View rows = y, picks = y;
  for (int i = 0; i < y.rank; i++) {
    const bool isIndex = i >= axis && i < axis + indices.rank;
    rows.stride[i] = isIndex ? 0 : table.stride[i < axis ? i : i - indices.rank + 1];
    picks.stride[i] = isIndex ? indices.stride[i - axis] : 0;
  }
  auto axes = Axes<3>::of({y, rows, picks});
  if (axes.count() == 0) return;
  axes.sort();
  axes.merge();
  requireSmall(axes.isSmall());
  const Walk<3> walk = axes.pack();
  launch(stream, pick, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk, table.data, indices.data, y.data,
         table.size[axis], table.stride[axis]);
}

void gatherBackward(Stream& stream, View indices, View dy, int axis, View dTable, bool accumulate) {
  View gradients = dTable, rows = dTable, uses = indices;
  for (int i = 0; i < dTable.rank; i++) {
    gradients.stride[i] = i == axis ? 0 : dy.stride[i < axis ? i : i + indices.rank - 1];
    rows.stride[i] = i == axis ? 1 : 0;
  }
  for (int i = 0; i < indices.rank; i++) uses.stride[i] = dy.stride[axis + i];
  auto own = Axes<3>::of({dTable, gradients, rows});
  auto all = Axes<2>::of({indices, uses});
  if (own.count() == 0) return;
  own.sort();
  requireSmall(own.isSmall() && all.isSmall());
  const Walk<3> walk = own.pack();
  launch(stream, collect, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk, all.pack(), indices.data, dy.data,
         dTable.data, dTable.size[axis], accumulate);
}

}  // namespace smug::cuda
