#include "lemma_search.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace smug::solver {
namespace {

constexpr uint8_t unset = 2;
/// Sums of integers stay below this.
constexpr double largestMultiplier = 4503599627370496.0;  // 2^52
constexpr double largestSum = 4611686018427387904.0;      // 2^62
constexpr int scales[] = {28, 34, 40, 46};
/// Multipliers that fix columns by their reduced costs.
constexpr int fixingScale = 40;
constexpr double margin = 1e-6, fractional = 1e-6;
/// Pivots of one linear program at most.
constexpr int mostPivots = 2000;

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

uint32_t literal(uint32_t column, uint8_t value) { return 2 * column + value; }

}  // namespace

class LemmaSearch::Search {
 public:
  Search(IntegerProblem given, int64_t wanted, bool recorded);
  State resume(int64_t count, std::vector<uint8_t>& candidate);
  Proof proof() const;
  std::vector<double> relaxation();

  int64_t target, nodes = 0, conflicts = 0, rootBound = 0, memory = 0;
  DenseSimplex simplex;

 private:
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

LemmaSearch::Search::Search(IntegerProblem given, int64_t wanted, bool recorded)
    : target(wanted),
      simplex(given.variables, given.offsets, given.columns, given.coefficients, given.bounds),
      problem_(std::move(given)),
      n_(problem_.variables),
      m_(problem_.rows()),
      recorded_(recorded),
      scratch_(simplex) {
  starts_.assign(n_ + 1, 0);
  for (const uint32_t column : problem_.columns) starts_[column + 1]++;
  for (size_t j = 0; j < n_; j++) starts_[j + 1] += starts_[j];
  columnRow_.resize(problem_.columns.size());
  columnValue_.resize(problem_.columns.size());
  largest_.assign(m_, 0);
  all_.assign(m_, 0);
  absolute_.assign(m_, 0);
  std::vector<uint32_t> fill = starts_;
  for (size_t i = 0; i < m_; i++) {
    for (uint32_t at = problem_.offsets[i]; at < problem_.offsets[i + 1]; at++) {
      const uint32_t to = fill[problem_.columns[at]]++;
      const int32_t value = problem_.coefficients[at];
      columnRow_[to] = static_cast<uint32_t>(i);
      columnValue_[to] = value;
      if (value > 0) all_[i] += value;
      absolute_[i] += std::abs(value);
      largest_[i] = std::max(largest_[i], std::abs(value));
    }
    absolute_[i] += std::abs(problem_.bounds[i]);
  }
  most_ = all_;
  values_.assign(n_, unset);
  sources_.assign(n_, Source{});
  position_.assign(n_, 0);
  levelOf_.assign(n_, 0);
  queued_.assign(m_, 1);
  for (size_t i = 0; i < m_; i++) queue_.push_back(static_cast<uint32_t>(i));
  unit_.assign(n_, 0);
  watches_.resize(2 * n_);
  seen_.assign(n_, 0);
  for (auto& gains : gain_) gains.assign(n_, 0);
  for (auto& counts : count_) counts.assign(n_, 0);
  activity_.assign(n_, 0);
}

bool LemmaSearch::Search::assign(uint32_t column, uint8_t value, Source source) {
  if (values_[column] != unset) return values_[column] == value;
  values_[column] = value;
  sources_[column] = source;
  position_[column] = trail_.size();
  levelOf_[column] = level();
  trail_.push_back(column);
  for (uint32_t at = starts_[column]; at < starts_[column + 1]; at++) {
    const int32_t coefficient = columnValue_[at];
    if ((coefficient > 0) == (value == 1)) continue;
    const uint32_t i = columnRow_[at];
    most_[i] -= std::abs(coefficient);
    if (!queued_[i]) {
      queued_[i] = 1;
      queue_.push_back(i);
    }
  }
  return true;
}

void LemmaSearch::Search::undo(size_t mark) {
  while (trail_.size() > mark) {
    const uint32_t column = trail_.back();
    trail_.pop_back();
    for (uint32_t at = starts_[column]; at < starts_[column + 1]; at++) {
      const int32_t coefficient = columnValue_[at];
      if ((coefficient > 0) != (values_[column] == 1)) most_[columnRow_[at]] += std::abs(coefficient);
    }
    values_[column] = unset;
    if (synced_ > trail_.size()) simplex.free(column);
  }
  synced_ = std::min(synced_, trail_.size());
  head_ = std::min(head_, trail_.size());
  for (const uint32_t i : queue_) queued_[i] = 0;
  queue_.clear();
}

bool LemmaSearch::Search::propagateRow(size_t i, Source& conflict) {
  const int64_t slack = most_[i] - problem_.bounds[i];
  if (slack < 0) {
    conflict = Source::row(i);
    return false;
  }
  if (largest_[i] <= slack) return true;
  for (uint32_t at = problem_.offsets[i]; at < problem_.offsets[i + 1]; at++) {
    const int32_t coefficient = problem_.coefficients[at];
    const uint32_t column = problem_.columns[at];
    if (values_[column] == unset && std::abs(coefficient) > slack) {
      assign(column, coefficient > 0 ? 1 : 0, Source::row(i));
    }
  }
  return true;
}

bool LemmaSearch::Search::propagateClauses(uint32_t column, Source& conflict) {
  const uint32_t failed = literal(column, 1 - values_[column]);
  auto& watching = watches_[failed];
  size_t kept = 0;
  for (size_t at = 0; at < watching.size(); at++) {
    const Watch watch = watching[at];
    if (values_[watch.blocker >> 1] == (watch.blocker & 1)) {
      watching[kept++] = watch;
      continue;
    }
    auto& literals = clauses_[watch.clause].literals;
    if (literals[0] == failed) std::swap(literals[0], literals[1]);
    const uint32_t first = literals[0];
    const uint8_t value = values_[first >> 1];
    if (value == (first & 1)) {
      watching[kept++] = {watch.clause, first};
      continue;
    }
    bool moved = false;
    for (size_t other = 2; other < literals.size(); ++other) {
      const uint32_t one = literals[other];
      if (values_[one >> 1] == 1 - (one & 1)) continue;
      std::swap(literals[1], literals[other]);
      watches_[one].push_back({watch.clause, first});
      moved = true;
      break;
    }
    if (moved) continue;
    watching[kept++] = {watch.clause, first};
    const Source source = Source::lemma(clauses_[watch.clause].lemma);
    if (value != unset) {
      while (++at < watching.size()) watching[kept++] = watching[at];
      watching.resize(kept);
      conflict = source;
      return false;
    }
    assign(first >> 1, first & 1, source);
  }
  watching.resize(kept);
  return true;
}

/// Leaves out the clauses that tie many levels together and have not been of use lately.
void LemmaSearch::Search::reduce() {
  std::vector<uint32_t> order;
  for (uint32_t k = 0; k < clauses_.size(); k++) {
    if (clauses_[k].glue > 3) order.push_back(k);
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return clauses_[a].glue != clauses_[b].glue ? clauses_[a].glue > clauses_[b].glue : a < b;
  });
  std::vector<uint8_t> gone(clauses_.size(), 0);
  for (size_t k = 0; k < order.size() / 2; k++) {
    const Clause& clause = clauses_[order[k]];
    const uint32_t column = clause.literals[0] >> 1;
    const bool reason = values_[column] != unset && !sources_[column].decided() &&
                        sources_[column].code == Source::lemma(clause.lemma).code;
    gone[order[k]] = !reason;
  }
  std::vector<Clause> kept;
  for (uint32_t k = 0; k < clauses_.size(); k++) {
    if (!gone[k]) kept.push_back(std::move(clauses_[k]));
  }
  clauses_ = std::move(kept);
  for (auto& watching : watches_) watching.clear();
  for (uint32_t k = 0; k < clauses_.size(); k++) {
    const auto& literals = clauses_[k].literals;
    watches_[literals[0]].push_back({k, literals[1]});
    watches_[literals[1]].push_back({k, literals[0]});
  }
}

