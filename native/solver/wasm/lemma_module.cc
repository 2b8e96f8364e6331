// The search that learns lemmas as a WebAssembly module, for installations without an addon: the same source, so the
// same steps. A module's instance holds one search; see lib/solvers/bounds/lemma-module.ts, which calls it.
#include <cstdint>
#include <cstdlib>
#include <memory>
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

std::unique_ptr<LemmaSearch> search;
/// What the last call that gives numbers gave.
std::vector<double> numbers;

template <typename T>
std::vector<T> copyOf(const T* from, size_t count) {
  return std::vector<T>(from, from + count);
}

const double* give(std::vector<double> given) {
  numbers = std::move(given);
  return numbers.data();
}

const double* giveWhole(const std::vector<int64_t>& all) { return give(std::vector<double>(all.begin(), all.end())); }

}  // namespace

#define SMUG_EXPORT(name) extern "C" __attribute__((export_name(#name)))

/// Room for arguments; null where memory is out.
SMUG_EXPORT(allocate) void* allocate(size_t bytes) { return std::malloc(bytes); }
SMUG_EXPORT(release) void release(void* block) { std::free(block); }

SMUG_EXPORT(begin)
void begin(uint32_t variables, size_t rows, size_t entries, const uint32_t* offsets, const uint32_t* columns,
           const int32_t* coefficients, const double* bounds, double target, int32_t recorded) {
  IntegerProblem problem;
  problem.variables = variables;
  problem.offsets = copyOf(offsets, rows + 1);
  problem.columns = copyOf(columns, entries);
  problem.coefficients = copyOf(coefficients, entries);
  problem.bounds.reserve(rows);
  for (size_t row = 0; row < rows; row++) problem.bounds.push_back(static_cast<int64_t>(bounds[row]));
  search = std::make_unique<LemmaSearch>(std::move(problem), static_cast<int64_t>(target), recorded != 0);
}

SMUG_EXPORT(lower) void lower(double target) { search->lower(static_cast<int64_t>(target)); }
/// 0 running, 1 proven, 2 candidate.
SMUG_EXPORT(resume) int32_t resume(double nodes) {
  return static_cast<int32_t>(search->resume(static_cast<int64_t>(nodes)));
}
SMUG_EXPORT(candidate) const uint8_t* candidate() { return search->candidate.data(); }
SMUG_EXPORT(rootBound) double rootBound() { return static_cast<double>(search->rootBound()); }
SMUG_EXPORT(nodes) double nodes() { return static_cast<double>(search->nodes()); }
SMUG_EXPORT(used) double used() { return static_cast<double>(search->memory()); }

/// How many numbers lie where the last of the following calls said.
SMUG_EXPORT(count) size_t count() { return numbers.size(); }
SMUG_EXPORT(relaxation) const double* relaxation() { return give(search->relaxation()); }
SMUG_EXPORT(multipliers) const double* multipliers() { return give(search->multipliers()); }
SMUG_EXPORT(proofVectors) const double* proofVectors() { return giveWhole(search->proof().vectors); }
SMUG_EXPORT(proofLemmas) const double* proofLemmas() { return giveWhole(search->proof().lemmas); }
