// The CPU engine for JavaScript: handles, buffers, promises; what is computed stands in native/cpu.
//
//   cpuInformation() → { version, instructionSet, threads, precisions }
//   cpuCompile(graph, { memoryBudget, threads, precision }) → network
//   cpuCancelFlag() → flag;  cpuCancel(flag)
//   cpuRun(network, { batches, wanted, gradientsAt, inputs, outputs, targets?, values? }, flag) → Promise<void>
//   cpuIntegrator(network, { activation, baseline?, target }[]) → integrator
//   cpuEvaluate(integrator, paths: Int32Array, alphas: Float64Array, flag) → Promise<Float64Array>
//   cpuPointsThatFit(integrator) → Promise<number>
//   cpuSlopes(integrator, path) → Promise<Float64Array>
//   cpuCombine(integrator, path, weights: Float64Array) → Promise<Float32Array>
//   cpuDispose(network or integrator): frees it as soon as no running call needs it
//   cpuFloor(network, samples, repeats) → Promise<{ forwardMs, backwardMs, cpuMs }>
//   cpuProfile(network, request, repeats), cpuProfile(integrator, undefined, repeats)
//     → Promise<{ [step]: milliseconds }>
#include <napi.h>

#include <mutex>

#include "cpu/floor.h"
#include "cpu/integrator.h"
#include "graph_conversion.h"
#include "promise_worker.h"

namespace {

using namespace smug;
using binding::CodedError;
using binding::PromiseWorker;

/// A compiled network and, once a path asked for it, its halves. Used on the JavaScript thread only; running calls
/// hold the networks themselves.
struct NetworkHandle {
  std::shared_ptr<cpu::Network> network;
  std::shared_ptr<cpu::PathNetwork> paths;

  std::shared_ptr<cpu::PathNetwork> PathNetwork() {
    if (!paths) paths = std::make_shared<cpu::PathNetwork>(network);
    return paths;
  }
};

/// Calls on one integrator run one after another: each extends or reads what the one before left.
struct IntegratorHandle {
  std::shared_ptr<cpu::Integrator> integrator;
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
};

template <typename T>
struct Tag;
template <>
struct Tag<std::shared_ptr<NetworkHandle>> {
  static constexpr napi_type_tag value = {0x5d1f6c0a9be84c11, 0x8a77a3b0c2d4e601};
  static constexpr const char* name = "network";
};
template <>
struct Tag<std::shared_ptr<IntegratorHandle>> {
  static constexpr napi_type_tag value = {0x5d1f6c0a9be84c11, 0x8a77a3b0c2d4e602};
  static constexpr const char* name = "integrator";
};
template <>
struct Tag<cpu::CancelFlag> {
  static constexpr napi_type_tag value = {0x5d1f6c0a9be84c11, 0x8a77a3b0c2d4e603};
  static constexpr const char* name = "flag";
};

template <typename T>
Napi::Value Wrap(Napi::Env env, T handle) {
  auto external = Napi::External<T>::New(env, new T(std::move(handle)), [](Napi::Env, T* data) { delete data; });
  external.TypeTag(&Tag<T>::value);
  return external;
}

template <typename T>
bool Is(const Napi::Value& value) {
  return value.IsExternal() && value.As<Napi::External<T>>().CheckTypeTag(&Tag<T>::value);
}

template <typename T>
T Unwrap(const Napi::Value& value) {
  if (!Is<T>(value)) {
    throw Napi::TypeError::New(value.Env(), std::string("Invalid ") + Tag<T>::name + " argument");
  }
  return *value.As<Napi::External<T>>().Data();
}

std::shared_ptr<NetworkHandle> NetworkFrom(const Napi::Value& value) {
  auto handle = Unwrap<std::shared_ptr<NetworkHandle>>(value);
  if (!handle->network) throw Napi::Error::New(value.Env(), "the network was disposed");
  return handle;
}

std::shared_ptr<IntegratorHandle> IntegratorFrom(const Napi::Value& value) {
  auto handle = Unwrap<std::shared_ptr<IntegratorHandle>>(value);
  if (!handle->integrator) throw Napi::Error::New(value.Env(), "the integrator was disposed");
  return handle;
}

Napi::Value Dispose(const Napi::CallbackInfo& info) {
  if (Is<std::shared_ptr<NetworkHandle>>(info[0])) {
    const auto handle = Unwrap<std::shared_ptr<NetworkHandle>>(info[0]);
    handle->network.reset();
    handle->paths.reset();
  } else {
    Unwrap<std::shared_ptr<IntegratorHandle>>(info[0])->integrator.reset();
  }
  return info.Env().Undefined();
}

cpu::CancelFlag FlagFrom(const Napi::Value& value) {
  return value.IsExternal() ? Unwrap<cpu::CancelFlag>(value) : std::make_shared<std::atomic<bool>>(false);
}

CodedError Describe(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const cpu::Cancelled&) {
    return {"ABORTED", "The operation was cancelled."};
  } catch (const cpu::Unsupported& unsupported) {
    return {"UNSUPPORTED_OPERATOR", unsupported.what()};
  } catch (const GraphError& wrong) {
    return {"BAD_INPUT", wrong.what()};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "the cpu engine could not get its working memory; lower memoryBudget or threads"};
  } catch (const dnnl::error& failed) {
    return {failed.status == dnnl_out_of_memory ? "OUT_OF_MEMORY" : "ENGINE_FAILED",
            std::string("oneDNN: ") + failed.what()};
  } catch (const std::exception& failed) {
    return {"ENGINE_FAILED", failed.what()};
  }
}