bool LemmaSearch::Search::propagate(Source& conflict) {
  for (;;) {
    while (head_ < trail_.size()) {
      if (!propagateClauses(trail_[head_++], conflict)) return false;
    }
    if (queue_.empty()) return true;
    const uint32_t i = queue_.back();
    queue_.pop_back();
    queued_[i] = 0;
    if (!propagateRow(i, conflict)) return false;
  }
}

void LemmaSearch::Search::evaluate(Vector& vector) const {
  vector.slopes.assign(n_, int64_t{1} << vector.scale);
  vector.constant = 0;
  int64_t* slopes = vector.slopes.data();
  for (const auto& [row, factor] : vector.rows) {
    vector.constant += factor * problem_.bounds[row];
    for (uint32_t at = problem_.offsets[row]; at < problem_.offsets[row + 1]; at++) {
      slopes[problem_.columns[at]] -= factor * problem_.coefficients[at];
    }
  }
}

/// How far the bound of the vector exceeds what a mask below the target costs; ≥ 0 closes the node.
int64_t LemmaSearch::Search::surplus(const Vector& vector, bool assigned) const {
  int64_t bound = vector.constant - ((target - 1) << vector.scale) - 1;
  for (size_t j = 0; j < n_; j++) {
    const int64_t slope = vector.slopes[j];
    const uint8_t value = assigned ? values_[j] : unset;
    if (value == 1 || (value == unset && slope < 0)) bound += slope;
  }
  return bound;
}

