#include "convolution_cutlass_tile.h"

namespace smug::cuda {

std::span<const CutlassTile> cutlassStridedBf16() { return cutlassTiles<Arithmetic::bf16, Direction::backwardStrided>; }

}  // namespace smug::cuda
