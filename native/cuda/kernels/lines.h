// Kernels that give every line along an axis a block of its own.
#pragma once

#include <array>
#include <stdexcept>
#include <string>

#include "walk.h"

namespace smug::cuda {

constexpr int mostLineThreads = 256;

/// The lines of up to three tensors: where each begins, and how far its elements lie apart.
struct Lines {
  Walk<3> starts;
  int64_t step[3];
  int64_t length;
};

/// `what` has them: for the message where there are too many elements to count.
inline Lines linesOf(const char* what, int axis, std::array<View, 3> views) {
  Lines lines;
  lines.length = views[0].size[axis];
  for (int t = 0; t < 3; t++) {
    lines.step[t] = views[t].stride[axis];
    views[t].size[axis] = 1;
  }
  auto axes = Axes<3>::of(views);
  axes.sort();
  axes.merge();
  if (!axes.isSmall()) {
    throw std::length_error(std::string("a ") + what + " of more than 2³¹ elements: use a smaller batch");
  }
  lines.starts = axes.pack();
  return lines;
}

/// A power of two, near the line's length.
inline unsigned threadsForLine(int64_t length) {
  unsigned threads = 32;
  while (threads < mostLineThreads && threads < length) threads *= 2;
  return threads;
}

}  // namespace smug::cuda
