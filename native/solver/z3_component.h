// One component solved by libz3's optimiser: Boolean variables, pseudo-Boolean rows, one soft clause per variable.
#pragma once

#include <functional>
#include <string>

#include "control.h"
#include "integer_problem.h"

namespace smug::solver {

struct Z3Options {
  unsigned seed = 0;
  double seconds = 0;          ///< 0: no limit
  unsigned workLimit = 0;      ///< Z3's resource units (`rlimit`), deterministic; 0: no limit
  int64_t atMost = -1;         ///< only masks with at most this number of ones are wanted; −1: any
  std::vector<int32_t> costs;  ///< minimise Σ costs·M, each ≥ 0; empty: cost 1 per variable
  std::string engine;          ///< MaxSAT engine; empty: Z3's default, maxres
  /// Called from the solving thread with every better mask.
  std::function<void(const std::vector<uint8_t>& mask)> improved;
};

/// Throws std::runtime_error when Z3 itself fails, std::bad_alloc when it runs out of memory.
/// With `atMost` and status `infeasible` the meaning is: no mask has at most that many ones.
Answer solveWithZ3(const IntegerProblem& problem, const Z3Options& options, Control& control);

std::string z3Version();

}  // namespace smug::solver
