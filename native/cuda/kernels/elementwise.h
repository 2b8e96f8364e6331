// out (+)= f(in…): one kernel for every element-wise operation, over tensors of any strides.
//
// Where all tensors have stride 1 along the same innermost axis and allow it, a thread takes four elements at once
// (16 bytes a load, what the memory system likes best). Any of them may be in 16 bits.
#pragma once

#include <array>
#include <cstdint>

#include "element.h"
#include "walk.h"

namespace smug::cuda {

struct Same {
  __device__ float operator()(float x) const { return x; }
};

/// Where tensors begin, and how they lie.
template <int Inputs>
struct Operands {
  void* out;
  const void* in[Inputs];
  Format outFormat, inFormat[Inputs];

  static Operands of(const View& out, const View* inputs) {
    Operands operands{out.data, {}, out.format, {}};
    for (int t = 0; t < Inputs; t++) operands.in[t] = inputs[t].data, operands.inFormat[t] = inputs[t].format;
    return operands;
  }
};

template <int Inputs, typename Function>
__device__ float applied(const Function& f, const float (&x)[Inputs]) {
  if constexpr (Inputs == 1) return f(x[0]);
  else if constexpr (Inputs == 2) return f(x[0], x[1]);
  else return f(x[0], x[1], x[2]);
}

template <int Inputs, typename Function>
__global__ void elementwiseSingle(Walk<Inputs + 1> walk, Operands<Inputs> operands, Function f, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  float x[Inputs];
  SMUG_UNROLL
  for (int t = 0; t < Inputs; t++) x[t] = loadOne(operands.in[t], at.of[t + 1], operands.inFormat[t]);
  float value = applied<Inputs>(f, x);
  if (accumulate) value += loadOne(operands.out, at.of[0], operands.outFormat);
  storeOne(operands.out, at.of[0], operands.outFormat, value);
}

/// The walk counts groups of four; its innermost strides are in elements all the same.
template <int Inputs, typename Function>
__global__ void elementwiseFour(Walk<Inputs + 1> walk, Operands<Inputs> operands, Function f, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= walk.count) return;
  const auto at = walk.at(i);
  float x[Inputs][4], value[4];
  SMUG_UNROLL
  for (int t = 0; t < Inputs; t++) loadFour(operands.in[t], at.of[t + 1], operands.inFormat[t], x[t]);
  SMUG_UNROLL
  for (int e = 0; e < 4; e++) {
    float part[Inputs];
    SMUG_UNROLL
    for (int t = 0; t < Inputs; t++) part[t] = x[t][e];
    value[e] = applied<Inputs>(f, part);
  }
  if (accumulate) {
    float old[4];
    loadFour(operands.out, at.of[0], operands.outFormat, old);
    SMUG_UNROLL
    for (int e = 0; e < 4; e++) value[e] += old[e];
  }
  storeFour(operands.out, at.of[0], operands.outFormat, value);
}

/// Whether four elements at a time can be taken; if so, `axes` counts groups afterwards.
template <int Tensors>
bool takeFour(Axes<Tensors>& axes, const std::array<View, Tensors>& views) {
  if (axes.rank == 0) return false;
  auto& inner = axes.axis[axes.rank - 1];
  if (inner.size % 4 != 0) return false;
  for (int t = 0; t < Tensors; t++) {
    if (inner.stride[t] != 1 || reinterpret_cast<uintptr_t>(views[t].data) % (4 * bytesOf(views[t].format)) != 0) return false;
    for (int i = 0; i < axes.rank - 1; i++) {
      if (axes.axis[i].stride[t] % 4 != 0) return false;
    }
  }
  inner.size /= 4;
  for (int t = 0; t < Tensors; t++) inner.stride[t] = 4;
  return true;
}

template <int Inputs, typename Function>
void elementwiseAxes(Stream& stream, Axes<Inputs + 1> axes, const std::array<View, Inputs + 1>& views,
                     const Function& f, bool accumulate) {
  if (axes.count() == 0) return;
  if (!axes.isSmall()) {
    // Halves along the outermost axis, until each fits 32-bit offsets.
    auto& outer = axes.axis[0];
    auto second = views;
    auto rest = axes;
    const int64_t half = outer.size / 2;
    for (int t = 0; t <= Inputs; t++) second[t].advance(half * outer.stride[t]);
    rest.axis[0].size -= half;
    outer.size = half;
    elementwiseAxes<Inputs>(stream, axes, views, f, accumulate);
    return elementwiseAxes<Inputs>(stream, rest, second, f, accumulate);
  }
  const bool four = takeFour<Inputs + 1>(axes, views);
  const Walk<Inputs + 1> walk = axes.pack();
  const auto operands = Operands<Inputs>::of(views[0], views.data() + 1);
  constexpr int threads = 256;
  launch(stream, four ? elementwiseFour<Inputs, Function> : elementwiseSingle<Inputs, Function>,
         dim3(blocksFor(walk.count, threads)), dim3(threads), 0, walk, operands, f, accumulate);
}

/// `inputs` are views of out's sizes (stride 0 repeats); `out` may be the memory of an input of the same strides.
template <int Inputs, typename Function>
void elementwise(Stream& stream, const View& out, const std::array<View, Inputs>& inputs, const Function& f,
                 bool accumulate = false) {
  std::array<View, Inputs + 1> views;
  views[0] = out;
  for (int t = 0; t < Inputs; t++) views[t + 1] = inputs[t];
  auto axes = Axes<Inputs + 1>::of(views);
  axes.sort();
  axes.merge();
  elementwiseAxes<Inputs>(stream, axes, views, f, accumulate);
}

}  // namespace smug::cuda
