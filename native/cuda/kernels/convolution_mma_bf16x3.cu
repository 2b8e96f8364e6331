#include "convolution_mma_table.h"

namespace smug::cuda {

std::span<const MmaEntry> mmaEntriesBf16x3() { return mmaEntries<Arithmetic::bf16x3>; }

}  // namespace smug::cuda
