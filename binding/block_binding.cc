// The search of blocks: numbers in, numbers out, on the calling thread, which is a worker's.
//   blockProof(rows, costs, multipliers) → handle     rows: { columns, offsets, entries, coefficients, bounds }
//   blockRootBound(handle) → number
//   blockBegin(handle, target, nodeLimit)
//   blockResume(handle, nodes) → null while it runs, then { proven, nodes, multipliers, counterexample }
#include <napi.h>

#include <memory>
#include <stdexcept>

#include "arguments.h"
#include "block_proof.h"
#include "handles.h"
#include "promise_worker.h"
#include "solver_failure.h"

using smug::solver::BlockProof;
using smug::solver::BlockRows;
using Handle = std::shared_ptr<BlockProof>;

namespace smug::binding {

template <>
struct Tag<Handle> {
  static constexpr napi_type_tag value = {0x2f9ce1a7746b4d02, 0x9b1d5e60c8a3f417};
  static constexpr const char* name = "block proof";
};

}  // namespace smug::binding

namespace {

using namespace smug::binding;

CodedError Describe(std::exception_ptr error) {
  return SolverFailure(error, "The block of rows does not fit in memory.");
}

Napi::Value NewProof(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsObject()) {
    throw Napi::TypeError::New(env, "blockProof: expected (rows, costs, multipliers)");
  }
  return Guarded(env, Describe, [&]() -> Napi::Value {
    const auto given = info[0].As<Napi::Object>();
    BlockRows rows;
    rows.columns = static_cast<uint32_t>(WholeFrom(given.Get("columns"), "columns", 0, INT32_MAX));
    rows.offsets = CopyOf<uint32_t>(given, "offsets");
    rows.entries = CopyOf<uint32_t>(given, "entries");
    rows.coefficients = CopyOf<double>(given, "coefficients");
    rows.bounds = CopyOf<double>(given, "bounds");
    std::vector<double> costs = CopyOf<double>(info[1], "costs");
    std::vector<double> multipliers = CopyOf<double>(info[2], "multipliers");
    try {
      return Wrap<Handle>(env, std::make_shared<BlockProof>(std::move(rows), std::move(costs), std::move(multipliers)));
    } catch (const std::invalid_argument& error) {
      throw Napi::RangeError::New(env, error.what());
    }
  });
}

Napi::Value RootBound(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Unwrap<Handle>(info[0])->rootBound());
}

Napi::Value Begin(const Napi::CallbackInfo& info) {
  const Handle proof = Unwrap<Handle>(info[0]);
  proof->begin(NumberFrom(info[1], "target"), ClampedFrom(info[2], "nodeLimit"));
  return info.Env().Undefined();
}

Napi::Value Resume(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Handle proof = Unwrap<Handle>(info[0]);
  const int64_t nodes = ClampedFrom(info[1], "nodes");
  return Guarded(env, Describe, [&]() -> Napi::Value {
    const BlockProof::State state = proof->resume(nodes);
    if (state == BlockProof::State::running) return env.Null();
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("proven", state == BlockProof::State::proven);
    answer.Set("nodes", static_cast<double>(proof->nodes));
    answer.Set("multipliers", TypedArrayOf(env, proof->multipliers));
    if (proof->counterexample.empty()) {
      answer.Set("counterexample", env.Null());
    } else {
      answer.Set("counterexample", TypedArrayOf(env, proof->counterexample));
    }
    return answer;
  });
}

}  // namespace

void InitBlocks(Napi::Env env, Napi::Object exports) {
  exports.Set("blockProof", Napi::Function::New(env, NewProof, "blockProof"));
  exports.Set("blockRootBound", Napi::Function::New(env, RootBound, "blockRootBound"));
  exports.Set("blockBegin", Napi::Function::New(env, Begin, "blockBegin"));
  exports.Set("blockResume", Napi::Function::New(env, Resume, "blockResume"));
}
