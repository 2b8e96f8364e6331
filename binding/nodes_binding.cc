// Nodes of a first layer, on the calling thread: a pass over them takes less than the way to another.
//   topNodes(scores, k) → Uint32Array, the k highest positive ones, highest first
//   countKept(shown, hidden, gamma) → [active, kept]
#include <napi.h>

#include "arguments.h"
#include "nodes/nodes.h"
#include "promise_worker.h"
#include "solver_failure.h"

namespace {

using namespace smug::binding;

CodedError Describe(std::exception_ptr error) {
  return SolverFailure(error, "The layer's nodes do not fit in memory.");
}

Napi::Value TopNodes(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto scores = ElementsIn<float>(info[0], "scores");
  const int64_t k = WholeFrom(info[1], "k", 0, UINT32_MAX);
  if (scores.ElementLength() > UINT32_MAX)
    throw Napi::RangeError::New(env, "topNodes: expected fewer than 2^32 scores");
  return Guarded(env, Describe, [&]() -> Napi::Value {
    return TypedArrayOf(env, smug::nodes::topNodes(scores.Data(), scores.ElementLength(), static_cast<size_t>(k)));
  });
}

Napi::Value CountKept(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto shown = ElementsIn<float>(info[0], "shown");
  const auto hidden = ElementsIn<float>(info[1], "hidden");
  const double gamma = NumberFrom(info[2], "gamma");
  if (shown.ElementLength() != hidden.ElementLength()) {
    throw Napi::RangeError::New(env, "countKept: expected as many hidden nodes as shown ones");
  }
  const auto [active, kept] = smug::nodes::countKept(shown.Data(), hidden.Data(), shown.ElementLength(), gamma);
  return TypedArrayOf(env, std::vector<double>{static_cast<double>(active), static_cast<double>(kept)});
}

}  // namespace

void InitNodes(Napi::Env env, Napi::Object exports) {
  exports.Set("topNodes", Napi::Function::New(env, TopNodes, "topNodes"));
  exports.Set("countKept", Napi::Function::New(env, CountKept, "countKept"));
}
