// The search that learns lemmas, on the calling thread, which is a worker's.
//   lemmaSearch(problem, target, recorded) → handle
//   lemmaLower(handle, target)
//   lemmaRelaxation(handle) → point of the linear relaxation at the root; empty where that is closed
//   lemmaMultipliers(handle) → the rows' multipliers at that point
//   lemmaResume(handle, nodes) → { state, candidate, rootBound, nodes, memory }   state: running, proven or candidate
//   lemmaProof(handle) → { vectors, lemmas }
#include <napi.h>

#include <memory>

#include "arguments.h"
#include "handles.h"
#include "lemma_search.h"
#include "problem_conversion.h"
#include "promise_worker.h"
#include "solver_failure.h"

using smug::solver::LemmaSearch;
using Handle = std::shared_ptr<LemmaSearch>;

namespace smug::binding {

template <>
struct Tag<Handle> {
  static constexpr napi_type_tag value = {0x6c1f0be5a0d74e93, 0x83b7d2c95e1406fa};
  static constexpr const char* name = "lemma search";
};

}  // namespace smug::binding

namespace {

using namespace smug::binding;

CodedError Describe(std::exception_ptr error) {
  return SolverFailure(error, "The search of a component does not fit in memory.");
}

Napi::Value NewSearch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsObject() || !info[2].IsBoolean()) {
    throw Napi::TypeError::New(env, "lemmaSearch: expected (problem, target, recorded)");
  }
  return Guarded(env, Describe, [&]() -> Napi::Value {
    auto problem = ProblemFrom(info[0].As<Napi::Object>());
    const auto target = static_cast<int64_t>(WholeFrom(info[1], "target", 0, INT32_MAX));
    const bool recorded = info[2].As<Napi::Boolean>().Value();
    return Wrap<Handle>(env, std::make_shared<LemmaSearch>(std::move(problem), target, recorded));
  });
}

Napi::Value Lower(const Napi::CallbackInfo& info) {
  const Handle search = Unwrap<Handle>(info[0]);
  search->lower(static_cast<int64_t>(WholeFrom(info[1], "target", 0, INT32_MAX)));
  return info.Env().Undefined();
}

Napi::Value Relaxation(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Handle search = Unwrap<Handle>(info[0]);
  return Guarded(env, Describe, [&]() -> Napi::Value { return TypedArrayOf(env, search->relaxation()); });
}

Napi::Value Multipliers(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Handle search = Unwrap<Handle>(info[0]);
  return Guarded(env, Describe, [&]() -> Napi::Value { return TypedArrayOf(env, search->multipliers()); });
}

Napi::Value Resume(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Handle search = Unwrap<Handle>(info[0]);
  const int64_t nodes = ClampedFrom(info[1], "nodes");
  return Guarded(env, Describe, [&]() -> Napi::Value {
    static constexpr const char* names[] = {"running", "proven", "candidate"};
    const LemmaSearch::State state = search->resume(nodes);
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("state", names[static_cast<int>(state)]);
    if (state == LemmaSearch::State::candidate) {
      answer.Set("candidate", TypedArrayOf(env, search->candidate));
    } else {
      answer.Set("candidate", env.Null());
    }
    answer.Set("rootBound", static_cast<double>(search->rootBound()));
    answer.Set("nodes", static_cast<double>(search->nodes()));
    answer.Set("memory", static_cast<double>(search->memory()));
    return answer;
  });
}

Napi::Value Proof(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Handle search = Unwrap<Handle>(info[0]);
  return Guarded(env, Describe, [&]() -> Napi::Value {
    const LemmaSearch::Proof proof = search->proof();
    const auto doubles = [](const std::vector<int64_t>& all) { return std::vector<double>(all.begin(), all.end()); };
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("vectors", TypedArrayOf(env, doubles(proof.vectors)));
    answer.Set("lemmas", TypedArrayOf(env, doubles(proof.lemmas)));
    return answer;
  });
}

}  // namespace

void InitLemmas(Napi::Env env, Napi::Object exports) {
  exports.Set("lemmaSearch", Napi::Function::New(env, NewSearch, "lemmaSearch"));
  exports.Set("lemmaLower", Napi::Function::New(env, Lower, "lemmaLower"));
  exports.Set("lemmaRelaxation", Napi::Function::New(env, Relaxation, "lemmaRelaxation"));
  exports.Set("lemmaMultipliers", Napi::Function::New(env, Multipliers, "lemmaMultipliers"));
  exports.Set("lemmaResume", Napi::Function::New(env, Resume, "lemmaResume"));
  exports.Set("lemmaProof", Napi::Function::New(env, Proof, "lemmaProof"));
}
