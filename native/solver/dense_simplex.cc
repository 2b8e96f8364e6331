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
    for (uint32_t at = offsets[i]; at < offsets[i + 1]; at++) {
      largest = std::max(largest, std::fabs(double(coefficients[at])));
    }
    scales_[i] = std::exp2(-std::floor(std::log2(largest)));
    for (uint32_t at = offsets[i]; at < offsets[i + 1]; at++) values_[at] = coefficients[at] * scales_[i];
    bounds_[i] = double(bounds[i]) * scales_[i];
  }
  costs_.resize(columns_);
  for (size_t j = 0; j < columns_; j++)
    costs_[j] = 1 + perturbation * double((uint64_t{j} * 2654435761u) % 1009) / 1009;
  low_.assign(columns_ + rows_, 0);
  high_.assign(columns_ + rows_, infinity);
  std::fill(high_.begin(), high_.begin() + static_cast<int64_t>(columns_), 1.0);
  nonbasic_.resize(columns_);
  place_.resize(columns_ + rows_);
  current_.resize(columns_ + rows_);
  slope_.resize(columns_);
  touched_.assign(columns_, 0);
  fresh_.assign(stride_, 0);
  own_.assign(stride_, 0);
  start();
}

/// All slacks basic.
void DenseSimplex::start() {
  tableau_.clear();
  slots_.clear();
  reduced_.assign(stride_, 0);
  weights_.assign(columns_ + rows_, 1);
  for (size_t j = 0; j < columns_; j++) {
    reduced_[j] = costs_[j];
    nonbasic_[j] = static_cast<uint32_t>(j);
    place_[j] = -1 - static_cast<int64_t>(j);
  }
  for (size_t i = 0; i < rows_; i++) place_[columns_ + i] = basicSlack;
  settle();
  sinceRebuilt_ = 0;
}

