#include "dense_simplex.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace smug::solver {
namespace {

constexpr double feasible = 1e-7, smallest = 1e-8;
/// Added to the costs, least for the first column, so that ties are rare.
constexpr double perturbation = 1e-6;
/// Rounding errors are swept out after this many pivots.
constexpr int64_t rebuildAfter = 3000;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Elementwise, so that every vector width gives the same bits.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#endif
void addMultiple(double* __restrict to, const double* __restrict from, double factor, size_t count) {
  for (size_t k = 0; k < count; k++) to[k] += factor * from[k];
}

}  // namespace

DenseSimplex::DenseSimplex(uint32_t columns, const std::vector<uint32_t>& offsets, const std::vector<uint32_t>& entries,
                           const std::vector<int32_t>& coefficients, const std::vector<int64_t>& bounds)
    : rows_(bounds.size()),
      columns_(columns),
      stride_((columns + 1 + 7) / 8 * 8),
      offsets_(offsets),
      entries_(entries) {
  values_.resize(entries.size());
  bounds_.resize(rows_);
  scales_.resize(rows_);
  for (size_t i = 0; i < rows_; i++) {
    double largest = 1;
    for (uint32_t at = offsets[i]; at < offsets[i + 1]; at++)
      largest = std::max(largest, std::fabs(double(coefficients[at])));
    scales_[i] = std::exp2(-std::floor(std::log2(largest)));
    for (uint32_t at = offsets[i]; at < offsets[i + 1]; at++) values_[at] = coefficients[at] * scales_[i];
    bounds_[i] = double(bounds[i]) * scales_[i];
  }
  costs_.resize(columns_);
  for (size_t j = 0; j < columns_; j++) costs_[j] = 1 + perturbation * double((j * 2654435761u) % 1009) / 1009;
  low_.assign(columns_, 0);
  high_.assign(columns_, 1);
  basic_.resize(rows_);
  nonbasic_.resize(columns_);
  place_.resize(columns_ + rows_);
  nonbasicValue_.assign(columns_, 0);
  basicValue_.assign(rows_, 0);
  touched_.assign(columns_, 0);
  fresh_.assign(stride_, 0);
  start();
}

/// All slacks basic.
void DenseSimplex::start() {
  tableau_.assign(rows_ * stride_, 0);
  reduced_.assign(stride_, 0);
  weights_.assign(rows_, 1);
  for (size_t j = 0; j < columns_; j++) {
    reduced_[j] = costs_[j];
    nonbasic_[j] = static_cast<uint32_t>(j);
    place_[j] = -1 - static_cast<int64_t>(j);
  }
  for (size_t i = 0; i < rows_; i++) {
    double* own = row(i);
    for (uint32_t at = offsets_[i]; at < offsets_[i + 1]; at++) own[entries_[at]] += values_[at];
    own[columns_] = -bounds_[i];
    basic_[i] = static_cast<uint32_t>(columns_ + i);
    place_[columns_ + i] = static_cast<int64_t>(i);
  }
  for (size_t k = 0; k < columns_; k++) nonbasicValue_[k] = atBound(k);
  settle();
  sinceRebuilt_ = 0;
}

double DenseSimplex::range(uint32_t variable) const {
  return variable < columns_ ? high_[variable] - low_[variable] : infinity;
}

double DenseSimplex::atBound(size_t position) const {
  const uint32_t variable = nonbasic_[position];
  if (variable >= columns_) return 0;
  return reduced_[position] >= 0 ? low_[variable] : high_[variable];
}

void DenseSimplex::fix(uint32_t column, double value) {
  low_[column] = high_[column] = value;
  if (!touched_[column]) {
    touched_[column] = 1;
    changed_.push_back(column);
  }
}

void DenseSimplex::free(uint32_t column) {
  low_[column] = 0;
  high_[column] = 1;
  if (!touched_[column]) {
    touched_[column] = 1;
    changed_.push_back(column);
  }
}

double DenseSimplex::value(uint32_t column) const {
  const int64_t place = place_[column];
  return place >= 0 ? basicValue_[place] : nonbasicValue_[-1 - place];
}

