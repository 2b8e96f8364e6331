// A tensor in device memory for the tests of kernels: any layout, and the elements between its own are watched.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "../device.h"
#include "../view.h"
#include "graph/graph.h"

namespace smug::test {

inline cuda::Stream& stream() {
  static cuda::Stream one;
  return one;
}

enum class Layout {
  rowMajor,
  channelsLast,    ///< axis 1 innermost, dense
  concatenated,    ///< channels last, a part of a longer pixel
  scattered,       ///< axes in the order of a seeded shuffle, with gaps
};

constexpr Layout layouts[] = {Layout::rowMajor, Layout::channelsLast, Layout::concatenated, Layout::scattered};

class DeviceTensor {
 public:
  explicit DeviceTensor(Shape shape, Layout layout = Layout::rowMajor, uint32_t seed = 1) : shape_(std::move(shape)) {
    std::vector<size_t> order(shape_.size());  // outermost first
    std::iota(order.begin(), order.end(), size_t{0});
    if (layout == Layout::scattered) {
      std::mt19937 random(seed);
      std::shuffle(order.begin(), order.end(), random);
    } else if (layout != Layout::rowMajor && shape_.size() > 2) {
      order.erase(order.begin() + 1);
      order.push_back(1);
    }
    view_.rank = static_cast<int>(shape_.size());
    int64_t step = 1, first = 0;
    for (size_t i = order.size(); i-- > 0;) {
      view_.size[order[i]] = shape_[order[i]];
      view_.stride[order[i]] = step;
      step *= shape_[order[i]];
      if (layout == Layout::scattered) step += 2;
      if (layout == Layout::concatenated && i == order.size() - 1) {
        step += 7 + seed % 2;  // 8 at times, so that sixteen-byte accesses have their turn
        first = 4 * (seed % 2);
      }
    }
    held_.assign(static_cast<size_t>(step + first), gap());
    first_ = static_cast<size_t>(first);
    memory_ = cuda::Memory(held_.size() * sizeof(float));
    view_.data = memory_.as<float>() + first_;
    upload();
  }

  DeviceTensor(Shape shape, const std::vector<double>& values, Layout layout = Layout::rowMajor, uint32_t seed = 1)
      : DeviceTensor(std::move(shape), layout, seed) {
    set(values);
  }

  const Shape& shape() const { return shape_; }
  cuda::View view() const { return view_; }
  /// The view with the axes of `shape`, repeated as numpy broadcasts.
  cuda::View broadcastTo(const Shape& shape) const {
    cuda::View view = view_;
    view.rank = static_cast<int>(shape.size());
    const size_t missing = shape.size() - shape_.size();
    for (size_t i = 0; i < shape.size(); i++) {
      const bool own = i >= missing && shape_[i - missing] == shape[i];
      view.size[i] = shape[i];
      view.stride[i] = own ? view_.stride[i - missing] : 0;
    }
    return view;
  }

  /// Row-major elements.
  void set(const std::vector<double>& values) {
    for (size_t i = 0; i < values.size(); i++) held_[offset(i)] = static_cast<float>(values[i]);
    upload();
  }

  std::vector<double> get() {
    download();
    std::vector<double> values(static_cast<size_t>(sizeOf(shape_)));
    for (size_t i = 0; i < values.size(); i++) values[i] = held_[offset(i)];
    return values;
  }

  /// Whether everything between the elements is what it was.
  bool gapsWhole() {
    download();
    std::vector<bool> own(held_.size(), false);
    for (int64_t i = 0; i < sizeOf(shape_); i++) own[offset(static_cast<size_t>(i))] = true;
    for (size_t i = 0; i < held_.size(); i++) {
      if (!own[i] && held_[i] != gap()) return false;
    }
    return true;
  }

 private:
  static float gap() { return -12345.5f; }

  size_t offset(size_t index) const {
    int64_t at = static_cast<int64_t>(first_);
    for (size_t axis = shape_.size(); axis-- > 0;) {
      at += static_cast<int64_t>(index) % shape_[axis] * view_.stride[axis];
      index /= static_cast<size_t>(shape_[axis]);
    }
    return static_cast<size_t>(at);
  }
  void upload() {
    cuda::copyToDevice(stream(), memory_.as<float>(), held_.data(), held_.size() * sizeof(float));
    stream().synchronize();
  }
  void download() {
    cuda::copyToHost(stream(), held_.data(), memory_.as<float>(), held_.size() * sizeof(float));
    stream().synchronize();
  }

  Shape shape_;
  cuda::View view_;
  std::vector<float> held_;
  cuda::Memory memory_;
  size_t first_ = 0;
};

/// A plain array in device memory.
template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values) : count_(values.size()), memory_(values.size() * sizeof(T)) {
    cuda::copyToDevice(stream(), memory_.template as<T>(), values.data(), count_ * sizeof(T));
    stream().synchronize();
  }
  explicit DeviceArray(size_t count) : DeviceArray(std::vector<T>(count)) {}
  T* data() const { return memory_.template as<T>(); }
  std::vector<T> get() const {
    std::vector<T> values(count_);
    cuda::copyToHost(stream(), values.data(), data(), count_ * sizeof(T));
    stream().synchronize();
    return values;
  }

 private:
  size_t count_;
  cuda::Memory memory_;
};

}  // namespace smug::test