/// The multipliers as integers; false where sums could pass 2^62.
bool LemmaSearch::Search::makeVector(const std::vector<double>& multipliers, int scale, Vector& vector) const {
  vector.scale = scale;
  vector.rows.clear();
  double most = std::ldexp(double(n_ + target), scale);
  for (size_t i = 0; i < m_; i++) {
    const double factor = std::floor(std::ldexp(multipliers[i], scale));
    if (!(factor > 0)) continue;
    most += factor * double(absolute_[i]);
    if (!(factor < largestMultiplier) || !(most < largestSum)) return false;
    vector.rows.push_back({static_cast<uint32_t>(i), static_cast<int64_t>(factor)});
  }
  evaluate(vector);
  return true;
}

LemmaSearch::Search::Relaxed LemmaSearch::Search::relax(Source& conflict) {
  for (; synced_ < trail_.size(); ++synced_) simplex.fix(trail_[synced_], values_[trail_[synced_]]);
  const double cutOff = double(target - 1) + 1e-4 * std::max<double>(1, n_ * 1e-2);
  const auto state = simplex.solve(cutOff, mostPivots);
  const bool closed = state == DenseSimplex::State::cutOff || state == DenseSimplex::State::infeasible;
  simplex.multipliers(state == DenseSimplex::State::infeasible ? double(target) : -1e300, multipliers_);
  Vector vector;
  bool proven = false, made = false;
  int64_t over = 0;
  for (const int scale : scales) {
    if (!closed && scale != fixingScale) continue;
    if (!makeVector(multipliers_, scale, vector)) break;
    made = true;
    over = surplus(vector, true);
    proven = over >= 0;
    if (proven) break;
  }
  if (pending_ >= 0) {
    // What the last decision was worth.
    const double now = closed ? std::max(cutOff, simplex.objective()) : simplex.objective();
    const double gain = std::max(0.0, now - pendingFrom_) / std::max(pendingDistance_, 1e-3);
    gain_[pending_ & 1][pending_ >> 1] += gain;
    count_[pending_ & 1][pending_ >> 1]++;
    pending_ = -1;
  }
  relaxed_ = simplex.objective();
  if (level() == 0 && made) {
    rootBound = std::max(rootBound, std::min(target, target + (over >> vector.scale)));
  }
  if (proven) {
    memory += static_cast<int64_t>(sizeof(Vector) + vector.rows.size() * sizeof(Multiplier));
    vectors_.push_back(std::move(vector));
    conflict = Source::vector(vectors_.size() - 1);
    return Relaxed::conflict;
  }
  bool fixed = false;
  for (size_t j = 0; made && j < n_; j++) {
    if (values_[j] != unset) continue;
    const int64_t slope = vector.slopes[j];
    if (over + std::abs(slope) < 0) continue;
    if (!fixed) {
      memory += static_cast<int64_t>(sizeof(Vector) + vector.rows.size() * sizeof(Multiplier));
      vectors_.push_back(vector);
      fixed = true;
    }
    assign(static_cast<uint32_t>(j), slope < 0 ? 1 : 0, Source::vector(vectors_.size() - 1));
  }
  if (fixed) return Relaxed::fixed;
  if (state == DenseSimplex::State::optimal) {
    for (size_t j = 0; j < n_; j++) {
      const double at = simplex.value(static_cast<uint32_t>(j));
      if (std::min(at, 1 - at) > fractional) return Relaxed::open;
    }
    return Relaxed::candidate;
  }
  return Relaxed::open;
}

