// Conflicts: why nothing is left below a node, and the lemma and clause that say so from then on.
#include <algorithm>
#include <utility>

#include "lemma_state.h"

namespace smug::solver {

/// Columns that the source needs as they are: to imply the literal `implied` (−1: to contradict), all assigned before.
void LemmaSearch::Search::explain(Source source, int64_t implied, size_t before, std::vector<uint32_t>& reasons) {
  reasons.clear();
  const int64_t except = implied < 0 ? -1 : implied >> 1;
  const auto known = [&](uint32_t column) {
    return values_[column] != unset && column != except && position_[column] < before;
  };
  // Columns and what each takes away: those that there is no room to do without, the latest let go first.
  const auto needed = [&](std::vector<std::pair<uint32_t, int64_t>>& taken, int64_t spare) {
    std::sort(taken.begin(), taken.end(),
              [&](const auto& a, const auto& b) { return position_[a.first] > position_[b.first]; });
    for (const auto& [column, amount] : taken) {
      if (amount <= spare) {
        spare -= amount;
      } else {
        reasons.push_back(column);
      }
    }
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
    needed(taken, spare);
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
  needed(taken, spare);
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

}  // namespace smug::solver
