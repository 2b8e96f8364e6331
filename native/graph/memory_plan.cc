#include "memory_plan.h"

#include <algorithm>
#include <numeric>

namespace smug {

std::vector<size_t> placeBuffers(const std::vector<Lifetime>& buffers, size_t& total, size_t alignment) {
  const auto aligned = [alignment](size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; };
  std::vector<int> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<size_t> offsets(buffers.size(), 0);
  std::vector<int> placed;
  total = 0;
  for (const int buffer : order) {
    const Lifetime& life = buffers[buffer];
    if (life.first < 0 || life.bytes == 0) continue;
    std::vector<std::pair<size_t, size_t>> taken;
    for (const int other : placed) {
      if (buffers[other].first <= life.last && life.first <= buffers[other].last) {
        taken.emplace_back(offsets[other], offsets[other] + aligned(buffers[other].bytes));
      }
    }
    std::sort(taken.begin(), taken.end());
    size_t offset = 0;
    for (const auto& [begin, end] : taken) {
      if (offset + aligned(life.bytes) <= begin) break;
      offset = std::max(offset, end);
    }
    offsets[buffer] = offset;
    total = std::max(total, offset + aligned(life.bytes));
    placed.push_back(buffer);
  }
  return offsets;
}

}  // namespace smug
