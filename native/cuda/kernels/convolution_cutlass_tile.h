// A CUTLASS convolution kernel of one tile shape, as an entry of convolution_cutlass.h's tables.
#pragma once

#include <cuda_runtime.h>

#include <cutlass/conv/kernel/default_conv2d_dgrad.h>
#include <cutlass/conv/kernel/default_conv2d_fprop.h>
// After the kernels, whose headers it does not include itself.
#include <cutlass/conv/device/implicit_gemm_convolution.h>

#include "convolution_cutlass.h"
#include "convolution_cutlass_epilogue.h"

namespace smug::cuda {

enum class Direction { forward, backward, backwardStrided };

/// Operands and instruction of an arithmetic. Float operands are rounded to TF32 on their way into the instruction.
template <Arithmetic>
struct TensorCore;

template <>
struct TensorCore<Arithmetic::tf32> {
  using Element = float;
  using Instruction = cutlass::gemm::GemmShape<16, 8, 8>;
  static constexpr int depthUnit = 16;
};

template <>
struct TensorCore<Arithmetic::bf16> {
  using Element = cutlass::bfloat16_t;
  using Instruction = cutlass::gemm::GemmShape<16, 8, 16>;
  static constexpr int depthUnit = 32;
};

/// A block makes M pixels × N channels with warps of WarpM × WarpN, `depthUnit` deep, `stages` loads ahead.
template <Arithmetic arithmetic, Direction direction, int M, int N, int WarpM, int WarpN, int stages>
class CutlassKernel {
  using Core = TensorCore<arithmetic>;
  using Element = typename Core::Element;
  using Layout = cutlass::layout::TensorNHWC;
  using Block = cutlass::gemm::GemmShape<M, N, Core::depthUnit>;
  using Warp = cutlass::gemm::GemmShape<WarpM, WarpN, Core::depthUnit>;
  static constexpr bool strided = direction == Direction::backwardStrided;

  template <Direction, typename = void>
  struct Kind {
    using Swizzle = std::conditional_t<strided, cutlass::conv::threadblock::StridedDgradIdentityThreadblockSwizzle<1>,
                                       cutlass::gemm::threadblock::GemmIdentityThreadblockSwizzle<4>>;
    static constexpr auto strideSupport =
        strided ? cutlass::conv::StrideSupport::kStrided : cutlass::conv::StrideSupport::kUnity;
    using Kernel = typename cutlass::conv::kernel::DefaultConv2dDgrad<
        Element, Layout, Element, Layout, float, Layout, float, cutlass::arch::OpClassTensorOp, cutlass::arch::Sm80,
        Block, Warp, typename Core::Instruction, AddAndRelu, Swizzle, stages, cutlass::arch::OpMultiplyAdd,
        cutlass::conv::IteratorAlgorithm::kOptimized, strideSupport>::Kernel;
  };
  template <typename Unused>
  struct Kind<Direction::forward, Unused> {
    using Kernel = typename cutlass::conv::kernel::DefaultConv2dFprop<
        Element, Layout, Element, Layout, float, Layout, float, cutlass::arch::OpClassTensorOp, cutlass::arch::Sm80,
        Block, Warp, typename Core::Instruction, AddAndRelu,
        cutlass::gemm::threadblock::GemmIdentityThreadblockSwizzle<4>, stages, cutlass::arch::OpMultiplyAdd,
        cutlass::conv::IteratorAlgorithm::kOptimized>::Kernel;
  };

  using Device = cutlass::conv::device::ImplicitGemmConvolution<typename Kind<direction>::Kernel>;
  using Arguments = typename Device::Arguments;

