#include "block_proof.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace smug::solver {

namespace {

constexpr double largestExact = 4503599627370496.0;  // 2^52
constexpr int rootSteps = 120, nodeSteps = 12;
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

void BlockRows::check() const {
  if (offsets.empty() || offsets.front() != 0 || offsets.size() != bounds.size() + 1 ||
      offsets.back() != entries.size() || entries.size() != coefficients.size() ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    throw std::invalid_argument("offsets, entries, coefficients and bounds do not belong together");
  }
  for (const uint32_t column : entries) {
    if (column >= columns) throw std::invalid_argument("entries: a column is out of range");
  }
}

BlockProof::BlockProof(BlockRows rows, std::vector<double> costs, std::vector<double> start)
    : multipliers(std::move(start)), rows_(std::move(rows)), costs_(std::move(costs)), count_(rows_.bounds.size()) {
  rows_.check();
  if (costs_.size() != rows_.columns || multipliers.size() != count_) {
    throw std::invalid_argument("one cost per column and one multiplier per row are expected");
  }
  weights_.assign(count_, 0);
  absolute_.assign(count_, 0);
  values_.assign(rows_.columns, unset);
  residual_ = rows_.bounds;
  reduced_.assign(rows_.columns, 0);
  mean_.assign(rows_.columns, 0);
  taken_.assign(rows_.columns, 0);
  slope_.assign(count_, 0);
  for (const double cost : costs_) costSum_ += std::fabs(cost);
  starts_.assign(rows_.columns + 1, 0);
  columnRow_.assign(rows_.entries.size(), 0);
  columnValue_.assign(rows_.entries.size(), 0);
  for (const uint32_t column : rows_.entries) starts_[column + 1]++;
  for (uint32_t j = 0; j < rows_.columns; j++) starts_[j + 1] += starts_[j];
  std::vector<uint32_t> fill = starts_;
  for (size_t i = 0; i < count_; i++) {
    double square = 0;
    for (uint32_t at = rows_.offsets[i]; at < rows_.offsets[i + 1]; at++) {
      const double value = rows_.coefficients[at];
      const uint32_t to = fill[rows_.entries[at]]++;
      columnRow_[to] = static_cast<uint32_t>(i);
      columnValue_[to] = value;
      square += value * value;
      absolute_[i] += std::fabs(value);
    }
    weights_[i] = 1 / (square != 0 ? square : 1);
  }
}

void BlockProof::begin(double target, int64_t nodeLimit) {
  end(State::failed);
  nodes = 0;
  counterexample.clear();
  target_ = target;
  nodeLimit_ = nodeLimit;
  // Sums of costs decide leaves: beyond this they would be rounded.
  running_ = costSum_ < largestExact && std::fabs(target) < largestExact;
}

BlockProof::State BlockProof::end(State state) {
  undo(0);
  path_.clear();
  running_ = false;
  return state;
}

BlockProof::State BlockProof::resume(int64_t count) {
  if (!running_) return State::failed;
  const int64_t pause = count > nodeLimit_ - nodes ? nodeLimit_ + 1 : nodes + count;
  while (nodes < pause) {
    Node found;
    if (path_.empty()) {
      // A copy: the root's best multipliers are replaced on the way.
      const std::vector<double> from = multipliers;
      found = visit(from, rootSteps);
    } else {
      Branch& above = path_.back();
      fix(above.column, above.tried == 0 ? above.first : 1 - above.first);
      above.tried++;
      const std::vector<double> from = above.lambda;
      found = visit(from, nodeSteps);
    }
    if (found == Node::fails) return end(State::failed);
    if (found == Node::branches) continue;
    while (!path_.empty()) {
      undo(path_.back().mark);
      if (path_.back().tried < 2) break;
      path_.pop_back();
    }
    if (path_.empty()) return end(State::proven);
  }
  return State::running;
}

/// Settles one node, or puts it on the path with the column it branches on.
BlockProof::Node BlockProof::visit(const std::vector<double>& from, int steps) {
  if (++nodes > nodeLimit_) return Node::fails;
  if (!propagate()) return Node::holds;
  std::vector<double> lambda = from;
  if (ascend(target_, lambda, steps)) return Node::holds;
  const int64_t column = choose(lambda);
  if (column < 0) {
    if (fixedCost_ >= target_) return Node::holds;
    counterexample = values_;
    return Node::fails;
  }
  const uint8_t first = mean_[column] >= 0.5 ? 0 : 1;
  path_.push_back({std::move(lambda), static_cast<uint32_t>(column), first, trail_.size()});
  return Node::branches;
}

bool BlockProof::ascend(double target, std::vector<double>& lambda, int steps) {
  std::vector<double> current = lambda;
  double best = -infinity, factor = 1, weight = 0;
  int stalled = 0;
  std::fill(mean_.begin(), mean_.end(), 0.0);
  for (int step = 0; step <= steps; step++) {
    const double bound = evaluate(current);
    if (bound == -infinity) break;
    if (bound >= target) {
      lambda = current;
      if (trail_.empty()) multipliers = current;
      return true;
    }
    if (bound > best) {
      best = bound;
      lambda = current;
      stalled = 0;
      if (fixByCosts(target - bound) && !propagate()) return true;
    } else if (++stalled >= 4) {
      factor /= 2;
      stalled = 0;
    }
    weight = 0.8 * weight + 1;
    for (uint32_t j = 0; j < rows_.columns; j++) {
      const bool free = values_[j] == unset;
      taken_[j] = free && reduced_[j] < 0 ? 1 : 0;
      const double x = free ? taken_[j] : values_[j];
      mean_[j] += (x - mean_[j]) / weight;
    }
    double norm = 0;
    for (size_t i = 0; i < count_; i++) {
      double left = residual_[i];
      for (uint32_t at = rows_.offsets[i]; at < rows_.offsets[i + 1]; at++) {
        left -= rows_.coefficients[at] * taken_[rows_.entries[at]];
      }
      if (left < 0 && current[i] == 0) left = 0;
      slope_[i] = left;
      norm += left * left * weights_[i];
    }
    if (norm == 0) break;
    const double length = (factor * (target - bound) * 1.05) / norm;
    for (size_t i = 0; i < count_; i++) {
      if (slope_[i] != 0) current[i] = std::max(0.0, std::floor(current[i] + length * slope_[i] * weights_[i]));
    }
  }
  return false;
}

double BlockProof::evaluate(const std::vector<double>& lambda) {
  reduced_ = costs_;
  double bound = fixedCost_, size = costSum_;
  for (size_t i = 0; i < count_; i++) {
    const double factor = lambda[i];
    if (factor == 0) continue;
    size += factor * (2 * absolute_[i] + std::fabs(rows_.bounds[i]));
    bound += factor * residual_[i];
    for (uint32_t at = rows_.offsets[i]; at < rows_.offsets[i + 1]; at++) {
      reduced_[rows_.entries[at]] -= factor * rows_.coefficients[at];
    }
  }
  if (!(size < largestExact)) return -infinity;
  for (uint32_t j = 0; j < rows_.columns; j++) {
    if (reduced_[j] < 0 && values_[j] == unset) bound += reduced_[j];
  }
  return bound;
}

bool BlockProof::fixByCosts(double missing) {
  bool fixed = false;
  for (uint32_t j = 0; j < rows_.columns; j++) {
    if (values_[j] != unset || std::fabs(reduced_[j]) < missing) continue;
    fix(j, reduced_[j] < 0 ? 1 : 0);
    fixed = true;
  }
  return fixed;
}

bool BlockProof::propagate() {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < count_; i++) {
      const uint32_t begin = rows_.offsets[i], end = rows_.offsets[i + 1];
      double slack = -residual_[i];
      for (uint32_t at = begin; at < end; at++) {
        if (rows_.coefficients[at] > 0 && values_[rows_.entries[at]] == unset) slack += rows_.coefficients[at];
      }
      if (slack < 0) return false;
      for (uint32_t at = begin; at < end; at++) {
        if (values_[rows_.entries[at]] != unset || std::fabs(rows_.coefficients[at]) <= slack) continue;
        fix(rows_.entries[at], rows_.coefficients[at] > 0 ? 1 : 0);
        changed = true;
      }
    }
  }
  return true;
}

