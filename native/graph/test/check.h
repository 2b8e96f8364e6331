// The smallest test frame that does the job: counts failures, names them, gives the exit status.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace smug::test {

inline int failures = 0;
inline int checks = 0;

inline void check(bool holds, const std::string& what) {
  checks++;
  if (holds) return;
  failures++;
  if (failures <= 30) std::fprintf(stderr, "FAILED: %s\n", what.c_str());
}

/// ‖a − b‖ / ‖b‖; ‖a − b‖ where b is 0.
template <typename A, typename B>
double relativeError(const std::vector<A>& a, const std::vector<B>& b) {
  if (a.size() != b.size()) return INFINITY;
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); i++) {
    difference += (double(a[i]) - double(b[i])) * (double(a[i]) - double(b[i]));
    size += double(b[i]) * double(b[i]);
  }
  return std::sqrt(difference) / (size == 0 ? 1 : std::sqrt(size));
}

inline int finish(const char* name) {
  std::printf("%s: %d checks, %d failed\n", name, checks, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace smug::test
