// Proves that no mask of a component has fewer ones than a target: branch and bound on the linear relaxation with
// clause learning. Everything that decides is a row, a dual vector in exact integers or a clause learned from these,
// and the search keeps a proof that replays: see `LemmaEvidence` in lib/solvers/bound-evidence.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dense_simplex.h"
#include "integer_problem.h"

namespace smug::solver {

class LemmaSearch {
 public:
  enum class State {
    running,
    proven,     ///< no mask of the rows has fewer ones than `target`
    candidate,  ///< `candidate` satisfies the rows with fewer ones: lower the target, or give up
  };

  /// Rows, then cuts that follow from them: both are rows here. `recorded`: keep the proof.
  LemmaSearch(IntegerProblem problem, int64_t target, bool recorded);
  ~LemmaSearch();

  /// Lowers the target: what was proven before stays proven.
  void lower(int64_t target);
  /// Goes on for about this many nodes.
  State resume(int64_t nodes);

  /// The point of the linear relaxation at the root; empty where the root is infeasible or closed.
  std::vector<double> relaxation();
  /// The rows' multipliers, ≥ 0, at the point where the relaxation was last solved.
  std::vector<double> multipliers() const;

  std::vector<uint8_t> candidate;
  /// No mask has fewer ones, as far as the root says.
  int64_t rootBound() const;
  int64_t nodes() const;
  int64_t pivots() const;
  int64_t conflicts() const;
  /// Bytes that lemmas and vectors take, roughly.
  int64_t memory() const;

  struct Proof {
    /// Dual vectors: scale, row, multiplier, row, multiplier, … each after its length.
    std::vector<int64_t> vectors;
    /// Lemmas: literals, then steps; see `LemmaEvidence`.
    std::vector<int64_t> lemmas;
  };
  /// After proven: only what the proof needs.
  Proof proof() const;

 private:
  class Search;
  std::unique_ptr<Search> search_;
};

}  // namespace smug::solver
