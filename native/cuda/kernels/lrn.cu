// Local response normalisation across channels (Krizhevsky et al. 2012), in ONNX's form: y = x·d^−β with
// d_c = bias + α/size · Σ x², over channels c − ⌊(size−1)/2⌋ … c + ⌈(size−1)/2⌉.
#include <algorithm>
#include <stdexcept>

#include "element.h"
#include "reduction.h"
#include "walk.h"

namespace smug::cuda {

namespace {

struct Response {
  float alphaOverSize, beta, bias;
  int32_t size, before, channels;

  __device__ int32_t after() const { return size - 1 - before; }
};

/// The window of a channel is walked from its first place to its last, and places outside the map are left out one by
/// one. Clamping both ends first would be the natural form, but ptxas up to 13.3 loses a negation when it makes one
/// three-way maximum of max(max(−before, −channel), last) for compute capability 9.0, and users build with toolkits of
/// their own: a loop without minima and maxima leaves nothing to fuse.
__device__ bool exists(int32_t channel, int32_t channels) {
  return static_cast<uint32_t>(channel) < static_cast<uint32_t>(channels);
}

/// d^−β and 1/d; the paper's β = 0.75 by two inverse square roots instead of a logarithm and an exponential.
struct Damping {
  float power, inverse;
};

__device__ Damping dampingOf(float d, float beta) {
  if (beta == 0.75f) {
    const float root = rsqrtf(d);
    return {root * (root * rsqrtf(root)), root * root};
  }
  return {powf(d, -beta), 1 / d};
}

__device__ float damping(float d, float beta) { return dampingOf(d, beta).power; }

/// Tensors of the walk: y, x, and the channel itself.
__global__ void normalise(Walk<3> walk, Response response, int64_t step, View x, View y) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  const int32_t channel = at.of[2];
  float sum = 0;
  for (int32_t place = 0; place < response.size; place++) {
    const int32_t other = place - response.before;
    const float value = exists(channel + other, response.channels) ? loadOne(x.data, at.of[1] + other * step, x.format) : 0.0f;
    sum += value * value;
  }
  const float own = loadOne(x.data, at.of[1], x.format);
  storeOne(y.data, at.of[0], y.format, own * damping(response.bias + response.alphaOverSize * sum, response.beta));
}

/// A block makes whole pixels, `pixels` of them at a time: squares, d and the pulls of all their channels are needed
/// by their neighbours. Tensors of the walk: dx, x, dy, at channel 0.
__global__ void normaliseGradient(Walk<3> walk, Response response, FastDivider byChannels, int32_t pixels, int64_t dxStep,
                                  int64_t xStep, int64_t dyStep, View x, View dy, View dx, bool accumulate) {
  const int32_t channels = response.channels, most = pixels * channels;
  auto* squares = dynamicShared<float>();
  float *scales = squares + most, *pulls = scales + most;
  const uint32_t firstPixel = blockIdx.x * static_cast<uint32_t>(pixels);
  const auto here = min(pixels, static_cast<int32_t>(walk.count - firstPixel));
  const auto threads = static_cast<int32_t>(blockDim.x), all = here * channels;

  for (auto i = static_cast<int32_t>(threadIdx.x); i < all; i += threads) {
    auto pixel = static_cast<uint32_t>(i);
    const auto channel = static_cast<int64_t>(byChannels.split(pixel));
    const float value = loadOne(x.data, walk.at(firstPixel + pixel).of[1] + channel * xStep, x.format);
    squares[i] = value * value;
  }
  __syncthreads();
  for (auto i = static_cast<int32_t>(threadIdx.x); i < all; i += threads) {
    auto pixel = static_cast<uint32_t>(i);
    const auto channel = static_cast<int32_t>(byChannels.split(pixel));
    const auto at = walk.at(firstPixel + pixel);
    float sum = 0;
    for (int32_t place = 0; place < response.size; place++) {
      const int32_t other = place - response.before;
      sum += exists(channel + other, channels) ? squares[i + other] : 0.0f;
    }
    const float d = response.bias + response.alphaOverSize * sum;
    scales[i] = damping(d, response.beta);
    pulls[i] = loadOne(dy.data, at.of[2] + channel * dyStep, dy.format) *
               loadOne(x.data, at.of[1] + channel * xStep, x.format) * scales[i] / d;
  }
  __syncthreads();
  for (auto i = static_cast<int32_t>(threadIdx.x); i < all; i += threads) {
    auto pixel = static_cast<uint32_t>(i);
    const auto channel = static_cast<int32_t>(byChannels.split(pixel));
    const auto at = walk.at(firstPixel + pixel);
    // A channel stands in the windows of the mirrored neighbourhood.
    float pull = 0;
    for (int32_t place = 0; place < response.size; place++) {
      const int32_t other = place - response.after();
      pull += exists(channel + other, channels) ? pulls[i + other] : 0.0f;
    }
    float result = loadOne(dy.data, at.of[2] + channel * dyStep, dy.format) * scales[i] -
                   2 * response.alphaOverSize * response.beta *
                       loadOne(x.data, at.of[1] + channel * xStep, x.format) * pull;
    const int64_t to = at.of[0] + channel * dxStep;
    if (accumulate) result += loadOne(dx.data, to, dx.format);
    storeOne(dx.data, to, dx.format, result);
  }
}

// The usual window, two channels to either side, of maps whose channels lie side by side: a thread makes eight channels
// from the eight and their neighbours, all in registers.

constexpr int reach = 2;  ///< channels to either side

struct Eights {
  View y, x, dy;  ///< forward: y from x; backward: y is dx
};

/// Channels first − 8 … first + 15 of a pixel, zeros where the map has none.
template <int Count>
__device__ void loadAround(const View& view, int64_t pixel, int32_t first, int32_t channels, float (&x)[Count]) {
  static_assert(Count == 24);
  SMUG_UNROLL
  for (int part = 0; part < 3; part++) {
    const int32_t channel = first + 8 * (part - 1);
    float eight[8] = {};
    if (exists(channel, channels)) loadEight(view.data, pixel + channel, view.format, eight);
    SMUG_UNROLL
    for (int i = 0; i < 8; i++) x[8 * part + i] = eight[i];
  }
}

template <int Count>
__device__ float windowSum(const float (&x)[Count], int at) {
  float sum = 0;
  SMUG_UNROLL
  for (int i = -reach; i <= reach; i++) sum += x[at + i];
  return sum;
}

/// Tensors of the walk, over eights: y, x, the channel itself.
__global__ void normaliseEights(Walk<3> walk, Response response, Eights maps) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  const int32_t channel = at.of[2];
  float x[24], squares[24], y[8];
  loadAround(maps.x, at.of[1] - channel, channel, response.channels, x);
  SMUG_UNROLL
  for (int c = 0; c < 24; c++) squares[c] = x[c] * x[c];
  SMUG_UNROLL
  for (int c = 0; c < 8; c++) {
    const float d = response.bias + response.alphaOverSize * windowSum(squares, 8 + c);
    y[c] = x[8 + c] * damping(d, response.beta);
  }
  storeEight(maps.y.data, at.of[0], maps.y.format, y);
}

