#include "convolution_mma_table.h"

namespace smug::cuda {

std::span<const MmaEntry> mmaEntriesFp16() { return mmaEntries<Arithmetic::fp16>; }

}  // namespace smug::cuda
