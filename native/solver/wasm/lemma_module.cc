// The search that learns lemmas as a WebAssembly module, for installations without an addon: the same source, so the
// same steps. lib/solvers/bounds/lemma-module.ts calls it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lemma_search.h"

using smug::solver::IntegerProblem;
using smug::solver::LemmaSearch;

namespace smug::solver {

/// There are no exceptions here, and no caller but our own: the instance ends.
void refuseProblem(const std::string& /*what*/) { std::abort(); }

}  // namespace smug::solver

namespace {

struct Held {
  LemmaSearch search;
  /// What the last call that gives numbers gave.
  std::vector<double> numbers;
};

template <typename T>
std::vector<T> copyOf(const T* from, size_t count) {
  return std::vector<T>(from, from + count);
}

const double* give(Held* held, std::vector<double> given) {
  held->numbers = std::move(given);
  return held->numbers.data();
}

const double* giveWhole(Held* held, const std::vector<int64_t>& all) {
  return give(held, std::vector<double>(all.begin(), all.end()));
}

}  // namespace

#define SMUG_EXPORT(name) extern "C" __attribute__((export_name(#name)))

/// Room for arguments; null where memory is out.
SMUG_EXPORT(allocate) void* allocate(size_t bytes) { return std::malloc(bytes); }
SMUG_EXPORT(release) void release(void* block) { std::free(block); }

/// A search, which all that follows takes, until `end`.
SMUG_EXPORT(begin)
Held* begin(uint32_t variables, size_t rows, size_t entries, const uint32_t* offsets, const uint32_t* columns,
            const int32_t* coefficients, const double* bounds, double target, int32_t recorded) {
  IntegerProblem problem;
  problem.variables = variables;
  problem.offsets = copyOf(offsets, rows + 1);
  problem.columns = copyOf(columns, entries);
  problem.coefficients = copyOf(coefficients, entries);
  problem.bounds.reserve(rows);
  for (size_t row = 0; row < rows; row++) problem.bounds.push_back(static_cast<int64_t>(bounds[row]));
  return new Held{LemmaSearch(std::move(problem), static_cast<int64_t>(target), recorded != 0), {}};
}
SMUG_EXPORT(end) void end(Held* held) { delete held; }

SMUG_EXPORT(lower) void lower(Held* held, double target) { held->search.lower(static_cast<int64_t>(target)); }
/// 0 running, 1 proven, 2 candidate.
SMUG_EXPORT(resume) int32_t resume(Held* held, double nodes) {
  return static_cast<int32_t>(held->search.resume(static_cast<int64_t>(nodes)));
}
SMUG_EXPORT(candidate) const uint8_t* candidate(Held* held) { return held->search.candidate.data(); }
SMUG_EXPORT(rootBound) double rootBound(Held* held) { return static_cast<double>(held->search.rootBound()); }
SMUG_EXPORT(nodes) double nodes(Held* held) { return static_cast<double>(held->search.nodes()); }
SMUG_EXPORT(used) double used(Held* held) { return static_cast<double>(held->search.memory()); }

/// How many numbers lie where the last of the following calls said.
SMUG_EXPORT(count) size_t count(Held* held) { return held->numbers.size(); }
SMUG_EXPORT(relaxation) const double* relaxation(Held* held) { return give(held, held->search.relaxation()); }
SMUG_EXPORT(multipliers) const double* multipliers(Held* held) { return give(held, held->search.multipliers()); }
SMUG_EXPORT(proofVectors) const double* proofVectors(Held* held) {
  return giveWhole(held, held->search.proof().vectors);
}
SMUG_EXPORT(proofLemmas) const double* proofLemmas(Held* held) { return giveWhole(held, held->search.proof().lemmas); }
