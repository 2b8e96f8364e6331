// What the tensor-core kernel is told, held field by field against the layer's shape, for every convolution of five
// networks: without a device, so that a size in the wrong place or a layer that falls to the plain kernel shows in CI.
#include <map>
#include <set>
#include <string>

#include "../kernels/convolution_plan.h"
#include "check.h"

using namespace smug;
using namespace smug::test;
using cuda::Arithmetic;
using cuda::ConvShape;
using cuda::CorrelationAxis;
using cuda::Direction;
using cuda::MmaEntry;
using cuda::MmaWork;

namespace {

struct Layer {
  std::string network;
  ConvShape shape;
};

class Layers {
 public:
  std::vector<Layer> all;

  /// A square map of `size`, c channels in, k out.
  void conv(const std::string& network, int64_t size, int64_t c, int64_t k, int64_t r, int64_t s, int64_t stride = 1,
            int64_t padH = 0, int64_t padW = 0, int64_t groups = 1) {
    ConvShape shape;
    shape.n = 50;
    shape.h = shape.w = size, shape.c = shape.inputPixel = c, shape.k = shape.outputPixel = k, shape.r = r, shape.s = s;
    shape.strideH = shape.strideW = stride, shape.padH = padH, shape.padW = padW, shape.groups = groups;
    shape.p = (size + 2 * padH - r) / stride + 1, shape.q = (size + 2 * padW - s) / stride + 1;
    all.push_back({network, shape});
  }
  void square(const std::string& network, int64_t size, int64_t c, int64_t k, int64_t r, int64_t stride = 1, int64_t pad = 0) {
    conv(network, size, c, k, r, r, stride, pad, pad);
  }
};

/// Iandola et al. 2016, version 1.1.
void squeezeNet(Layers& layers) {
  const char* name = "SqueezeNet";
  layers.square(name, 227, 3, 64, 3, 2);
  const auto fire = [&](int64_t size, int64_t c, int64_t squeeze, int64_t expand) {
    layers.square(name, size, c, squeeze, 1);
    layers.square(name, size, squeeze, expand, 1);
    layers.square(name, size, squeeze, expand, 3, 1, 1);
  };
  fire(56, 64, 16, 64), fire(56, 128, 16, 64);
  fire(28, 128, 32, 128), fire(28, 256, 32, 128);
  fire(14, 256, 48, 192), fire(14, 384, 48, 192), fire(14, 384, 64, 256), fire(14, 512, 64, 256);
  layers.square(name, 14, 512, 1000, 1);
}

/// Szegedy et al. 2014.
void googleNet(Layers& layers) {
  const char* name = "GoogLeNet";
  layers.square(name, 224, 3, 64, 7, 2, 3);
  layers.square(name, 56, 64, 64, 1);
  layers.square(name, 56, 64, 192, 3, 1, 1);
  const auto module = [&](int64_t size, int64_t c, int64_t one, int64_t threeReduce, int64_t three, int64_t fiveReduce,
                          int64_t five, int64_t projection) {
    for (const int64_t k : {one, threeReduce, fiveReduce, projection}) layers.square(name, size, c, k, 1);
    layers.square(name, size, threeReduce, three, 3, 1, 1);
    layers.square(name, size, fiveReduce, five, 5, 1, 2);
  };
  module(28, 192, 64, 96, 128, 16, 32, 32), module(28, 256, 128, 128, 192, 32, 96, 64);
  module(14, 480, 192, 96, 208, 16, 48, 64), module(14, 512, 160, 112, 224, 24, 64, 64);
  module(14, 512, 128, 128, 256, 24, 64, 64), module(14, 512, 112, 144, 288, 32, 64, 64);
  module(14, 528, 256, 160, 320, 32, 128, 128);
  module(7, 832, 256, 160, 320, 32, 128, 128), module(7, 832, 384, 192, 384, 48, 128, 128);
}

/// Szegedy et al. 2015.
void inceptionV3(Layers& layers) {
  const char* name = "Inception v3";
  layers.square(name, 299, 3, 32, 3, 2);
  layers.square(name, 149, 32, 32, 3);
  layers.square(name, 147, 32, 64, 3, 1, 1);
  layers.square(name, 73, 64, 80, 1);
  layers.square(name, 73, 80, 192, 3);
  for (const int64_t c : {192, 256, 288}) {
    for (const int64_t k : {64, 48, c == 192 ? 32 : 64}) layers.square(name, 35, c, k, 1);
  }
  layers.square(name, 35, 48, 64, 5, 1, 2);
  layers.square(name, 35, 64, 96, 3, 1, 1);
  layers.square(name, 35, 96, 96, 3, 1, 1);
  layers.square(name, 35, 288, 384, 3, 2);
  layers.square(name, 35, 96, 96, 3, 2);
  for (const int64_t k : {128, 160, 192}) {
    layers.square(name, 17, 768, k, 1);
    for (const int64_t to : {k, int64_t{192}}) {
      layers.conv(name, 17, k, to, 1, 7, 1, 0, 3);
      layers.conv(name, 17, k, to, 7, 1, 1, 3, 0);
    }
  }
  layers.square(name, 17, 192, 320, 3, 2);
  layers.square(name, 17, 192, 192, 3, 2);
  for (const int64_t c : {1280, 2048}) {
    for (const int64_t k : {320, 384, 448, 192}) layers.square(name, 8, c, k, 1);
  }
  layers.conv(name, 8, 384, 384, 1, 3, 1, 0, 1);
  layers.conv(name, 8, 384, 384, 3, 1, 1, 1, 0);
  layers.square(name, 8, 448, 384, 3, 1, 1);
}

/// Howard et al. 2017, widths of 1 and of 0.25.
void mobileNet(Layers& layers) {
  for (const int64_t part : {4, 1}) {
    const char* name = "MobileNet";
    int64_t c = 8 * part, size = 112;
    layers.square(name, 224, 3, c, 3, 2, 1);
    for (const auto& [k, stride] : std::vector<std::pair<int64_t, int64_t>>{
             {16, 1}, {32, 2}, {32, 1}, {64, 2}, {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}}) {
      layers.conv(name, size, c, c, 3, 3, stride, 1, 1, c);
      size = (size - 1) / stride + 1;
      layers.square(name, size, c, k * part, 1);
      c = k * part;
    }
  }
}

/// He et al. 2015.
void resNet18(Layers& layers) {
  const char* name = "ResNet-18";
  layers.square(name, 224, 3, 64, 7, 2, 3);
  int64_t c = 64, size = 56;
  for (const int64_t k : {64, 128, 256, 512}) {
    if (k != c) {
      layers.square(name, size, c, k, 3, 2, 1);
      layers.square(name, size, c, k, 1, 2);
      size /= 2;
    }
    layers.square(name, size, k, k, 3, 1, 1);
    c = k;
  }
}

std::string describe(const Layer& layer, Direction direction) {
  const ConvShape& s = layer.shape;
  return layer.network + " " + std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c) + " -> " +
         std::to_string(s.k) + " " + std::to_string(s.r) + "x" + std::to_string(s.s) + " stride " + std::to_string(s.strideH) +
         (direction == Direction::forward ? " forward" : " gradient");
}

