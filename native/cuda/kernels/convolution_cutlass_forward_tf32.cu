#include "convolution_cutlass_tile.h"

namespace smug::cuda {

std::span<const CutlassTile> cutlassForwardTf32() { return cutlassTiles<Arithmetic::tf32, Direction::forward>; }

}  // namespace smug::cuda