  static Arguments argumentsOf(const CutlassWork& work) {
    const ConvShape& s = work.shape;
    const auto i = [](int64_t value) { return static_cast<int>(value); };
    // Filters before results: the constructor with pads takes them in this order, the one without in the other.
    const cutlass::conv::Conv2dProblemSize problem(
        i(s.n), i(s.h), i(s.w), i(s.c), i(s.k), i(s.r), i(s.s), i(s.p), i(s.q), i(s.padH), i(s.padW), i(s.strideH),
        i(s.strideW), i(s.dilationH), i(s.dilationW), cutlass::conv::Mode::kCrossCorrelation);
    // Strides of a row and of an image follow from a pixel's: maps lie densely, their pixels may be parts of longer ones.
    const Layout input({i(s.inputPixel), i(s.inputPixel * s.w), i(s.inputPixel * s.w * s.h)});
    const Layout output({i(s.outputPixel), i(s.outputPixel * s.q), i(s.outputPixel * s.q * s.p)});
    const Layout filters({i(s.c), i(s.c * s.s), i(s.c * s.s * s.r)});
    auto* from = static_cast<Element*>(const_cast<void*>(work.from));
    auto* weights = static_cast<Element*>(const_cast<void*>(work.weights));
    if constexpr (direction == Direction::forward) {
      // Every pixel of the bias is its first: stride 0.
      return {problem, {from, input}, {weights, filters}, {const_cast<float*>(work.bias), Layout({0, 0, 0})},
              {work.to, output}, {work.bias != nullptr, work.relu}};
    } else {
      return {problem, {from, output}, {weights, filters}, {work.to, input}, {work.to, input}, {work.accumulate, false}};
    }
  }

  static bool suits(const CutlassWork& work) {
    const ConvShape& s = work.shape;
    constexpr int64_t operands = 16 / sizeof(Element), results = 4;
    const int64_t source = direction == Direction::forward ? s.inputPixel : s.outputPixel;
    const int64_t result = direction == Direction::forward ? s.outputPixel : s.inputPixel;
    if (s.groups != 1 || s.c % operands != 0 || s.k % operands != 0 || source % operands != 0 || result % results != 0) {
      return false;
    }
    if (direction != Direction::forward && (s.dilationH != 1 || s.dilationW != 1)) return false;
    // 32-bit offsets, also in bytes and where pixels are parts of longer ones.
    constexpr int64_t most = int64_t{1} << 31;
    if (s.n * s.h * s.w * s.inputPixel * 4 >= most || s.n * s.p * s.q * s.outputPixel * 4 >= most) return false;
    return Device::can_implement(argumentsOf(work)) == cutlass::Status::kSuccess;
  }

  static void run(Stream& stream, const CutlassWork& work) {
    Device device;
    const auto to = static_cast<cudaStream_t>(stream.handle());
    const cutlass::Status status = device(argumentsOf(work), nullptr, to);
    if (status == cutlass::Status::kSuccess) return;
    // CUTLASS keeps the runtime's error to itself; one that the stream repeats is there to stay.
    const cudaError_t error = cudaStreamQuery(to);
    cudaGetLastError();
    const bool lost = error != cudaSuccess && error != cudaErrorNotReady && error != cudaErrorStreamCaptureUnsupported &&
                      error != cudaErrorStreamCaptureImplicit;
    throw DeviceFailure(std::string("starting a CUTLASS convolution: ") + cutlassGetStatusString(status) +
                            (lost ? std::string(", ") + cudaGetErrorString(error) : ""),
                        lost);
  }

 public:
  static constexpr CutlassTile entry(const char* name) { return {name, suits, run}; }
};

/// The tiles of a table, in one order everywhere: an algorithm's number means one shape.
template <Arithmetic arithmetic, Direction direction>
inline constexpr CutlassTile cutlassTiles[] = {
    CutlassKernel<arithmetic, direction, 128, 128, 64, 64, 3>::entry("128x128"),
    CutlassKernel<arithmetic, direction, 128, 64, 64, 32, 4>::entry("128x64"),
    CutlassKernel<arithmetic, direction, 64, 64, 32, 32, 4>::entry("64x64"),
    CutlassKernel<arithmetic, direction, 128, 32, 32, 32, 4>::entry("128x32"),
    CutlassKernel<arithmetic, direction, 256, 128, 64, 64, 3>::entry("256x128"),
};

/// Strided gradients keep more addresses at hand: warps of 64 × 64 would spill registers, so the first tile has twice as
/// many smaller ones and the last is left out.
template <Arithmetic arithmetic>
inline constexpr CutlassTile cutlassTiles<arithmetic, Direction::backwardStrided>[] = {
    CutlassKernel<arithmetic, Direction::backwardStrided, 128, 128, 64, 32, 3>::entry("128x128"),
    CutlassKernel<arithmetic, Direction::backwardStrided, 128, 64, 64, 32, 4>::entry("128x64"),
    CutlassKernel<arithmetic, Direction::backwardStrided, 64, 64, 32, 32, 4>::entry("64x64"),
    CutlassKernel<arithmetic, Direction::backwardStrided, 128, 32, 32, 32, 4>::entry("128x32"),
};

}  // namespace smug::cuda
