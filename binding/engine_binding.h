// What every native engine offers to JavaScript, under names that begin with the engine's (cpu…, cuda…):
//
//   …Compile(graph, options) → network
//   …Constants(network) → (Float32Array | undefined)[]: by value, the network's own memory of its larger constants, but
//     for those that JavaScript got from another network
//   …CancelFlag() → flag;  …Cancel(flag)
//   …Run(network, request of request_conversion.h, flag) → Promise<{ outputs: Float32Array[], values?: Float64Array }>
//   …Integrator(network, { activation, baseline?, target }[]) → integrator
//   …Evaluate(integrator, paths: Int32Array, alphas: Float64Array, flag) → Promise<Float64Array>
//   …PointsThatFit(integrator) → Promise<number>
//   …Slopes(integrator, path) → Promise<Float64Array>
//   …Combine(integrator, path, weights: Float64Array) → Promise<Float32Array>
//   …Dispose(network or integrator): frees it as soon as no running call needs it
#pragma once

#include <napi.h>

#include <mutex>

#include "handles.h"
#include "promise_worker.h"
#include "request_conversion.h"

namespace smug::binding {

/// A compiled network and, once a path asked for it, its halves. Used on the JavaScript thread only; running calls
/// hold the networks themselves.
template <typename Core>
struct NetworkHandle {
  std::shared_ptr<typename Core::Network> network;
  std::shared_ptr<typename Core::PathNetwork> paths;

  std::shared_ptr<typename Core::PathNetwork> PathNetwork() {
    if (!paths) paths = std::make_shared<typename Core::PathNetwork>(network);
    return paths;
  }
};

/// Calls on one integrator run one after another: each extends or reads what the one before left.
template <typename Core>
struct IntegratorHandle {
  std::shared_ptr<typename Core::Integrator> integrator;
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
};

template <typename Core>
struct Tag<std::shared_ptr<NetworkHandle<Core>>> {
  static constexpr napi_type_tag value = {Core::tag, 0x8a77a3b0c2d4e601};
  static constexpr const char* name = "network";
};
template <typename Core>
struct Tag<std::shared_ptr<IntegratorHandle<Core>>> {
  static constexpr napi_type_tag value = {Core::tag, 0x8a77a3b0c2d4e602};
  static constexpr const char* name = "integrator";
};
template <>
struct Tag<CancelFlag> {
  static constexpr napi_type_tag value = {0x5d1f6c0a9be84c11, 0x8a77a3b0c2d4e603};
  static constexpr const char* name = "flag";
};

/// What every engine's core throws; `own` tells of the rest, which is in flight while it runs.
template <typename Own>
CodedError EngineFailure(std::exception_ptr error, Own own) {
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    return {"ABORTED", "The operation was cancelled."};
  } catch (const Unsupported& unsupported) {
    return {"UNSUPPORTED_OPERATOR", unsupported.what()};
  } catch (const GraphError& wrong) {
    return {"BAD_INPUT", wrong.what()};
  } catch (...) {
    return own();
  }
}

/// `Core`: Network, PathNetwork and Integrator of the engine, `name` ("cpu"), `tag`, NetworkOptions OptionsFrom(object)
/// and CodedError Describe(exception_ptr).
template <typename Core>
class EngineBinding {
 public:
  using Network = NetworkHandle<Core>;
  using Integrator = IntegratorHandle<Core>;

  static void Init(Napi::Env env, Napi::Object exports) {
    Export(env, exports, "Compile", Compile);
    Export(env, exports, "Constants", Constants);
    Export(env, exports, "CancelFlag", NewFlag);
    Export(env, exports, "Cancel", Cancel);
    Export(env, exports, "Run", Run);
    Export(env, exports, "Integrator", NewIntegrator);
    Export(env, exports, "Evaluate", Evaluate);
    Export(env, exports, "PointsThatFit", PointsThatFit);
    Export(env, exports, "Slopes", Slopes);
    Export(env, exports, "Combine", Combine);
    Export(env, exports, "Dispose", Dispose);
  }

