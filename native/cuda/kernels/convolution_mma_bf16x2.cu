#include "convolution_mma_table.h"

namespace smug::cuda {

std::span<const MmaEntry> mmaEntriesBf16x2() { return mmaEntries<Arithmetic::bf16x2>; }

}  // namespace smug::cuda
