// The linear relaxation: its multipliers, in integers, close nodes and fix columns.
#include <algorithm>
#include <cmath>

#include "lemma_state.h"

namespace smug::solver {
namespace {

/// Sums of integers stay below this.
constexpr double largestMultiplier = 4503599627370496.0;  // 2^52
constexpr double largestSum = 4611686018427387904.0;      // 2^62
constexpr int scales[] = {28, 34, 40, 46};
/// Multipliers that fix columns by their reduced costs.
constexpr int fixingScale = 40;
constexpr double margin = 1e-6;
/// Pivots of one linear program at most.
constexpr int mostPivots = 2000;

}  // namespace

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

}  // namespace smug::solver
