// Turns a graph into a program: forward through the operations that are needed, back through those that lie between
// the seeded values and the values whose gradient is wanted. Every producer chooses the layout of what it makes (maps
// channels last); kernels take any strides, so that slices, transpositions and parts of concatenations are views, and
// data is copied only for convolutions, which want channels last.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "graph/request.h"
#include "kernels/convolution.h"
#include "program.h"
#include "weights.h"

namespace smug::cuda {

/// A request and how its data is exchanged: row-major as on the host, or as maps lie on the device (channels last).
struct DeviceRequest {
  ProgramRequest request;
  bool deviceInputs = false, deviceSeeds = false, deviceOutputs = false;
  bool operator==(const DeviceRequest&) const = default;
};

/// Throws Unsupported or OutOfMemory (weights).
std::unique_ptr<Program> buildProgram(const Graph& graph, const std::vector<bool>& batched,
                                      const DeviceRequest& request, Arithmetic arithmetic, Weights& weights);

/// What the lowering of one operation (lower_*.cc) works with.
class Builder {
 public:
  Builder(const Graph& graph, const std::vector<bool>& batched, const DeviceRequest& request, Arithmetic arithmetic,
          Weights& weights);
  std::unique_ptr<Program> build();

  const Graph& graph;
  const Arithmetic arithmetic;
  Weights& weights;

  /// Shape at the program's batch.
  Shape shape(int value) const;
  const Constant& constant(int value) const { return graph.values[value].constant; }
  bool moving(int value) const { return moving_[value]; }

  /// The value where its producer left it.
  const Tensor& tensor(int value);
  /// The value as a channels-last map or as rows, copied if it lies otherwise.
  Tensor map(int value);
  Tensor rows(int value);
  /// Where the current node writes `value`: its place in a concatenation, else new memory with these strides.
  Tensor result(int value, const Shape& strides);
  /// A concatenation's memory once a part of it has been written in place, else null.
  const Tensor* begun(int value) const { return tensors_[value] ? &*tensors_[value] : nullptr; }
  void define(int value, Tensor tensor) { tensors_[value] = std::move(tensor); }

  int newBuffer(size_t bytes);
  Tensor newTensor(const Shape& size, const Shape& strides);
  /// The elements that `tensor` spans, in bfloat16, in a buffer where its first element comes first.
  int halved(const Tensor& tensor);
  /// The same of a value's `map`, made once for all who read it.
  int halvedMap(int value);
  void step(std::string what, const std::vector<Tensor>& uses, std::function<void(const Run&)> launch,
            const std::vector<int>& buffers = {});
  void copyStep(const Tensor& from, const Tensor& to, bool accumulate = false);

  /// A gradient; `exclusive` when nobody else reads its memory, so that it may be overwritten and added to.
  struct Gradient {
    Tensor tensor;
    bool exclusive = true;
  };
  /// Registers how the current node hands its output's gradient to its inputs.
  void backward(std::function<void(const Gradient&)> recipe) { recipes_[current_] = std::move(recipe); }
  /// Hands on a gradient as it is: added to what the value has, or kept where it lies.
  void give(int value, const Gradient& gradient);
  /// Where a kernel writes, or adds, a gradient of the value.
  struct Target {
    Tensor tensor;
    bool accumulate;
  };
  Target target(int value);
  /// The gradient that the value has so far, if any.
  const std::optional<Gradient>& gradient(int value) const { return gradients_[value]; }

  /// The node that the current one computes as well (conv + relu), or null.
  const Node* fused(const Node& node) const;

 private:
  void findFused();
  void findSlots();
  void lower(const Node& node);
  void loadInputs();
  Tensor exchanged(int value, const Tensor& tensor, bool device);
  Tensor newExchange(int value, bool device);
  void seed();
  void runBackward();
  void emit(int value);

  const ProgramRequest& request_;
  const DeviceRequest& exchangeRequest_;
  std::vector<bool> batched_, needed_, moving_;
  std::vector<std::optional<Tensor>> tensors_;
  std::vector<Step> steps_;
  std::vector<size_t> buffers_;
  std::vector<std::optional<Gradient>> gradients_;
  std::vector<std::function<void(const Gradient&)>> recipes_;
  std::vector<int> fusedWith_;  ///< per node: index of the node it computes as well, or -1
  std::vector<bool> absorbed_;  ///< per node: computed by another one
  struct Slot {
    int whole = -1;
    int64_t channel = 0;
  };
  std::vector<Slot> slots_;
  std::map<int, Tensor> maps_;
  std::map<int, int> halvedMaps_;
  Exchange exchange_;
  size_t current_ = 0;
};

// The lowerings, by family.
void lowerConv(Builder& builder, const Node& node);
void lowerDense(Builder& builder, const Node& node);
void lowerPool(Builder& builder, const Node& node);
void lowerMean(Builder& builder, const Node& node);
void lowerLrn(Builder& builder, const Node& node);
void lowerSoftmax(Builder& builder, const Node& node);
void lowerUnary(Builder& builder, const Node& node);
void lowerUnaryBackward(Builder& builder, const Node& node);
void lowerBinary(Builder& builder, const Node& node);
void lowerPrelu(Builder& builder, const Node& node);
void lowerAffine(Builder& builder, const Node& node);
void lowerView(Builder& builder, const Node& node);
void lowerReshape(Builder& builder, const Node& node);
void lowerPad(Builder& builder, const Node& node);
void lowerUpsample(Builder& builder, const Node& node);
void lowerGather(Builder& builder, const Node& node);
void lowerConcat(Builder& builder, const Node& node);

}  // namespace smug::cuda
