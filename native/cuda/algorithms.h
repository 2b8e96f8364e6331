// Which of a convolution's algorithms to use: found by a short tuning run, remembered for the process, and for others on
// the same card by whoever keeps what tunedChoices says (lib/engines/cuda/tuned-tiles.ts).
#pragma once

#include "kernels/convolution.h"

namespace smug::cuda {

/// The choice does not depend on the batch (`shape.n`), so that cutting a batch differently changes no bit.
int chooseAlgorithm(Direction direction, const ConvShape& shape, Arithmetic arithmetic);

/// How many choices have been made or taken in.
size_t choiceCount();
/// All of them, a line each: numbers that say for which layer, then the kernel's name.
std::string tunedChoices();
/// Takes in such lines, but for layers that have a choice already; what is no line of this version is passed over.
void takeChoices(const std::string& lines);

}  // namespace smug::cuda
