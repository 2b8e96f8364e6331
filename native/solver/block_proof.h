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

  double rootBound() { return evaluate(multipliers); }
  enum class State { running, proven, failed };
  /// Starts to prove Σ costs·x ≥ target for all points of the rows, within nodeLimit nodes.
  void begin(double target, int64_t nodeLimit);
  /// Visits about `count` nodes more.
  State resume(int64_t count);

  int64_t nodes = 0;
  std::vector<double> multipliers;
  /// A point of the rows that costs less than the last target; empty where the search met none.
  std::vector<uint8_t> counterexample;

 private:
  static constexpr uint8_t unset = 2;
  /// A node whose two children are not both done.
  struct Branch {
    std::vector<double> lambda;
    uint32_t column;
    uint8_t first;
    size_t mark;
    int tried = 0;
  };
  enum class Node { holds, branches, fails };
  Node visit(const std::vector<double>& from, int steps);
  State end(State state);
  bool ascend(double target, std::vector<double>& lambda, int steps);
  double evaluate(const std::vector<double>& lambda);
  bool fixByCosts(double missing);
  bool propagate();
  void fix(uint32_t column, uint8_t value);
  void undo(size_t mark);
  void countOne(uint32_t column, double sign);
  int64_t choose(const std::vector<double>& lambda) const;

  BlockRows rows_;
  std::vector<double> costs_;
  size_t count_;
  std::vector<double> weights_, absolute_;
  double costSum_ = 0;
  std::vector<uint8_t> values_;
  std::vector<double> residual_, reduced_, mean_, slope_;
  std::vector<double> taken_;  ///< 1 where a free column's reduced cost is negative
  std::vector<uint32_t> starts_, columnRow_;
  std::vector<double> columnValue_;
  std::vector<uint32_t> trail_;
  double fixedCost_ = 0;
  double target_ = 0;
  int64_t nodeLimit_ = 0;
  bool running_ = false;
  std::vector<Branch> path_;  ///< from the root down to where the search is
};

}  // namespace smug::solver
