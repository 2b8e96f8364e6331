#include "convolution_mma_table.h"

namespace smug::cuda {

std::span<const MmaEntry> mmaEntriesBf16() { return mmaEntries<Arithmetic::bf16>; }

}  // namespace smug::cuda
