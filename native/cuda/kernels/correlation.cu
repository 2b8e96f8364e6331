#include "correlation.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace smug::cuda {

namespace {

int32_t narrow(int64_t value) {
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
    throw std::length_error("a convolution with a size of " + std::to_string(value) + ": at most 2³¹ − 1");
  }
  return static_cast<int32_t>(value);
}

CorrelationAxis forwardAxis(int64_t source, int64_t result, int64_t taps, int64_t stride, int64_t pad,
                            int64_t dilation) {
  return {narrow(result), 0, 1, narrow(result), narrow(source), narrow(-pad), narrow(stride), narrow(dilation),
          narrow(taps), 0, 1};
}

/// The positions of dx that leave `remainder` when divided by the stride. Position h gets from dy's position p at tap
/// r when p·stride = h + pad − r·dilation.
CorrelationAxis backwardAxis(int64_t source, int64_t result, int64_t taps, int64_t stride, int64_t pad,
                             int64_t dilation, int64_t remainder) {
  const int64_t tapStep = stride / std::gcd(stride, dilation);
  int64_t tap = 0;
  while (tap < tapStep && (remainder + pad - tap * dilation) % stride != 0) tap++;
  const int64_t used = tap < tapStep && tap < taps ? (taps - 1 - tap) / tapStep + 1 : 0;
  return {narrow((result - remainder + stride - 1) / stride), narrow(remainder), narrow(stride), narrow(result),
          narrow(source), used == 0 ? 0 : narrow((remainder + pad - tap * dilation) / stride), 1,
          narrow(-(dilation * tapStep / stride)), narrow(used), narrow(tap), narrow(tapStep)};
}

void finish(Correlation& c) {
  const auto divider = [](int64_t divisor) {
    return FastDivider(static_cast<uint32_t>(std::max<int64_t>(1, narrow(divisor))));
  };
  c.byRows = divider(c.rows.count);
  c.byColumns = divider(c.columns.count);
  c.bySourceChannels = divider(c.sourceChannels);
  c.byTapColumns = divider(c.columns.taps);
  c.byAllChannels = divider(int64_t{c.groups} * c.resultChannels);
  c.byResultChannels = divider(c.resultChannels);
}

/// Images, groups and how weights [k][r][s][c/groups] lie; the caller says which channels are read.
Correlation commonParts(const ConvShape& shape) {
  Correlation c;
  c.images = narrow(shape.n);
  c.groups = narrow(shape.groups);
  c.weightsPerTap = narrow(shape.c / shape.groups);
  c.weightsPerTapRow = narrow(shape.s * c.weightsPerTap);
  c.weightsPerGroup = shape.k / shape.groups * shape.r * c.weightsPerTapRow;
  return c;
}

}  // namespace

Correlation forwardCorrelation(const ConvShape& shape) {
  Correlation c = commonParts(shape);
  c.sourceChannels = narrow(shape.c / shape.groups);
  c.resultChannels = narrow(shape.k / shape.groups);
  c.rows = forwardAxis(shape.h, shape.p, shape.r, shape.strideH, shape.padH, shape.dilationH);
  c.columns = forwardAxis(shape.w, shape.q, shape.s, shape.strideW, shape.padW, shape.dilationW);
  c.sourcePixel = shape.inputPixel;
  c.resultPixel = shape.outputPixel;
  c.weightsPerSource = 1;
  c.weightsPerResult = shape.r * c.weightsPerTapRow;
  finish(c);
  return c;
}

std::vector<Correlation> backwardCorrelations(const ConvShape& shape) {
  std::vector<Correlation> all;
  for (int64_t row = 0; row < std::min(shape.strideH, shape.h); row++) {
    for (int64_t column = 0; column < std::min(shape.strideW, shape.w); column++) {
      Correlation c = commonParts(shape);
      c.sourceChannels = narrow(shape.k / shape.groups);
      c.resultChannels = narrow(shape.c / shape.groups);
      c.rows = backwardAxis(shape.p, shape.h, shape.r, shape.strideH, shape.padH, shape.dilationH, row);
      c.columns = backwardAxis(shape.q, shape.w, shape.s, shape.strideW, shape.padW, shape.dilationW, column);
      c.sourcePixel = shape.outputPixel;
      c.resultPixel = shape.inputPixel;
      c.weightsPerSource = shape.r * c.weightsPerTapRow;
      c.weightsPerResult = 1;
      finish(c);
      all.push_back(c);
    }
  }
  return all;
}

}  // namespace smug::cuda
