// The search itself: node after node, and the proof that is left of it.
#include <algorithm>
#include <cmath>
#include <utility>

#include "lemma_state.h"

namespace smug::solver {

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
