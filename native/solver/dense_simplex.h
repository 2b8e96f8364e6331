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
  static constexpr int64_t basicSlack = INT64_MAX;

  double* row(size_t slot) { return tableau_.data() + slot * stride_; }
  const double* row(size_t slot) const { return tableau_.data() + slot * stride_; }
  bool isSlack(uint32_t variable) const { return variable >= columns_; }
  void start();
  void rebuild();
  void shift(size_t position, double change);
  void settle();
  void settleSlacks();
  void readRow(uint32_t basic);
  void pivot(uint32_t leaving, size_t entering, double step);
  double along(size_t i, const std::vector<double>& numbers) const;
  double atBound(size_t position) const;

  size_t rows_, columns_, stride_;
  std::vector<uint32_t> offsets_, entries_;
  std::vector<double> values_, bounds_, scales_, costs_;
  /// Only basic structural variables have a row: x = row[columns_] + Σ_k row[k]·(nonbasic variable k). What a basic
  /// slack is follows from its sparse row of the problem, which is shorter. Variables from columns_ on are slacks.
  std::vector<double> tableau_;
  std::vector<uint32_t> slots_;  ///< the variable of every row
  std::vector<double> reduced_;  ///< of the nonbasic variables, by position; the constant last
  std::vector<uint32_t> nonbasic_;
  std::vector<int64_t> place_;  ///< of every variable: slot, −1 − position, or basicSlack
  std::vector<double> low_, high_;
  std::vector<double> current_;  ///< of every variable
  std::vector<double> weights_;  ///< dual Devex, of every variable
  std::vector<double> slope_;    ///< change of every structural variable as the entering one grows
  std::vector<uint8_t> touched_;
  std::vector<uint32_t> changed_;
  struct Breakpoint {
    double ratio;
    uint32_t position;
    double slope;
  };
  std::vector<Breakpoint> breakpoints_;
  std::vector<double> own_;  ///< the row of the variable that leaves
  std::vector<double> fresh_;
  double objective_ = 0;
  int64_t pivots_ = 0, sinceRebuilt_ = 0;
  uint32_t rayVariable_ = 0;
  double raySign_ = 0, raySlope_ = 0;
};

}  // namespace smug::solver