void DenseSimplex::shift(size_t position, double change) {
  if (change == 0) return;
  nonbasicValue_[position] += change;
  const double* entry = tableau_.data() + position;
  for (size_t i = 0; i < rows_; ++i, entry += stride_) basicValue_[i] += *entry * change;
}

/// Values of the basic variables from those of the nonbasic ones.
void DenseSimplex::settle() {
  for (size_t i = 0; i < rows_; i++) {
    const double* own = row(i);
    double sum = own[columns_];
    for (size_t k = 0; k < columns_; k++) {
      if (nonbasicValue_[k] != 0) sum += own[k] * nonbasicValue_[k];
    }
    basicValue_[i] = sum;
  }
}

void DenseSimplex::pivot(size_t leaving, size_t entering) {
  double* own = row(leaving);
  const double inverse = 1 / own[entering];
  for (size_t k = 0; k < stride_; k++) fresh_[k] = -own[k] * inverse;
  fresh_[entering] = inverse;
  const double weight = weights_[leaving];
  for (size_t i = 0; i < rows_; i++) {
    if (i == leaving) continue;
    double* other = row(i);
    const double factor = other[entering];
    if (factor == 0) continue;
    other[entering] = 0;
    addMultiple(other, fresh_.data(), factor, stride_);
    const double ratio = factor * inverse;
    weights_[i] = std::max(weights_[i], ratio * ratio * weight);
  }
  weights_[leaving] = std::max(weight * inverse * inverse, 1.0);
  const double factor = reduced_[entering];
  reduced_[entering] = 0;
  addMultiple(reduced_.data(), fresh_.data(), factor, stride_);
  std::copy(fresh_.begin(), fresh_.end(), own);
  const uint32_t out = basic_[leaving], in = nonbasic_[entering];
  basic_[leaving] = in;
  nonbasic_[entering] = out;
  place_[in] = static_cast<int64_t>(leaving);
  place_[out] = -1 - static_cast<int64_t>(entering);
  pivots_++;
  sinceRebuilt_++;
}

/// The same basis from the rows as they were given.
void DenseSimplex::rebuild() {
  std::vector<uint32_t> wanted;
  for (const uint32_t variable : basic_) {
    if (variable < columns_) wanted.push_back(variable);
  }
  std::vector<uint8_t> slackStays(rows_, 0);
  for (const uint32_t variable : basic_) {
    if (variable >= columns_) slackStays[variable - columns_] = 1;
  }
  const int64_t pivots = pivots_;
  start();
  std::sort(wanted.begin(), wanted.end());
  std::vector<uint8_t> open(rows_);
  for (size_t i = 0; i < rows_; i++) open[i] = !slackStays[i];
  for (const uint32_t variable : wanted) {
    const size_t position = static_cast<size_t>(-1 - place_[variable]);
    size_t best = rows_;
    double largest = smallest;
    for (size_t i = 0; i < rows_; i++) {
      if (open[i] && std::fabs(row(i)[position]) > largest) {
        largest = std::fabs(row(i)[position]);
        best = i;
      }
    }
    if (best == rows_) continue;  // nearly dependent: its slack stays, and the next pivots mend the rest
    open[best] = 0;
    pivot(best, position);
  }
  pivots_ = pivots;
  sinceRebuilt_ = 0;
  weights_.assign(rows_, 1);
  // Where a slack took a structural's place its multiplier may be negative now: start anew.
  for (size_t k = 0; k < columns_; k++) {
    if (nonbasic_[k] >= columns_ && reduced_[k] < -1e-6) {
      start();
      break;
    }
  }
  for (size_t k = 0; k < columns_; k++) nonbasicValue_[k] = atBound(k);
  settle();
}

