// Scales and shifts: a channel's own (inference-time batch normalisation), or below zero (prelu).
#include "elementwise.h"
#include "pointwise.h"

namespace smug::cuda {

namespace {

struct ScaleAndShift {
  __device__ float operator()(float x, float scale, float shift) const { return x * scale + shift; }
};
struct Scale {
  __device__ float operator()(float x, float scale) const { return x * scale; }
};
struct Shift {
  __device__ float operator()(float x, float shift) const { return x + shift; }
};
struct Prelu {
  __device__ float operator()(float x, float slope) const { return x >= 0 ? x : slope * x; }
};
struct PreluSlope {
  // At 0 the derivative is the one from the left.
  __device__ float operator()(float x, float slope, float dy) const { return x > 0 ? dy : slope * dy; }
};

/// A dense array of one number per channel, seen with the sizes of x.
View perChannel(const float* numbers, const View& x) {
  View view = x;
  view.data = const_cast<float*>(numbers);
  view.format = Format::float32;
  for (int i = 0; i < x.rank; i++) view.stride[i] = i == 1 ? 1 : 0;
  return view;
}

}  // namespace

void affine(Stream& stream, View x, const float* scale, const float* shift, View y) {
  if (scale && shift) {
    return elementwise<3>(stream, y, {x, perChannel(scale, x), perChannel(shift, x)}, ScaleAndShift{});
  }
  if (scale) return elementwise<2>(stream, y, {x, perChannel(scale, x)}, Scale{});
  if (shift) return elementwise<2>(stream, y, {x, perChannel(shift, x)}, Shift{});
  elementwise<1>(stream, y, {x}, Same{});
}

void affineBackward(Stream& stream, View dy, const float* scale, View dx, bool accumulate) {
  if (scale) return elementwise<2>(stream, dx, {dy, perChannel(scale, dy)}, Scale{}, accumulate);
  elementwise<1>(stream, dx, {dy}, Same{}, accumulate);
}

void prelu(Stream& stream, View x, View slope, View y) { elementwise<2>(stream, y, {x, slope}, Prelu{}); }

void preluBackward(Stream& stream, View x, View slope, View dy, View dx, bool accumulate) {
  elementwise<3>(stream, dx, {x, slope, dy}, PreluSlope{}, accumulate);
}

}  // namespace smug::cuda
