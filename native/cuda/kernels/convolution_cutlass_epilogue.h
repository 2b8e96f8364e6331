// What happens to a tile's sums before they are stored: bias and ReLU forward, accumulation backward.
//
// One functor for all, with the choice at run time: it costs two compares an element and halves the kernels to compile.
#pragma once

#include <cutlass/array.h>
#include <cutlass/cutlass.h>

namespace smug::cuda {

/// result = relu?(sum + addend), the addend being the bias (a tensor whose pixels are all the same: stride 0) or what
/// the result was before. An epilogue output operator as CUTLASS's epilogues want them.
class AddAndRelu {
 public:
  using ElementOutput = float;
  using ElementAccumulator = float;
  using ElementCompute = float;
  static constexpr int kCount = 4;  // 16 bytes an access
  static constexpr bool kIsHeavy = false;
  using FragmentOutput = cutlass::Array<float, kCount>;
  using FragmentAccumulator = cutlass::Array<float, kCount>;
  using FragmentSource = cutlass::Array<float, kCount>;

  struct Params {
    bool adds = false, relu = false;
  };

  CUTLASS_HOST_DEVICE explicit AddAndRelu(const Params& params) : adds_(params.adds), relu_(params.relu) {}
  CUTLASS_HOST_DEVICE bool is_source_needed() const { return adds_; }
  /// Partial sums are added up only when the depth is split, which we do not.
  CUTLASS_HOST_DEVICE void set_k_partition(int, int) {}

  CUTLASS_HOST_DEVICE FragmentOutput operator()(const FragmentAccumulator& sum, const FragmentSource& addend) const {
    FragmentOutput result;
    CUTLASS_PRAGMA_UNROLL
    for (int i = 0; i < kCount; i++) result[i] = rectified(sum[i] + addend[i]);
    return result;
  }
  CUTLASS_HOST_DEVICE FragmentOutput operator()(const FragmentAccumulator& sum) const {
    FragmentOutput result;
    CUTLASS_PRAGMA_UNROLL
    for (int i = 0; i < kCount; i++) result[i] = rectified(sum[i]);
    return result;
  }

 private:
  /// NaN stays NaN, as in the plain kernel.
  CUTLASS_HOST_DEVICE float rectified(float value) const { return relu_ && value <= 0 ? 0.0f : value; }

  bool adds_, relu_;
};

}  // namespace smug::cuda
