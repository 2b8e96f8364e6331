#include "highs_component.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "highs_c.h"

namespace smug::solver {
namespace {

// Values of HiGHS's enumerations.
constexpr int kRowwise = 2, kMinimise = 1, kInteger = 1, kError = -1;
constexpr int kCallbackSimplexInterrupt = 1, kCallbackIpmInterrupt = 2, kCallbackMipImproving = 4,
              kCallbackMipInterrupt = 6;
constexpr int kStatusModelEmpty = 6, kStatusOptimal = 7, kStatusInfeasible = 8;

struct Watcher {
  Control& control;
  const HighsOptions& options;
  const IntegerProblem& problem;
  double bound = 0;
};

void on_callback(int type, const char*, const HighsCallbackDataOut* out, HighsCallbackDataIn* in, void* user) {
  auto& watcher = *static_cast<Watcher*>(user);
  if (in != nullptr && watcher.control.stopped()) in->user_interrupt = 1;
  if (type == kCallbackMipInterrupt && watcher.options.bounded) {
    const auto* bound = static_cast<const double*>(Highs_getCallbackDataOutItem(out, "mip_dual_bound"));
    if (bound != nullptr && std::isfinite(*bound) && std::ceil(*bound - 1e-6) > watcher.bound) {
      watcher.bound = std::ceil(*bound - 1e-6);
      watcher.options.bounded(watcher.bound);
    }
    return;
  }
  if (type != kCallbackMipImproving || !watcher.options.improved) return;
  const auto* values = static_cast<const double*>(Highs_getCallbackDataOutItem(out, "mip_solution"));
  if (values == nullptr) return;
  try {
    std::vector<uint8_t> mask(watcher.problem.variables);
    for (size_t j = 0; j < mask.size(); ++j) mask[j] = values[j] > 0.5;
    if (watcher.problem.satisfied_by(mask)) watcher.options.improved(mask);
  } catch (...) {
    // A lost intermediate mask costs nothing but progress.
  }
}

void require(HighsInt status, const char* what) {
  if (status == kError) throw std::runtime_error(std::string("HiGHS: ") + what + " failed");
}

}  // namespace

Answer solve_with_highs(const IntegerProblem& problem, const HighsOptions& options, Control& control) {
  Answer answer;
  if (control.stopped()) return answer;
  const std::unique_ptr<void, void (*)(void*)> owner(Highs_create(), Highs_destroy);
  void* highs = owner.get();
  if (highs == nullptr) throw std::bad_alloc();
  if (Highs_getSizeofHighsInt(highs) != sizeof(HighsInt)) throw std::runtime_error("HiGHS: 64-bit build");

  Highs_setBoolOptionValue(highs, "output_flag", 0);
  // One thread a solve: components run side by side, and answers must not depend on timing.
  Highs_setIntOptionValue(highs, "threads", 1);
  Highs_setStringOptionValue(highs, "parallel", "off");
  Highs_setIntOptionValue(highs, "random_seed", options.seed);
  if (options.seconds > 0) Highs_setDoubleOptionValue(highs, "time_limit", options.seconds);
  Highs_setDoubleOptionValue(highs, "mip_rel_gap", 0);
  Highs_setDoubleOptionValue(highs, "mip_abs_gap", 0.999);  // costs are integers
  if (options.work_limit > 0) {
    Highs_setIntOptionValue(highs, "mip_max_nodes", static_cast<HighsInt>(std::min<int64_t>(options.work_limit, INT32_MAX)));
  }

  const HighsInt columns = static_cast<HighsInt>(problem.variables);
  const bool limited = options.at_most >= 0 && options.at_most < problem.variables;
  const size_t rows = problem.rows() + (limited ? 1 : 0);
  const double infinity = Highs_getInfinity(highs);
  std::vector<double> cost(columns, 1), zero(columns, 0), one(columns, 1);
  for (HighsInt j = 0; j < columns && !options.costs.empty(); ++j) cost[j] = options.costs[j];
  std::vector<HighsInt> integrality(columns, kInteger);
  std::vector<double> row_lower(problem.bounds.begin(), problem.bounds.end()), row_upper(rows, infinity);
  std::vector<HighsInt> starts(problem.offsets.begin(), problem.offsets.end());
  std::vector<HighsInt> indices(problem.columns.begin(), problem.columns.end());
  std::vector<double> values(problem.coefficients.begin(), problem.coefficients.end());
  // Rows keep their integers but are scaled to about one by a power of two, which HiGHS's tolerances expect.
  for (size_t row = 0; row < problem.rows(); ++row) {
    double largest = 1;
    for (HighsInt at = starts[row]; at < starts[row + 1]; ++at) largest = std::max(largest, std::fabs(values[at]));
    const double scale = std::exp2(-std::floor(std::log2(largest)) + 4);
    for (HighsInt at = starts[row]; at < starts[row + 1]; ++at) values[at] *= scale;
    row_lower[row] *= scale;
  }
  if (limited) {
    row_lower.push_back(-infinity);
    row_upper.back() = static_cast<double>(options.at_most);
    for (HighsInt j = 0; j < columns; ++j) {
      indices.push_back(j);
      values.push_back(1);
    }
    starts.push_back(static_cast<HighsInt>(indices.size()));
  }
  require(Highs_passMip(highs, columns, static_cast<HighsInt>(rows), static_cast<HighsInt>(indices.size()), kRowwise,
                        kMinimise, 0, cost.data(), zero.data(), one.data(), row_lower.data(), row_upper.data(),
                        starts.data(), indices.data(), values.data(), integrality.data()),
          "passing the problem");
  if (options.initial.size() == problem.variables) {
    const std::vector<double> start(options.initial.begin(), options.initial.end());
    Highs_setSolution(highs, start.data(), nullptr, nullptr, nullptr);
  }

  Watcher watcher{control, options, problem, 0};
  require(Highs_setCallback(highs, on_callback, &watcher), "setting the callback");
  for (const int type : {kCallbackSimplexInterrupt, kCallbackIpmInterrupt, kCallbackMipImproving, kCallbackMipInterrupt}) {
    require(Highs_startCallback(highs, type), "starting a callback");
  }
  {
    Watchdog watchdog(control, options.seconds, [] {});
    require(Highs_run(highs), "the solve");
  }

  const HighsInt status = Highs_getModelStatus(highs);
  double bound = 0;
  if (Highs_getDoubleInfoValue(highs, "mip_dual_bound", &bound) != kError && std::isfinite(bound)) {
    answer.lower_bound = std::max(0.0, std::ceil(bound - 1e-6));
  }
  int64_t nodes = 0;
  if (Highs_getInt64InfoValue(highs, "mip_node_count", &nodes) != kError && nodes > 0) answer.work = nodes;
  if (status == kStatusInfeasible) {
    answer.status = Answer::Status::infeasible;
    return answer;
  }
  std::vector<double> values_found(columns, 0), unused(std::max<size_t>(rows, columns));
  std::vector<double> duals(columns), row_values(rows), row_duals(rows);
  if (Highs_getSolution(highs, values_found.data(), duals.data(), row_values.data(), row_duals.data()) != kError) {
    std::vector<uint8_t> mask(columns);
    for (HighsInt j = 0; j < columns; ++j) mask[j] = values_found[j] > 0.5;
    if (problem.satisfied_by(mask)) {
      answer.mask = std::move(mask);
    } else {
      answer.wrong_model = status == kStatusOptimal;
    }
  }
  if ((status == kStatusOptimal || status == kStatusModelEmpty) && !answer.wrong_model) {
    answer.status = Answer::Status::optimal;
    answer.lower_bound = static_cast<double>(cost_of(answer.mask, options.costs));
  }
  return answer;
}

std::string highs_version() { return Highs_version(); }

}  // namespace smug::solver
