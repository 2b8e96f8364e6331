// What follows from rows and clauses alone.
#include <algorithm>

#include "lemma_state.h"

namespace smug::solver {

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

}  // namespace smug::solver
