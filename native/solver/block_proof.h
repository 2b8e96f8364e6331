// The search of one block of rows, as lib/solvers/bounds/block-proof.ts describes it: the same numbers in the same
// order, so that both visit the same nodes. That file is the reference, and what replays a certificate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace smug::solver {

/// A few rows over a few columns, entries by row. All numbers are integers held in doubles.
struct BlockRows {
  uint32_t columns = 0;
  std::vector<uint32_t> offsets;  ///< rows + 1
  std::vector<uint32_t> entries;
  std::vector<double> coefficients;
  std::vector<double> bounds;

  /// Throws std::invalid_argument where an index is out of range.
  void check() const;
};

class BlockProof {
 public:
  BlockProof(BlockRows rows, std::vector<double> costs, std::vector<double> multipliers);

  double root_bound() { return evaluate(multipliers); }
  /// Whether Σ costs·x ≥ target was proven within so many nodes for all points of the rows.
  bool proves(double target, int64_t node_limit);

  int64_t nodes = 0;
  std::vector<double> multipliers;
  /// A point of the rows that costs less than the last target; empty where the search met none.
  std::vector<uint8_t> counterexample;

 private:
  static constexpr uint8_t kFree = 2;
  bool node(double target, const std::vector<double>& from, int steps, int64_t node_limit);
  bool ascend(double target, std::vector<double>& lambda, int steps);
  double evaluate(const std::vector<double>& lambda);
  bool fix_by_costs(double missing);
  bool propagate();
  void fix(uint32_t column, uint8_t value);
  void undo(size_t mark);
  void count_one(uint32_t column, double sign);
  int64_t choose(const std::vector<double>& lambda) const;

  BlockRows rows_;
  std::vector<double> costs_;
  size_t count_;
  std::vector<double> weights_, absolute_;
  double cost_sum_ = 0;
  std::vector<uint8_t> values_;
  std::vector<double> residual_, reduced_, mean_, slope_;
  std::vector<double> taken_;  ///< 1 where a free column's reduced cost is negative
  std::vector<uint32_t> starts_, column_row_;
  std::vector<double> column_value_;
  std::vector<uint32_t> trail_;
  double fixed_cost_ = 0;
};

}  // namespace smug::solver