/// Columns that the source needs as they are: to imply the literal `implied` (−1: to contradict), all assigned before.
void LemmaSearch::Search::explain(Source source, int64_t implied, size_t before, std::vector<uint32_t>& reasons) {
  reasons.clear();
  const int64_t except = implied < 0 ? -1 : implied >> 1;
  const auto known = [&](uint32_t column) {
    return values_[column] != unset && column != except && position_[column] < before;
  };
  const auto latestFirst = [&](auto& all) {
    std::sort(all.begin(), all.end(),
              [&](const auto& a, const auto& b) { return position_[a.first] > position_[b.first]; });
  };
  if (source.kind() == 2) {
    for (const uint32_t one : lemmas_[source.index()].literals) {
      if (static_cast<int64_t>(one) != implied) reasons.push_back(one >> 1);
    }
    return;
  }
  if (source.kind() == 0) {
    const size_t i = source.index();
    int64_t spare = problem_.bounds[i] - all_[i] - 1;  // ≥ 0 once enough is taken away
    std::vector<std::pair<uint32_t, int64_t>> taken;
    for (uint32_t at = problem_.offsets[i]; at < problem_.offsets[i + 1]; at++) {
      const uint32_t column = problem_.columns[at];
      const int64_t coefficient = problem_.coefficients[at];
      if (column == except) {
        spare += std::abs(coefficient);
      } else if (known(column) && (coefficient > 0) != (values_[column] == 1)) {
        spare += std::abs(coefficient);
        if (coefficient != 0) taken.push_back({column, std::abs(coefficient)});
      }
    }
    latestFirst(taken);
    for (const auto& [column, amount] : taken) {
      if (amount <= spare) {
        spare -= amount;
      } else {
        reasons.push_back(column);
      }
    }
    return;
  }
  Vector& vector = vectors_[source.index()];
  if (vector.slopes.empty()) evaluate(vector);
  int64_t spare = surplus(vector, false);
  std::vector<std::pair<uint32_t, int64_t>> taken;
  for (uint32_t j = 0; j < n_; j++) {
    const int64_t slope = vector.slopes[j];
    if (static_cast<int64_t>(j) == except) {
      spare += std::abs(slope);
    } else if (slope != 0 && known(j) && (slope < 0) != (values_[j] == 1)) {
      spare += std::abs(slope);
      taken.push_back({j, std::abs(slope)});
    }
  }
  latestFirst(taken);
  for (const auto& [column, amount] : taken) {
    if (amount <= spare) {
      spare -= amount;
    } else {
      reasons.push_back(column);
    }
  }
}

size_t LemmaSearch::Search::record(std::vector<uint32_t> literals, std::vector<Step> steps) {
  if (!recorded_) steps.clear();
  memory += static_cast<int64_t>(sizeof(Lemma) + literals.size() * sizeof(uint32_t));
  for (const Step& step : steps)
    memory += static_cast<int64_t>(sizeof(Step) + 2 * sizeof(uint32_t) + step.literals.size() * sizeof(uint32_t));
  lemmas_.push_back({std::move(literals), std::move(steps)});
  return lemmas_.size() - 1;
}

/// What the root has fixed becomes lemmas of one literal.
void LemmaSearch::Search::settleRoot() {
  const size_t end = level() == 0 ? trail_.size() : levels_[0];
  for (; rootSettled_ < end; ++rootSettled_) {
    const uint32_t column = trail_[rootSettled_];
    const uint32_t own = literal(column, values_[column]);
    const Source source = sources_[column];
    if (source.kind() == 2 && lemmas_[source.index()].literals.size() == 1) {
      unit_[column] = source.index();
      continue;
    }
    std::vector<uint32_t> reasons;
    explain(source, own, position_[column], reasons);
    std::vector<Step> steps;
    for (const uint32_t one : reasons) steps.push_back({Source::lemma(unit_[one]), {literal(one, values_[one])}});
    steps.push_back({source, {}});
    unit_[column] = record({own}, std::move(steps));
  }
}

