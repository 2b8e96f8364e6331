// Which column is decided next, and how.
#include <algorithm>
#include <cmath>

#include "lemma_state.h"

namespace smug::solver {

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

}  // namespace smug::solver
