// Turns a graph into a program: forward through the operations that are needed, back through those that lie between
// the seeded values and the values whose gradient is wanted. Layouts flow from operation to operation; data is
// reordered only where two neighbours disagree.
#pragma once

#include <functional>
#include <optional>

#include "graph/lowering.h"
#include "program.h"
#include "weights.h"

namespace smug::cpu {

enum class Precision { f32, bf16 };

using smug::ProgramRequest;
using smug::Unsupported;

std::unique_ptr<Program> buildProgram(const Graph& graph, const std::vector<bool>& batched,
                                      const ProgramRequest& request, Precision precision, Weights& weights);

/// What the lowering of one operation (lower_*.cc) works with.
class Builder : public Lowering {
 public:
  Builder(const Graph& graph, const std::vector<bool>& batched, const ProgramRequest& request, Precision precision,
          Weights& weights);
  std::unique_ptr<Program> build();

  Weights& weights;
  /// What convolutions and the operations between them carry.
  const DataType dataType;

  /// The value where its producer left it.
  View view(int value);
  /// The value, row-major float32.
  View plain(int value) { return as(value, plainDesc(shape(value))); }
  View as(int value, const Desc& desc);
  View reordered(const View& from, const Desc& desc);
  /// A node's constant operand, which lies as `from` says, as `to`: kept from one run to the next where memory allows.
  View weight(const Constant& data, const Desc& from, const Desc& to);
  /// A regular layout that own kernels may use: where the producer left it if it is float32 and `fits`, else plain.
  View regular(int value, bool exactChannels);

  /// The layout convolutions use here for a map of this shape, where they have one; else `plain` itself.
  Desc preferred(const Desc& plain) const;
  View newBuffer(const Desc& desc);
  View scratch(size_t bytes);
  void define(int value, View view);
  void step(std::string what, const std::vector<View>& uses, std::function<void(const Run&)> function,
            std::pair<int, int> inPlace = {-1, -1});
  void primitive(std::string what, const dnnl::primitive& primitive, std::vector<std::pair<int, View>> arguments);

  /// A gradient; `exclusive` when nobody else reads its memory, so that it may be overwritten.
  struct Gradient {
    View view;
    bool exclusive = true;
  };
  /// Registers how the current node hands its output's gradient to its inputs.
  void backward(std::function<void(const Gradient&)> recipe);
  void give(int value, Gradient gradient);
  /// The gradient in memory of its own, laid out sample by sample like `like`.
  View owned(const Gradient& gradient, const Desc& like);

  /// Where a part of a concatenation is to be written directly, if its producer can.
  std::optional<View> slot(int value);
  /// The concatenation's memory whose parts `slot` hands out.
  View slotWhole(int value) { return *wholes_.at(value); }

 private:
  void findSlots();
  void lower(const Node& node);
  void loadInputs();
  void store(size_t output, int value, const View& view);
  void seed();
  void runBackward();
  std::optional<Gradient> summed(int value);

  std::vector<std::vector<View>> views_;
  std::vector<Step> steps_;
  std::vector<size_t> buffers_;
  std::vector<std::vector<Gradient>> gradients_;
  std::vector<std::function<void(const Gradient&)>> recipes_;
  std::vector<std::optional<View>> wholes_;
  int64_t blockSize_ = 0;
};

/// Calls work(a, b, elements) on stretches that are contiguous in both views; the views hold samples alike.
template <typename T, typename Work>
void forStretches(const Run& run, const View& a, const View& b, const Layout& x, const Layout& y, Work work) {
  T* first = run.at<T>(a);
  T* second = run.at<T>(b);
  const int64_t length = x.sampleLength();
  if (x.sampleStride == length && y.sampleStride == length) return work(first, second, length * x.samples);
  for (int64_t n = 0; n < x.samples; n++) work(first + n * x.sampleStride, second + n * y.sampleStride, length);
}

/// `channels` channels of `whole` from `first` on, without moving data; nothing where the layout has no such part.
std::optional<View> channelPart(const View& whole, int64_t first, int64_t channels);

// The lowerings, by family.
void lowerConv(Builder& builder, const Node& node);
void lowerDense(Builder& builder, const Node& node);
void lowerPool(Builder& builder, const Node& node);
void lowerUnary(Builder& builder, const Node& node);
void lowerUnaryBackward(Builder& builder, const Node& node);
void lowerBinary(Builder& builder, const Node& node);
void lowerAffine(Builder& builder, const Node& node);
void lowerMean(Builder& builder, const Node& node);
void lowerLines(Builder& builder, const Node& node);
void lowerLayerNorm(Builder& builder, const Node& node);
void lowerMatMul(Builder& builder, const Node& node);
void lowerMovement(Builder& builder, const Node& node);
void lowerReshape(Builder& builder, const Node& node);
void lowerConcat(Builder& builder, const Node& node);
void lowerGather(Builder& builder, const Node& node);

}  // namespace smug::cpu
