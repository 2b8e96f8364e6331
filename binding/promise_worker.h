// Work off the event loop: `execute` runs on a thread of its own and may wait as long as it likes (libuv's pool is
// left to files and names); what it reports on the way reaches a listener on the event loop, in order; `result` then
// runs there and settles the promise.
#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace smug::binding {

/// What becomes a JavaScript Error with a stable `code`.
struct CodedError {
  std::string code, message;

  Napi::Error In(Napi::Env env) const {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    return error;
  }
};

/// work(), with what the core throws turned into a coded error by `describe`: for calls that fail before any promise
/// exists.
template <typename Describe, typename Work>
Napi::Value Guarded(Napi::Env env, Describe describe, Work work) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw describe(std::current_exception()).In(env);
  }
}

class PromiseWorker {
 public:
  /// Makes the arguments that the listener is called with; runs on the event loop.
  using Message = std::function<std::vector<napi_value>(Napi::Env)>;
  /// Sends one, from any thread while `execute` runs.
  using Report = std::function<void(Message)>;

  struct Job {
    std::function<void(const Report&)> execute;
    std::function<Napi::Value(Napi::Env)> result;
    /// Turns whatever `execute` threw into code and message.
    std::function<CodedError(std::exception_ptr)> describe;
    /// Asks `execute` to end soon; called when the environment goes away before the work is done.
    std::function<void()> stop = [] {};
    /// Hears what is reported; empty: nobody does.
    Napi::Function listener;
  };

  /// The workers of one environment (the main thread, or a worker thread), kept as its instance data.
  using Running = std::unordered_set<PromiseWorker*>;
  static void Init(Napi::Env env) { env.SetInstanceData(new Running); }

  static Napi::Promise Start(Napi::Env env, Job job) {
    std::unique_ptr<PromiseWorker> worker(new PromiseWorker(env, std::move(job)));
    const Napi::Promise promise = worker->deferred_.Promise();
    try {
      worker->thread_ = std::thread(Work, worker.get());
    } catch (const std::system_error&) {
      worker->channel_.Release();
      throw CodedError{"OUT_OF_MEMORY", "no further thread can be started"}.In(env);
    }
    // A process that exits must not free the buffers under a running thread: the hook stops it and waits.
    napi_add_env_cleanup_hook(env, End, worker.get());
    worker->running_.insert(worker.get());
    worker.release();  // until Settle or End
    return promise;
  }

 private:
  PromiseWorker(Napi::Env env, Job job)
      : job_(std::move(job)),
        deferred_(Napi::Promise::Deferred::New(env)),
        listening_(!job_.listener.IsEmpty()),
        channel_(Napi::ThreadSafeFunction::New(
            env, listening_ ? job_.listener : Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "smug work",
            0, 1)),
        running_(*env.GetInstanceData<Running>()) {
    job_.listener = Napi::Function();  // a handle of this call; the channel holds the function itself
  }

  static void Work(PromiseWorker* worker) {
    try {
      worker->job_.execute([worker](Message message) { worker->Tell(std::move(message)); });
    } catch (...) {
      worker->error_ = std::current_exception();
    }
    worker->channel_.BlockingCall([worker](Napi::Env env, Napi::Function) { worker->Settle(env); });
    worker->channel_.Release();
  }

  void Tell(Message message) {
    if (!listening_) return;
    channel_.NonBlockingCall([message = std::move(message)](Napi::Env env, Napi::Function listener) {
      UnlessEnding([&] { listener.Call(message(env)); });
    });
  }

  /// A worker thread that is being terminated refuses every call; there is no one left to tell.
  template <typename Call>
  static void UnlessEnding(Call call) {
    try {
      call();
    } catch (const Napi::Error&) {
    }
  }

  /// The environment goes away. All its workers are told before one is waited for; what they still want to say stays
  /// unheard.
  static void End(void* data) {
    const std::unique_ptr<PromiseWorker> self(static_cast<PromiseWorker*>(data));
    for (const PromiseWorker* worker : self->running_) worker->job_.stop();
    self->running_.erase(self.get());
    self->thread_.join();
  }

  void Settle(Napi::Env env) {
    const std::unique_ptr<PromiseWorker> self(this);
    // The thread has nothing left to do but to release the channel that called us.
    thread_.join();
    running_.erase(this);
    napi_remove_env_cleanup_hook(env, End, this);
    UnlessEnding([&] {
      try {
        if (error_) throw job_.describe(error_).In(env);
        deferred_.Resolve(job_.result(env));
      } catch (const Napi::Error& error) {
        deferred_.Reject(error.Value());
      }
    });
  }

  Job job_;
  Napi::Promise::Deferred deferred_;
  const bool listening_;
  Napi::ThreadSafeFunction channel_;
  Running& running_;
  std::thread thread_;
  std::exception_ptr error_;
};

}  // namespace smug::binding
