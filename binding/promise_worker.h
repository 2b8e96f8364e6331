// Work off the event loop: `execute` runs on a thread of its own and may wait as long as it likes (libuv's pool is
// left to files and names), `result` then runs on the event loop and settles the promise.
#pragma once

#include <napi.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace smug::binding {

/// What becomes a JavaScript Error with a stable `code`.
struct CodedError {
  std::string code, message;
};

class PromiseWorker {
 public:
  struct Job {
    std::function<void()> execute;
    std::function<Napi::Value(Napi::Env)> result;
    /// Turns whatever `execute` threw into code and message.
    std::function<CodedError(std::exception_ptr)> describe;
    /// Raised when the environment goes away before the work is done.
    std::shared_ptr<std::atomic<bool>> cancel;
    /// JavaScript objects whose memory `execute` reads or writes.
    std::vector<Napi::ObjectReference> keep;
  };

  static Napi::Promise Start(Napi::Env env, Job job) {
    auto* worker = new PromiseWorker(env, std::move(job));
    const Napi::Promise promise = worker->deferred_.Promise();
    // A process that exits must not free the buffers under a running thread: the hook stops it and waits.
    napi_add_env_cleanup_hook(env, Stop, worker);
    worker->thread_ = std::thread([worker] {
      try {
        worker->job_.execute();
      } catch (...) {
        worker->error_ = std::current_exception();
      }
      worker->settle_.BlockingCall(worker,
                                   [](Napi::Env env, Napi::Function, PromiseWorker* self) { self->Settle(env); });
      worker->settle_.Release();
    });
    return promise;
  }

 private:
  PromiseWorker(Napi::Env env, Job job)
      : job_(std::move(job)),
        deferred_(Napi::Promise::Deferred::New(env)),
        settle_(Napi::ThreadSafeFunction::New(env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}),
                                              "smug work", 0, 1)) {}

  static void Stop(void* data) {
    auto* worker = static_cast<PromiseWorker*>(data);
    if (worker->job_.cancel) worker->job_.cancel->store(true);
    if (worker->thread_.joinable()) worker->thread_.join();
  }

  void Settle(Napi::Env env) {
    const std::unique_ptr<PromiseWorker> self(this);
    // The thread has nothing left to do but to release the function that called us.
    thread_.join();
    napi_remove_env_cleanup_hook(env, Stop, this);
    if (!error_) {
      try {
        deferred_.Resolve(job_.result(env));
      } catch (const Napi::Error& error) {
        deferred_.Reject(error.Value());
      }
      return;
    }
    const CodedError coded = job_.describe(error_);
    Napi::Error error = Napi::Error::New(env, coded.message);
    error.Set("code", Napi::String::New(env, coded.code));
    deferred_.Reject(error.Value());
  }

  Job job_;
  Napi::Promise::Deferred deferred_;
  Napi::ThreadSafeFunction settle_;
  std::thread thread_;
  std::exception_ptr error_;
};

}  // namespace smug::binding
