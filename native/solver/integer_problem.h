// Minimise the number of ones subject to Σ coefficients·M ≥ bound for every row, M ∈ {0,1}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace smug::solver {

/// Throws std::invalid_argument; where there are no exceptions it ends what runs.
[[noreturn]] void refuseProblem(const std::string& what);

struct IntegerProblem {
  uint32_t variables = 0;
  std::vector<uint32_t> offsets;      ///< rows + 1; row i owns entries offsets[i] … offsets[i + 1]
  std::vector<uint32_t> columns;      ///< a column at most once in a row
  std::vector<int32_t> coefficients;  ///< Σ|coefficient| of a row stays below 2^31
  std::vector<int64_t> bounds;        ///< rows

  size_t rows() const { return bounds.size(); }

  /// Refuses what is wrong by name: array lengths, a column out of range, a sum too large.
  void check() const;

  /// Does the mask (one byte per variable) satisfy every row?
  bool satisfiedBy(const std::vector<uint8_t>& mask) const;
};

/// How a solve ended. `mask` is empty when none was found; it satisfies every row whenever it is not.
struct Answer {
  enum class Status { optimal, infeasible, stopped };
  Status status = Status::stopped;
  std::vector<uint8_t> mask;
  double lowerBound = 0;    ///< the prover's word: no mask costs less
  uint64_t work = 0;        ///< deterministic effort spent, in the prover's own unit
  bool wrongModel = false;  ///< the prover returned a mask that violates the rows; it was dropped
};

/// Σ costs·M; without costs the number of ones.
inline int64_t costOf(const std::vector<uint8_t>& mask, const std::vector<int32_t>& costs) {
  int64_t sum = 0;
  for (size_t j = 0; j < mask.size(); j++) {
    if (mask[j]) sum += costs.empty() ? 1 : costs[j];
  }
  return sum;
}

}  // namespace smug::solver
