// ReLU's derivative from its bits, where no other kernel could apply it on the way.
#include <stdexcept>

#include "element.h"
#include "reduction.h"
#include "walk.h"

namespace smug::cuda {

namespace {

/// A thread makes eight channels. Tensors of the walk, over eights: dx, dy, the bytes of bits.
__global__ void throughBits(Walk<3> walk, View dy, int64_t dyChannel, float factor, KeepBits keep, View dx,
                            bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  const uint32_t bits = keep.bits[at.of[2]];
  float old[8] = {}, value[8];
  if (accumulate) loadEight(dx.data, at.of[0], dx.format, old);
  SMUG_UNROLL
  for (int v = 0; v < 8; v++) {
    const float gradient = old[v] + factor * loadOne(dy.data, at.of[1] + v * dyChannel, dy.format);
    value[v] = bits >> v & 1u ? gradient : 0.0f * gradient;
  }
  storeEight(dx.data, at.of[0], dx.format, value);
}

}  // namespace

void backThroughBits(Stream& stream, View dy, float factor, const KeepBits& keep, View dx, bool accumulate) {
  if (elementsOf(dx) == 0) return;
  if (dx.stride[1] != 1 || dx.size[1] % 8 != 0 || reinterpret_cast<uintptr_t>(dx.data) % 16 != 0) {
    throw std::logic_error("bits of derivatives need channels in whole eights");
  }
  View eights = dx, from = dy, bits = dx;
  int64_t pixel = 1;  // of bits: pixels follow one another, images outermost
  for (int axis = dx.rank; axis-- > 0;) {
    if (axis == 1) continue;
    bits.stride[axis] = pixel * keep.pixel;
    pixel *= dx.size[axis];
  }
  bits.stride[1] = 1;
  eights.stride[1] = 8, from.stride[1] = 8 * dy.stride[1];
  for (View* view : {&eights, &from, &bits}) view->size[1] = dx.size[1] / 8;
  auto axes = Axes<3>::of({eights, from, bits});
  axes.sort();
  axes.merge();
  if (!axes.isSmall()) throw std::length_error("a gradient of more than 2³¹ elements: use a smaller batch");
  const Walk<3> walk = axes.pack();
  launch(stream, throughBits, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk, dy, dy.stride[1], factor, keep, dx,
         accumulate);
}

}  // namespace smug::cuda
