// The CPU engine for JavaScript: what engine_binding.h lists, as cpu…, and
//
//   cpuInformation() → { version, instructionSet, threads, precisions }
//   cpuFloor(network, samples, repeats) → Promise<{ forwardMs, backwardMs, cpuMs }>
//   cpuProfile(network, request, repeats), cpuProfile(integrator, undefined, repeats)
//     → Promise<{ [step]: milliseconds }>
//
// cpuCompile takes { memoryBudget, threads, precision }.
#include "cpu/floor.h"
#include "cpu/integrator.h"
#include "engine_binding.h"

namespace {

using namespace smug;
using binding::CodedError;

struct CpuCore {
  using Network = cpu::Network;
  using PathNetwork = cpu::PathNetwork;
  using Integrator = cpu::Integrator;
  static constexpr const char* name = "cpu";
  static constexpr uint64_t tag = 0x5d1f6c0a9be84c11;

  static cpu::NetworkOptions OptionsFrom(const Napi::Object& options) {
    cpu::NetworkOptions chosen;
    chosen.memoryBudget = binding::BudgetFrom(options, chosen.memoryBudget);
    if (const Napi::Value threads = options.Get("threads"); !threads.IsUndefined()) {
      chosen.threads = static_cast<int>(binding::WholeFrom(threads, "threads", 1, INT32_MAX));
    }
    if (options.Get("precision").ToString().Utf8Value() == "bf16") chosen.precision = cpu::Precision::bf16;
    return chosen;
  }

  static CodedError Describe(std::exception_ptr error) { return binding::EngineFailure(error, Own); }

  static CodedError Own() {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      return {"OUT_OF_MEMORY", "the cpu engine could not get its working memory; lower memoryBudget or threads"};
    } catch (const dnnl::error& failed) {
      return {failed.status == dnnl_out_of_memory ? "OUT_OF_MEMORY" : "ENGINE_FAILED",
              std::string("oneDNN: ") + failed.what()};
    } catch (const std::exception& failed) {
      return {"ENGINE_FAILED", failed.what()};
    }
  }
};

using Engine = binding::EngineBinding<CpuCore>;

Napi::Value Information(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto result = Napi::Object::New(env);
  result.Set("version", cpu::libraryVersion());
  result.Set("instructionSet", cpu::instructionSet());
  result.Set("threads", cpu::Scheduler::defaultThreads());
  auto precisions = Napi::Array::New(env);
  precisions.Set(0u, "f32");
  if (cpu::hasBFloat16()) precisions.Set(1u, "bf16");
  result.Set("precisions", precisions);
  return result;
}

Napi::Value Profile(const Napi::CallbackInfo& info) {
  return Engine::Guarded(info, [&]() -> Napi::Value {
    binding::PromiseWorker::Job job;
    const int repeats = static_cast<int>(binding::WholeFrom(info[2], "repeats", 1, 1 << 20));
    const auto found = std::make_shared<std::map<std::string, double>>();
    job.describe = CpuCore::Describe;
    if (binding::Is<std::shared_ptr<Engine::Integrator>>(info[0])) {
      const auto handle = Engine::IntegratorFrom(info[0]);
      job.execute = [=, integrator = handle->integrator, mutex = handle->mutex](const binding::PromiseWorker::Report&) {
        const std::lock_guard lock(*mutex);
        *found = integrator->profile(repeats);
      };
    } else {
      const auto handle = Engine::NetworkFrom(info[0]);
      const auto request = binding::RequestFrom(info[1], handle->network->graph());
      job.execute = [=, network = handle->network](const binding::PromiseWorker::Report&) {
        *found = network->profile(request->request, request->blocks, repeats);
      };
    }
    job.result = [found](Napi::Env env) {
      auto object = Napi::Object::New(env);
      for (const auto& [name, milliseconds] : *found) object.Set(name, milliseconds);
      return object;
    };
    return binding::PromiseWorker::Start(info.Env(), std::move(job));
  });
}

Napi::Value BareConvolutions(const Napi::CallbackInfo& info) {
  return Engine::Guarded(info, [&]() -> Napi::Value {
    const auto network = Engine::NetworkFrom(info[0])->network;
    const int64_t samples = binding::WholeFrom(info[1], "samples", 1, 1 << 20);
    const int repeats = static_cast<int>(binding::WholeFrom(info[2], "repeats", 1, 1 << 20));
    const auto floor = std::make_shared<cpu::Floor>();
    binding::PromiseWorker::Job job;
    job.describe = CpuCore::Describe;
    job.execute = [=](const binding::PromiseWorker::Report&) {
      const cpu::NetworkOptions& options = network->options();
      *floor = cpu::convolutionFloor(network->graph(), samples, options.threads, repeats, options.precision);
    };
    job.result = [floor](Napi::Env env) {
      auto object = Napi::Object::New(env);
      object.Set("forwardMs", floor->forwardMs);
      object.Set("backwardMs", floor->backwardMs);
      object.Set("cpuMs", floor->cpuMs);
      return object;
    };
    return binding::PromiseWorker::Start(info.Env(), std::move(job));
  });
}

}  // namespace

void InitCpu(Napi::Env env, Napi::Object exports) {
  Engine::Init(env, exports);
  Engine::Export(env, exports, "Information", Information);
  Engine::Export(env, exports, "Floor", BareConvolutions);
  Engine::Export(env, exports, "Profile", Profile);
}
