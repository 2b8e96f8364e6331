// A graph as plain JavaScript data (lib/engines/native-graph.ts) becomes the core's Graph. Weights are copied; the
// engine's copy can take the place of JavaScript's (…Constants in engine_binding.h), and is then shared by the next
// network of the same weights.
//
//   { values: { name, shape, data? }[], inputs: number[], outputs: number[],
//     nodes: { op, name, inputs: number[], output: number, …attributes of lib/graph/graph.ts }[] }
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "arguments.h"
#include "graph/graph.h"

namespace smug::binding {

/// The constants that JavaScript has arrays on, by their memory.
class LentConstants {
 public:
  static LentConstants& instance() {
    static LentConstants constants;
    return constants;
  }

  /// False where JavaScript got it already.
  bool add(const Constant& constant) {
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    return known_.emplace(constant->data(), constant).second;
  }

  /// The constant whose whole memory this is, or null.
  Constant find(const float* data, size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(data);
    const Constant constant = found == known_.end() ? nullptr : found->second.lock();
    return constant && constant->size() == size ? constant : nullptr;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const float*, Constant::weak_type> known_;
};

inline Ints IntsFrom(const Napi::Value& value) {
  Ints list;
  if (!value.IsArray()) return list;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) list.push_back(array.Get(i).ToNumber().Int64Value());
  return list;
}

inline std::vector<int> NumbersFrom(const Napi::Value& value) {
  const Ints list = IntsFrom(value);
  return std::vector<int>(list.begin(), list.end());
}

inline Node NodeFrom(const Napi::Object& object) {
  Node node;
  node.op = opNamed(object.Get("op").ToString().Utf8Value());
  node.name = object.Get("name").ToString().Utf8Value();
  node.inputs = NumbersFrom(object.Get("inputs"));
  node.output = object.Get("output").ToNumber().Int32Value();
  const auto list = [&](const char* name, Ints& to) { to = IntsFrom(object.Get(name)); };
  const auto whole = [&](const char* name, int64_t& to) {
    if (object.Has(name)) to = object.Get(name).ToNumber().Int64Value();
  };
  const auto real = [&](const char* name, float& to) {
    if (object.Has(name)) to = object.Get(name).ToNumber().FloatValue();
  };
  const auto flag = [&](const char* name, bool& to) { to = object.Get(name).ToBoolean().Value(); };
  list("kernel", node.kernel), list("strides", node.strides), list("pads", node.pads);
  list("dilations", node.dilations), list("axes", node.axes), list("perm", node.perm);
  list("starts", node.starts), list("ends", node.ends), list("steps", node.steps), list("scales", node.scales);
  whole("groups", node.groups), whole("axis", node.axis), whole("size", node.size);
  real("alpha", node.alpha), real("beta", node.beta), real("gamma", node.gamma), real("bias", node.bias),
      real("epsilon", node.epsilon);
  real("min", node.min), real("max", node.max), real("value", node.value);
  flag("ceil", node.ceil), flag("countIncludePad", node.countIncludePad), flag("keepDims", node.keepDims);
  const std::string mode = object.Get("mode").ToString().Utf8Value();
  node.mode = mode == "reflect" ? PadMode::reflect : mode == "edge" ? PadMode::edge : PadMode::constant;
  return node;
}

inline Graph GraphFrom(const Napi::Value& given) {
  const Napi::Object object = ObjectFrom(given, "graph");
  Graph graph;
  const auto values = ListFrom(object.Get("values"), "values");
  for (uint32_t i = 0; i < values.Length(); i++) {
    const Napi::Object entry = ObjectFrom(values.Get(i), "value");
    Value value{entry.Get("name").ToString().Utf8Value(), IntsFrom(entry.Get("shape")), nullptr};
    if (const Napi::Value weights = entry.Get("data"); !weights.IsUndefined()) {
      const auto data = ElementsIn<float>(weights, "data of '" + value.name + "'");
      value.constant = LentConstants::instance().find(data.Data(), data.ElementLength());
      if (!value.constant) {
        value.constant = std::make_shared<const std::vector<float>>(data.Data(), data.Data() + data.ElementLength());
      }
    }
    graph.values.push_back(std::move(value));
  }
  graph.inputs = NumbersFrom(object.Get("inputs"));
  graph.outputs = NumbersFrom(object.Get("outputs"));
  const auto nodes = ListFrom(object.Get("nodes"), "nodes");
  for (uint32_t i = 0; i < nodes.Length(); i++) graph.nodes.push_back(NodeFrom(ObjectFrom(nodes.Get(i), "node")));
  graph.check();
  return graph;
}

}  // namespace smug::binding