/// For calls that fail before any promise exists.
template <typename Work>
Napi::Value Guarded(const Napi::CallbackInfo& info, Work work) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    const CodedError coded = Describe(std::current_exception());
    Napi::Error error = Napi::Error::New(info.Env(), coded.message);
    error.Set("code", Napi::String::New(info.Env(), coded.code));
    throw error;
  }
}

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

Napi::Value Compile(const Napi::CallbackInfo& info) {
  return Guarded(info, [&] {
    const auto options = info[1].As<Napi::Object>();
    cpu::NetworkOptions chosen;
    if (options.Has("memoryBudget")) chosen.memoryBudget = options.Get("memoryBudget").ToNumber().Int64Value();
    if (options.Has("threads")) chosen.threads = options.Get("threads").ToNumber().Int32Value();
    if (options.Get("precision").ToString().Utf8Value() == "bf16") chosen.precision = cpu::Precision::bf16;
    auto handle = std::make_shared<NetworkHandle>();
    handle->network = std::make_shared<cpu::Network>(binding::GraphFrom(info[0].As<Napi::Object>()), chosen);
    return Wrap(info.Env(), handle);
  });
}

Napi::Value NewFlag(const Napi::CallbackInfo& info) {
  return Wrap<cpu::CancelFlag>(info.Env(), std::make_shared<std::atomic<bool>>(false));
}

Napi::Value Cancel(const Napi::CallbackInfo& info) {
  Unwrap<cpu::CancelFlag>(info[0])->store(true);
  return info.Env().Undefined();
}

/// A typed array's memory, checked for its length and kept alive by the job.
template <typename T, typename Array>
T* Memory(const Napi::Value& value, int64_t length, const char* name, std::vector<Napi::ObjectReference>& keep) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be a typed array");
  const auto array = value.As<Array>();
  if (static_cast<int64_t>(array.ElementLength()) != length) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " has " + std::to_string(array.ElementLength()) +
                                                 " elements, expected " + std::to_string(length));
  }
  keep.push_back(Napi::Persistent(value.As<Napi::Object>()));
  return const_cast<T*>(array.Data());
}