/// Forward: the definition itself.
bool isForward(const CorrelationAxis& a, int64_t source, int64_t result, int64_t taps, int64_t stride, int64_t pad) {
  return a.count == result && a.first == 0 && a.step == 1 && a.resultSize == result && a.sourceSize == source &&
         a.base == -pad && a.perResult == stride && a.perTap == 1 && a.taps == taps && a.tapFirst == 0 && a.tapStep == 1;
}

/// Gradient: every pair of result position and tap that the definition joins, p·stride = h + pad − tap, is there once.
void noteGradient(const CorrelationAxis& a, int64_t stride, int64_t pad, std::set<std::pair<int64_t, int64_t>>& pairs,
                  std::set<int64_t>& positions, bool& right) {
  for (int64_t i = 0; i < a.count; i++) {
    const int64_t h = a.first + i * a.step;
    right = right && h < a.resultSize;
    positions.insert(h);
    for (int64_t j = 0; j < a.taps; j++) {
      const int64_t tap = a.tapFirst + j * a.tapStep, p = a.base + i * a.perResult + j * a.perTap;
      right = right && p * stride == h + pad - tap;
      pairs.insert({h, tap});
    }
  }
}

int64_t joined(int64_t size, int64_t taps, int64_t stride, int64_t pad) {
  int64_t count = 0;
  for (int64_t h = 0; h < size; h++) {
    for (int64_t tap = 0; tap < taps; tap++) count += (h + pad - tap) % stride == 0 ? 1 : 0;
  }
  return count;
}

void checkForward(const MmaEntry& entry, const ConvShape& s, Arithmetic arithmetic, const std::string& name) {
  const auto launches = cuda::mmaLaunches(entry, Direction::forward, s, arithmetic, {});
  check(launches.size() == 1, name + ": one launch");
  const MmaWork& work = launches[0];
  const bool pieces = arithmetic == Arithmetic::bf16x3;
  const int64_t step = pieces ? 16 : 32;
  check(work.c.images == s.n && work.c.sourceChannels == s.c && work.c.resultChannels == s.k, name + ": images and channels");
  check(isForward(work.c.rows, s.h, s.p, s.r, s.strideH, s.padH), name + ": rows");
  check(isForward(work.c.columns, s.w, s.q, s.s, s.strideW, s.padW), name + ": columns");
  check(work.c.sourcePixel == s.inputPixel && work.c.resultPixel == s.outputPixel, name + ": pixels");
  check(work.weightsPerTap == s.c && work.weightsPerTapRow == s.s * s.c &&
            work.weightsPerResult == (pieces ? work.steps * 16 : s.r * s.s * s.c), name + ": weights");
  check(work.steps == (s.r * s.s * s.c + step - 1) / step, name + ": steps");
  check(work.inOrder, name + ": result pixels follow one another");
  check(work.storeEight == (s.k % 8 == 0), name + ": eight channels at once");
}

