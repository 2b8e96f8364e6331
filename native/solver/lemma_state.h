// What the search that learns lemmas knows at any moment. Its parts each have a file: propagation, the relaxation and
// what its multipliers fix, conflicts and what is learned from them, branching.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lemma_search.h"

namespace smug::solver {

class LemmaSearch::Search {
 public:
  Search(IntegerProblem given, int64_t wanted, bool recorded);
  State resume(int64_t count, std::vector<uint8_t>& candidate);
  Proof proof() const;
  std::vector<double> relaxation();

  int64_t target, nodes = 0, conflicts = 0, rootBound = 0, memory = 0;
  DenseSimplex simplex;

 private:
  static constexpr uint8_t unset = 2;
  /// A column this far from 0 and 1 is undecided in the relaxation.
  static constexpr double fractional = 1e-6;
  static uint32_t literal(uint32_t column, uint8_t value) { return 2 * column + value; }

  /// What says that a literal holds, or that nothing does: a row, a dual vector, a lemma, or a decision.
  struct Source {
    int64_t code = -1;
    static Source row(size_t index) { return {static_cast<int64_t>(3 * index)}; }
    static Source vector(size_t index) { return {static_cast<int64_t>(3 * index + 1)}; }
    static Source lemma(size_t index) { return {static_cast<int64_t>(3 * index + 2)}; }
    bool decided() const { return code < 0; }
    int kind() const { return static_cast<int>(code % 3); }
    size_t index() const { return static_cast<size_t>(code / 3); }
  };
  struct Multiplier {
    uint32_t row;
    int64_t factor;
  };
  struct Vector {
    int scale = 0;
    std::vector<Multiplier> rows;
    int64_t constant = 0;         ///< Σ u b
    std::vector<int64_t> slopes;  ///< 2^scale − Σ u a; empty where it is made again when asked for
  };
  struct Step {
    Source source;
    std::vector<uint32_t> literals;  // none: the source shows the contradiction
  };
  struct Lemma {
    std::vector<uint32_t> literals;
    std::vector<Step> steps;
  };
  struct Clause {
    std::vector<uint32_t> literals;
    size_t lemma;
    size_t glue;  ///< levels it ties together
  };

  size_t level() const { return levels_.size(); }
  bool assign(uint32_t column, uint8_t value, Source source);
  void undo(size_t mark);
  bool propagate(Source& conflict);
  bool propagateRow(size_t i, Source& conflict);
  bool propagateClauses(uint32_t column, Source& conflict);
  enum class Relaxed { conflict, fixed, candidate, open };
  Relaxed relax(Source& conflict);
  void evaluate(Vector& vector) const;
  int64_t surplus(const Vector& vector, bool assigned) const;
  bool makeVector(const std::vector<double>& multipliers, int scale, Vector& vector) const;
  void explain(Source source, int64_t implied, size_t before, std::vector<uint32_t>& reasons);
  bool analyze(Source conflict);
  size_t record(std::vector<uint32_t> literals, std::vector<Step> steps);
  void settleRoot();
  void learn(std::vector<uint32_t> literals, size_t lemma, size_t glue);
  int64_t choose(uint8_t& value);
  void decide(uint32_t column, uint8_t value);
  void strongBranch(uint32_t column, double& zero, double& one);

  IntegerProblem problem_;
  size_t n_, m_;
  bool recorded_;
  std::vector<uint32_t> starts_, columnRow_;
  std::vector<int32_t> columnValue_, largest_;
  std::vector<int64_t> absolute_;
  std::vector<int64_t> most_, all_;  // largest sum under what is assigned, and of all

  std::vector<uint8_t> values_;
  std::vector<Source> sources_;
  std::vector<uint32_t> trail_;
  std::vector<size_t> position_, levelOf_;
  std::vector<size_t> vectorsAt_;  // vectors made before each level
  std::vector<size_t> levels_;     // trail length where each level begins
  std::vector<uint32_t> queue_;
  std::vector<uint8_t> queued_;
  size_t head_ = 0, synced_ = 0;
  bool over_ = false;

  std::vector<Vector> vectors_;
  std::vector<Lemma> lemmas_;
  std::vector<size_t> unit_;  // lemma that says a column is fixed at the root
  size_t rootSettled_ = 0;
  std::vector<Clause> clauses_;
  struct Watch {
    uint32_t clause, blocker;
  };
  std::vector<std::vector<Watch>> watches_;  // by literal that becomes false
  int64_t reduceAt_ = 1500;
  void reduce();

  std::vector<double> multipliers_;
  std::vector<uint8_t> seen_;
  std::vector<uint32_t> reasons_;

  // Pseudo-costs: how much fixing a column at 0 or 1 lifted the relaxation, by unit of distance.
  std::vector<double> gain_[2];
  std::vector<uint32_t> count_[2];
  double relaxed_ = 0;
  int64_t pending_ = -1;  // literal just decided, to learn its gain
  double pendingDistance_ = 0, pendingFrom_ = 0;
  std::vector<double> activity_;
  double bump_ = 1;
  DenseSimplex scratch_;
};

}  // namespace smug::solver