/// Tensors of the walk, over eights: dx, x, dy, the channel itself.
__global__ void normaliseEightsGradient(Walk<4> walk, Response response, Eights maps, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  const int32_t channel = at.of[3];
  float x[24], dy[24], squares[24], pulls[24] = {}, scales[8], dx[8];
  loadAround(maps.x, at.of[1] - channel, channel, response.channels, x);
  loadAround(maps.dy, at.of[2] - channel, channel, response.channels, dy);
  SMUG_UNROLL
  for (int c = 0; c < 24; c++) squares[c] = x[c] * x[c];
  SMUG_UNROLL
  for (int c = 8 - reach; c < 16 + reach; c++) {
    const float d = response.bias + response.alphaOverSize * windowSum(squares, c);
    const Damping damped = dampingOf(d, response.beta);
    pulls[c] = dy[c] * x[c] * damped.power * damped.inverse;
    if (c >= 8 && c < 16) scales[c - 8] = damped.power;
  }
  SMUG_UNROLL
  for (int c = 0; c < 8; c++) {
    dx[c] = dy[8 + c] * scales[c] -
            2 * response.alphaOverSize * response.beta * x[8 + c] * windowSum(pulls, 8 + c);
  }
  if (accumulate) {
    float old[8];
    loadEight(maps.y.data, at.of[0], maps.y.format, old);
    SMUG_UNROLL
    for (int c = 0; c < 8; c++) dx[c] += old[c];
  }
  storeEight(maps.y.data, at.of[0], maps.y.format, dx);
}

