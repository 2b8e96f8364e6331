#include "convolution_mma_table.h"

namespace smug::cuda {

std::span<const MmaEntry> mmaEntriesTf32() { return mmaEntries<Arithmetic::tf32>; }

}  // namespace smug::cuda
