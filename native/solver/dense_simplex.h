// The linear relaxation of a small component, solved again and again while a search fixes variables: a dual simplex
// method on a dense tableau. Any basis it holds is dual feasible whatever is fixed, so nothing is restored on the way
// back, and its multipliers prove a bound that others evaluate exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace smug::solver {

/// min Σ costs·x subject to Σ coefficients·x ≥ bounds, 0 ≤ x ≤ 1. Floating point throughout.
class DenseSimplex {
 public:
  enum class State { optimal, cutOff, infeasible, givenUp };

  /// Rows as `IntegerProblem` holds them: row i owns entries offsets[i] … offsets[i + 1].
  DenseSimplex(uint32_t columns, const std::vector<uint32_t>& offsets, const std::vector<uint32_t>& entries,
               const std::vector<int32_t>& coefficients, const std::vector<int64_t>& bounds);

  /// Holds a variable at 0 or 1, or frees it.
  void fix(uint32_t column, double value);
  void free(uint32_t column);

  /// Pivots until the relaxation is solved, its objective passes `cut_off`, or `pivots` are spent.
  State solve(double cutOff, int pivots);

  double objective() const { return objective_; }
  double value(uint32_t column) const;
  /// Multipliers of the rows, ≥ 0. After infeasible they prove at least `least`.
  void multipliers(double least, std::vector<double>& out) const;
  /// Pivots so far.
  int64_t pivots() const { return pivots_; }

 private:
  double* row(size_t i) { return tableau_.data() + i * stride_; }
  const double* row(size_t i) const { return tableau_.data() + i * stride_; }
  void rebuild();
  void start();
  void shift(size_t position, double change);
  void settle();
  void pivot(size_t leaving, size_t entering);
  double atBound(size_t position) const;
  double range(uint32_t variable) const;

  size_t rows_, columns_, stride_;
  std::vector<uint32_t> offsets_, entries_;
  std::vector<double> values_, bounds_, scales_, costs_;
  /// Basic variable i is tableau_[i][columns_] + Σ_k tableau_[i][k]·(nonbasic variable k). Variables from columns_ on
  /// are slacks.
  std::vector<double> tableau_;
  std::vector<double> reduced_;  ///< of the nonbasic variables, by position; the constant last
  std::vector<uint32_t> basic_, nonbasic_;
  std::vector<int64_t> place_;  ///< of every variable: row, or −1 − position
  std::vector<double> low_, high_;
  std::vector<double> basicValue_, nonbasicValue_;
  std::vector<double> weights_;  ///< dual Devex
  std::vector<uint8_t> touched_;
  std::vector<uint32_t> changed_;
  struct Breakpoint {
    double ratio;
    uint32_t position;
    double slope;
  };
  std::vector<Breakpoint> breakpoints_;
  std::vector<double> fresh_;
  double objective_ = 0;
  int64_t pivots_ = 0, sinceRebuilt_ = 0;
  size_t rayRow_ = 0;
  double raySign_ = 0, raySlope_ = 0;
};

}  // namespace smug::solver
