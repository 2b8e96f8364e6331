#include "convolution_plan.h"

#include <algorithm>

namespace smug::cuda {

namespace {

int64_t elementBytes(Arithmetic arithmetic) { return bytesOf(formatOf(arithmetic)); }

/// What is read: x forward, dy backward.
struct Side {
  int64_t image, channels, pixel;
  bool aligned;
};

Side inputOf(const ConvShape& s) { return {s.h * s.w * s.inputPixel, s.c, s.inputPixel, s.inputAligned}; }
Side outputOf(const ConvShape& s) { return {s.p * s.q * s.outputPixel, s.k, s.outputPixel, s.outputAligned}; }

bool inWholeEights(const Side& side) { return side.channels % 8 == 0 && side.pixel % 8 == 0 && side.aligned; }

MmaWork workOf(const MmaEntry& entry, const Correlation& c, const ConvShape& s, Arithmetic arithmetic, bool whole) {
  const int32_t vector = static_cast<int32_t>(vectorBytes / elementBytes(arithmetic));
  MmaWork work;
  work.c = c;
  work.weightsPerTap = c.sourceChannels;
  work.weightsPerTapRow = static_cast<int32_t>(s.s) * c.sourceChannels;
  work.byChannelTiles = FastDivider(blocksFor(c.resultChannels, entry.channels));
  work.bySourceVectors = FastDivider(static_cast<uint32_t>(std::max(1, c.sourceChannels / vector)));
  const int32_t depth = c.rows.taps * c.columns.taps * c.sourceChannels, step = rowVectors * vector;
  work.steps = (depth + step - 1) / step;
  // In pieces: whole steps one after the other, whatever the taps.
  work.weightsPerResult = arithmetic == Arithmetic::bf16x3 ? work.steps * step
                                                           : static_cast<int32_t>(s.r) * work.weightsPerTapRow;
  const auto whole1 = [](const CorrelationAxis& axis) {
    return axis.first == 0 && axis.step == 1 && axis.count == axis.resultSize;
  };
  work.inOrder = whole1(c.rows) && whole1(c.columns);
  work.again = entry.cached;
  work.storeEight = whole;
  return work;
}

}  // namespace

bool suits(const MmaEntry& entry, Direction direction, const ConvShape& shape, Arithmetic arithmetic) {
  if (shape.groups != 1) return false;
  // Pieces of whole images are cut where offsets get long; one image must be short enough.
  constexpr int64_t most = (int64_t{1} << 31) - 1;
  if (std::max(inputOf(shape).image, outputOf(shape).image) > most) return false;
  if (shape.h * shape.w * shape.c * shape.p * shape.q * shape.k * shape.r * shape.s == 0) return false;
  if (entry.cached && shape.r * shape.s == 1) return false;
  // Pieces lie in the order of a convolution that uses every tap in turn, which a strided gradient does not.
  if (arithmetic == Arithmetic::bf16x3 && direction == Direction::backward && shape.r * shape.s != 1) return false;
  if (!entry.vectors) return true;
  const Side source = direction == Direction::forward ? inputOf(shape) : outputOf(shape);
  const int64_t vector = vectorBytes / elementBytes(arithmetic);
  return source.channels % vector == 0 && source.pixel % vector == 0 && source.aligned;
}

std::vector<MmaWork> mmaLaunches(const MmaEntry& entry, Direction direction, const ConvShape& shape,
                                 Arithmetic arithmetic, const ConvCall& call) {
  const bool forward = direction == Direction::forward;
  const Side source = forward ? inputOf(shape) : outputOf(shape), result = forward ? outputOf(shape) : inputOf(shape);
  const int64_t longest = std::max(source.image, result.image);
  const int64_t most = std::max<int64_t>(1, ((int64_t{1} << 31) - 1) / std::max<int64_t>(1, longest));
  const int64_t bits = forward ? shape.p * shape.q * call.positivePixel : shape.h * shape.w * call.keepPixel;
  std::vector<MmaWork> launches;
  for (int64_t done = 0; done < shape.n; done += most) {
    ConvShape piece = shape;
    piece.n = std::min(most, shape.n - done);
    ConvCall part = call;
    part.from = static_cast<const char*>(call.from) + done * source.image * elementBytes(arithmetic);
    part.to = static_cast<char*>(call.to) + done * result.image * bytesOf(call.toFormat);
    if (call.positive) part.positive += done * bits;
    if (call.keep) part.keep += done * bits;
    for (const Correlation& c : forward ? std::vector{forwardCorrelation(piece)} : backwardCorrelations(piece)) {
      MmaWork work = workOf(entry, c, piece, arithmetic, inWholeEights(result));
      work.call = part;
      launches.push_back(work);
    }
  }
  return launches;
}

}  // namespace smug::cuda