void checkGradient(const MmaEntry& entry, const ConvShape& s, Arithmetic arithmetic, const std::string& name) {
  const auto launches = cuda::mmaLaunches(entry, Direction::backward, s, arithmetic, {});
  check(launches.size() == static_cast<size_t>(s.strideH * s.strideW), name + ": a launch per remainder");
  std::set<std::pair<int64_t, int64_t>> rows, columns;
  std::set<int64_t> down, right;
  bool fits = true;
  int64_t positions = 0;
  for (const MmaWork& work : launches) {
    check(work.c.images == s.n && work.c.sourceChannels == s.k && work.c.resultChannels == s.c, name + ": images and channels");
    check(work.c.rows.sourceSize == s.p && work.c.columns.sourceSize == s.q && work.c.rows.resultSize == s.h &&
              work.c.columns.resultSize == s.w, name + ": sizes");
    check(work.c.sourcePixel == s.outputPixel && work.c.resultPixel == s.inputPixel, name + ": pixels");
    check(work.weightsPerTap == s.k && work.weightsPerTapRow == s.s * s.k && work.weightsPerResult == s.r * s.s * s.k,
          name + ": weights");
    check(work.inOrder == (s.strideH == 1 && s.strideW == 1), name + ": order of pixels");
    noteGradient(work.c.rows, s.strideH, s.padH, rows, down, fits);
    noteGradient(work.c.columns, s.strideW, s.padW, columns, right, fits);
    positions += int64_t{work.c.rows.count} * work.c.columns.count;
  }
  check(fits, name + ": every tap reads the place that the definition says");
  check(positions == s.h * s.w && static_cast<int64_t>(down.size()) == s.h && static_cast<int64_t>(right.size()) == s.w,
        name + ": every position once");
  check(static_cast<int64_t>(rows.size()) == joined(s.h, s.r, s.strideH, s.padH) &&
            static_cast<int64_t>(columns.size()) == joined(s.w, s.s, s.strideW, s.padW), name + ": no tap is missing");
}

}  // namespace

int main() {
  Layers layers;
  squeezeNet(layers), googleNet(layers), inceptionV3(layers), mobileNet(layers), resNet18(layers);
  std::map<std::string, int> kernels;
  for (const Layer& layer : layers.all) {
    for (const Arithmetic arithmetic : {Arithmetic::bf16x3, Arithmetic::bf16x2, Arithmetic::fp16, Arithmetic::bf16}) {
      const auto entries = arithmetic == Arithmetic::bf16x3 ? cuda::mmaEntriesBf16x3()
                           : arithmetic == Arithmetic::bf16x2 ? cuda::mmaEntriesBf16x2()
                           : arithmetic == Arithmetic::fp16   ? cuda::mmaEntriesFp16()
                                                              : cuda::mmaEntriesBf16();
      for (const Direction direction : {Direction::forward, Direction::backward}) {
        // As the engine has them (precision.h).
        const bool back = direction == Direction::backward;
        if (arithmetic != Arithmetic::bf16 && back != (arithmetic == Arithmetic::bf16x2)) continue;
        const std::string name = describe(layer, direction);
        const auto algorithms = cuda::convAlgorithms(direction, layer.shape, arithmetic);
        const std::string kernel = cuda::kernelName(algorithms.front(), direction, layer.shape, arithmetic);
        kernels[layer.network + ": " + kernel]++;
        check(kernel != "plain", name + ": falls to the plain kernel");
        // Only a picture's three channels may be fetched one by one.
        check(kernel.find("gathered") == std::string::npos || layer.shape.c == 3, name + ": channels are fetched one by one");
        for (const int algorithm : algorithms) {
          if (algorithm == 0) continue;
          const MmaEntry& entry = entries[static_cast<size_t>(algorithm) - 1];
          direction == Direction::forward ? checkForward(entry, layer.shape, arithmetic, name)
                                          : checkGradient(entry, layer.shape, arithmetic, name);
        }
      }
    }
  }
  // A batch too long for 31 bits is cut between images, and every pointer moves with it.
  ConvShape large = layers.all[1].shape;
  large.n = 40'000;
  cuda::ConvCall call;
  call.positivePixel = 2;
  const auto pieces = cuda::mmaLaunches(cuda::mmaEntriesBf16()[0], Direction::forward, large, Arithmetic::bf16, call);
  int64_t images = 0;
  for (const MmaWork& work : pieces) {
    check(reinterpret_cast<intptr_t>(work.call.from) == images * 56 * 56 * 64 * 2, "a piece reads where the last one ended");
    check(reinterpret_cast<intptr_t>(work.call.to) == images * 56 * 56 * 16 * 4, "a piece writes where the last one ended");
    check(work.c.images * int64_t{56 * 56 * 64} < int64_t{1} << 31, "a piece's offsets fit");
    images += work.c.images;
  }
  check(pieces.size() > 1 && images == large.n, "the pieces are the batch");
  for (const auto& [kernel, count] : kernels) std::printf("%s: %d\n", kernel.c_str(), count);
  return finish("cuda layers");
}