double DenseSimplex::atBound(size_t position) const {
  const uint32_t variable = nonbasic_[position];
  return isSlack(variable) || reduced_[position] >= 0 ? low_[variable] : high_[variable];
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

double DenseSimplex::value(uint32_t column) const { return current_[column]; }

/// Moves a nonbasic variable; basic slacks are left behind.
void DenseSimplex::shift(size_t position, double change) {
  if (change == 0) return;
  current_[nonbasic_[position]] += change;
  const double* entry = tableau_.data() + position;
  for (size_t slot = 0; slot < slots_.size(); slot++, entry += stride_) current_[slots_[slot]] += *entry * change;
}

/// Nonbasic variables at their bounds, and what follows for the others.
void DenseSimplex::settle() {
  for (size_t k = 0; k < columns_; k++) current_[nonbasic_[k]] = atBound(k);
  for (size_t slot = 0; slot < slots_.size(); slot++) {
    const double* own = row(slot);
    double sum = own[columns_];
    for (size_t k = 0; k < columns_; k++) sum += own[k] * current_[nonbasic_[k]];
    current_[slots_[slot]] = sum;
  }
  settleSlacks();
}

/// Σ of a row's entries times the numbers of their columns. Four sums, as one would wait for itself.
double DenseSimplex::along(size_t i, const std::vector<double>& numbers) const {
  double sums[4] = {0, 0, 0, 0};
  uint32_t at = offsets_[i];
  const uint32_t end = offsets_[i + 1];
  for (; at + 4 <= end; at += 4) {
    for (uint32_t k = 0; k < 4; k++) sums[k] += values_[at + k] * numbers[entries_[at + k]];
  }
  for (; at < end; at++) sums[0] += values_[at] * numbers[entries_[at]];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void DenseSimplex::settleSlacks() {
  for (size_t i = 0; i < rows_; i++) {
    if (place_[columns_ + i] != basicSlack) continue;
    current_[columns_ + i] = along(i, current_) - bounds_[i];
  }
}

/// own_: the basic variable by the nonbasic ones.
void DenseSimplex::readRow(uint32_t basic) {
  if (!isSlack(basic)) {
    const double* source = row(static_cast<size_t>(place_[basic]));
    std::copy(source, source + stride_, own_.begin());
    return;
  }
  std::fill(own_.begin(), own_.end(), 0.0);
  const size_t i = basic - columns_;
  own_[columns_] = -bounds_[i];
  for (uint32_t at = offsets_[i]; at < offsets_[i + 1]; at++) {
    const int64_t place = place_[entries_[at]];
    if (place < 0) {
      own_[static_cast<size_t>(-1 - place)] += values_[at];
    } else {
      addMultiple(own_.data(), row(static_cast<size_t>(place)), values_[at], stride_);
    }
  }
}

/// The variable whose row is in own_ leaves the basis for the nonbasic one at a position.
/// Basic slacks move by `step` of it.
void DenseSimplex::pivot(uint32_t leaving, size_t entering, double step) {
  const uint32_t in = nonbasic_[entering];
  const double inverse = 1 / own_[entering];
  for (size_t k = 0; k < stride_; k++) fresh_[k] = -own_[k] * inverse;
  fresh_[entering] = inverse;
  const double weight = weights_[leaving] * inverse * inverse;
  std::fill(slope_.begin(), slope_.end(), 0.0);
  if (!isSlack(in)) slope_[in] = 1;
  if (!isSlack(leaving)) slope_[leaving] = own_[entering];
  for (size_t slot = 0; slot < slots_.size(); slot++) {
    const uint32_t variable = slots_[slot];
    if (variable == leaving) continue;
    double* other = row(slot);
    const double factor = other[entering];
    slope_[variable] = factor;
    if (factor == 0) continue;
    other[entering] = 0;
    addMultiple(other, fresh_.data(), factor, stride_);
    weights_[variable] = std::max(weights_[variable], factor * factor * weight);
  }
  for (size_t i = 0; i < rows_; i++) {
    const size_t slack = columns_ + i;
    if (place_[slack] != basicSlack || slack == leaving) continue;
    const double factor = along(i, slope_);
    if (factor == 0) continue;
    current_[slack] += factor * step;
    weights_[slack] = std::max(weights_[slack], factor * factor * weight);
  }
  weights_[in] = std::max(weight, 1.0);
  const double factor = reduced_[entering];
  reduced_[entering] = 0;
  addMultiple(reduced_.data(), fresh_.data(), factor, stride_);
  // Rows follow the structural variables.
  size_t slot = slots_.size();
  if (!isSlack(leaving)) slot = static_cast<size_t>(place_[leaving]);
  if (!isSlack(in)) {
    if (slot == slots_.size()) {
      slots_.push_back(in);
      if (tableau_.size() < slots_.size() * stride_) tableau_.resize(slots_.size() * stride_);
    }
    slots_[slot] = in;
    std::copy(fresh_.begin(), fresh_.end(), row(slot));
    place_[in] = static_cast<int64_t>(slot);
  } else {
    place_[in] = basicSlack;
    if (slot < slots_.size()) {
      const size_t last = slots_.size() - 1;
      if (slot != last) {
        std::copy(row(last), row(last) + stride_, row(slot));
        slots_[slot] = slots_[last];
        place_[slots_[slot]] = static_cast<int64_t>(slot);
      }
      slots_.pop_back();
    }
  }
  nonbasic_[entering] = leaving;
  place_[leaving] = -1 - static_cast<int64_t>(entering);
  pivots_++;
  sinceRebuilt_++;
}

/// The same basis from the rows as they were given.
void DenseSimplex::rebuild() {
  std::vector<uint32_t> wanted = slots_, leaving;
  for (const uint32_t variable : nonbasic_) {
    if (isSlack(variable)) leaving.push_back(variable);
  }
  const int64_t pivots = pivots_;
  start();
  std::sort(wanted.begin(), wanted.end());
  std::sort(leaving.begin(), leaving.end());
  for (const uint32_t variable : wanted) {
    const size_t position = static_cast<size_t>(-1 - place_[variable]);
    std::fill(slope_.begin(), slope_.end(), 0.0);
    slope_[variable] = 1;
    for (size_t slot = 0; slot < slots_.size(); slot++) slope_[slots_[slot]] = row(slot)[position];
    size_t best = leaving.size();
    double largest = smallest;
    for (size_t k = 0; k < leaving.size(); k++) {
      if (place_[leaving[k]] != basicSlack) continue;
      const size_t i = leaving[k] - columns_;
      const double entry = along(i, slope_);
      if (std::fabs(entry) <= largest) continue;
      largest = std::fabs(entry);
      best = k;
    }
    if (best == leaving.size()) continue;  // nearly dependent: its slack stays, and the next pivots mend the rest
    readRow(leaving[best]);
    pivot(leaving[best], position, 0);
  }
  pivots_ = pivots;
  sinceRebuilt_ = 0;
  weights_.assign(columns_ + rows_, 1);
  // Where a slack took a structural's place its multiplier may be negative now: start anew.
  for (size_t k = 0; k < columns_; k++) {
    if (isSlack(nonbasic_[k]) && reduced_[k] < -1e-6) {
      start();
      break;
    }
  }
  settle();
}

DenseSimplex::State DenseSimplex::solve(double cutOff, int pivots) {
  if (sinceRebuilt_ > rebuildAfter) rebuild();
  if (changed_.size() * 4 > columns_) {
    settle();
  } else {
    for (const uint32_t column : changed_) {
      if (place_[column] >= 0) continue;
      const size_t position = static_cast<size_t>(-1 - place_[column]);
      shift(position, atBound(position) - current_[column]);
    }
  }
  for (const uint32_t column : changed_) touched_[column] = 0;
  changed_.clear();
  settleSlacks();
  for (int spent = 0;; spent++) {
    objective_ = reduced_[columns_];
    for (size_t k = 0; k < columns_; k++) objective_ += reduced_[k] * current_[nonbasic_[k]];
    if (objective_ > cutOff) return State::cutOff;
    if (spent >= pivots) return State::givenUp;
    uint32_t leaving = 0;
    double worst = 0, missing = 0, sign = 0;
    const auto consider = [&](uint32_t variable) {
      const double below = low_[variable] - current_[variable], above = current_[variable] - high_[variable];
      const double off = std::max(below, above);
      if (off <= feasible || off * off <= worst * weights_[variable]) return;
      worst = off * off / weights_[variable];
      leaving = variable;
      missing = off;
      sign = below > above ? 1 : -1;
    };
    for (const uint32_t variable : slots_) consider(variable);
    for (size_t i = 0; i < rows_; i++) {
      const size_t slack = columns_ + i;
      if (place_[slack] == basicSlack && current_[slack] < -feasible) consider(static_cast<uint32_t>(slack));
    }
    if (missing == 0) return State::optimal;
    readRow(leaving);
    breakpoints_.clear();
    for (size_t k = 0; k < columns_; k++) {
      const double slope = sign * own_[k];
      if (std::fabs(slope) < smallest) continue;
      const uint32_t variable = nonbasic_[k];
      if (low_[variable] == high_[variable]) continue;
      if ((current_[variable] == low_[variable]) != (slope > 0)) continue;
      breakpoints_.push_back({std::max(0.0, reduced_[k] / slope), static_cast<uint32_t>(k), std::fabs(slope)});
    }
    // A heap: few of them are passed; these end up at the back of the list.
    const auto later = [](const Breakpoint& a, const Breakpoint& b) {
      if (a.ratio != b.ratio) return a.ratio > b.ratio;
      return a.slope != b.slope ? a.slope < b.slope : a.position > b.position;
    };
    std::make_heap(breakpoints_.begin(), breakpoints_.end(), later);
    size_t open = breakpoints_.size();
    double left = missing;
    while (open > 0) {
      const Breakpoint point = breakpoints_.front();
      const uint32_t variable = nonbasic_[point.position];
      const double gain = point.slope * (high_[variable] - low_[variable]);
      if (!(left - gain > 0)) break;
      left -= gain;
      std::pop_heap(breakpoints_.begin(), breakpoints_.begin() + static_cast<int64_t>(open--), later);
    }
    if (open == 0) {
      rayVariable_ = leaving;
      raySign_ = sign;
      raySlope_ = left;
      return State::infeasible;
    }
    const size_t entering = breakpoints_.front().position;
    for (size_t at = open; at < breakpoints_.size(); at++) {
      const size_t k = breakpoints_[at].position;
      const uint32_t variable = nonbasic_[k];
      const double other = current_[variable] == low_[variable] ? high_[variable] : low_[variable];
      shift(k, other - current_[variable]);
    }
    if (open < breakpoints_.size()) settleSlacks();
    const double bound = sign > 0 ? low_[leaving] : high_[leaving];
    const double step = (bound - current_[leaving]) / own_[entering];
    shift(entering, step);
    pivot(leaving, entering, step);
    current_[leaving] = bound;
  }
}

void DenseSimplex::multipliers(double least, std::vector<double>& out) const {
  out.assign(rows_, 0);
  for (size_t k = 0; k < columns_; k++) {
    if (isSlack(nonbasic_[k])) out[nonbasic_[k] - columns_] = reduced_[k];
  }
  if (least > objective_ && raySlope_ > 0) {
    const double length = (least - objective_) / raySlope_;
    for (size_t k = 0; k < columns_; k++) {
      if (isSlack(nonbasic_[k])) out[nonbasic_[k] - columns_] -= length * raySign_ * own_[k];
    }
    if (isSlack(rayVariable_)) out[rayVariable_ - columns_] = length * raySign_;
  }
  for (size_t i = 0; i < rows_; i++) out[i] = std::max(0.0, out[i]) * scales_[i];
}

}  // namespace smug::solver