DenseSimplex::State DenseSimplex::solve(double cutOff, int pivots) {
  if (sinceRebuilt_ > rebuildAfter) rebuild();
  if (changed_.size() * 4 > columns_) {
    for (size_t k = 0; k < columns_; k++) nonbasicValue_[k] = atBound(k);
    settle();
  } else {
    for (const uint32_t column : changed_) {
      if (place_[column] >= 0) continue;
      const size_t position = static_cast<size_t>(-1 - place_[column]);
      shift(position, atBound(position) - nonbasicValue_[position]);
    }
  }
  for (const uint32_t column : changed_) touched_[column] = 0;
  changed_.clear();
  for (int spent = 0;; ++spent) {
    objective_ = reduced_[columns_];
    for (size_t k = 0; k < columns_; k++) objective_ += reduced_[k] * nonbasicValue_[k];
    if (objective_ > cutOff) return State::cutOff;
    if (spent >= pivots) return State::givenUp;
    size_t leaving = rows_;
    double worst = 0, missing = 0, sign = 0;
    for (size_t i = 0; i < rows_; i++) {
      const uint32_t variable = basic_[i];
      const double low = variable < columns_ ? low_[variable] : 0;
      const double high = variable < columns_ ? high_[variable] : infinity;
      const double below = low - basicValue_[i], above = basicValue_[i] - high;
      const double off = std::max(below, above);
      if (off <= feasible || off * off <= worst * weights_[i]) continue;
      worst = off * off / weights_[i];
      leaving = i;
      missing = off;
      sign = below > above ? 1 : -1;
    }
    if (leaving == rows_) return State::optimal;
    const double* own = row(leaving);
    breakpoints_.clear();
    for (size_t k = 0; k < columns_; k++) {
      const double slope = sign * own[k];
      if (std::fabs(slope) < smallest) continue;
      const uint32_t variable = nonbasic_[k];
      if (variable < columns_) {
        if (low_[variable] == high_[variable]) continue;
        if ((nonbasicValue_[k] == low_[variable]) != (slope > 0)) continue;
      } else if (slope < 0) {
        continue;
      }
      breakpoints_.push_back({std::max(0.0, reduced_[k] / slope), static_cast<uint32_t>(k), std::fabs(slope)});
    }
    // A heap: few of them are passed. `passed` of them end up at the back of the list.
    const auto later = [](const Breakpoint& a, const Breakpoint& b) {
      if (a.ratio != b.ratio) return a.ratio > b.ratio;
      return a.slope != b.slope ? a.slope < b.slope : a.position > b.position;
    };
    std::make_heap(breakpoints_.begin(), breakpoints_.end(), later);
    size_t open = breakpoints_.size();
    double left = missing;
    while (open > 0) {
      const Breakpoint point = breakpoints_.front();
      const double gain = point.slope * range(nonbasic_[point.position]);
      if (!(left - gain > 0)) break;
      left -= gain;
      std::pop_heap(breakpoints_.begin(), breakpoints_.begin() + static_cast<int64_t>(open--), later);
    }
    if (open == 0) {
      rayRow_ = leaving;
      raySign_ = sign;
      raySlope_ = left;
      return State::infeasible;
    }
    const size_t entering = breakpoints_.front().position;
    for (size_t at = open; at < breakpoints_.size(); at++) {
      const size_t k = breakpoints_[at].position;
      const uint32_t variable = nonbasic_[k];
      const double other = nonbasicValue_[k] == low_[variable] ? high_[variable] : low_[variable];
      shift(k, other - nonbasicValue_[k]);
    }
    const uint32_t out = basic_[leaving];
    const double bound = out >= columns_ ? 0 : sign > 0 ? low_[out] : high_[out];
    const double change = (bound - basicValue_[leaving]) / own[entering];
    const double entered = nonbasicValue_[entering] + change;
    shift(entering, change);
    pivot(leaving, entering);
    basicValue_[leaving] = entered;
    nonbasicValue_[entering] = bound;
  }
}

void DenseSimplex::multipliers(double least, std::vector<double>& out) const {
  out.assign(rows_, 0);
  for (size_t k = 0; k < columns_; k++) {
    if (nonbasic_[k] >= columns_) out[nonbasic_[k] - columns_] = reduced_[k];
  }
  if (least > objective_ && raySlope_ > 0) {
    const double length = (least - objective_) / raySlope_;
    const double* own = row(rayRow_);
    for (size_t k = 0; k < columns_; k++) {
      if (nonbasic_[k] >= columns_) out[nonbasic_[k] - columns_] -= length * raySign_ * own[k];
    }
    if (basic_[rayRow_] >= columns_) out[basic_[rayRow_] - columns_] = length * raySign_;
  }
  for (size_t i = 0; i < rows_; i++) out[i] = std::max(0.0, out[i]) * scales_[i];
}

}  // namespace smug::solver
