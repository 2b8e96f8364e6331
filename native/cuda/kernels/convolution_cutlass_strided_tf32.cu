#include "convolution_cutlass_tile.h"

namespace smug::cuda {

std::span<const CutlassTile> cutlassStridedTf32() { return cutlassTiles<Arithmetic::tf32, Direction::backwardStrided>; }

}  // namespace smug::cuda
