#include "highs_component.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "highs_c.h"

namespace smug::solver {
namespace {

// Values of HiGHS's enumerations.
constexpr int rowwise = 2, minimise = 1, integer = 1, failed = -1;
constexpr int callbackSimplexInterrupt = 1, callbackIpmInterrupt = 2, callbackMipImproving = 4,
              callbackMipInterrupt = 6;
constexpr int statusModelEmpty = 6, statusOptimal = 7, statusInfeasible = 8;

struct Watcher {
  Control& control;
  const HighsOptions& options;
  const IntegerProblem& problem;
  double bound = 0;
};

void onCallback(int type, const char*, const HighsCallbackDataOut* out, HighsCallbackDataIn* in, void* user) {
  auto& watcher = *static_cast<Watcher*>(user);
  if (in != nullptr && watcher.control.stopped()) in->user_interrupt = 1;
  if (type == callbackMipInterrupt && watcher.options.bounded) {
    const auto* bound = static_cast<const double*>(Highs_getCallbackDataOutItem(out, "mip_dual_bound"));
    if (bound != nullptr && std::isfinite(*bound) && std::ceil(*bound - 1e-6) > watcher.bound) {
      watcher.bound = std::ceil(*bound - 1e-6);
      watcher.options.bounded(watcher.bound);
    }
    return;
  }
  if (type != callbackMipImproving || !watcher.options.improved) return;
  const auto* values = static_cast<const double*>(Highs_getCallbackDataOutItem(out, "mip_solution"));
  if (values == nullptr) return;
  try {
    std::vector<uint8_t> mask(watcher.problem.variables);
    for (size_t j = 0; j < mask.size(); j++) mask[j] = values[j] > 0.5;
    if (watcher.problem.satisfiedBy(mask)) watcher.options.improved(mask);
  } catch (...) {
    // A lost intermediate mask costs nothing but progress.
  }
}

void require(HighsInt status, const char* what) {
  if (status == failed) throw std::runtime_error(std::string("HiGHS: ") + what + " failed");
}

}  // namespace

Answer solveWithHighs(const IntegerProblem& problem, const HighsOptions& options, Control& control) {
  Answer answer;
  if (control.stopped()) return answer;
  const std::unique_ptr<void, void (*)(void*)> owner(Highs_create(), Highs_destroy);
  void* highs = owner.get();
  if (highs == nullptr) throw std::bad_alloc();
  if (Highs_getSizeofHighsInt(highs) != sizeof(HighsInt)) throw std::runtime_error("HiGHS: 64-bit build");

  Highs_setBoolOptionValue(highs, "output_flag", 0);
  // One thread per solve: components run side by side, and answers must not depend on timing.
  Highs_setIntOptionValue(highs, "threads", 1);
  Highs_setStringOptionValue(highs, "parallel", "off");
  Highs_setIntOptionValue(highs, "random_seed", options.seed);
  if (options.seconds > 0) Highs_setDoubleOptionValue(highs, "time_limit", options.seconds);
  Highs_setDoubleOptionValue(highs, "mip_rel_gap", 0);
  Highs_setDoubleOptionValue(highs, "mip_abs_gap", 0.999);  // costs are integers
  if (options.workLimit > 0) {
    Highs_setIntOptionValue(highs, "mip_max_nodes",
                            static_cast<HighsInt>(std::min<int64_t>(options.workLimit, INT32_MAX)));
  }

  const HighsInt columns = static_cast<HighsInt>(problem.variables);
  const bool limited = options.atMost >= 0 && options.atMost < problem.variables;
  const size_t rows = problem.rows() + (limited ? 1 : 0);
  const double infinity = Highs_getInfinity(highs);
  std::vector<double> cost(columns, 1), zero(columns, 0), one(columns, 1);
  for (HighsInt j = 0; j < columns && !options.costs.empty(); j++) cost[j] = options.costs[j];
  std::vector<HighsInt> integrality(columns, integer);
  std::vector<double> rowLower(problem.bounds.begin(), problem.bounds.end()), rowUpper(rows, infinity);
  std::vector<HighsInt> starts(problem.offsets.begin(), problem.offsets.end());
  std::vector<HighsInt> indices(problem.columns.begin(), problem.columns.end());
  std::vector<double> values(problem.coefficients.begin(), problem.coefficients.end());
  // Rows keep their integers but are scaled to about one by a power of two, which HiGHS's tolerances expect.
  for (size_t row = 0; row < problem.rows(); row++) {
    double largest = 1;
    for (HighsInt at = starts[row]; at < starts[row + 1]; at++) largest = std::max(largest, std::fabs(values[at]));
    const double scale = std::exp2(-std::floor(std::log2(largest)) + 4);
    for (HighsInt at = starts[row]; at < starts[row + 1]; at++) values[at] *= scale;
    rowLower[row] *= scale;
  }
  if (limited) {
    rowLower.push_back(-infinity);
    rowUpper.back() = static_cast<double>(options.atMost);
    for (HighsInt j = 0; j < columns; j++) {
      indices.push_back(j);
      values.push_back(1);
    }
    starts.push_back(static_cast<HighsInt>(indices.size()));
  }
  require(Highs_passMip(highs, columns, static_cast<HighsInt>(rows), static_cast<HighsInt>(indices.size()), rowwise,
                        minimise, 0, cost.data(), zero.data(), one.data(), rowLower.data(), rowUpper.data(),
                        starts.data(), indices.data(), values.data(), integrality.data()),
          "passing the problem");
  if (options.initial.size() == problem.variables) {
    const std::vector<double> start(options.initial.begin(), options.initial.end());
    Highs_setSolution(highs, start.data(), nullptr, nullptr, nullptr);
  }

  Watcher watcher{control, options, problem, 0};
  require(Highs_setCallback(highs, onCallback, &watcher), "setting the callback");
  for (const int type : {callbackSimplexInterrupt, callbackIpmInterrupt, callbackMipImproving, callbackMipInterrupt}) {
    require(Highs_startCallback(highs, type), "starting a callback");
  }
  {
    Watchdog watchdog(control, options.seconds, [] {});
    require(Highs_run(highs), "the solve");
  }

  const HighsInt status = Highs_getModelStatus(highs);
  double bound = 0;
  if (Highs_getDoubleInfoValue(highs, "mip_dual_bound", &bound) != failed && std::isfinite(bound)) {
    answer.lowerBound = std::max(0.0, std::ceil(bound - 1e-6));
  }
  int64_t nodes = 0;
  if (Highs_getInt64InfoValue(highs, "mip_node_count", &nodes) != failed && nodes > 0) answer.work = nodes;
  if (status == statusInfeasible) {
    answer.status = Answer::Status::infeasible;
    return answer;
  }
  std::vector<double> valuesFound(columns, 0), unused(std::max<size_t>(rows, columns));
  std::vector<double> duals(columns), rowValues(rows), rowDuals(rows);
  if (Highs_getSolution(highs, valuesFound.data(), duals.data(), rowValues.data(), rowDuals.data()) != failed) {
    std::vector<uint8_t> mask(columns);
    for (HighsInt j = 0; j < columns; j++) mask[j] = valuesFound[j] > 0.5;
    if (problem.satisfiedBy(mask)) {
      answer.mask = std::move(mask);
    } else {
      answer.wrongModel = status == statusOptimal;
    }
  }
  if ((status == statusOptimal || status == statusModelEmpty) && !answer.wrongModel) {
    answer.status = Answer::Status::optimal;
    answer.lowerBound = static_cast<double>(costOf(answer.mask, options.costs));
  }
  return answer;
}

std::string highsVersion() { return Highs_version(); }

}  // namespace smug::solver
