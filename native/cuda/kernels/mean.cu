#include "reduction.h"
#include "repeated_sum.h"

namespace smug::cuda {

namespace {

struct Times {
  float factor;
  __device__ float operator()(float x) const { return factor * x; }
};

/// How many elements one mean is made of.
double averaged(const View& whole, const View& mean) {
  return static_cast<double>(elementsOf(whole)) / static_cast<double>(elementsOf(mean));
}

}  // namespace

void reduceMean(Stream& stream, View x, View y) {
  if (elementsOf(y) == 0) return;
  sumRepeats<1>(stream, y, {x}, Same{}, 1 / averaged(x, y), false);
}

void reduceMeanBackward(Stream& stream, View dy, View dx, bool accumulate) {
  if (elementsOf(dx) == 0) return;
  const Times share{static_cast<float>(1 / averaged(dx, dy))};
  for (int i = 0; i < dx.rank; i++) {
    if (dy.size[i] != dx.size[i]) dy.stride[i] = 0;
    dy.size[i] = dx.size[i];
  }
  elementwise<1>(stream, dx, {dy}, share, accumulate);
}

}  // namespace smug::cuda
