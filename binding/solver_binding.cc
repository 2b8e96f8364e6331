// Glue for the component solvers: typed arrays in, a promise and a stop function out. Every solve runs on a thread
// of its own; nothing touches JavaScript there. Works in the main thread and in worker threads alike.
#include <napi.h>

#include <list>
#include <memory>
#include <string>

#include "integer_problem.h"
#include "z3_component.h"
#ifdef SMUG_HAS_HIGHS
#include "highs_component.h"
#endif

namespace {

using smug::solver::Answer;
using smug::solver::Control;
using smug::solver::IntegerProblem;

struct Settings {
  bool highs = false;
  uint32_t seed = 0;
  double seconds = 0;
  double workLimit = 0;
  int64_t atMost = -1;
  std::string engine;
  std::vector<int32_t> costs;
  std::vector<uint8_t> initial;
};

struct Job {
  explicit Job(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}
  IntegerProblem problem;
  Settings settings;
  Control control;
  Answer answer;
  std::string errorCode;  // empty: no error
  std::string errorMessage;
  Napi::Promise::Deferred deferred;
  Napi::ThreadSafeFunction report;
  std::thread thread;
};

// The jobs of one environment. When it goes away (a worker is terminated, the process ends) running solves are
// stopped and their threads joined: no thread outlives the code and data it uses.
struct Jobs {
  std::list<std::shared_ptr<Job>> running;
};

void stopAll(void* data) {
  auto* jobs = static_cast<Jobs*>(data);
  for (auto& job : jobs->running) job->control.stop();
  for (auto& job : jobs->running) {
    if (job->thread.joinable()) job->thread.join();
  }
  delete jobs;
}

template <typename Array>
Array typedArray(const Napi::Object& object, const char* name, napi_typedarray_type type, const char* expected) {
  const Napi::Value value = object.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw Napi::TypeError::New(object.Env(), std::string(name) + ": expected a " + expected);
  }
  return value.As<Array>();
}

IntegerProblem problemFrom(const Napi::Object& object) {
  const Napi::Value variables = object.Get("variables");
  if (!variables.IsNumber()) throw Napi::TypeError::New(object.Env(), "variables: expected a number");
  const auto offsets = typedArray<Napi::Uint32Array>(object, "offsets", napi_uint32_array, "Uint32Array");
  const auto columns = typedArray<Napi::Uint32Array>(object, "columns", napi_uint32_array, "Uint32Array");
  const auto coefficients = typedArray<Napi::Int32Array>(object, "coefficients", napi_int32_array, "Int32Array");
  const auto bounds = typedArray<Napi::Float64Array>(object, "bounds", napi_float64_array, "Float64Array");
  IntegerProblem problem;
  problem.variables = variables.As<Napi::Number>().Uint32Value();
  problem.offsets.assign(offsets.Data(), offsets.Data() + offsets.ElementLength());
  problem.columns.assign(columns.Data(), columns.Data() + columns.ElementLength());
  problem.coefficients.assign(coefficients.Data(), coefficients.Data() + coefficients.ElementLength());
  problem.bounds.reserve(bounds.ElementLength());
  for (size_t i = 0; i < bounds.ElementLength(); i++) {
    const double bound = bounds[i];
    // Also refuses NaN.
    if (!(bound >= -4294967296.0 && bound <= 4294967296.0)) {
      throw Napi::RangeError::New(object.Env(), "bounds: expected integers within ±2^32");
    }
    problem.bounds.push_back(static_cast<int64_t>(bound));
  }
  try {
    problem.check();
  } catch (const std::invalid_argument& error) {
    throw Napi::RangeError::New(object.Env(), error.what());
  }
  return problem;
}

double numberOr(const Napi::Object& options, const char* name, double otherwise) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return otherwise;
  if (!value.IsNumber()) throw Napi::TypeError::New(options.Env(), std::string(name) + ": expected a number");
  return value.As<Napi::Number>().DoubleValue();
}

Settings settingsFrom(const Napi::Object& options) {
  Settings settings;
  settings.seed = static_cast<uint32_t>(numberOr(options, "seed", 0)) & 0x7fffffff;
  settings.seconds = numberOr(options, "seconds", 0);
  settings.workLimit = numberOr(options, "workLimit", 0);
  settings.atMost = static_cast<int64_t>(numberOr(options, "atMost", -1));
  const Napi::Value engine = options.Get("maxsatEngine");
  if (engine.IsString()) settings.engine = engine.As<Napi::String>().Utf8Value();
  const Napi::Value initial = options.Get("initial");
  if (!initial.IsUndefined() && !initial.IsNull()) {
    const auto array = typedArray<Napi::Uint8Array>(options, "initial", napi_uint8_array, "Uint8Array");
    settings.initial.assign(array.Data(), array.Data() + array.ElementLength());
  }
  const Napi::Value costs = options.Get("costs");
  if (!costs.IsUndefined() && !costs.IsNull()) {
    const auto array = typedArray<Napi::Int32Array>(options, "costs", napi_int32_array, "Int32Array");
    settings.costs.assign(array.Data(), array.Data() + array.ElementLength());
  }
  return settings;
}

