// Algorithm 0 of convolution.h: our own kernels in float32, for every shape.
//
// They need no scratch, and sum in an order that depends on the layer only: a sample's results are the same bits
// whatever batch it comes in.
#pragma once

#include "convolution.h"

namespace smug::cuda {

/// Whether a thread makes one result element (groups of few channels), not a block a tile of them.
bool plainIsDirect(int64_t groups, int64_t resultChannels);

/// As `convolve` forward; weights as `weightsFor` says of algorithm 0.
void plainForward(Stream& stream, const ConvShape& shape, Arithmetic arithmetic, const void* x, const void* w,
                  const float* bias, Activation activation, float* y);

/// As `convolve` backward.
void plainBackwardData(Stream& stream, const ConvShape& shape, Arithmetic arithmetic, const void* dy, const void* w,
                       float* dx, bool accumulate);

}  // namespace smug::cuda
