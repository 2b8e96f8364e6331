// Memory that the process no longer needs.
//   suggestCollection(): lets the garbage collector start a full round, in small steps, as after much was allocated
//   limitArenas(n): threads share at most so many of the allocator's arenas, if that many are not there yet
//   returnBlocksFrom(bytes): blocks from that size on are pages of their own, which go back to the system when freed
//   trimMemory() → Promise: gives what was freed back to the system, where the allocator can; the event loop goes on
#include <napi.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "arguments.h"
#include "promise_worker.h"

namespace {

using namespace smug::binding;

Napi::Value SuggestCollection(const Napi::CallbackInfo& info) {
  // V8 starts to mark when this amount of external memory has come since its last round.
  constexpr int64_t pressure = int64_t{65} << 20;
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), pressure);
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -pressure);
  return info.Env().Undefined();
}

Napi::Value LimitArenas(const Napi::CallbackInfo& info) {
  const int64_t most = WholeFrom(info[0], "arenas", 1, INT32_MAX);
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, static_cast<int>(most));
#endif
  return info.Env().Undefined();
}

Napi::Value ReturnBlocksFrom(const Napi::CallbackInfo& info) {
  const int64_t bytes = WholeFrom(info[0], "bytes", 4096, int64_t{32} << 20);
#ifdef __GLIBC__
  // Said once it stays: otherwise the first block of up to 32 MiB that is freed raises both to its own size, for good.
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(bytes));
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(bytes));
#endif
  return info.Env().Undefined();
}

Napi::Value TrimMemory(const Napi::CallbackInfo& info) {
  PromiseWorker::Job job;
  job.execute = [](const PromiseWorker::Report&) {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
  };
  job.result = [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
  job.describe = [](std::exception_ptr) { return CodedError{"OUT_OF_MEMORY", "memory cannot be given back"}; };
  return PromiseWorker::Start(info.Env(), std::move(job));
}

}  // namespace

void InitMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("suggestCollection", Napi::Function::New(env, SuggestCollection, "suggestCollection"));
  exports.Set("limitArenas", Napi::Function::New(env, LimitArenas, "limitArenas"));
  exports.Set("returnBlocksFrom", Napi::Function::New(env, ReturnBlocksFrom, "returnBlocksFrom"));
  exports.Set("trimMemory", Napi::Function::New(env, TrimMemory, "trimMemory"));
}
