#include "convolution_cutlass_tile.h"

namespace smug::cuda {

std::span<const CutlassTile> cutlassForwardBf16() { return cutlassTiles<Arithmetic::bf16, Direction::forward>; }

}  // namespace smug::cuda