bool inEights(const View& view) {
  bool all = view.rank > 1 && view.size[1] % 8 == 0 && view.stride[1] == 1 &&
             reinterpret_cast<uintptr_t>(view.data) % 16 == 0;
  for (int axis = 0; axis < view.rank; axis++) {
    all = all && (axis == 1 || view.size[axis] == 1 || view.stride[axis] % 8 == 0);
  }
  return all;
}

/// Axes over eights of channels; the last tensor is the channel itself.
template <size_t Count>
Axes<static_cast<int>(Count)> eightAxes(std::array<View, Count> views) {
  for (size_t t = 0; t < Count; t++) {
    View& view = views[t];
    for (int axis = 0; axis < view.rank && t + 1 == Count; axis++) view.stride[axis] = axis == 1 ? 1 : 0;
    view.size[1] /= 8, view.stride[1] *= 8;
  }
  auto axes = Axes<static_cast<int>(Count)>::of(views);
  axes.sort();
  axes.merge();
  return axes;
}

Response responseOf(const Lrn& options, int64_t channels) {
  return {options.alpha / static_cast<float>(options.size), options.beta, options.bias,
          static_cast<int32_t>(options.size), static_cast<int32_t>((options.size - 1) / 2),
          static_cast<int32_t>(channels)};
}

void requireSmall(bool small) {
  if (!small) throw std::length_error("a normalisation of more than 2³¹ elements: use a smaller batch");
}

}  // namespace

void lrn(Stream& stream, const Lrn& options, View x, View y) {
  if (elementsOf(y) == 0) return;
  if (options.size == 2 * reach + 1 && inEights(x) && inEights(y)) {
    const auto axes = eightAxes<3>({y, x, x});
    requireSmall(axes.isSmall());
    const Walk<3> walk = axes.pack();
    return launch(stream, normaliseEights, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk,
                  responseOf(options, x.size[1]), Eights{y, x, {}});
  }
  View channel = x;
  for (int i = 0; i < x.rank; i++) channel.stride[i] = i == 1 ? 1 : 0;
  auto axes = Axes<3>::of({y, x, channel});
  axes.sort();
  axes.merge();
  requireSmall(axes.isSmall());
  const Walk<3> walk = axes.pack();
  launch(stream, normalise, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk, responseOf(options, x.size[1]),
         x.stride[1], x, y);
}

void lrnBackward(Stream& stream, const Lrn& options, View x, View dy, View dx, bool accumulate) {
  if (elementsOf(dx) == 0) return;
  if (options.size == 2 * reach + 1 && inEights(x) && inEights(dy) && inEights(dx)) {
    const auto axes = eightAxes<4>({dx, x, dy, x});
    requireSmall(axes.isSmall());
    const Walk<4> walk = axes.pack();
    return launch(stream, normaliseEightsGradient, dim3(blocksFor(walk.count, 256)), dim3(256), 0, walk,
                  responseOf(options, x.size[1]), Eights{dx, x, dy}, accumulate);
  }
  const int64_t channels = x.size[1];
  constexpr int64_t mostChannels = 4096;  // three numbers each in 48 KiB
  if (channels > mostChannels) {
    throw std::length_error("the gradient of LRN across " + std::to_string(channels) + " channels: at most 4096");
  }
  View pixelsOf[3] = {dx, x, dy};
  for (View& view : pixelsOf) view.size[1] = 1;
  auto axes = Axes<3>::of({pixelsOf[0], pixelsOf[1], pixelsOf[2]});
  axes.sort();
  axes.merge();
  requireSmall(axes.isSmall());
  const Walk<3> walk = axes.pack();
  const auto pixels = static_cast<int32_t>(std::max<int64_t>(1, 1024 / channels));
  const size_t shared = 3 * sizeof(float) * static_cast<size_t>(pixels * channels);
  launch(stream, normaliseGradient, dim3(blocksFor(walk.count, pixels)), dim3(256), shared, walk,
         responseOf(options, channels), FastDivider(static_cast<uint32_t>(channels)), pixels, dx.stride[1], x.stride[1],
         dy.stride[1], x, dy, dx, accumulate);
}

}  // namespace smug::cuda
