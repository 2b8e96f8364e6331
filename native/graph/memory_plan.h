// Where the buffers of a program lie in one arena.
#pragma once

#include <cstddef>
#include <vector>

namespace smug {

/// A buffer and the first and last step that touch it; first < 0: never.
struct Lifetime {
  size_t bytes;
  int first, last;
};

/// Places buffers so that two whose lifetimes meet never overlap; returns offsets, multiples of `alignment`, and the
/// total. Largest first, each at the lowest free place.
std::vector<size_t> placeBuffers(const std::vector<Lifetime>& buffers, size_t& total, size_t alignment = 64);

}  // namespace smug