  template <typename Function>
  static void Export(Napi::Env env, Napi::Object exports, const char* name, Function function) {
    exports.Set(std::string(Core::name) + name, Napi::Function::New(env, function));
  }

  static std::shared_ptr<Network> NetworkFrom(const Napi::Value& value) {
    auto handle = Unwrap<std::shared_ptr<Network>>(value);
    if (!handle->network) throw Napi::Error::New(value.Env(), "the network was disposed");
    return handle;
  }

  static std::shared_ptr<Integrator> IntegratorFrom(const Napi::Value& value) {
    auto handle = Unwrap<std::shared_ptr<Integrator>>(value);
    if (!handle->integrator) throw Napi::Error::New(value.Env(), "the integrator was disposed");
    return handle;
  }

  template <typename Work>
  static Napi::Value Guarded(const Napi::CallbackInfo& info, Work work) {
    return binding::Guarded(info.Env(), Core::Describe, work);
  }

  /// work(integrator) off the event loop, its result turned by convert(env, result).
  template <typename Work, typename Convert>
  static Napi::Value Asked(const Napi::CallbackInfo& info, const CancelFlag& cancel, Work work, Convert convert) {
    const auto handle = IntegratorFrom(info[0]);
    const auto found = std::make_shared<decltype(work(*handle->integrator))>();
    PromiseWorker::Job job;
    if (cancel) job.stop = [cancel] { cancel->store(true); };
    job.describe = Core::Describe;
    job.execute = [found, work = std::move(work), integrator = handle->integrator,
                   mutex = handle->mutex](const PromiseWorker::Report&) {
      const std::lock_guard lock(*mutex);
      *found = work(*integrator);
    };
    job.result = [found, convert](Napi::Env env) -> Napi::Value { return convert(env, *found); };
    return PromiseWorker::Start(info.Env(), std::move(job));
  }

  static int64_t PathFrom(const Napi::CallbackInfo& info) {
    const auto paths = static_cast<int64_t>(IntegratorFrom(info[0])->integrator->pathCount());
    return WholeFrom(info[1], "path", 0, paths - 1);
  }

  static std::vector<double> WeightsFrom(const Napi::Value& value) { return CopyOf<double>(value, "weights"); }

 private:
  template <typename T>
  static Napi::Value Array(Napi::Env env, const std::vector<T>& values) {
    return TypedArrayOf(env, values);
  }

  static Napi::Value Compile(const Napi::CallbackInfo& info) {
    return Guarded(info, [&] {
      auto handle = std::make_shared<Network>();
      handle->network = std::make_shared<typename Core::Network>(GraphFrom(info[0]),
                                                                 Core::OptionsFrom(ObjectFrom(info[1], "options")));
      return Wrap(info.Env(), handle);
    });
  }

  static Napi::Value Constants(const Napi::CallbackInfo& info) {
    constexpr size_t fewest = 4096;  // the buffer of a smaller one would cost more than it saves
    const auto network = NetworkFrom(info[0])->network;
    const std::vector<Value>& values = network->graph().values;
    auto list = Napi::Array::New(info.Env(), values.size());
    for (size_t i = 0; i < values.size(); i++) {
      const Constant& constant = values[i].constant;
      if (!constant || constant->size() < fewest || !LentConstants::instance().add(constant)) continue;
      const auto release = [](Napi::Env, void*, Constant* held) { delete held; };
      const auto buffer = Napi::ArrayBuffer::New(info.Env(), const_cast<float*>(constant->data()),
                                                 constant->size() * sizeof(float), release, new Constant(constant));
      list.Set(i, Napi::Float32Array::New(info.Env(), constant->size(), buffer, 0));
    }
    return list;
  }

  static Napi::Value NewFlag(const Napi::CallbackInfo& info) {
    return Wrap<CancelFlag>(info.Env(), std::make_shared<std::atomic<bool>>(false));
  }