/// Learns from a conflict; false where it is one of the root, and the proof is complete.
bool LemmaSearch::Search::analyze(Source conflict) {
  conflicts++;
  settleRoot();
  // A dual vector may need nothing of the latest level: go back to the latest that it needs.
  explain(conflict, -1, trail_.size(), reasons_);
  size_t latest = 0;
  for (const uint32_t column : reasons_) latest = std::max(latest, levelOf_[column]);
  std::vector<uint32_t> learned, expanded, root;
  size_t open = 0;
  const auto take = [&](uint32_t column) {
    if (seen_[column]) return;
    seen_[column] = 1;
    if (levelOf_[column] == 0) {
      root.push_back(column);
    } else if (levelOf_[column] == latest) {
      open++;
    } else {
      learned.push_back(column);
    }
    activity_[column] += bump_;
  };
  for (const uint32_t column : reasons_) take(column);
  std::vector<Step> steps;
  int64_t first = -1;
  if (latest > 0) {
    size_t at = latest < level() ? levels_[latest] : trail_.size();
    for (;;) {
      while (!seen_[trail_[--at]]) {
      }
      const uint32_t column = trail_[at];
      if (levelOf_[column] == 0) continue;
      if (open == 1) {
        first = column;
        break;
      }
      open--;
      expanded.push_back(column);
      explain(sources_[column], literal(column, values_[column]), position_[column], reasons_);
      for (const uint32_t one : reasons_) take(one);
    }
  }
  // A literal that the others imply at once is left out.
  std::vector<uint32_t> kept;
  for (const uint32_t column : learned) {
    bool implied = !sources_[column].decided();
    if (implied) {
      explain(sources_[column], literal(column, values_[column]), position_[column], reasons_);
      for (const uint32_t one : reasons_) implied = implied && (seen_[one] || levelOf_[one] == 0);
      if (implied) {
        for (const uint32_t one : reasons_) {
          if (!seen_[one]) {
            seen_[one] = 1;
            root.push_back(one);
          }
        }
      }
    }
    (implied ? expanded : kept).push_back(column);
  }
  std::sort(expanded.begin(), expanded.end(), [&](uint32_t a, uint32_t b) { return position_[a] < position_[b]; });
  if (recorded_) {
    std::sort(root.begin(), root.end(), [&](uint32_t a, uint32_t b) { return position_[a] < position_[b]; });
    for (const uint32_t column : root)
      steps.push_back({Source::lemma(unit_[column]), {literal(column, values_[column])}});
    for (const uint32_t column : expanded) {
      const uint32_t own = literal(column, values_[column]);
      if (!steps.empty() && steps.back().source.code == sources_[column].code && sources_[column].kind() == 1) {
        steps.back().literals.push_back(own);
      } else {
        steps.push_back({sources_[column], {own}});
      }
    }
    steps.push_back({conflict, {}});
  }
  for (const uint32_t column : kept) seen_[column] = 0;
  for (const uint32_t column : expanded) seen_[column] = 0;
  for (const uint32_t column : root) seen_[column] = 0;
  if (first >= 0) seen_[first] = 0;
  std::vector<uint32_t> literals;
  if (first >= 0) literals.push_back(literal(static_cast<uint32_t>(first), 1 - values_[first]));
  size_t back = 0;
  for (const uint32_t column : kept) {
    literals.push_back(literal(column, 1 - values_[column]));
    back = std::max(back, levelOf_[column]);
  }
  if (literals.size() > 1) {
    size_t second = 1;
    for (size_t k = 2; k < literals.size(); k++) {
      if (levelOf_[literals[k] >> 1] > levelOf_[literals[second] >> 1]) second = k;
    }
    std::swap(literals[1], literals[second]);
  }
  std::vector<size_t> tied;
  for (const uint32_t one : literals) tied.push_back(levelOf_[one >> 1]);
  std::sort(tied.begin(), tied.end());
  const size_t glue = static_cast<size_t>(std::unique(tied.begin(), tied.end()) - tied.begin());
  const size_t lemma = record(literals, std::move(steps));
  if (literals.empty()) return false;
  undo(levels_[back]);
  // Vectors made below are no reasons any more.
  for (size_t k = vectorsAt_[back]; k < vectors_.size(); k++) std::vector<int64_t>().swap(vectors_[k].slopes);
  levels_.resize(back);
  vectorsAt_.resize(back);
  bump_ *= 1.05;
  if (bump_ > 1e100) {
    for (double& one : activity_) one *= 1e-100;
    bump_ *= 1e-100;
  }
  learn(std::move(literals), lemma, glue);
  if (conflicts >= reduceAt_) {
    reduce();
    reduceAt_ = conflicts + 1500 + conflicts / 8;
  }
  return true;
}

void LemmaSearch::Search::learn(std::vector<uint32_t> literals, size_t lemma, size_t glue) {
  const uint32_t asserted = literals[0];
  if (literals.size() > 1) {
    const uint32_t index = static_cast<uint32_t>(clauses_.size());
    watches_[literals[0]].push_back({index, literals[1]});
    watches_[literals[1]].push_back({index, literals[0]});
    clauses_.push_back({std::move(literals), lemma, glue});
  }
  assign(asserted >> 1, asserted & 1, Source::lemma(lemma));
}

