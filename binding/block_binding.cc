// The search of blocks: numbers in, numbers out, on the calling thread, which is a worker's.
//   blockProof(rows, costs, multipliers) → handle     rows: { columns, offsets, entries, coefficients, bounds }
//   blockRootBound(handle) → number
//   blockBegin(handle, target, nodeLimit)
//   blockResume(handle, nodes) → null while it runs, then { proven, nodes, multipliers, counterexample }
#include <napi.h>

#include <memory>
#include <stdexcept>

#include "block_proof.h"
#include "handles.h"

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

template <typename Array, typename Value>
std::vector<Value> list(const Napi::Value& value, napi_typedarray_type type, const char* expected) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw Napi::TypeError::New(value.Env(), expected);
  }
  const auto array = value.As<Array>();
  return std::vector<Value>(array.Data(), array.Data() + array.ElementLength());
}

std::vector<double> doubles(const Napi::Value& value, const char* expected) {
  return list<Napi::Float64Array, double>(value, napi_float64_array, expected);
}

std::vector<uint32_t> indices(const Napi::Value& value, const char* expected) {
  return list<Napi::Uint32Array, uint32_t>(value, napi_uint32_array, expected);
}

Napi::Value block_proof(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsObject()) {
    throw Napi::TypeError::New(env, "blockProof: expected (rows, costs, multipliers)");
  }
  const auto given = info[0].As<Napi::Object>();
  const Napi::Value columns = given.Get("columns");
  if (!columns.IsNumber()) throw Napi::TypeError::New(env, "columns: expected a number");
  BlockRows rows;
  rows.columns = columns.As<Napi::Number>().Uint32Value();
  rows.offsets = indices(given.Get("offsets"), "offsets: expected a Uint32Array");
  rows.entries = indices(given.Get("entries"), "entries: expected a Uint32Array");
  rows.coefficients = doubles(given.Get("coefficients"), "coefficients: expected a Float64Array");
  rows.bounds = doubles(given.Get("bounds"), "bounds: expected a Float64Array");
  try {
    return smug::binding::Wrap<Handle>(
        env, std::make_shared<BlockProof>(std::move(rows), doubles(info[1], "costs: expected a Float64Array"),
                                          doubles(info[2], "multipliers: expected a Float64Array")));
  } catch (const std::invalid_argument& error) {
    throw Napi::RangeError::New(env, error.what());
  }
}

Napi::Value rootBound(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), smug::binding::Unwrap<Handle>(info[0])->rootBound());
}

Napi::Value begin(const Napi::CallbackInfo& info) {
  const Handle proof = smug::binding::Unwrap<Handle>(info[0]);
  if (!info[1].IsNumber() || !info[2].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), "blockBegin: expected (handle, target, nodeLimit)");
  }
  proof->begin(info[1].As<Napi::Number>().DoubleValue(), info[2].As<Napi::Number>().Int64Value());
  return info.Env().Undefined();
}

Napi::Value resume(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Handle proof = smug::binding::Unwrap<Handle>(info[0]);
  if (!info[1].IsNumber()) throw Napi::TypeError::New(env, "blockResume: expected (handle, nodes)");
  const BlockProof::State state = proof->resume(info[1].As<Napi::Number>().Int64Value());
  if (state == BlockProof::State::running) return env.Null();
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("proven", state == BlockProof::State::proven);
  answer.Set("nodes", static_cast<double>(proof->nodes));
  auto multipliers = Napi::Float64Array::New(env, proof->multipliers.size());
  std::copy(proof->multipliers.begin(), proof->multipliers.end(), multipliers.Data());
  answer.Set("multipliers", multipliers);
  if (proof->counterexample.empty()) {
    answer.Set("counterexample", env.Null());
  } else {
    auto point = Napi::Uint8Array::New(env, proof->counterexample.size());
    std::copy(proof->counterexample.begin(), proof->counterexample.end(), point.Data());
    answer.Set("counterexample", point);
  }
  return answer;
}

}  // namespace

void InitBlocks(Napi::Env env, Napi::Object exports) {
  exports.Set("blockProof", Napi::Function::New(env, block_proof, "blockProof"));
  exports.Set("blockRootBound", Napi::Function::New(env, rootBound, "blockRootBound"));
  exports.Set("blockBegin", Napi::Function::New(env, begin, "blockBegin"));
  exports.Set("blockResume", Napi::Function::New(env, resume, "blockResume"));
}
