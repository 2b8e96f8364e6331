// Glue for the provers: typed arrays in, a promise and a stop function out. Works in the main thread and in worker
// threads alike.
//
//   startComponent(prover: 'z3' | 'highs', problem, options, report) → { promise, stop }
//     problem: { variables, offsets: Uint32Array, columns: Uint32Array, coefficients: Int32Array, bounds: Float64Array
//     } options: { seed?, seconds?, workLimit?, atMost?, costs?: Int32Array, initial?: Uint8Array, maxsatEngine? }
//     report hears (mask, 0) and (null, bound)
//     the promise: { status: 'optimal' | 'infeasible' | 'stopped', mask, lowerBound, work, wrongModel }
//   solverVersions() → { z3: string, highs: string | null }
#include <napi.h>

#include <algorithm>
#include <memory>
#include <string>

#include "arguments.h"
#include "problem_conversion.h"
#include "promise_worker.h"
#include "solver_failure.h"
#include "z3_component.h"
#ifdef SMUG_HAS_HIGHS
#include "highs_component.h"
#endif

namespace {

using namespace smug::binding;
using namespace smug::solver;

struct Settings {
  bool highs = false;
  uint32_t seed = 0;
  double seconds = 0;
  int64_t workLimit = 0;
  int64_t atMost = -1;
  std::string maxsatEngine;
  std::vector<int32_t> costs;
  std::vector<uint8_t> initial;
};

struct Solve {
  IntegerProblem problem;
  Settings settings;
  Control control;
  Answer answer;
};

int64_t WholeOr(const Napi::Object& options, const char* name, int64_t otherwise) {
  const Napi::Value value = options.Get(name);
  return value.IsUndefined() ? otherwise : ClampedFrom(value, name);
}

Settings SettingsFrom(const Napi::Object& options) {
  Settings settings;
  settings.seed = static_cast<uint32_t>(WholeOr(options, "seed", 0)) & 0x7fffffff;
  if (const Napi::Value seconds = options.Get("seconds"); !seconds.IsUndefined()) {
    settings.seconds = NumberFrom(seconds, "seconds");
  }
  settings.workLimit = WholeOr(options, "workLimit", 0);
  settings.atMost = WholeOr(options, "atMost", -1);
  const Napi::Value engine = options.Get("maxsatEngine");
  if (engine.IsString()) settings.maxsatEngine = engine.As<Napi::String>().Utf8Value();
  settings.initial = CopyOrNone<uint8_t>(options, "initial");
  settings.costs = CopyOrNone<int32_t>(options, "costs");
  return settings;
}

void SetProver(Settings& settings, const Napi::Value& value) {
  const std::string prover = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  settings.highs = prover == "highs";
#ifdef SMUG_HAS_HIGHS
  const bool known = prover == "z3" || prover == "highs";
#else
  const bool known = prover == "z3";
#endif
  if (!known) throw Napi::RangeError::New(value.Env(), "prover: expected 'z3' or 'highs', one that was built in");
}

Answer Run(Solve& solve, const std::function<void(const std::vector<uint8_t>&)>& improved,
           const std::function<void(double)>& bounded) {
  const Settings& settings = solve.settings;
#ifdef SMUG_HAS_HIGHS
  if (settings.highs) {
    HighsOptions options;
    options.seed = static_cast<int>(settings.seed);
    options.seconds = settings.seconds;
    options.workLimit = settings.workLimit;
    options.atMost = settings.atMost;
    options.initial = settings.initial;
    options.costs = settings.costs;
    options.improved = improved;
    options.bounded = bounded;
    return solveWithHighs(solve.problem, options, solve.control);
  }
#endif
  Z3Options options;
  options.seed = settings.seed;
  options.seconds = settings.seconds;
  options.workLimit = static_cast<unsigned>(std::clamp<int64_t>(settings.workLimit, 0, UINT32_MAX));
  options.atMost = settings.atMost;
  options.engine = settings.maxsatEngine;
  options.costs = settings.costs;
  options.improved = improved;
  return solveWithZ3(solve.problem, options, solve.control);
}

Napi::Value AnswerTo(Napi::Env env, const Answer& answer) {
  static constexpr const char* names[] = {"optimal", "infeasible", "stopped"};
  Napi::Object object = Napi::Object::New(env);
  object.Set("status", names[static_cast<int>(answer.status)]);
  object.Set("lowerBound", answer.lowerBound);
  object.Set("work", static_cast<double>(answer.work));
  object.Set("wrongModel", answer.wrongModel);
  if (answer.mask.empty() && answer.status != Answer::Status::optimal) {
    object.Set("mask", env.Null());
  } else {
    object.Set("mask", TypedArrayOf(env, answer.mask));
  }
  return object;
}

CodedError Describe(std::exception_ptr error) { return SolverFailure(error, "The solver ran out of memory."); }

Napi::Value StartComponent(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 4 || !info[0].IsString() || !info[1].IsObject() || !info[2].IsObject() || !info[3].IsFunction()) {
    throw Napi::TypeError::New(env, "startComponent: expected (prover, problem, options, report)");
  }
  return Guarded(env, Describe, [&]() -> Napi::Value {
    const auto solve = std::make_shared<Solve>();
    solve->settings = SettingsFrom(info[2].As<Napi::Object>());
    SetProver(solve->settings, info[0]);
    solve->problem = ProblemFrom(info[1].As<Napi::Object>());
    if (!solve->settings.costs.empty() && solve->settings.costs.size() != solve->problem.variables) {
      throw Napi::RangeError::New(env, "costs: expected one per variable");
    }
    PromiseWorker::Job job;
    job.execute = [solve](const PromiseWorker::Report& report) {
      solve->answer = Run(
          *solve,
          [&](const std::vector<uint8_t>& mask) {
            report([mask](Napi::Env env) -> std::vector<napi_value> {
              return {TypedArrayOf(env, mask), Napi::Number::New(env, 0)};
            });
          },
          [&](double bound) {
            report([bound](Napi::Env env) -> std::vector<napi_value> {
              return {env.Null(), Napi::Number::New(env, bound)};
            });
          });
    };
    job.result = [solve](Napi::Env env) { return AnswerTo(env, solve->answer); };
    job.describe = Describe;
    job.stop = [solve] { solve->control.stop(); };
    job.listener = info[3].As<Napi::Function>();
    Napi::Object handle = Napi::Object::New(env);
    handle.Set("promise", PromiseWorker::Start(env, std::move(job)));
    handle.Set("stop", Napi::Function::New(
                           env, [solve](const Napi::CallbackInfo&) { solve->control.stop(); }, "stop"));
    return handle;
  });
}

Napi::Value Versions(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("z3", z3Version());
#ifdef SMUG_HAS_HIGHS
  object.Set("highs", highsVersion());
#else
  object.Set("highs", info.Env().Null());
#endif
  return object;
}

}  // namespace

void InitSolver(Napi::Env env, Napi::Object exports) {
  exports.Set("startComponent", Napi::Function::New(env, StartComponent, "startComponent"));
  exports.Set("solverVersions", Napi::Function::New(env, Versions, "solverVersions"));
}
