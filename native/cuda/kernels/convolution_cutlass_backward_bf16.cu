#include "convolution_cutlass_tile.h"

namespace smug::cuda {

std::span<const CutlassTile> cutlassBackwardBf16() { return cutlassTiles<Arithmetic::bf16, Direction::backward>; }

}  // namespace smug::cuda
