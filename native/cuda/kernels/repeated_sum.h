// out[i] (+)= factor · Σ f(in…) over the axes along which `out` has size 1 and the inputs have more: means, and the
// gradients of broadcast operands. A thread owns one element of `out` and adds in row-major order, in double.
#pragma once

#include <stdexcept>

#include "elementwise.h"

namespace smug::cuda {

/// `own`: out and inputs over out's elements; `repeats`: the inputs over the places that make one of them.
template <int Inputs, typename Function>
__global__ void repeatedSum(Walk<Inputs + 1> own, Walk<Inputs> repeats, Operands<Inputs> operands, Function f,
                            double factor, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= own.count) return;
  const auto first = own.at(i);
  double sum = 0;
  for (uint32_t r = 0; r < repeats.count; r++) {
    const auto at = repeats.at(r);
    float x[Inputs];
    SMUG_UNROLL
    for (int t = 0; t < Inputs; t++) x[t] = loadOne(operands.in[t], first.of[t + 1] + at.of[t], operands.inFormat[t]);
    sum += applied<Inputs>(f, x);
  }
  auto value = static_cast<float>(sum * factor);
  if (accumulate) value += loadOne(operands.out, first.of[0], operands.outFormat);
  storeOne(operands.out, first.of[0], operands.outFormat, value);
}

/// Inputs have equal sizes (stride 0 repeats); out has the same or 1 on every axis.
template <int Inputs, typename Function>
void sumRepeats(Stream& stream, const View& out, const std::array<View, Inputs>& inputs, const Function& f,
                double factor, bool accumulate) {
  Axes<Inputs + 1> own;
  Axes<Inputs> repeats;
  for (int i = 0; i < out.rank; i++) {
    const int64_t size = inputs[0].size[i];
    if (out.size[i] == size) {
      auto& axis = own.axis[own.rank++] = {size, {out.stride[i]}};
      for (int t = 0; t < Inputs; t++) axis.stride[t + 1] = inputs[t].stride[i];
    } else {
      auto& axis = repeats.axis[repeats.rank++] = {size, {}};
      for (int t = 0; t < Inputs; t++) axis.stride[t] = inputs[t].stride[i];
    }
  }
  if (own.count() == 0) return;
  own.sort();
  own.merge();
  repeats.merge();
  if (!own.isSmall() || !repeats.isSmall()) {
    throw std::length_error("a sum over broadcast axes of more than 2³¹ elements: use a smaller batch");
  }
  const auto operands = Operands<Inputs>::of(out, inputs.data());
  constexpr int threads = 128;
  const Walk<Inputs + 1> walk = own.pack();
  launch(stream, repeatedSum<Inputs, Function>, dim3(blocksFor(walk.count, threads)), dim3(threads), 0, walk,
         repeats.pack(), operands, f, factor, accumulate);
}

}  // namespace smug::cuda
