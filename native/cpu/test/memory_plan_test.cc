// Buffers that live at the same time never overlap, and the total is what the busiest moment needs, or little more.
#include "graph/memory_plan.h"

#include <random>

#include "check.h"

using namespace smug;
using namespace smug::test;

int main() {
  std::mt19937 random(7);
  for (int round = 0; round < 200; round++) {
    const auto any = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    std::vector<Lifetime> buffers;
    const int count = any(1, 40), steps = any(1, 60);
    for (int i = 0; i < count; i++) {
      const int first = any(0, steps - 1);
      buffers.push_back({static_cast<size_t>(any(0, 5000)), first, any(first, steps - 1)});
    }
    size_t total = 0;
    const std::vector<size_t> offsets = placeBuffers(buffers, total);
    size_t all = 0;
    for (int i = 0; i < count; i++) {
      all += (buffers[i].bytes + 63) / 64 * 64;
      check(offsets[i] % 64 == 0 && offsets[i] + buffers[i].bytes <= total, "every buffer lies aligned in the arena");
      for (int j = 0; j < i; j++) {
        const bool together = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
        const bool overlap = offsets[i] < offsets[j] + buffers[j].bytes && offsets[j] < offsets[i] + buffers[i].bytes;
        check(!(together && overlap && buffers[i].bytes && buffers[j].bytes), "no overlap");
      }
    }
    check(total <= all, "never more than all of them side by side");
  }
  return finish("memory plan");
}
