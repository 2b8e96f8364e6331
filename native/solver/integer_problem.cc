#include "integer_problem.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace smug::solver {

void IntegerProblem::check() const {
  if (offsets.size() != bounds.size() + 1 || offsets.front() != 0) {
    refuseProblem("offsets: expected rows + 1 entries starting at 0");
  }
  if (columns.size() != coefficients.size() || offsets.back() != columns.size()) {
    refuseProblem("columns and coefficients: expected as many entries as the last offset says");
  }
  // All offsets first: one that lies beyond the last would be followed before a later one says so.
  if (!std::is_sorted(offsets.begin(), offsets.end())) refuseProblem("offsets: expected to ascend");
  for (size_t row = 0; row < rows(); row++) {
    int64_t sum = 0;
    for (uint32_t at = offsets[row]; at < offsets[row + 1]; at++) {
      if (columns[at] >= variables) {
        refuseProblem("columns: row " + std::to_string(row) + " names a variable out of range");
      }
      sum += std::llabs(coefficients[at]);
    }
    if (sum > INT32_MAX) {
      refuseProblem("coefficients: row " + std::to_string(row) + " sums to 2^31 or more");
    }
  }
}

bool IntegerProblem::satisfiedBy(const std::vector<uint8_t>& mask) const {
  if (mask.size() != variables) return false;
  for (size_t row = 0; row < rows(); row++) {
    int64_t sum = 0;
    for (uint32_t at = offsets[row]; at < offsets[row + 1]; at++) {
      if (mask[columns[at]]) sum += coefficients[at];
    }
    if (sum < bounds[row]) return false;
  }
  return true;
}

}  // namespace smug::solver
