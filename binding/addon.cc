// Entry point of the addon: every part that was built adds its functions to `exports`.
#include <napi.h>

#include "promise_worker.h"

void InitMemory(Napi::Env env, Napi::Object exports);
#ifdef SMUG_HAS_SOLVER
void InitSolver(Napi::Env env, Napi::Object exports);
void InitBlocks(Napi::Env env, Napi::Object exports);
void InitLemmas(Napi::Env env, Napi::Object exports);
#endif
#ifdef SMUG_HAS_CPU
void InitCpu(Napi::Env env, Napi::Object exports);
#endif
#ifdef SMUG_HAS_CUDA
void InitCuda(Napi::Env env, Napi::Object exports);
#endif
#ifdef SMUG_HAS_IMAGE
void InitImages(Napi::Env env, Napi::Object exports);
#endif
#ifdef SMUG_HAS_NODES
void InitNodes(Napi::Env env, Napi::Object exports);
#endif

/// Raised whenever a function of the addon takes or gives something else; lib/addon.ts loads no other.
static constexpr int interfaceVersion = 4;

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceVersion", interfaceVersion);
  smug::binding::PromiseWorker::Init(env);
  InitMemory(env, exports);
#ifdef SMUG_HAS_SOLVER
  InitSolver(env, exports);
  InitBlocks(env, exports);
  InitLemmas(env, exports);
#endif
#ifdef SMUG_HAS_CPU
  InitCpu(env, exports);
#endif
#ifdef SMUG_HAS_CUDA
  InitCuda(env, exports);
#endif
#ifdef SMUG_HAS_IMAGE
  InitImages(env, exports);
#endif
#ifdef SMUG_HAS_NODES
  InitNodes(env, exports);
#endif
  return exports;
}

NODE_API_MODULE(smug_addon, Init)