Answer run(Job& job, const std::function<void(const std::vector<uint8_t>&)>& improved,
           const std::function<void(double)>& bounded) {
  const Settings& settings = job.settings;
#ifdef SMUG_HAS_HIGHS
  if (settings.highs) {
    smug::solver::HighsOptions options;
    options.seed = static_cast<int>(settings.seed);
    options.seconds = settings.seconds;
    options.workLimit = static_cast<int64_t>(settings.workLimit);
    options.atMost = settings.atMost;
    options.initial = settings.initial;
    options.costs = settings.costs;
    options.improved = improved;
    options.bounded = bounded;
    return smug::solver::solveWithHighs(job.problem, options, job.control);
  }
#endif
  smug::solver::Z3Options options;
  options.seed = settings.seed;
  options.seconds = settings.seconds;
  options.workLimit = static_cast<unsigned>(std::min(settings.workLimit, 4294967295.0));
  options.atMost = settings.atMost;
  options.engine = settings.engine;
  options.costs = settings.costs;
  options.improved = improved;
  return smug::solver::solveWithZ3(job.problem, options, job.control);
}

Napi::Uint8Array bytes(Napi::Env env, const std::vector<uint8_t>& mask) {
  auto array = Napi::Uint8Array::New(env, mask.size());
  std::copy(mask.begin(), mask.end(), array.Data());
  return array;
}

Napi::Object answerTo(Napi::Env env, const Answer& answer) {
  static constexpr const char* names[] = {"optimal", "infeasible", "stopped"};
  Napi::Object object = Napi::Object::New(env);
  object.Set("status", names[static_cast<int>(answer.status)]);
  object.Set("lowerBound", answer.lowerBound);
  object.Set("work", static_cast<double>(answer.work));
  object.Set("wrongModel", answer.wrongModel);
  if (answer.mask.empty() && answer.status != Answer::Status::optimal) {
    object.Set("mask", env.Null());
  } else {
    object.Set("mask", bytes(env, answer.mask));
  }
  return object;
}

void settle(Napi::Env env, const Job& job) {
  if (job.errorCode.empty()) {
    job.deferred.Resolve(answerTo(env, job.answer));
  } else {
    Napi::Error error = Napi::Error::New(env, job.errorMessage);
    error.Set("code", job.errorCode);
    job.deferred.Reject(error.Value());
  }
}

// A worker that is being terminated refuses every call; there is no one left to tell.
template <typename Call>
void unlessEnding(Call call) {
  try {
    call();
  } catch (const Napi::Error&) {
  }
}

void work(Jobs* jobs, const std::shared_ptr<Job>& job) {
  try {
    job->answer = run(
        *job,
        [&job](const std::vector<uint8_t>& mask) {
          job->report.NonBlockingCall([mask](Napi::Env env, Napi::Function improved) {
            unlessEnding([&] { improved.Call({bytes(env, mask), Napi::Number::New(env, 0)}); });
          });
        },
        [&job](double bound) {
          job->report.NonBlockingCall([bound](Napi::Env env, Napi::Function improved) {
            unlessEnding([&] { improved.Call({env.Null(), Napi::Number::New(env, bound)}); });
          });
        });
  } catch (const std::bad_alloc&) {
    job->errorCode = "OUT_OF_MEMORY";
    job->errorMessage = "The solver ran out of memory.";
  } catch (const std::exception& error) {
    job->errorCode = "SOLVER_FAILED";
    job->errorMessage = error.what();
  }
  // Fails only when the environment is going away; then stopAll joins this thread.
  job->report.NonBlockingCall([jobs, job](Napi::Env env, Napi::Function) {
    job->thread.join();
    jobs->running.remove(job);
    unlessEnding([&] { settle(env, *job); });
  });
  job->report.Release();
}

// startComponent(engine, problem, options, report) → { promise, stop }; `report` hears (mask, 0) and (null, bound)
Napi::Value startComponent(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* jobs = static_cast<Jobs*>(info.Data());
  if (info.Length() < 4 || !info[0].IsString() || !info[1].IsObject() || !info[2].IsObject() || !info[3].IsFunction()) {
    throw Napi::TypeError::New(env, "startComponent: expected (engine, problem, options, improved)");
  }
  const std::string engine = info[0].As<Napi::String>().Utf8Value();
  auto job = std::make_shared<Job>(env);
  job->settings = settingsFrom(info[2].As<Napi::Object>());
  job->settings.highs = engine == "highs";
#ifdef SMUG_HAS_HIGHS
  const bool known = engine == "z3" || engine == "highs";
#else
  const bool known = engine == "z3";
#endif
  if (!known) throw Napi::RangeError::New(env, "engine: expected 'z3' or 'highs', one that was built in");
  job->problem = problemFrom(info[1].As<Napi::Object>());
  if (!job->settings.costs.empty() && job->settings.costs.size() != job->problem.variables) {
    throw Napi::RangeError::New(env, "costs: expected one per variable");
  }
  job->report = Napi::ThreadSafeFunction::New(env, info[3].As<Napi::Function>(), "smug solver", 0, 1);
  jobs->running.push_back(job);
  job->thread = std::thread(work, jobs, job);

  Napi::Object handle = Napi::Object::New(env);
  handle.Set("promise", job->deferred.Promise());
  handle.Set("stop", Napi::Function::New(
                         env, [job](const Napi::CallbackInfo&) { job->control.stop(); }, "stop"));
  return handle;
}

Napi::Value versions(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("z3", smug::solver::z3Version());
#ifdef SMUG_HAS_HIGHS
  object.Set("highs", smug::solver::highsVersion());
#else
  object.Set("highs", info.Env().Null());
#endif
  return object;
}

}  // namespace

void InitSolver(Napi::Env env, Napi::Object exports) {
  auto* jobs = new Jobs;
  napi_add_env_cleanup_hook(env, stopAll, jobs);
  exports.Set("startComponent", Napi::Function::New(env, startComponent, "startComponent", jobs));
  exports.Set("solverVersions", Napi::Function::New(env, versions, "solverVersions"));
}
