#include "convolution_cutlass_tile.h"

namespace smug::cuda {

std::span<const CutlassTile> cutlassBackwardTf32() { return cutlassTiles<Arithmetic::tf32, Direction::backward>; }

}  // namespace smug::cuda
