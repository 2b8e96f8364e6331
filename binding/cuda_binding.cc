// The CUDA engine for JavaScript: what engine_binding.h lists, as cuda…, and
//
//   cudaInformation() → { available: boolean, reason: string, device?: string, capability?: string, memory?: bytes,
//     driver?: string }; never throws
//   cudaTop(integrator, path, weights: Float64Array, k) → Promise<{ indices: Int32Array, scores: Float32Array, sum }>
//   cudaNotice(network) → string: what the user should be told once, mostly empty
//   cudaChoiceCount() → number, cudaChoices() → string: which kernels layers run on, as cuda/algorithms.h
//   cudaTakeChoices(lines)
//   cudaKernels(network) → { [kernel]: layers }: how many convolutions and dense layers run on which
//   cudaMemoryLimit(bytes): for tests, as limitMemory of cuda/device.h
//
// cudaCompile takes { memoryBudget?, precision }.
#include "cuda/algorithms.h"
#include "cuda/integrator.h"
#include "engine_binding.h"

namespace {

using namespace smug;
using binding::CodedError;

struct CudaCore {
  using Network = cuda::Network;
  using PathNetwork = cuda::PathNetwork;
  using Integrator = cuda::Integrator;
  static constexpr const char* name = "cuda";
  static constexpr uint64_t tag = 0x5d1f6c0a9be84c12;

  static cuda::NetworkOptions OptionsFrom(const Napi::Object& options) {
    cuda::NetworkOptions chosen;
    chosen.memoryBudget = binding::BudgetFrom(options, chosen.memoryBudget);
    const std::string precision = options.Get("precision").ToString().Utf8Value();
    chosen.precision = precision == "f32"    ? cuda::Precision::fp32
                       : precision == "bf16" ? cuda::Precision::bf16
                                             : cuda::Precision::tf32;
    return chosen;
  }

  static CodedError Describe(std::exception_ptr error) { return binding::EngineFailure(error, Own); }

  static CodedError Own() {
    try {
      throw;
    } catch (const cuda::OutOfMemory& failed) {
      return {"OUT_OF_MEMORY", std::string("The device has no room for one sample of this network: ") + failed.what() +
                                   ". End other programs that use it, or use --engine cpu."};
    } catch (const std::bad_alloc&) {
      return {"OUT_OF_MEMORY", "the cuda engine could not get host memory; explain fewer images at once"};
    } catch (const cuda::DeviceFailure& failed) {
      if (!failed.lost) return {"ENGINE_FAILED", std::string("CUDA: ") + failed.what()};
      return {"DEVICE_LOST",
              std::string("CUDA: ") + failed.what() +
                  ". This process cannot use the device any more: start a new one, or use --engine cpu."};
    } catch (const std::exception& failed) {
      return {"ENGINE_FAILED", failed.what()};
    }
  }
};

using Engine = binding::EngineBinding<CudaCore>;

std::string Version(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

Napi::Value Information(const Napi::CallbackInfo& info) {
  const cuda::Availability& found = cuda::availability();
  const std::string loss = cuda::lossOfDevice();
  auto result = Napi::Object::New(info.Env());
  result.Set("available", found.device.has_value() && loss.empty());
  result.Set("reason", loss.empty() ? found.reason : "the device was lost by this process: " + loss);
  if (!found.device) return result;
  result.Set("device", found.device->name);
  result.Set("capability", std::to_string(found.device->major) + "." + std::to_string(found.device->minor));
  result.Set("memory", static_cast<double>(found.device->memoryBytes));
  result.Set("driver", Version(found.device->driverVersion));
  return result;
}

Napi::Value Top(const Napi::CallbackInfo& info) {
  return Engine::Guarded(info, [&] {
    const int64_t k = binding::WholeFrom(info[3], "k", 1, INT32_MAX);
    return Engine::Asked(
        info, nullptr,
        [path = Engine::PathFrom(info), weights = Engine::WeightsFrom(info[2]), k](auto& integrator) {
          return integrator.top(path, weights, k);
        },
        [](Napi::Env env, const cuda::TopScores& top) {
          auto object = Napi::Object::New(env);
          object.Set("indices", binding::TypedArrayOf(env, top.indices));
          object.Set("scores", binding::TypedArrayOf(env, top.scores));
          object.Set("sum", top.sum);
          return object;
        });
  });
}

Napi::Value Notice(const Napi::CallbackInfo& info) {
  const auto handle = Engine::NetworkFrom(info[0]);
  std::string notice = handle->network->takeNotice();
  if (notice.empty() && handle->paths) notice = handle->paths->suffix->takeNotice();
  if (notice.empty() && handle->paths) notice = handle->paths->prefix->takeNotice();
  return Napi::String::New(info.Env(), notice);
}

Napi::Value ChoiceCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(cuda::choiceCount()));
}

Napi::Value Choices(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), cuda::tunedChoices()); }

Napi::Value TakeChoices(const Napi::CallbackInfo& info) {
  cuda::takeChoices(info[0].ToString().Utf8Value());
  return info.Env().Undefined();
}

Napi::Value Kernels(const Napi::CallbackInfo& info) {
  return Engine::Guarded(info, [&]() -> Napi::Value {
    auto result = Napi::Object::New(info.Env());
    for (const auto& [kernel, layers] : Engine::NetworkFrom(info[0])->network->kernels()) result.Set(kernel, layers);
    return result;
  });
}

Napi::Value MemoryLimit(const Napi::CallbackInfo& info) {
  cuda::limitMemory(static_cast<size_t>(info[0].ToNumber().Int64Value()));
  return info.Env().Undefined();
}

}  // namespace

void InitCuda(Napi::Env env, Napi::Object exports) {
  Engine::Init(env, exports);
  Engine::Export(env, exports, "Information", Information);
  Engine::Export(env, exports, "Top", Top);
  Engine::Export(env, exports, "Notice", Notice);
  Engine::Export(env, exports, "ChoiceCount", ChoiceCount);
  Engine::Export(env, exports, "Choices", Choices);
  Engine::Export(env, exports, "TakeChoices", TakeChoices);
  Engine::Export(env, exports, "Kernels", Kernels);
  Engine::Export(env, exports, "MemoryLimit", MemoryLimit);
}
