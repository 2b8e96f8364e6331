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
  double work_limit = 0;
  int64_t at_most = -1;
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
  std::string error_code;  // empty: no error
  std::string error_message;
  Napi::Promise::Deferred deferred;
  Napi::ThreadSafeFunction report;
  std::thread thread;
};

// The jobs of one environment. When it goes away (a worker is terminated, the process ends) running solves are
// stopped and their threads joined: no thread outlives the code and data it uses.
struct Jobs {
  std::list<std::shared_ptr<Job>> running;
};

void stop_all(void* data) {
  auto* jobs = static_cast<Jobs*>(data);
  for (auto& job : jobs->running) job->control.stop();
  for (auto& job : jobs->running) {
    if (job->thread.joinable()) job->thread.join();
  }
  delete jobs;
}

template <typename Array>
Array typed_array(const Napi::Object& object, const char* name, napi_typedarray_type type, const char* expected) {
  const Napi::Value value = object.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw Napi::TypeError::New(object.Env(), std::string(name) + ": expected a " + expected);
  }
  return value.As<Array>();
}

IntegerProblem problem_from(const Napi::Object& object) {
  const Napi::Value variables = object.Get("variables");
  if (!variables.IsNumber()) throw Napi::TypeError::New(object.Env(), "variables: expected a number");
  const auto offsets = typed_array<Napi::Uint32Array>(object, "offsets", napi_uint32_array, "Uint32Array");
  const auto columns = typed_array<Napi::Uint32Array>(object, "columns", napi_uint32_array, "Uint32Array");
  const auto coefficients = typed_array<Napi::Int32Array>(object, "coefficients", napi_int32_array, "Int32Array");
  const auto bounds = typed_array<Napi::Float64Array>(object, "bounds", napi_float64_array, "Float64Array");
  IntegerProblem problem;
  problem.variables = variables.As<Napi::Number>().Uint32Value();
  problem.offsets.assign(offsets.Data(), offsets.Data() + offsets.ElementLength());
  problem.columns.assign(columns.Data(), columns.Data() + columns.ElementLength());
  problem.coefficients.assign(coefficients.Data(), coefficients.Data() + coefficients.ElementLength());
  problem.bounds.reserve(bounds.ElementLength());
  for (size_t i = 0; i < bounds.ElementLength(); ++i) {
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

double number_or(const Napi::Object& options, const char* name, double otherwise) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return otherwise;
  if (!value.IsNumber()) throw Napi::TypeError::New(options.Env(), std::string(name) + ": expected a number");
  return value.As<Napi::Number>().DoubleValue();
}

Settings settings_from(const Napi::Object& options) {
  Settings settings;
  settings.seed = static_cast<uint32_t>(number_or(options, "seed", 0)) & 0x7fffffff;
  settings.seconds = number_or(options, "seconds", 0);
  settings.work_limit = number_or(options, "workLimit", 0);
  settings.at_most = static_cast<int64_t>(number_or(options, "atMost", -1));
  const Napi::Value engine = options.Get("maxsatEngine");
  if (engine.IsString()) settings.engine = engine.As<Napi::String>().Utf8Value();
  const Napi::Value initial = options.Get("initial");
  if (!initial.IsUndefined() && !initial.IsNull()) {
    const auto array = typed_array<Napi::Uint8Array>(options, "initial", napi_uint8_array, "Uint8Array");
    settings.initial.assign(array.Data(), array.Data() + array.ElementLength());
  }
  const Napi::Value costs = options.Get("costs");
  if (!costs.IsUndefined() && !costs.IsNull()) {
    const auto array = typed_array<Napi::Int32Array>(options, "costs", napi_int32_array, "Int32Array");
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
    options.work_limit = static_cast<int64_t>(settings.work_limit);
    options.at_most = settings.at_most;
    options.initial = settings.initial;
    options.costs = settings.costs;
    options.improved = improved;
    options.bounded = bounded;
    return smug::solver::solve_with_highs(job.problem, options, job.control);
  }
#endif
  smug::solver::Z3Options options;
  options.seed = settings.seed;
  options.seconds = settings.seconds;
  options.work_limit = static_cast<unsigned>(std::min(settings.work_limit, 4294967295.0));
  options.at_most = settings.at_most;
  options.engine = settings.engine;
  options.costs = settings.costs;
  options.improved = improved;
  return smug::solver::solve_with_z3(job.problem, options, job.control);
}

Napi::Uint8Array bytes(Napi::Env env, const std::vector<uint8_t>& mask) {
  auto array = Napi::Uint8Array::New(env, mask.size());
  std::copy(mask.begin(), mask.end(), array.Data());
  return array;
}

Napi::Object answer_to(Napi::Env env, const Answer& answer) {
  static constexpr const char* names[] = {"optimal", "infeasible", "stopped"};
  Napi::Object object = Napi::Object::New(env);
  object.Set("status", names[static_cast<int>(answer.status)]);
  object.Set("lowerBound", answer.lower_bound);
  object.Set("work", static_cast<double>(answer.work));
  object.Set("wrongModel", answer.wrong_model);
  if (answer.mask.empty() && answer.status != Answer::Status::optimal) {
    object.Set("mask", env.Null());
  } else {
    object.Set("mask", bytes(env, answer.mask));
  }
  return object;
}

void settle(Napi::Env env, const Job& job) {
  if (job.error_code.empty()) {
    job.deferred.Resolve(answer_to(env, job.answer));
  } else {
    Napi::Error error = Napi::Error::New(env, job.error_message);
    error.Set("code", job.error_code);
    job.deferred.Reject(error.Value());
  }
}

// A worker that is being terminated refuses every call; there is no one left to tell.
template <typename Call>
void unless_ending(Call call) {
  try {
    call();
  } catch (const Napi::Error&) {
  }
}

void work(Jobs* jobs, const std::shared_ptr<Job>& job) {
  try {
    job->answer = run(*job, [&job](const std::vector<uint8_t>& mask) {
      job->report.NonBlockingCall([mask](Napi::Env env, Napi::Function improved) {
        unless_ending([&] { improved.Call({bytes(env, mask), Napi::Number::New(env, 0)}); });
      });
    }, [&job](double bound) {
      job->report.NonBlockingCall([bound](Napi::Env env, Napi::Function improved) {
        unless_ending([&] { improved.Call({env.Null(), Napi::Number::New(env, bound)}); });
      });
    });
  } catch (const std::bad_alloc&) {
    job->error_code = "OUT_OF_MEMORY";
    job->error_message = "The solver ran out of memory.";
  } catch (const std::exception& error) {
    job->error_code = "SOLVER_FAILED";
    job->error_message = error.what();
  }
  // Fails only when the environment is going away; then stop_all joins this thread.
  job->report.NonBlockingCall([jobs, job](Napi::Env env, Napi::Function) {
    job->thread.join();
    jobs->running.remove(job);
    unless_ending([&] { settle(env, *job); });
  });
  job->report.Release();
}

// startComponent(engine, problem, options, report) → { promise, stop }; `report` hears (mask, 0) and (null, bound)
Napi::Value start_component(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* jobs = static_cast<Jobs*>(info.Data());
  if (info.Length() < 4 || !info[0].IsString() || !info[1].IsObject() || !info[2].IsObject() || !info[3].IsFunction()) {
    throw Napi::TypeError::New(env, "startComponent: expected (engine, problem, options, improved)");
  }
  const std::string engine = info[0].As<Napi::String>().Utf8Value();
  auto job = std::make_shared<Job>(env);
  job->settings = settings_from(info[2].As<Napi::Object>());
  job->settings.highs = engine == "highs";
#ifdef SMUG_HAS_HIGHS
  const bool known = engine == "z3" || engine == "highs";
#else
  const bool known = engine == "z3";
#endif
  if (!known) throw Napi::RangeError::New(env, "engine: expected 'z3' or 'highs', one that was built in");
  job->problem = problem_from(info[1].As<Napi::Object>());
  if (!job->settings.costs.empty() && job->settings.costs.size() != job->problem.variables) {
    throw Napi::RangeError::New(env, "costs: expected one a variable");
  }
  job->report = Napi::ThreadSafeFunction::New(env, info[3].As<Napi::Function>(), "smug solver", 0, 1);
  jobs->running.push_back(job);
  job->thread = std::thread(work, jobs, job);

  Napi::Object handle = Napi::Object::New(env);
  handle.Set("promise", job->deferred.Promise());
  handle.Set("stop", Napi::Function::New(env, [job](const Napi::CallbackInfo&) { job->control.stop(); }, "stop"));
  return handle;
}

Napi::Value versions(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("z3", smug::solver::z3_version());
#ifdef SMUG_HAS_HIGHS
  object.Set("highs", smug::solver::highs_version());
#else
  object.Set("highs", info.Env().Null());
#endif
  return object;
}

}  // namespace

void InitSolver(Napi::Env env, Napi::Object exports) {
  auto* jobs = new Jobs;
  napi_add_env_cleanup_hook(env, stop_all, jobs);
  exports.Set("startComponent", Napi::Function::New(env, start_component, "startComponent", jobs));
  exports.Set("solverVersions", Napi::Function::New(env, versions, "solverVersions"));
}