/// Addresses of the blocks of a value in one array; a value that is the same for all blocks is written once.
template <typename T>
std::vector<T*> BlocksOf(T* data, int64_t size, int64_t count, bool repeated = true) {
  std::vector<T*> blocks(count, nullptr);
  for (int64_t b = 0; b < (repeated ? count : 1); b++) blocks[b] = data + b * size;
  return blocks;
}

struct Request {
  cpu::ProgramRequest request;
  std::shared_ptr<cpu::Blocks> blocks = std::make_shared<cpu::Blocks>();
  double* values = nullptr;
};

std::vector<bool> DependingOnInputs(const Graph& graph) {
  std::vector<bool> depends(graph.values.size(), false);
  for (const int input : graph.inputs) depends[input] = true;
  for (const Node& node : graph.nodes) {
    for (const int input : node.inputs) depends[node.output] = depends[node.output] || depends[input];
  }
  return depends;
}

std::vector<int> ValuesFrom(const Napi::Value& list, const Graph& graph, const char* name) {
  const std::vector<int> values = binding::NumbersFrom(list);
  for (const int value : values) {
    if (value < 0 || static_cast<size_t>(value) >= graph.values.size()) {
      throw Napi::RangeError::New(list.Env(), std::string(name) + " names a value that the network does not have");
    }
  }
  return values;
}

Request RequestFrom(const Napi::Object& object, const Graph& graph, std::vector<Napi::ObjectReference>& keep) {
  Request parsed;
  cpu::Blocks& blocks = *parsed.blocks;
  blocks.count = object.Get("batches").ToNumber().Int64Value();
  parsed.request.wanted = ValuesFrom(object.Get("wanted"), graph, "wanted");
  parsed.request.gradientsAt = ValuesFrom(object.Get("gradientsAt"), graph, "gradientsAt");
  const auto inputs = object.Get("inputs").As<Napi::Array>(), outputs = object.Get("outputs").As<Napi::Array>();
  const auto sizeAt = [&](int value) { return sizeOf(graph.values[value].shape); };
  for (size_t i = 0; i < graph.inputs.size(); i++) {
    const int64_t size = sizeAt(graph.inputs[i]);
    const float* data = Memory<float, Napi::Float32Array>(inputs.Get(i), size * blocks.count, "inputs", keep);
    blocks.inputs.push_back(BlocksOf<const float>(data, size, blocks.count));
  }
  const std::vector<bool> depends = DependingOnInputs(graph);
  std::vector<int> results = parsed.request.wanted;
  results.insert(results.end(), parsed.request.gradientsAt.begin(), parsed.request.gradientsAt.end());
  for (size_t i = 0; i < results.size(); i++) {
    const int64_t size = sizeAt(results[i]);
    const bool repeated = depends[results[i]];
    float* data = Memory<float, Napi::Float32Array>(outputs.Get(i), size * (repeated ? blocks.count : 1), "outputs", keep);
    blocks.outputs.push_back(BlocksOf<float>(data, size, blocks.count, repeated));
  }
  if (!parsed.request.gradientsAt.empty()) {
    const Shape& output = graph.values[graph.outputs[0]].shape;
    const int64_t perBlock = output.empty() ? 1 : output[0], classes = sizeOf(output) / perBlock;
    const int64_t samples = perBlock * blocks.count;
    const int32_t* targets = Memory<int32_t, Napi::Int32Array>(object.Get("targets"), samples, "targets", keep);
    for (int64_t n = 0; n < samples; n++) {
      if (targets[n] < 0 || targets[n] >= classes) throw Napi::RangeError::New(object.Env(), "targets: no such class");
    }
    blocks.targets.assign(targets, targets + samples);
    parsed.values = Memory<double, Napi::Float64Array>(object.Get("values"), samples, "values", keep);
  }
  return parsed;
}

