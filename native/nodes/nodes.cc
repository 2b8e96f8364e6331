#include "nodes/nodes.h"

#include <algorithm>
#include <cstring>

namespace smug::nodes {

namespace {

/// Positive floats are ordered as their bit patterns are, read as integers; infinity is the last of them.
constexpr int32_t kInfinity = 0x7f800000;
/// One node of so many tells where the k highest begin: a prime, so that the nodes lie on no line of the layer.
constexpr size_t kStride = 31;
/// Nodes that are looked at together: most blocks have none of the highest.
constexpr size_t kBlock = 64;

int32_t patternOf(float score) {
  int32_t pattern;
  std::memcpy(&pattern, &score, sizeof pattern);
  return pattern;
}

bool isPositive(int32_t pattern) { return pattern > 0 && pattern <= kInfinity; }

/// The `wanted`-th highest positive pattern of one node in `stride`; 1 where fewer are positive.
int32_t leastOf(const float* scores, size_t count, size_t stride, size_t wanted) {
  std::vector<int32_t> patterns;
  patterns.reserve(count / stride + 1);
  for (size_t node = 0; node < count; node += stride) {
    const int32_t pattern = patternOf(scores[node]);
    if (isPositive(pattern)) patterns.push_back(pattern);
  }
  if (patterns.size() < wanted) return 1;
  const auto last = patterns.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
  std::nth_element(patterns.begin(), last, patterns.end(), std::greater<>());
  return *last;
}

/// Nodes by score, then by index: larger keys come first.
uint64_t keyOf(int32_t pattern, size_t node) {
  return (uint64_t{static_cast<uint32_t>(pattern)} << 32) | (UINT32_MAX - static_cast<uint32_t>(node));
}

/// Keys of the nodes whose patterns reach `least`, a positive one.
std::vector<uint64_t> keysFrom(const float* scores, size_t count, int32_t least) {
  std::vector<uint64_t> keys;
  for (size_t from = 0; from < count; from += kBlock) {
    const size_t to = std::min(count, from + kBlock);
    int32_t any = 0;
    for (size_t node = from; node < to; node++) any |= static_cast<int32_t>(patternOf(scores[node]) >= least);
    if (any == 0) continue;
    for (size_t node = from; node < to; node++) {
      const int32_t pattern = patternOf(scores[node]);
      if (pattern >= least && isPositive(pattern)) keys.push_back(keyOf(pattern, node));
    }
  }
  return keys;
}

}  // namespace

std::vector<uint32_t> topNodes(const float* scores, size_t count, size_t k) {
  if (k == 0) return {};
  // A quarter more, and sixteen: fewer than k are then hardly ever left.
  const int32_t guess = leastOf(scores, count, kStride, (5 * k / 4) / kStride + 17);
  std::vector<uint64_t> keys = keysFrom(scores, count, guess);
  if (keys.size() < k && guess > 1) keys = keysFrom(scores, count, leastOf(scores, count, 1, k));
  const size_t chosen = std::min(k, keys.size());
  const auto end = keys.begin() + static_cast<std::ptrdiff_t>(chosen);
  std::partial_sort(keys.begin(), end, keys.end(), std::greater<>());
  std::vector<uint32_t> nodes(chosen);
  std::transform(keys.begin(), end, nodes.begin(),
                 [](uint64_t key) { return UINT32_MAX - static_cast<uint32_t>(key); });
  return nodes;
}

Kept countKept(const float* shown, const float* hidden, size_t count, double gamma) {
  size_t active = 0;
  size_t kept = 0;
  for (size_t node = 0; node < count; node++) {
    const bool isActive = shown[node] > 0;
    const bool isKept = static_cast<double>(hidden[node]) > gamma * static_cast<double>(shown[node]);
    active += static_cast<size_t>(isActive);
    kept += static_cast<size_t>(isActive & isKept);
  }
  return {active, kept};
}

}  // namespace smug::nodes
