// A run's request as plain JavaScript data becomes the core's:
//
//   { batches, wanted: number[], gradientsAt: number[], inputs: Float32Array[], targets?: Int32Array }
//
// Inputs are copied, and results lie in arrays that JavaScript gets only when the run has ended: nothing that a caller
// does meanwhile (writing, transferring a buffer to another thread) can reach memory that the run uses.
#pragma once

#include <napi.h>

#include "arguments.h"
#include "graph/request.h"
#include "graph_conversion.h"

namespace smug::binding {

/// Addresses of the blocks of a value in one array; a value that is the same for all blocks is written once.
template <typename T>
std::vector<T*> BlocksOf(T* data, int64_t size, int64_t count, bool repeated = true) {
  std::vector<T*> blocks(count, nullptr);
  for (int64_t b = 0; b < (repeated ? count : 1); b++) blocks[b] = data + b * size;
  return blocks;
}

/// A request with the memory it works on; that of the results belongs to JavaScript.
struct Request {
  ProgramRequest request;
  Blocks blocks;
  std::vector<std::vector<float>> inputs;
  /// Float32Array[]: one per wanted value, then one per gradient.
  Napi::ObjectReference outputs;

  /// { outputs: Float32Array[], values?: Float64Array (with gradients) }
  Napi::Value Result(Napi::Env env) const {
    auto result = Napi::Object::New(env);
    result.Set("outputs", outputs.Value());
    if (!request.gradientsAt.empty()) result.Set("values", TypedArrayOf(env, blocks.values));
    return result;
  }
};

inline std::vector<bool> DependingOnInputs(const Graph& graph) {
  std::vector<bool> depends(graph.values.size(), false);
  for (const int input : graph.inputs) depends[input] = true;
  for (const Node& node : graph.nodes) {
    for (const int input : node.inputs) depends[node.output] = depends[node.output] || depends[input];
  }
  return depends;
}

inline std::vector<int> ValuesFrom(const Napi::Object& object, const char* name, const Graph& graph) {
  const std::vector<int> values = NumbersFrom(object.Get(name));
  for (const int value : values) {
    if (value < 0 || static_cast<size_t>(value) >= graph.values.size()) {
      throw Napi::RangeError::New(object.Env(), std::string(name) + ": names a value that the network does not have");
    }
  }
  return values;
}

inline std::vector<float> FloatsFrom(const Napi::Value& value, const std::string& name, int64_t length) {
  std::vector<float> floats = CopyOf<float>(value, name);
  if (static_cast<int64_t>(floats.size()) == length) return floats;
  throw Napi::RangeError::New(
      value.Env(), name + ": has " + std::to_string(floats.size()) + " elements, expected " + std::to_string(length));
}

inline std::shared_ptr<Request> RequestFrom(const Napi::Value& value, const Graph& graph) {
  const Napi::Object object = ObjectFrom(value, "request");
  auto parsed = std::make_shared<Request>();
  Blocks& blocks = parsed->blocks;
  // Values have fewer than 10¹² elements: no product of the two overflows.
  blocks.count = WholeFrom(object.Get("batches"), "batches", 1, 1 << 20);
  parsed->request.wanted = ValuesFrom(object, "wanted", graph);
  parsed->request.gradientsAt = ValuesFrom(object, "gradientsAt", graph);
  const auto sizeAt = [&](int value) { return sizeOf(graph.values[value].shape); };
  const auto inputs = ListFrom(object.Get("inputs"), "inputs");
  for (size_t i = 0; i < graph.inputs.size(); i++) {
    const int64_t size = sizeAt(graph.inputs[i]);
    const std::string name = "inputs[" + std::to_string(i) + "]";
    parsed->inputs.push_back(FloatsFrom(inputs.Get(i), name, size * blocks.count));
    blocks.inputs.push_back(BlocksOf<const float>(parsed->inputs.back().data(), size, blocks.count));
  }
  if (!parsed->request.gradientsAt.empty()) {
    const Shape& output = graph.values[graph.outputs.at(0)].shape;
    const int64_t perBlock = output.empty() ? 1 : output[0], classes = perBlock > 0 ? sizeOf(output) / perBlock : 0;
    blocks.targets = CopyOf<int32_t>(object, "targets");
    if (static_cast<int64_t>(blocks.targets.size()) != perBlock * blocks.count) {
      throw Napi::RangeError::New(value.Env(), "targets: expected one class per sample");
    }
    for (const int32_t target : blocks.targets) {
      if (target < 0 || target >= classes) throw Napi::RangeError::New(value.Env(), "targets: no such class");
    }
  }
  const std::vector<bool> depends = DependingOnInputs(graph);
  std::vector<int> results = parsed->request.wanted;
  results.insert(results.end(), parsed->request.gradientsAt.begin(), parsed->request.gradientsAt.end());
  auto outputs = Napi::Array::New(value.Env(), results.size());
  for (size_t i = 0; i < results.size(); i++) {
    const int64_t size = sizeAt(results[i]);
    const bool repeated = depends[results[i]];
    auto array = Napi::Float32Array::New(value.Env(), size * (repeated ? blocks.count : 1));
    blocks.outputs.push_back(BlocksOf<float>(array.Data(), size, blocks.count, repeated));
    outputs.Set(i, array);
  }
  parsed->outputs = Napi::Persistent(outputs.As<Napi::Object>());
  return parsed;
}

/// The option memoryBudget, in bytes; `otherwise` where it is not given.
inline size_t BudgetFrom(const Napi::Object& options, size_t otherwise) {
  const Napi::Value bytes = options.Get("memoryBudget");
  return bytes.IsUndefined() ? otherwise : static_cast<size_t>(WholeFrom(bytes, "memoryBudget", 1, int64_t{1} << 53));
}

inline std::vector<Path> PathsFrom(const Napi::Value& value) {
  const auto list = ListFrom(value, "paths");
  std::vector<Path> paths;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Object entry = ObjectFrom(list.Get(i), "path");
    Path path;
    path.activation = CopyOf<float>(entry, "activation");
    path.baseline = CopyOrNone<float>(entry, "baseline");
    path.target = static_cast<int32_t>(WholeFrom(entry.Get("target"), "target", 0, INT32_MAX));
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace smug::binding
