// The tile shapes of an arithmetic: included by one file per arithmetic, which makes the machine code.
#pragma once

#include "convolution_mma.h"

namespace smug::cuda {

template <Arithmetic arithmetic, int M, int N, int WarpM, int WarpN, int stages, bool Vectors>
void runMma(Stream& stream, const MmaWork& work) {
  using Tile = MmaTile<arithmetic, M, N, WarpM, WarpN, stages, Vectors>;
  const uint64_t blocks = uint64_t{blocksFor(work.c.pixels(), M)} * blocksFor(work.c.resultChannels, N);
  launch(stream, correlateMma<arithmetic, M, N, WarpM, WarpN, stages, Vectors>, dim3(static_cast<unsigned>(blocks)),
         dim3(Tile::threads), Tile::sharedBytes, work);
}

template <Arithmetic arithmetic>
inline constexpr MmaEntry mmaEntries[] = {
    {"mma 128x128 in quarters", 128, 128, false, true, runMma<arithmetic, 128, 128, 64, 64, 4, true>},
    {"mma 256x64", 256, 64, false, true, runMma<arithmetic, 256, 64, 64, 64, 3, true>},
    {"mma 128x128", 128, 128, false, true, runMma<arithmetic, 128, 128, 64, 32, 3, true>},
    {"mma 128x64", 128, 64, false, true, runMma<arithmetic, 128, 64, 64, 32, 4, true>},
    {"mma 64x64", 64, 64, false, true, runMma<arithmetic, 64, 64, 32, 32, 4, true>},
    {"mma 256x32", 256, 32, false, true, runMma<arithmetic, 256, 32, 64, 32, 4, true>},
    {"mma 128x32", 128, 32, false, true, runMma<arithmetic, 128, 32, 32, 32, 4, true>},
    {"mma 128x32 cached", 128, 32, true, true, runMma<arithmetic, 128, 32, 32, 32, 4, true>},
    {"mma 128x16", 128, 16, false, true, runMma<arithmetic, 128, 16, 32, 16, 5, true>},
    {"mma 64x32 gathered", 64, 32, false, false, runMma<arithmetic, 64, 32, 32, 16, 2, false>},
};

}  // namespace smug::cuda
