// A run's request as plain JavaScript data becomes the core's, without copies: typed arrays are read and written where
// they lie, and kept alive by the job.
//
//   { batches, wanted: number[], gradientsAt: number[], inputs: Float32Array[], outputs: Float32Array[],
//     targets?: Int32Array, values?: Float64Array }
#pragma once

#include <napi.h>

#include "graph/request.h"
#include "graph_conversion.h"

namespace smug::binding {

/// A typed array's memory, checked for its length and kept alive by the job.
template <typename T, typename Array>
T* Memory(const Napi::Value& value, int64_t length, const char* name, std::vector<Napi::ObjectReference>& keep) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be a typed array");
  const auto array = value.As<Array>();
  if (static_cast<int64_t>(array.ElementLength()) != length) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " has " + std::to_string(array.ElementLength()) +
                                                 " elements, expected " + std::to_string(length));
  }
  keep.push_back(Napi::Persistent(value.As<Napi::Object>()));
  return const_cast<T*>(array.Data());
}

/// Addresses of the blocks of a value in one array; a value that is the same for all blocks is written once.
template <typename T>
std::vector<T*> BlocksOf(T* data, int64_t size, int64_t count, bool repeated = true) {
  std::vector<T*> blocks(count, nullptr);
  for (int64_t b = 0; b < (repeated ? count : 1); b++) blocks[b] = data + b * size;
  return blocks;
}

struct Request {
  ProgramRequest request;
  std::shared_ptr<Blocks> blocks = std::make_shared<Blocks>();
  double* values = nullptr;
};

inline std::vector<bool> DependingOnInputs(const Graph& graph) {
  std::vector<bool> depends(graph.values.size(), false);
  for (const int input : graph.inputs) depends[input] = true;
  for (const Node& node : graph.nodes) {
    for (const int input : node.inputs) depends[node.output] = depends[node.output] || depends[input];
  }
  return depends;
}

inline std::vector<int> ValuesFrom(const Napi::Value& list, const Graph& graph, const char* name) {
  const std::vector<int> values = NumbersFrom(list);
  for (const int value : values) {
    if (value < 0 || static_cast<size_t>(value) >= graph.values.size()) {
      throw Napi::RangeError::New(list.Env(), std::string(name) + " names a value that the network does not have");
    }
  }
  return values;
}

inline Request RequestFrom(const Napi::Object& object, const Graph& graph, std::vector<Napi::ObjectReference>& keep) {
  Request parsed;
  Blocks& blocks = *parsed.blocks;
  blocks.count = object.Get("batches").ToNumber().Int64Value();
  parsed.request.wanted = ValuesFrom(object.Get("wanted"), graph, "wanted");
  parsed.request.gradientsAt = ValuesFrom(object.Get("gradientsAt"), graph, "gradientsAt");
  const auto inputs = object.Get("inputs").As<Napi::Array>(), outputs = object.Get("outputs").As<Napi::Array>();
  const auto sizeAt = [&](int value) { return sizeOf(graph.values[value].shape); };
  for (size_t i = 0; i < graph.inputs.size(); i++) {
    const int64_t size = sizeAt(graph.inputs[i]);
    const float* data = Memory<float, Napi::Float32Array>(inputs.Get(i), size * blocks.count, "inputs", keep);
    blocks.inputs.push_back(BlocksOf<const float>(data, size, blocks.count));
  }
  const std::vector<bool> depends = DependingOnInputs(graph);
  std::vector<int> results = parsed.request.wanted;
  results.insert(results.end(), parsed.request.gradientsAt.begin(), parsed.request.gradientsAt.end());
  for (size_t i = 0; i < results.size(); i++) {
    const int64_t size = sizeAt(results[i]);
    const bool repeated = depends[results[i]];
    float* data =
        Memory<float, Napi::Float32Array>(outputs.Get(i), size * (repeated ? blocks.count : 1), "outputs", keep);
    blocks.outputs.push_back(BlocksOf<float>(data, size, blocks.count, repeated));
  }
  if (!parsed.request.gradientsAt.empty()) {
    const Shape& output = graph.values[graph.outputs[0]].shape;
    const int64_t perBlock = output.empty() ? 1 : output[0], classes = sizeOf(output) / perBlock;
    const int64_t samples = perBlock * blocks.count;
    const int32_t* targets = Memory<int32_t, Napi::Int32Array>(object.Get("targets"), samples, "targets", keep);
    for (int64_t n = 0; n < samples; n++) {
      if (targets[n] < 0 || targets[n] >= classes) throw Napi::RangeError::New(object.Env(), "targets: no such class");
    }
    blocks.targets.assign(targets, targets + samples);
    parsed.values = Memory<double, Napi::Float64Array>(object.Get("values"), samples, "values", keep);
  }
  return parsed;
}

inline std::vector<float> FloatsFrom(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "a path's tensors must be Float32Arrays");
  const auto array = value.As<Napi::Float32Array>();
  return std::vector<float>(array.Data(), array.Data() + array.ElementLength());
}

inline std::vector<Path> PathsFrom(const Napi::Array& list) {
  std::vector<Path> paths;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto entry = list.Get(i).As<Napi::Object>();
    Path path;
    path.activation = FloatsFrom(entry.Get("activation"));
    if (!entry.Get("baseline").IsUndefined()) path.baseline = FloatsFrom(entry.Get("baseline"));
    path.target = entry.Get("target").ToNumber().Int32Value();
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace smug::binding
