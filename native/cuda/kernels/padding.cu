// Padding, and the gradient that gathers what every copy of an element got.
#include <algorithm>
#include <stdexcept>

#include "movement.h"
#include "walk.h"

namespace smug::cuda {

namespace {

/// Along each axis of a walk: position p of the padded tensor shows position p − begin, or what the mode says.
struct Padding {
  PadMode mode;
  int32_t begin[maxRank], size[maxRank], padded[maxRank];
  int32_t inner[maxRank], outer[maxRank];  ///< strides of the tensor and of the padded one
};

__device__ int32_t remainder(int32_t a, int32_t b) {
  const int32_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

/// The coordinate that padding shows at `position`, or −1 for the constant.
__device__ int32_t shownAt(int32_t position, int32_t size, PadMode mode) {
  if (position >= 0 && position < size) return position;
  if (mode == PadMode::constant) return -1;
  if (mode == PadMode::edge || size == 1) return position < 0 ? 0 : size - 1;
  // The mirror stands on the border elements, which are not repeated: period 2·(size − 1).
  const int32_t wrapped = remainder(position, 2 * (size - 1));
  return wrapped < size ? wrapped : 2 * (size - 1) - wrapped;
}

/// The positions that show one coordinate, relative to its own place: two progressions of the same step.
struct Places {
  int32_t first = 0, count = 0, second = 0, secondCount = 0, step = 1;
  __device__ int32_t all() const { return count + secondCount; }
  __device__ int32_t at(int32_t i) const { return i < count ? first + i * step : second + (i - count) * step; }
};

__device__ int32_t countFrom(int32_t first, int32_t end, int32_t step) {
  return first < end ? (end - 1 - first) / step + 1 : 0;
}

__device__ Places placesOf(int32_t coordinate, int32_t size, int32_t low, int32_t end, PadMode mode) {
  Places places;
  if (mode == PadMode::reflect && size > 1) {
    places.step = 2 * (size - 1);
    places.first = low + remainder(coordinate - low, places.step);
    places.count = countFrom(places.first, end, places.step);
    if (coordinate != 0 && coordinate != size - 1) {
      places.second = low + remainder(-coordinate - low, places.step);
      places.secondCount = countFrom(places.second, end, places.step);
    }
    return places;
  }
  const bool spreads = mode != PadMode::constant;
  const int32_t from = spreads && coordinate == 0 ? low : coordinate;
  const int32_t to = spreads && coordinate == size - 1 ? end : coordinate + 1;
  places.first = max(from, low);
  places.count = max(0, min(to, end) - places.first);
  return places;
}

__global__ void padForward(Walk<1> walk, Padding padding, float value, const float* x, float* y) {
  uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  int64_t from = 0, to = 0;
  bool inside = true;
  SMUG_UNROLL
  for (int axis = 0; axis < maxRank; axis++) {
    if (axis >= walk.rank) break;
    const auto position = static_cast<int32_t>(walk.size[axis].split(i));
    const int32_t shown = shownAt(position - padding.begin[axis], padding.size[axis], padding.mode);
    inside = inside && shown >= 0;
    from += int64_t{shown} * padding.inner[axis];
    to += int64_t{position} * padding.outer[axis];
  }
  y[to] = inside ? x[from] : value;
}

__global__ void padGradient(Walk<1> walk, Padding padding, const float* dy, float* dx, bool accumulate) {
  uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  int64_t to = 0;
  int32_t copies = 1;
  Places places[maxRank];
  SMUG_UNROLL
  for (int axis = 0; axis < maxRank; axis++) {
    if (axis >= walk.rank) break;
    const auto coordinate = static_cast<int32_t>(walk.size[axis].split(i));
    places[axis] = placesOf(coordinate, padding.size[axis], -padding.begin[axis],
                            padding.padded[axis] - padding.begin[axis], padding.mode);
    copies *= places[axis].all();
    to += int64_t{coordinate} * padding.inner[axis];
  }
  double sum = 0;
  for (int32_t copy = 0; copy < copies; copy++) {
    int64_t from = 0;
    int32_t rest = copy;
    SMUG_UNROLL
    for (int axis = 0; axis < maxRank; axis++) {
      if (axis >= walk.rank) break;
      const int32_t count = places[axis].all();
      from += int64_t{places[axis].at(rest % count) + padding.begin[axis]} * padding.outer[axis];
      rest /= count;
    }
    sum += dy[from];
  }
  dx[to] = static_cast<float>(accumulate ? dx[to] + sum : sum);
}

/// Axes in the order of `written`'s strides, innermost first, for the walk and the padding alike.
Walk<1> prepare(const View& inner, const View& outer, const int64_t* begins, PadMode mode, const View& written,
                Padding& padding) {
  int order[maxRank];
  for (int i = 0; i < written.rank; i++) order[i] = i;
  std::stable_sort(order, order + written.rank,
                   [&](int a, int b) { return written.stride[a] < written.stride[b]; });
  Axes<1> axes;
  Axes<2> both;  // only to see whether 32 bits are enough
  padding = {};
  padding.mode = mode;
  for (int i = 0; i < written.rank; i++) {
    const int from = order[i];
    axes.axis[written.rank - 1 - i] = {written.size[from], {written.stride[from]}};
    both.axis[i] = {std::max(inner.size[from], outer.size[from]), {inner.stride[from], outer.stride[from]}};
    padding.begin[i] = static_cast<int32_t>(begins[from]);
    padding.size[i] = static_cast<int32_t>(inner.size[from]);
    padding.padded[i] = static_cast<int32_t>(outer.size[from]);
    padding.inner[i] = static_cast<int32_t>(inner.stride[from]);
    padding.outer[i] = static_cast<int32_t>(outer.stride[from]);
  }
  axes.rank = both.rank = written.rank;
  if (!both.isSmall()) throw std::length_error("a padding of more than 2³¹ elements: use a smaller batch");
  return axes.pack();
}

}  // namespace

void pad(Stream& stream, View x, const int64_t* begins, PadMode mode, float value, View y) {
  if (elementsOf(y) == 0) return;
  Padding padding;
  const Walk<1> walk = prepare(x, y, begins, mode, y, padding);
  launch(stream, padForward, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk, padding, value, x.data, y.data);
}

void padBackward(Stream& stream, View dy, const int64_t* begins, PadMode mode, View dx, bool accumulate) {
  if (elementsOf(dx) == 0) return;
  Padding padding;
  const Walk<1> walk = prepare(dx, dy, begins, mode, dx, padding);
  launch(stream, padGradient, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk, padding, dy.data, dx.data,
         accumulate);
}

}  // namespace smug::cuda
