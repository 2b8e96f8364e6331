// One component solved by HiGHS: branch and bound on the linear relaxation. Its proofs are floating-point.
#pragma once

#include <functional>
#include <string>

#include "control.h"
#include "integer_problem.h"

namespace smug::solver {

struct HighsOptions {
  int seed = 0;
  double seconds = 0;            ///< 0: no limit
  int64_t workLimit = 0;         ///< branch-and-bound nodes, deterministic; 0: no limit
  int64_t atMost = -1;           ///< only masks with at most this number of ones are wanted; −1: any
  std::vector<int32_t> costs;    ///< minimise Σ costs·M, each ≥ 0; empty: cost 1 per variable
  std::vector<uint8_t> initial;  ///< a mask to start from; empty: none
  std::function<void(const std::vector<uint8_t>& mask)> improved;  ///< as in Z3Options
  std::function<void(double bound)> bounded;                       ///< every better lower bound, rounded up
};

/// Throws std::runtime_error when HiGHS fails. Meaning of the answer as for `solveWithZ3`.
Answer solveWithHighs(const IntegerProblem& problem, const HighsOptions& options, Control& control);

std::string highsVersion();

}  // namespace smug::solver
