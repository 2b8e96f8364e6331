#include "z3_component.h"

#include <z3.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace smug::solver {
namespace {

// A context of one solve. Its terms live as long as it does.
class Context {
 public:
  Context() {
    Z3_config config = Z3_mk_config();
    Z3_set_param_value(config, "auto_config", "true");
    context_ = Z3_mk_context(config);
    Z3_del_config(config);
    if (context_ == nullptr) throw std::bad_alloc();
    Z3_set_error_handler(context_, nullptr);
  }
  ~Context() { Z3_del_context(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  operator Z3_context() const { return context_; }

  void throwOnError() const {
    const Z3_error_code code = Z3_get_error_code(context_);
    if (code == Z3_OK) return;
    if (code == Z3_MEMOUT_FAIL) throw std::bad_alloc();
    throw std::runtime_error(std::string("Z3: ") + Z3_get_error_msg(context_, code));
  }

 private:
  Z3_context context_;
};

class Optimizer {
 public:
  explicit Optimizer(const Context& context) : context_(context), optimizer_(Z3_mk_optimize(context)) {
    Z3_optimize_inc_ref(context_, optimizer_);
  }
  ~Optimizer() { Z3_optimize_dec_ref(context_, optimizer_); }
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  operator Z3_optimize() const { return optimizer_; }

 private:
  const Context& context_;
  Z3_optimize optimizer_;
};

void setParameters(const Context& context, Z3_optimize optimizer, const Z3Options& options) {
  Z3_params params = Z3_mk_params(context);
  Z3_params_inc_ref(context, params);
  const auto symbol = [&](const char* name) { return Z3_mk_string_symbol(context, name); };
  if (options.workLimit > 0) Z3_params_set_uint(context, params, symbol("rlimit"), options.workLimit);
  if (!options.engine.empty()) {
    Z3_params_set_symbol(context, params, symbol("maxsat_engine"), symbol(options.engine.c_str()));
  }
  if (options.seed != 0) Z3_params_set_uint(context, params, symbol("random_seed"), options.seed);
  // Ctrl-C belongs to the process that hosts us: Z3 would put its own signal handler in place during a check.
  Z3_params_set_bool(context, params, symbol("ctrl_c"), false);
  Z3_optimize_set_params(context, optimizer, params);
  Z3_params_dec_ref(context, params);
  context.throwOnError();
}

// Σ coefficient·M ≥ bound with positive coefficients only: a negative one counts its negated literal.
Z3_ast rowTerm(const Context& context, const std::vector<Z3_ast>& variables, const IntegerProblem& problem,
               size_t row) {
  std::vector<Z3_ast> literals;
  std::vector<int> weights;
  int64_t bound = problem.bounds[row];
  for (uint32_t at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    const int32_t coefficient = problem.coefficients[at];
    if (coefficient == 0) continue;
    const Z3_ast variable = variables[problem.columns[at]];
    literals.push_back(coefficient > 0 ? variable : Z3_mk_not(context, variable));
    weights.push_back(std::abs(coefficient));
    if (coefficient < 0) bound -= coefficient;
  }
  if (bound <= 0) return Z3_mk_true(context);
  int64_t total = 0;
  for (const int weight : weights) total += weight;
  if (bound > total) return Z3_mk_false(context);
  // A weight above the bound does no more than the bound itself.
  bool clause = true;
  for (int& weight : weights) {
    weight = static_cast<int>(std::min<int64_t>(weight, bound));
    clause = clause && weight == bound;
  }
  const unsigned count = static_cast<unsigned>(literals.size());
  if (clause) return Z3_mk_or(context, count, literals.data());
  return Z3_mk_pbge(context, count, literals.data(), weights.data(), static_cast<int>(bound));
}

std::vector<uint8_t> readModel(const Context& context, Z3_model model, const std::vector<Z3_ast>& variables) {
  std::vector<uint8_t> mask(variables.size(), 0);
  for (size_t j = 0; j < variables.size(); j++) {
    Z3_ast value = nullptr;
    if (Z3_model_eval(context, model, variables[j], true, &value) && value != nullptr) {
      mask[j] = Z3_get_bool_value(context, value) == Z3_L_TRUE;
    }
  }
  return mask;
}

struct Watcher {
  const Context& context;
  Z3_model model;
  const std::vector<Z3_ast>& variables;
  const IntegerProblem& problem;
  const Z3Options& options;
  std::vector<uint8_t> best;
};

// Z3 calls it with every better model, from inside the check; nothing may be thrown through it.
void onModel(void* user) noexcept {
  auto& watcher = *static_cast<Watcher*>(user);
  try {
    std::vector<uint8_t> mask = readModel(watcher.context, watcher.model, watcher.variables);
    const std::vector<int32_t>& costs = watcher.options.costs;
    if (!watcher.best.empty() && costOf(mask, costs) >= costOf(watcher.best, costs)) return;
    if (!watcher.problem.satisfiedBy(mask)) return;
    watcher.best = std::move(mask);
    if (watcher.options.improved) watcher.options.improved(watcher.best);
  } catch (...) {
    // A lost intermediate model costs nothing but progress.
  }
}

double lowerBoundOf(const Context& context, Z3_optimize optimizer, unsigned objective) {
  Z3_ast bound = Z3_optimize_get_lower(context, optimizer, objective);
  double value = 0;
  if (Z3_get_error_code(context) == Z3_OK && bound != nullptr && Z3_is_numeral_ast(context, bound)) {
    value = Z3_get_numeral_double(context, bound);
  }
  return std::isfinite(value) ? std::max(0.0, std::ceil(value - 1e-6)) : 0;
}

uint64_t workOf(const Context& context, Z3_optimize optimizer) {
  Z3_stats stats = Z3_optimize_get_statistics(context, optimizer);
  if (stats == nullptr) return 0;
  Z3_stats_inc_ref(context, stats);
  uint64_t work = 0;
  for (unsigned i = 0; i < Z3_stats_size(context, stats); i++) {
    if (std::string(Z3_stats_get_key(context, stats, i)) == "rlimit count") {
      work = Z3_stats_is_uint(context, stats, i) ? Z3_stats_get_uint_value(context, stats, i)
                                                 : static_cast<uint64_t>(Z3_stats_get_double_value(context, stats, i));
    }
  }
  Z3_stats_dec_ref(context, stats);
  return work;
}

}  // namespace

Answer solveWithZ3(const IntegerProblem& problem, const Z3Options& options, Control& control) {
  Answer answer;
  if (control.stopped()) return answer;
  Context context;
  Optimizer optimizer(context);
  context.throwOnError();
  setParameters(context, optimizer, options);

  const Z3_sort boolean = Z3_mk_bool_sort(context);
  std::vector<Z3_ast> variables(problem.variables);
  for (uint32_t j = 0; j < problem.variables; j++) {
    variables[j] = Z3_mk_const(context, Z3_mk_int_symbol(context, static_cast<int>(j)), boolean);
  }
  for (size_t row = 0; row < problem.rows(); row++) {
    Z3_optimize_assert(context, optimizer, rowTerm(context, variables, problem, row));
  }
  if (options.atMost >= 0 && options.atMost < problem.variables) {
    const unsigned limit = static_cast<unsigned>(options.atMost);
    Z3_optimize_assert(context, optimizer, Z3_mk_atmost(context, problem.variables, variables.data(), limit));
  }
  const Z3_symbol group = Z3_mk_string_symbol(context, "size");
  unsigned objective = 0;
  bool hasObjective = false;
  for (uint32_t j = 0; j < problem.variables; j++) {
    const int32_t cost = options.costs.empty() ? 1 : options.costs[j];
    if (cost <= 0) continue;
    const std::string weight = std::to_string(cost);
    objective = Z3_optimize_assert_soft(context, optimizer, Z3_mk_not(context, variables[j]), weight.c_str(), group);
    hasObjective = true;
  }
  context.throwOnError();

  Watcher watcher{context, Z3_mk_model(context), variables, problem, options, {}};
  Z3_model_inc_ref(context, watcher.model);
  Z3_optimize_register_model_eh(context, optimizer, watcher.model, &watcher, onModel);

  Z3_lbool outcome;
  {
    Watchdog watchdog(control, options.seconds, [&] { Z3_interrupt(context); });
    outcome = Z3_optimize_check(context, optimizer, 0, nullptr);
  }
  // An interrupted or exhausted check may report itself as an error; what it found so far still counts.
  const Z3_error_code code = Z3_get_error_code(context);
  if (code == Z3_MEMOUT_FAIL) throw std::bad_alloc();
  if (code != Z3_OK && !control.stopped() && options.workLimit == 0) context.throwOnError();

  answer.mask = std::move(watcher.best);
  if (outcome == Z3_L_FALSE && code == Z3_OK) {
    answer.status = Answer::Status::infeasible;
  } else {
    Z3_model model = Z3_optimize_get_model(context, optimizer);
    if (model != nullptr) {
      Z3_model_inc_ref(context, model);
      std::vector<uint8_t> mask = readModel(context, model, variables);
      Z3_model_dec_ref(context, model);
      if (!problem.satisfiedBy(mask)) {
        answer.wrongModel = outcome == Z3_L_TRUE;
      } else if (answer.mask.empty() || costOf(mask, options.costs) < costOf(answer.mask, options.costs)) {
        answer.mask = std::move(mask);
      }
    }
    answer.lowerBound = hasObjective ? lowerBoundOf(context, optimizer, objective) : 0;
    if (outcome == Z3_L_TRUE && !answer.wrongModel) answer.status = Answer::Status::optimal;
  }
  answer.work = workOf(context, optimizer);
  Z3_model_dec_ref(context, watcher.model);
  return answer;
}

std::string z3Version() {
  unsigned major = 0, minor = 0, build = 0, revision = 0;
  Z3_get_version(&major, &minor, &build, &revision);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build);
}

}  // namespace smug::solver