Napi::Value Run(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    const auto handle = NetworkFrom(info[0]);
    PromiseWorker::Job job;
    const Request request = RequestFrom(info[1].As<Napi::Object>(), handle->network->graph(), job.keep);
    job.cancel = FlagFrom(info[2]);
    job.describe = Describe;
    job.execute = [network = handle->network, request, cancel = job.cancel] {
      network->run(request.request, *request.blocks, cancel);
      if (request.values) std::copy(request.blocks->values.begin(), request.blocks->values.end(), request.values);
    };
    job.result = [](Napi::Env env) { return env.Undefined(); };
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

Napi::Value Profile(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    PromiseWorker::Job job;
    const int repeats = info[2].ToNumber().Int32Value();
    const auto found = std::make_shared<std::map<std::string, double>>();
    job.describe = Describe;
    if (Is<std::shared_ptr<IntegratorHandle>>(info[0])) {
      const auto handle = IntegratorFrom(info[0]);
      job.execute = [=, integrator = handle->integrator, mutex = handle->mutex] {
        const std::lock_guard lock(*mutex);
        *found = integrator->profile(repeats);
      };
    } else {
      const auto handle = NetworkFrom(info[0]);
      const Request request = RequestFrom(info[1].As<Napi::Object>(), handle->network->graph(), job.keep);
      job.execute = [=, network = handle->network] { *found = network->profile(request.request, *request.blocks, repeats); };
    }
    job.result = [found](Napi::Env env) {
      auto object = Napi::Object::New(env);
      for (const auto& [name, milliseconds] : *found) object.Set(name, milliseconds);
      return object;
    };
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

Napi::Value BareConvolutions(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    const auto network = NetworkFrom(info[0])->network;
    const int64_t samples = info[1].ToNumber().Int64Value();
    const int repeats = info[2].ToNumber().Int32Value();
    const auto floor = std::make_shared<cpu::Floor>();
    PromiseWorker::Job job;
    job.describe = Describe;
    job.execute = [=] {
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
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

std::vector<float> FloatsFrom(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "a path's tensors must be Float32Arrays");
  const auto array = value.As<Napi::Float32Array>();
  return std::vector<float>(array.Data(), array.Data() + array.ElementLength());
}

Napi::Value NewIntegrator(const Napi::CallbackInfo& info) {
  return Guarded(info, [&] {
    const auto network = NetworkFrom(info[0]);
    const auto list = info[1].As<Napi::Array>();
    std::vector<cpu::Path> paths;
    for (uint32_t i = 0; i < list.Length(); i++) {
      const auto entry = list.Get(i).As<Napi::Object>();
      cpu::Path path;
      path.activation = FloatsFrom(entry.Get("activation"));
      if (!entry.Get("baseline").IsUndefined()) path.baseline = FloatsFrom(entry.Get("baseline"));
      path.target = entry.Get("target").ToNumber().Int32Value();
      paths.push_back(std::move(path));
    }
    auto handle = std::make_shared<IntegratorHandle>();
    handle->integrator = std::make_unique<cpu::Integrator>(network->PathNetwork(), std::move(paths));
    return Wrap(info.Env(), handle);
  });
}

Napi::Value Evaluate(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    const auto handle = IntegratorFrom(info[0]);
    const auto paths = info[1].As<Napi::Int32Array>();
    const auto alphas = info[2].As<Napi::Float64Array>();
    std::vector<cpu::PathPoint> points;
    for (size_t i = 0; i < paths.ElementLength(); i++) {
      if (paths[i] < 0 || static_cast<size_t>(paths[i]) >= handle->integrator->pathCount()) {
        throw Napi::RangeError::New(info.Env(), "points name a path that does not exist");
      }
      points.push_back({paths[i], static_cast<float>(alphas[i])});
    }
    const auto values = std::make_shared<std::vector<double>>();
    PromiseWorker::Job job;
    job.cancel = FlagFrom(info[3]);
    job.describe = Describe;
    job.execute = [=, points = std::move(points), cancel = job.cancel, integrator = handle->integrator,
                   mutex = handle->mutex] {
      const std::lock_guard lock(*mutex);
      *values = integrator->evaluate(points, cancel);
    };
    job.result = [values](Napi::Env env) {
      auto array = Napi::Float64Array::New(env, values->size());
      std::copy(values->begin(), values->end(), array.Data());
      return array;
    };
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

Napi::Value PointsThatFit(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    const auto handle = IntegratorFrom(info[0]);
    const auto points = std::make_shared<size_t>(0);
    PromiseWorker::Job job;
    job.describe = Describe;
    job.execute = [points, integrator = handle->integrator, mutex = handle->mutex] {
      const std::lock_guard lock(*mutex);
      *points = integrator->pointsThatFit();
    };
    job.result = [points](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(*points)); };
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

Napi::Value Slopes(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    const auto handle = IntegratorFrom(info[0]);
    const int64_t path = info[1].ToNumber().Int64Value();
    if (path < 0 || static_cast<size_t>(path) >= handle->integrator->pathCount()) {
      throw Napi::RangeError::New(info.Env(), "path does not exist");
    }
    const auto slopes = std::make_shared<std::vector<double>>();
    PromiseWorker::Job job;
    job.describe = Describe;
    job.execute = [=, integrator = handle->integrator, mutex = handle->mutex] {
      const std::lock_guard lock(*mutex);
      *slopes = integrator->slopes(path);
    };
    job.result = [slopes](Napi::Env env) {
      auto array = Napi::Float64Array::New(env, slopes->size());
      std::copy(slopes->begin(), slopes->end(), array.Data());
      return array;
    };
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

Napi::Value Combine(const Napi::CallbackInfo& info) {
  return Guarded(info, [&]() -> Napi::Value {
    const auto handle = IntegratorFrom(info[0]);
    const int64_t path = info[1].ToNumber().Int64Value();
    if (path < 0 || static_cast<size_t>(path) >= handle->integrator->pathCount()) {
      throw Napi::RangeError::New(info.Env(), "path does not exist");
    }
    const auto array = info[2].As<Napi::Float64Array>();
    std::vector<double> weights(array.Data(), array.Data() + array.ElementLength());
    const auto scores = std::make_shared<std::vector<float>>();
    PromiseWorker::Job job;
    job.describe = Describe;
    job.execute = [=, weights = std::move(weights), integrator = handle->integrator, mutex = handle->mutex] {
      const std::lock_guard lock(*mutex);
      *scores = integrator->combine(path, weights);
    };
    job.result = [scores](Napi::Env env) {
      auto array = Napi::Float32Array::New(env, scores->size());
      std::copy(scores->begin(), scores->end(), array.Data());
      return array;
    };
    return PromiseWorker::Start(info.Env(), std::move(job));
  });
}

}  // namespace

void InitCpu(Napi::Env env, Napi::Object exports) {
  exports.Set("cpuInformation", Napi::Function::New(env, Information));
  exports.Set("cpuCompile", Napi::Function::New(env, Compile));
  exports.Set("cpuCancelFlag", Napi::Function::New(env, NewFlag));
  exports.Set("cpuCancel", Napi::Function::New(env, Cancel));
  exports.Set("cpuRun", Napi::Function::New(env, Run));
  exports.Set("cpuIntegrator", Napi::Function::New(env, NewIntegrator));
  exports.Set("cpuEvaluate", Napi::Function::New(env, Evaluate));
  exports.Set("cpuPointsThatFit", Napi::Function::New(env, PointsThatFit));
  exports.Set("cpuSlopes", Napi::Function::New(env, Slopes));
  exports.Set("cpuCombine", Napi::Function::New(env, Combine));
  exports.Set("cpuDispose", Napi::Function::New(env, Dispose));
  exports.Set("cpuFloor", Napi::Function::New(env, BareConvolutions));
  exports.Set("cpuProfile", Napi::Function::New(env, Profile));
}
