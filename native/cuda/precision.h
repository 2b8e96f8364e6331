// What a caller may ask for, and what it means in memory and in products.
#pragma once

#include "kernels/convolution.h"

namespace smug::cuda {

/// fp32: float32 throughout. tf32: at least what TF32 keeps where it counts. bf16: 16 bits everywhere.
///
/// Which nodes an attribution chooses depends on the forward pass above all: a product rounded to TF32's 11 bits turns
/// some ReLUs, and each turned one changes the gradient by a jump. So the forward pass of tf32 keeps 16 bits of every
/// operand (Arithmetic::bf16x3), and that of bf16 11 (float16), while gradients, which only have to be summed, are
/// bfloat16 in both, with float32's range. What rounding gradients does is drawn anew at every point of a path and
/// averages out; what rounding weights does is not, so that tf32 keeps 16 bits of those (bf16x2).
/// bench/results/cuda.md has what that is worth.
enum class Precision { fp32, tf32, bf16 };

struct Formats {
  Arithmetic forward = Arithmetic::fp32, backward = Arithmetic::fp32;
  Format values = Format::float32, gradients = Format::float32;  ///< of maps, where every kernel around them can
};

/// `wide`: for a network whose activations float16 cannot hold.
constexpr Formats formatsOf(Precision precision, bool wide) {
  switch (precision) {
    case Precision::fp32: break;
    case Precision::tf32: return {Arithmetic::bf16x3, Arithmetic::bf16x2, Format::float32, Format::bfloat16};
    case Precision::bf16:
      if (wide) return {Arithmetic::bf16, Arithmetic::bf16, Format::bfloat16, Format::bfloat16};
      return {Arithmetic::fp16, Arithmetic::bf16, Format::float16, Format::bfloat16};
  }
  return {};
}

}  // namespace smug::cuda
