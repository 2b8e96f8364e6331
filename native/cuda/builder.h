// Turns a graph into a program: forward through the operations that are needed, back through those that lie between
// the seeded values and the values whose gradient is wanted. Every producer chooses the layout of what it makes (maps
// channels last); kernels take any strides, so that slices, transpositions and parts of concatenations are views, and
// data is copied only for convolutions, which want channels last.
//
// Bytes are what this work costs. Maps and their gradients are stored in 16 bits where the precision allows it and every
// kernel around them can; sums stay float32. ReLU's derivative is kept as bits, written by the kernel that makes
// the value and applied by the kernel that makes its gradient, so that nobody reads the value again for it.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "graph/lowering.h"
#include "precision.h"
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
                                      const DeviceRequest& request, const Formats& formats, Weights& weights);

/// What the lowering of one operation (lower_*.cc) works with.
class Builder : public Lowering {
 public:
  Builder(const Graph& graph, const std::vector<bool>& batched, const DeviceRequest& request, const Formats& formats,
          Weights& weights);
  std::unique_ptr<Program> build();

  const Formats formats;
  Weights& weights;

  /// The value where its producer left it, in any format.
  const Tensor& stored(int value);
  /// The value in float32, copied if it is stored in another format.
  Tensor tensor(int value);
  /// The value as a channels-last map in the format of the forward arithmetic, or as float32 rows; copied if it lies
  /// otherwise.
  Tensor map(int value);
  Tensor rows(int value);
  /// Where the current node writes `value`: its place in a concatenation, else new memory with these strides.
  Tensor result(int value, const Shape& strides);
  /// A concatenation's memory once a part of it has been written in place, else null.
  const Tensor* begun(int value) const { return tensors_[value] ? &*tensors_[value] : nullptr; }
  void define(int value, Tensor tensor) { tensors_[value] = std::move(tensor); }

  /// The formats of new memory for the value and its gradient.
  Format valueFormat(int value) const { return halves_[value] ? formats.values : Format::float32; }
  Format gradientFormat(int value) const { return halves_[value] ? formats.gradients : Format::float32; }

  int newBuffer(size_t bytes);
  Tensor newTensor(const Shape& size, const Shape& strides, Format format = Format::float32);
  /// The tensor as it is, or a copy in the format, and laid out so, that is asked for.
  Tensor as(const Tensor& tensor, Format format, const Shape* strides = nullptr);
  void step(std::string what, const std::vector<Tensor>& uses, std::function<void(const Run&)> launch,
            const std::vector<int>& buffers = {}, std::string detail = {}, double flop = 0);
  void copyStep(const Tensor& from, const Tensor& to, bool accumulate = false);

  /// Where the bits of ReLU's derivative at a value lie: c % 8 of byte c / 8 of a pixel.
  struct Bits {
    int buffer = -1;
    int64_t offset = 0, pixel = 0;  ///< bytes
  };
  /// Those of a value that has them: who makes it writes them, and who makes its gradient may apply them.
  const std::optional<Bits>& bits(int value) const { return bits_[value]; }
  /// Whether a value's zeros pass no gradient on, whatever the gradient there.
  bool positivePart(int value) const { return bits_[value].has_value(); }

  /// A gradient; `exclusive` when nobody else reads its memory, so that it may be overwritten and added to; `kept` when
  /// ReLU's derivative at the value has been applied to it.
  struct Gradient {
    Tensor tensor;
    bool exclusive = true;
    bool kept = false;
  };
  /// Registers how the current node hands its output's gradient to its inputs. The gradient comes in float32 unless the
  /// recipe takes halves.
  void backward(std::function<void(const Gradient&)> recipe, bool takesHalves = false) {
    recipes_[current()] = {std::move(recipe), takesHalves};
  }
  /// Hands on a gradient as it is: added to what the value has, or kept where it lies.
  void give(int value, const Gradient& gradient);
  /// Where a kernel writes, or adds, a gradient of the value.
  struct Target {
    Tensor tensor;
    bool accumulate;
  };
  /// `takesHalves`: the kernel can write halves. `keeps`: it applies the value's bits, or gives nothing where they are
  /// 0.
  Target target(int value, bool takesHalves = false, bool keeps = false);
  /// The last target's kernel applied the value's bits to the whole sum.
  void markKept(int value) { gradients_[value]->kept = true; }
  /// The gradient that the value has so far, if any.
  const std::optional<Gradient>& gradient(int value) const { return gradients_[value]; }

 private:
  struct Recipe {
    std::function<void(const Gradient&)> give;
    bool takesHalves = false;
  };
  void findHalves();
  void findSlots();
  void findBits();
  void lower(const Node& node);
  void loadInputs();
  Tensor exchanged(int value, const Tensor& tensor, bool device);
  Tensor newExchange(int value, bool device);
  void seed();
  void runBackward();
  void emit(int value);

  const DeviceRequest& exchangeRequest_;
  std::vector<std::optional<Tensor>> tensors_;
  std::vector<Step> steps_;
  std::vector<size_t> buffers_;
  std::vector<std::optional<Gradient>> gradients_;
  std::vector<Recipe> recipes_;
  std::vector<bool> halves_;  ///< per value: new memory for it, or its gradient, may have 16 bits
  std::vector<std::optional<Bits>> bits_;
  std::map<int, Tensor> maps_, floats_;  ///< copies that were made
  Exchange exchange_;
};

// The lowerings, by family.
void lowerConv(Builder& builder, const Node& node);
void lowerDense(Builder& builder, const Node& node);
void lowerPool(Builder& builder, const Node& node);
void lowerMean(Builder& builder, const Node& node);
void lowerLrn(Builder& builder, const Node& node);
void lowerSoftmax(Builder& builder, const Node& node);
void lowerLayerNorm(Builder& builder, const Node& node);
void lowerMatMul(Builder& builder, const Node& node);
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
