// What is asked of all nodes of a first layer at once, as lib/attribution/select.ts and lib/explainers/choose-rows.ts
// have it. A layer has close to a million nodes; one pass over them is memory's time here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace smug::nodes {

/// The indices of the k highest scores among the positive ones, infinity included, highest first; of equal scores the
/// lower index comes first. Fewer than k where fewer are positive. NaN is no score. `count` is below 2^32.
std::vector<uint32_t> topNodes(const float* scores, size_t count, size_t k);

struct Kept {
  size_t active, kept;
};

/// Of the nodes that are positive in `shown`: how many there are, and how many have more than gamma of it in `hidden`.
Kept countKept(const float* shown, const float* hidden, size_t count, double gamma);

}  // namespace smug::nodes
