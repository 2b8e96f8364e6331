// The algorithms of a GPU: 1… are CUTLASS's tiles in the order of their tables, 0 is `plain`.
#include "convolution.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "convolution_cutlass.h"
#include "convolution_plain.h"

namespace smug::cuda {

namespace {

using Tiles = std::span<const CutlassTile>;

Tiles forwardTiles(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::tf32: return cutlassForwardTf32();
    case Arithmetic::bf16: return cutlassForwardBf16();
    case Arithmetic::fp32: break;  // tensor cores round float32 operands
  }
  return {};
}

Tiles backwardTiles(const ConvShape& shape, Arithmetic arithmetic) {
  const bool strided = shape.strideH != 1 || shape.strideW != 1;
  switch (arithmetic) {
    case Arithmetic::tf32: return strided ? cutlassStridedTf32() : cutlassBackwardTf32();
    case Arithmetic::bf16: return strided ? cutlassStridedBf16() : cutlassBackwardBf16();
    case Arithmetic::fp32: break;
  }
  return {};
}

/// CUTLASS counts bytes of a tensor in 32 bits: images that one launch may hold.
int64_t imagesAtOnce(const ConvShape& s) {
  const int64_t largest = std::max(s.h * s.w * s.inputPixel, s.p * s.q * s.outputPixel) * 4;
  return std::max<int64_t>(1, ((int64_t{1} << 31) - 1) / std::max<int64_t>(1, largest));
}

/// Whether a tile takes a shape does not depend on the number of images: however a batch is cut, the same kernel runs.
std::vector<int> suitable(Tiles tiles, const ConvShape& shape) {
  CutlassWork work;
  work.shape = shape;
  work.shape.n = 1;
  std::vector<int> numbers;
  if (shape.h * shape.w * shape.c * shape.p * shape.q * shape.k * shape.r * shape.s != 0) {
    for (size_t i = 0; i < tiles.size(); i++) {
      if (tiles[i].suits(work)) numbers.push_back(static_cast<int>(i) + 1);
    }
  }
  numbers.push_back(0);
  return numbers;
}

/// Null when the plain kernel must do it: asked for, or a tensor begins where sixteen bytes cannot be read at once (a
/// part of a concatenation after an odd number of channels).
const CutlassTile* tileFor(Tiles tiles, int algorithm, CutlassWork work) {
  if (algorithm < 1 || static_cast<size_t>(algorithm) > tiles.size()) return nullptr;
  const auto aligned = [](const void* address) { return reinterpret_cast<uintptr_t>(address) % 16 == 0; };
  if (!aligned(work.from) || !aligned(work.weights) || !aligned(work.bias) || !aligned(work.to)) return nullptr;
  const CutlassTile& tile = tiles[static_cast<size_t>(algorithm) - 1];
  work.shape.n = 1;
  return tile.suits(work) ? &tile : nullptr;
}

/// `fromImage`, `toImage`: elements of an image on either side.
void runInPieces(Stream& stream, const CutlassTile& tile, CutlassWork work, Arithmetic arithmetic, int64_t fromImage,
                 int64_t toImage) {
  const int64_t all = work.shape.n, most = imagesAtOnce(work.shape), bytes = arithmetic == Arithmetic::bf16 ? 2 : 4;
  const CutlassWork whole = work;
  for (int64_t done = 0; done < all; done += most) {
    work.shape.n = std::min(most, all - done);
    work.from = static_cast<const char*>(whole.from) + done * fromImage * bytes;
    work.to = whole.to + done * toImage;
    tile.run(stream, work);
  }
}

}  // namespace

std::vector<int> forwardAlgorithms(const ConvShape& shape, Arithmetic arithmetic) {
  return suitable(forwardTiles(arithmetic), shape);
}

std::vector<int> backwardAlgorithms(const ConvShape& shape, Arithmetic arithmetic) {
  return suitable(backwardTiles(shape, arithmetic), shape);
}

std::string algorithmName(int algorithm) {
  const Tiles tiles = cutlassForwardTf32();
  if (algorithm < 1 || static_cast<size_t>(algorithm) > tiles.size()) return "plain";
  return std::string("cutlass ") + tiles[static_cast<size_t>(algorithm) - 1].name;
}

// Depth is never split, and strided gradients write every element themselves: nothing needs scratch.
size_t forwardScratchBytes(int, const ConvShape&, Arithmetic) { return 0; }
size_t backwardScratchBytes(int, const ConvShape&, Arithmetic) { return 0; }

void convForward(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* x,
                 const void* w, const float* bias, Activation activation, float* y, void*) {
  CutlassWork work{shape, x, w, bias, activation == Activation::relu, false, y};
  const CutlassTile* tile = tileFor(forwardTiles(arithmetic), algorithm, work);
  const int64_t input = shape.h * shape.w * shape.inputPixel, output = shape.p * shape.q * shape.outputPixel;
  if (tile) runInPieces(stream, *tile, work, arithmetic, input, output);
  else plainForward(stream, shape, arithmetic, x, w, bias, activation, y);
}

void convBackwardData(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* dy,
                      const void* w, float* dx, bool accumulate, void*) {
  CutlassWork work{shape, dy, w, nullptr, false, accumulate, dx};
  const CutlassTile* tile = tileFor(backwardTiles(shape, arithmetic), algorithm, work);
  const int64_t input = shape.h * shape.w * shape.inputPixel, output = shape.p * shape.q * shape.outputPixel;
  if (tile) runInPieces(stream, *tile, work, arithmetic, output, input);
  else plainBackwardData(stream, shape, arithmetic, dy, w, dx, accumulate);
}

}  // namespace smug::cuda