void LemmaSearch::Search::decide(uint32_t column, uint8_t value) {
  levels_.push_back(trail_.size());
  vectorsAt_.push_back(vectors_.size());
  assign(column, value, Source{});
  nodes++;
}

void LemmaSearch::Search::strongBranch(uint32_t column, double& zero, double& one) {
  const double cutOff = double(target - 1) + 1e-4;
  for (const int value : {0, 1}) {
    scratch_ = simplex;
    scratch_.fix(column, value);
    const auto state = scratch_.solve(cutOff, 15);
    double gain = scratch_.objective() - relaxed_;
    if (state == DenseSimplex::State::infeasible || state == DenseSimplex::State::cutOff)
      gain = std::max(gain, cutOff - relaxed_);
    (value == 0 ? zero : one) = std::max(0.0, gain);
  }
}

int64_t LemmaSearch::Search::choose(uint8_t& value) {
  struct Candidate {
    uint32_t column;
    double at, score;
  };
  std::vector<Candidate> candidates;
  double mean[2];
  for (const int side : {0, 1}) {
    double sum = 0, count = 0;
    for (size_t j = 0; j < n_; j++) {
      if (count_[side][j] > 0) {
        sum += gain_[side][j] / count_[side][j];
        count++;
      }
    }
    mean[side] = count > 0 ? sum / count : 1;
  }
  const auto estimate = [&](uint32_t j, int side, double distance) {
    return (count_[side][j] > 0 ? gain_[side][j] / count_[side][j] : mean[side]) * distance;
  };
  for (uint32_t j = 0; j < n_; j++) {
    if (values_[j] != unset) continue;
    const double at = simplex.value(j);
    if (std::min(at, 1 - at) <= fractional) continue;
    const double down = estimate(j, 0, at), up = estimate(j, 1, 1 - at);
    candidates.push_back({j, at, std::max(down, 1e-4) * std::max(up, 1e-4)});
  }
  if (candidates.empty()) {
    for (uint32_t j = 0; j < n_; j++) {
      if (values_[j] == unset) {
        value = 1;
        return j;
      }
    }
    return -1;
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.score > b.score || (a.score == b.score && a.column < b.column);
  });
  constexpr uint32_t reliable = 4;
  constexpr size_t fruitless = 8;
  double best = -1;
  size_t chosen = 0, tried = 0, since = 0;
  double zero = 0, one = 0;
  for (size_t k = 0; k < candidates.size() && since < fruitless && tried < 16; k++) {
    auto& [column, at, score] = candidates[k];
    double down, up;
    if (std::min(count_[0][column], count_[1][column]) < reliable) {
      strongBranch(column, down, up);
      gain_[0][column] += down / at;
      gain_[1][column] += up / (1 - at);
      count_[0][column]++;
      count_[1][column]++;
      tried++;
    } else {
      down = estimate(column, 0, at);
      up = estimate(column, 1, 1 - at);
    }
    score = std::max(down, 1e-4) * std::max(up, 1e-4);
    since++;
    if (score > best) {
      best = score;
      chosen = k;
      zero = down;
      one = up;
      since = 0;
    }
  }
  value = one > zero ? 1 : 0;
  pending_ = literal(candidates[chosen].column, value);
  pendingDistance_ = value == 1 ? 1 - candidates[chosen].at : candidates[chosen].at;
  pendingFrom_ = relaxed_;
  return candidates[chosen].column;
}

std::vector<double> LemmaSearch::Search::relaxation() {
  Source conflict;
  if (over_ || level() > 0 || !propagate(conflict)) return {};
  while (true) {
    const Relaxed relaxed = relax(conflict);
    if (relaxed == Relaxed::conflict) return {};
    if (relaxed != Relaxed::fixed) break;
    if (!propagate(conflict)) return {};
  }
  std::vector<double> point(n_);
  for (size_t j = 0; j < n_; j++) point[j] = simplex.value(static_cast<uint32_t>(j));
  return point;
}

