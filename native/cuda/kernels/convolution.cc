// The algorithms of a GPU: 1… are CUTLASS's tiles in the order of their tables, 0 is `plain`.
#include "convolution.h"

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

std::vector<int> suitable(Tiles tiles, const ConvShape& shape) {
  CutlassWork work;
  work.shape = shape;
  std::vector<int> numbers;
  if (shape.n * shape.h * shape.w * shape.c * shape.p * shape.q * shape.k != 0) {
    for (size_t i = 0; i < tiles.size(); i++) {
      if (tiles[i].suits(work)) numbers.push_back(static_cast<int>(i) + 1);
    }
  }
  numbers.push_back(0);
  return numbers;
}

/// Null when the plain kernel must do it: asked for, or a tensor begins where sixteen bytes cannot be read at once (a
/// part of a concatenation after an odd number of channels).
const CutlassTile* tileFor(Tiles tiles, int algorithm, const CutlassWork& work) {
  if (algorithm < 1 || static_cast<size_t>(algorithm) > tiles.size()) return nullptr;
  const auto aligned = [](const void* address) { return reinterpret_cast<uintptr_t>(address) % 16 == 0; };
  if (!aligned(work.from) || !aligned(work.weights) || !aligned(work.bias) || !aligned(work.to)) return nullptr;
  const CutlassTile& tile = tiles[static_cast<size_t>(algorithm) - 1];
  return tile.suits(work) ? &tile : nullptr;
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
  if (const CutlassTile* tile = tileFor(forwardTiles(arithmetic), algorithm, work)) tile->run(stream, work);
  else plainForward(stream, shape, arithmetic, x, w, bias, activation, y);
}

void convBackwardData(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* dy,
                      const void* w, float* dx, bool accumulate, void*) {
  CutlassWork work{shape, dy, w, nullptr, false, accumulate, dx};
  if (const CutlassTile* tile = tileFor(backwardTiles(shape, arithmetic), algorithm, work)) tile->run(stream, work);
  else plainBackwardData(stream, shape, arithmetic, dy, w, dx, accumulate);
}

}  // namespace smug::cuda
