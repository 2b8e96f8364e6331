// Which of a convolution's algorithms to use: found by a short tuning run, remembered for the process.
#pragma once

#include "kernels/convolution.h"

namespace smug::cuda {

/// The choice does not depend on the batch (`shape.n`), so that cutting a batch differently changes no bit.
int chooseAlgorithm(Direction direction, const ConvShape& shape, Arithmetic arithmetic);

}  // namespace smug::cuda