LemmaSearch::State LemmaSearch::Search::resume(int64_t count, std::vector<uint8_t>& candidate) {
  if (over_) return State::proven;
  const int64_t pause = nodes + count;
  const int64_t conflictPause = conflicts + 4 * count;
  while (nodes < pause && conflicts < conflictPause) {
    Source conflict;
    bool holds = propagate(conflict);
    if (holds) {
      const Relaxed relaxed = relax(conflict);
      if (relaxed == Relaxed::fixed) continue;
      if (relaxed == Relaxed::candidate) {
        std::vector<uint8_t> mask(n_);
        int64_t size = 0;
        for (size_t j = 0; j < n_; j++) {
          mask[j] = simplex.value(static_cast<uint32_t>(j)) > 0.5;
          size += mask[j];
        }
        if (size < target && problem_.satisfiedBy(mask)) {
          candidate = std::move(mask);
          return State::candidate;
        }
      }
      holds = relaxed != Relaxed::conflict;
    }
    if (!holds) {
      pending_ = -1;
      if (!analyze(conflict)) {
        over_ = true;
        rootBound = target;
        return State::proven;
      }
      continue;
    }
    uint8_t value = 0;
    const int64_t column = choose(value);
    if (column < 0) {
      // Every column is fixed and every row holds.
      candidate.assign(values_.begin(), values_.end());
      return State::candidate;
    }
    decide(static_cast<uint32_t>(column), value);
  }
  return State::running;
}

LemmaSearch::Proof LemmaSearch::Search::proof() const {
  Proof out;
  std::vector<uint8_t> needed(lemmas_.size(), 0), used(vectors_.size(), 0);
  if (lemmas_.empty()) return out;
  needed.back() = 1;
  for (size_t k = lemmas_.size(); k-- > 0;) {
    if (!needed[k]) continue;
    for (const Step& step : lemmas_[k].steps) {
      if (step.source.kind() == 2) needed[step.source.index()] = 1;
      if (step.source.kind() == 1) used[step.source.index()] = 1;
    }
  }
  std::vector<int64_t> lemmaOf(lemmas_.size()), vectorOf(vectors_.size());
  int64_t next = 0;
  for (size_t k = 0; k < vectors_.size(); k++) {
    if (!used[k]) continue;
    vectorOf[k] = next++;
    out.vectors.push_back(static_cast<int64_t>(1 + 2 * vectors_[k].rows.size()));
    out.vectors.push_back(vectors_[k].scale);
    for (const auto& [row, factor] : vectors_[k].rows) {
      out.vectors.push_back(row);
      out.vectors.push_back(factor);
    }
  }
  next = 0;
  for (size_t k = 0; k < lemmas_.size(); k++) {
    if (!needed[k]) continue;
    lemmaOf[k] = next++;
    out.lemmas.push_back(static_cast<int64_t>(lemmas_[k].literals.size()));
    for (const uint32_t one : lemmas_[k].literals) out.lemmas.push_back(one);
    for (const Step& step : lemmas_[k].steps) {
      const int kind = step.source.kind();
      const size_t index = step.source.index();
      const int64_t place = kind == 0 ? static_cast<int64_t>(index) : kind == 1 ? vectorOf[index] : lemmaOf[index];
      out.lemmas.push_back(static_cast<int64_t>(step.literals.size()));
      out.lemmas.push_back(3 * place + kind);
      for (const uint32_t one : step.literals) out.lemmas.push_back(one);
    }
  }
  return out;
}

LemmaSearch::LemmaSearch(IntegerProblem problem, int64_t target, bool recorded) {
  problem.check();
  search_ = std::make_unique<Search>(std::move(problem), target, recorded);
}
LemmaSearch::~LemmaSearch() = default;
void LemmaSearch::lower(int64_t target) { search_->target = std::min(search_->target, target); }
LemmaSearch::State LemmaSearch::resume(int64_t nodes) { return search_->resume(nodes, candidate); }
std::vector<double> LemmaSearch::relaxation() { return search_->relaxation(); }
std::vector<double> LemmaSearch::multipliers() const {
  std::vector<double> out;
  search_->simplex.multipliers(0, out);
  return out;
}
int64_t LemmaSearch::rootBound() const { return search_->rootBound; }
int64_t LemmaSearch::nodes() const { return search_->nodes; }
int64_t LemmaSearch::pivots() const { return search_->simplex.pivots(); }
int64_t LemmaSearch::conflicts() const { return search_->conflicts; }
int64_t LemmaSearch::memory() const { return search_->memory; }
LemmaSearch::Proof LemmaSearch::proof() const { return search_->proof(); }

}  // namespace smug::solver
