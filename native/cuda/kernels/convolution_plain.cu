#include "convolution_plain.h"

#include <algorithm>

#include "convolution_direct.h"
#include "convolution_tiles.h"

namespace smug::cuda {

namespace {

template <Arithmetic arithmetic>
void correlate(Stream& stream, const Correlation& c, const Epilogue& epilogue, const void* source, const void* weights,
               float* result) {
  using Element = typename Operand<arithmetic>::Element;
  const auto* from = static_cast<const Element*>(source);
  const auto* w = static_cast<const typename Operand<arithmetic>::Weight*>(weights);
  const int64_t pixels = c.pixels();
  if (plainIsDirect(c.groups, c.resultChannels)) {
    const int64_t elements = pixels * c.groups * c.resultChannels;
    launch(stream, correlateDirect<arithmetic>, dim3(blocksFor(elements, 256)), dim3(256), 0, c, epilogue, from, w,
           result);
    return;
  }
  const bool storeFour = c.resultChannels % 4 == 0 && c.resultPixel % 4 == 0 &&
                         reinterpret_cast<uintptr_t>(result) % 16 == 0;
  const bool adjacent = c.weightsPerResult == 1 && c.weightsPerSource != 1;
  const auto start = [&](auto kernel, int m, int n) {
    launch(stream, kernel, dim3(blocksFor(pixels, m), blocksFor(c.resultChannels, n), static_cast<unsigned>(c.groups)),
           dim3(tileThreads), 0, c, epilogue, from, w, result, storeFour);
  };
  if (c.resultChannels <= 32) {
    adjacent ? start(correlateTiles<arithmetic, 32, true>, 128, 32)
             : start(correlateTiles<arithmetic, 32, false>, 128, 32);
  } else {
    adjacent ? start(correlateTiles<arithmetic, 16, true>, 64, 64)
             : start(correlateTiles<arithmetic, 16, false>, 64, 64);
  }
}

/// Cuts a batch that 32-bit indices cannot count, and picks the arithmetic.
void correlateAll(Stream& stream, Correlation c, const Epilogue& epilogue, Arithmetic arithmetic, const void* source,
                  const void* weights, float* result) {
  if (c.pixels() == 0 || c.resultChannels == 0) return;
  if (epilogue.accumulate && c.rows.taps * c.columns.taps == 0) return;
  const int64_t sourceImage = int64_t{c.rows.sourceSize} * c.columns.sourceSize;
  const int64_t resultImage = int64_t{c.rows.count} * c.columns.count * c.groups * c.resultChannels;
  const int64_t most = std::max<int64_t>(1, ((int64_t{1} << 31) - 1024) / std::max(sourceImage, resultImage));
  const int64_t elementBytes = bytesOf(formatOf(arithmetic));
  for (int64_t done = 0, all = c.images; done < all; done += most) {
    c.images = static_cast<int32_t>(std::min(most, all - done));
    const void* from = static_cast<const char*>(source) + done * sourceImage * c.sourcePixel * elementBytes;
    float* to = result + done * c.rows.resultSize * c.columns.resultSize * c.resultPixel;
    switch (arithmetic) {
      case Arithmetic::fp32: case Arithmetic::bf16x3: correlate<Arithmetic::fp32>(stream, c, epilogue, from, weights, to); break;
      case Arithmetic::fp16: correlate<Arithmetic::fp16>(stream, c, epilogue, from, weights, to); break;
      case Arithmetic::bf16: case Arithmetic::bf16x2: correlate<Arithmetic::bf16>(stream, c, epilogue, from, weights, to); break;
    }
  }
}

}  // namespace

bool plainIsDirect(int64_t groups, int64_t resultChannels) {
  // A tile is 32 channels wide at least: of fewer than four, nine tenths of the products would be wasted.
  return groups > 1 && resultChannels < 4;
}

void plainForward(Stream& stream, const ConvShape& shape, Arithmetic arithmetic, const void* x, const void* w,
                  const float* bias, Activation activation, float* y) {
  const Epilogue epilogue{bias, activation == Activation::relu, false};
  correlateAll(stream, forwardCorrelation(shape), epilogue, arithmetic, x, w, y);
}

void plainBackwardData(Stream& stream, const ConvShape& shape, Arithmetic arithmetic, const void* dy, const void* w,
                       float* dx, bool accumulate) {
  const Epilogue epilogue{nullptr, false, accumulate};
  for (const Correlation& c : backwardCorrelations(shape)) {
    correlateAll(stream, c, epilogue, arithmetic, dy, w, dx);
  }
}

}  // namespace smug::cuda