  static Napi::Value Cancel(const Napi::CallbackInfo& info) {
    Unwrap<CancelFlag>(info[0])->store(true);
    return info.Env().Undefined();
  }

  static CancelFlag FlagFrom(const Napi::Value& value) {
    return value.IsExternal() ? Unwrap<CancelFlag>(value) : std::make_shared<std::atomic<bool>>(false);
  }

  static Napi::Value Dispose(const Napi::CallbackInfo& info) {
    if (Is<std::shared_ptr<Network>>(info[0])) {
      const auto handle = Unwrap<std::shared_ptr<Network>>(info[0]);
      handle->network.reset();
      handle->paths.reset();
    } else {
      Unwrap<std::shared_ptr<Integrator>>(info[0])->integrator.reset();
    }
    return info.Env().Undefined();
  }

  static Napi::Value Run(const Napi::CallbackInfo& info) {
    return Guarded(info, [&]() -> Napi::Value {
      const auto handle = NetworkFrom(info[0]);
      PromiseWorker::Job job;
      const std::shared_ptr<Request> request = RequestFrom(info[1], handle->network->graph());
      const CancelFlag cancel = FlagFrom(info[2]);
      job.stop = [cancel] { cancel->store(true); };
      job.describe = Core::Describe;
      job.execute = [network = handle->network, request, cancel](const PromiseWorker::Report&) {
        network->run(request->request, request->blocks, cancel);
      };
      job.result = [request](Napi::Env env) { return request->Result(env); };
      return PromiseWorker::Start(info.Env(), std::move(job));
    });
  }

  static Napi::Value NewIntegrator(const Napi::CallbackInfo& info) {
    return Guarded(info, [&] {
      const auto network = NetworkFrom(info[0]);
      auto handle = std::make_shared<Integrator>();
      handle->integrator = std::make_shared<typename Core::Integrator>(network->PathNetwork(), PathsFrom(info[1]));
      return Wrap(info.Env(), handle);
    });
  }

  static Napi::Value Evaluate(const Napi::CallbackInfo& info) {
    return Guarded(info, [&]() -> Napi::Value {
      const auto handle = IntegratorFrom(info[0]);
      const std::vector<int32_t> paths = CopyOf<int32_t>(info[1], "paths");
      const std::vector<double> alphas = CopyOf<double>(info[2], "alphas");
      if (paths.size() != alphas.size()) throw Napi::RangeError::New(info.Env(), "alphas: expected one per path");
      std::vector<PathPoint> points;
      for (size_t i = 0; i < paths.size(); i++) {
        if (paths[i] < 0 || static_cast<size_t>(paths[i]) >= handle->integrator->pathCount()) {
          throw Napi::RangeError::New(info.Env(), "paths: names one that does not exist");
        }
        points.push_back({paths[i], static_cast<float>(alphas[i])});
      }
      const CancelFlag cancel = FlagFrom(info[3]);
      return Asked(
          info, cancel,
          [points = std::move(points), cancel](auto& integrator) { return integrator.evaluate(points, cancel); },
          Array<double>);
    });
  }

  static Napi::Value PointsThatFit(const Napi::CallbackInfo& info) {
    return Guarded(info, [&] {
      return Asked(
          info, nullptr, [](auto& integrator) { return static_cast<double>(integrator.pointsThatFit()); },
          [](Napi::Env env, double points) { return Napi::Number::New(env, points); });
    });
  }

  static Napi::Value Slopes(const Napi::CallbackInfo& info) {
    return Guarded(info, [&] {
      return Asked(
          info, nullptr, [path = PathFrom(info)](auto& integrator) { return integrator.slopes(path); }, Array<double>);
    });
  }

  static Napi::Value Combine(const Napi::CallbackInfo& info) {
    return Guarded(info, [&] {
      return Asked(
          info, nullptr,
          [path = PathFrom(info), weights = WeightsFrom(info[2])](auto& integrator) {
            return integrator.combine(path, weights);
          },
          Array<float>);
    });
  }
};

}  // namespace smug::binding
