// Copies between views: slices, transpositions and concatenations are views; a reshape splits axes until both sides
// have the same ones; upsampling repeats along axes of its own.
#include "movement.h"

#include <stdexcept>

#include "elementwise.h"
#include "repeated_sum.h"

namespace smug::cuda {

namespace {

/// Element i of x, in row-major order, becomes element i of y.
__global__ void copyInOrder(Walk<1> from, Walk<1> to, const float* x, float* y, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= to.count) return;
  const float value = x[from.at(i).of[0]];
  float* out = y + to.at(i).of[0];
  *out = accumulate ? *out + value : value;
}

/// Splits the axes of both views so that they agree; false where no such split exists or it needs too many axes.
bool alignAxes(const View& x, const View& y, View& alignedX, View& alignedY) {
  alignedX.data = x.data, alignedY.data = y.data;
  alignedX.format = x.format, alignedY.format = y.format;
  int i = -1, j = -1, rank = 0;
  int64_t restX = 1, restY = 1;  // what is left of the current axes
  for (;;) {
    while (restX == 1 && i + 1 < x.rank) restX = x.size[++i];
    while (restY == 1 && j + 1 < y.rank) restY = y.size[++j];
    if (restX == 1 && restY == 1) break;
    const int64_t part = restX < restY ? restX : restY;
    if (rank == maxRank || restX % part != 0 || restY % part != 0) return false;
    restX /= part, restY /= part;
    alignedX.size[rank] = alignedY.size[rank] = part;
    alignedX.stride[rank] = x.stride[i] * restX;
    alignedY.stride[rank] = y.stride[j] * restY;
    rank++;
  }
  alignedX.rank = alignedY.rank = rank;
  return true;
}

/// Spatial axes of `large` as two each: the position in `small`, and the repeat. `small` gets 1 for the repeats.
void splitRepeats(const int64_t* scales, View& large, View& small) {
  View outer = large, inner = small;
  int rank = 0;
  const auto push = [&](int64_t size, int64_t stride, int64_t smallSize, int64_t smallStride) {
    if (rank == maxRank) throw std::length_error("upsampling: more axes than a view can have");
    outer.size[rank] = size, outer.stride[rank] = stride;
    inner.size[rank] = smallSize, inner.stride[rank] = smallStride;
    rank++;
  };
  for (int i = 0; i < large.rank; i++) {
    const int64_t scale = i < 2 ? 1 : scales[i - 2];
    push(small.size[i], large.stride[i] * scale, small.size[i], small.stride[i]);
    if (scale != 1) push(scale, large.stride[i], 1, 0);
  }
  outer.rank = inner.rank = rank;
  large = outer, small = inner;
}

}  // namespace

void copy(Stream& stream, View x, View y, bool accumulate) { elementwise<1>(stream, y, {x}, Same{}, accumulate); }

void reshape(Stream& stream, View x, View y, bool accumulate) {
  if (elementsOf(y) == 0) return;
  View alignedX, alignedY;
  if (alignAxes(x, y, alignedX, alignedY)) return copy(stream, alignedX, alignedY, accumulate);
  auto from = Axes<1>::of({x}), to = Axes<1>::of({y});
  from.merge();
  to.merge();
  if (!from.isSmall() || !to.isSmall()) {
    throw std::length_error("a reshape of more than 2³¹ elements: use a smaller batch");
  }
  const Walk<1> walk = to.pack();
  launch(stream, copyInOrder, dim3(blocksFor(walk.count, 256)), dim3(256), 0, from.pack(), walk, x.data, y.data,
         accumulate);
}

void upsample(Stream& stream, View x, const int64_t* scales, View y) {
  splitRepeats(scales, y, x);
  copy(stream, x, y);
}

void upsampleBackward(Stream& stream, View dy, const int64_t* scales, View dx, bool accumulate) {
  splitRepeats(scales, dy, dx);
  sumRepeats<1>(stream, dx, {dy}, Same{}, 1, accumulate);
}

}  // namespace smug::cuda