void BlockProof::fix(uint32_t column, uint8_t value) {
  values_[column] = value;
  trail_.push_back(column);
  if (value == 1) countOne(column, 1);
}

void BlockProof::undo(size_t mark) {
  while (trail_.size() > mark) {
    const uint32_t column = trail_.back();
    trail_.pop_back();
    if (values_[column] == 1) countOne(column, -1);
    values_[column] = unset;
  }
}

void BlockProof::countOne(uint32_t column, double sign) {
  fixedCost_ += sign * costs_[column];
  for (uint32_t at = starts_[column]; at < starts_[column + 1]; at++) {
    residual_[columnRow_[at]] -= sign * columnValue_[at];
  }
}

int64_t BlockProof::choose(const std::vector<double>& lambda) const {
  int64_t chosen = -1;
  double highest = -1;
  for (uint32_t j = 0; j < rows_.columns; j++) {
    if (values_[j] != unset) continue;
    double impact = 0;
    for (uint32_t at = starts_[j]; at < starts_[j + 1]; at++) {
      impact += lambda[columnRow_[at]] * std::fabs(columnValue_[at]);
    }
    const double score = (0.05 + std::min(mean_[j], 1 - mean_[j])) * (impact + 1);
    if (score > highest) {
      highest = score;
      chosen = j;
    }
  }
  return chosen;
}

}  // namespace smug::solver
