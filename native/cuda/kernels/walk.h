// Which elements of several tensors belong together, and in which order threads take them.
//
// Threads that follow each other take elements that follow each other in the first tensor (the one that is written):
// axes are sorted by its strides, and axes that lie one behind the other in every tensor become one.
#pragma once

#include <array>
#include <cstdint>

#include "../view.h"
#include "fast_division.h"

namespace smug::cuda {

/// Offsets, in elements, of the i-th elements of `Tensors` tensors; made on the host, passed to kernels by value.
template <int Tensors>
struct Walk {
  uint32_t count = 0;
  int rank = 0;  ///< axis 0 is the innermost
  FastDivider size[maxRank];
  int32_t stride[Tensors][maxRank] = {};

  struct Offsets {
    int32_t of[Tensors];
  };

  __device__ Offsets at(uint32_t i) const {
    Offsets offsets = {};
    SMUG_UNROLL
    for (int axis = 0; axis < maxRank; axis++) {
      if (axis >= rank) break;
      const auto coordinate = static_cast<int32_t>(axis == rank - 1 ? i : size[axis].split(i));
      SMUG_UNROLL
      for (int t = 0; t < Tensors; t++) offsets.of[t] += coordinate * stride[t][axis];
    }
    return offsets;
  }
};

/// The same on the host before it is packed: 64-bit, outermost axis first.
template <int Tensors>
struct Axes {
  struct Axis {
    int64_t size = 1;
    std::array<int64_t, Tensors> stride = {};
  };
  int rank = 0;
  std::array<Axis, maxRank> axis;

  /// Only the sizes of the first view count; a stride of 0 repeats an element.
  static Axes of(const std::array<View, Tensors>& views) {
    Axes axes;
    for (int i = 0; i < views[0].rank; i++) {
      if (views[0].size[i] == 1) continue;
      Axis next{views[0].size[i], {}};
      for (int t = 0; t < Tensors; t++) next.stride[t] = views[t].stride[i];
      axes.axis[axes.rank++] = next;
    }
    return axes;
  }

  int64_t count() const {
    int64_t product = 1;
    for (int i = 0; i < rank; i++) product *= axis[i].size;
    return product;
  }

  /// Largest strides of the first tensor first; equal ones keep their order.
  void sort() {
    for (int i = 1; i < rank; i++) {
      for (int j = i; j > 0 && magnitude(axis[j - 1]) < magnitude(axis[j]); j--) std::swap(axis[j - 1], axis[j]);
    }
  }

  void merge() {
    int kept = 0;
    for (int i = 1; i < rank; i++) {
      if (continues(axis[kept], axis[i])) {
        axis[i].size *= axis[kept].size;
        axis[kept] = axis[i];
      } else {
        axis[++kept] = axis[i];
      }
    }
    if (rank > 0) rank = kept + 1;
  }

  /// Offsets and counts that 32-bit arithmetic, and FastDivider, can hold.
  bool isSmall() const {
    constexpr int64_t limit = (int64_t{1} << 31) - 1;
    if (count() > limit) return false;
    for (int t = 0; t < Tensors; t++) {
      int64_t reach = 0;
      for (int i = 0; i < rank; i++) reach += (axis[i].size - 1) * (axis[i].stride[t] < 0 ? -1 : 1) * axis[i].stride[t];
      if (reach > limit) return false;
    }
    return true;
  }

  Walk<Tensors> pack() const {
    Walk<Tensors> walk;
    walk.count = static_cast<uint32_t>(count());
    walk.rank = rank;
    for (int i = 0; i < rank; i++) {
      const Axis& from = axis[rank - 1 - i];
      walk.size[i] = FastDivider(static_cast<uint32_t>(from.size));
      for (int t = 0; t < Tensors; t++) walk.stride[t][i] = static_cast<int32_t>(from.stride[t]);
    }
    return walk;
  }

 private:
  static int64_t magnitude(const Axis& a) { return a.stride[0] < 0 ? -a.stride[0] : a.stride[0]; }
  static bool continues(const Axis& outer, const Axis& inner) {
    for (int t = 0; t < Tensors; t++) {
      if (outer.stride[t] != inner.stride[t] * inner.size) return false;
    }
    return true;
  }
};

inline int64_t elementsOf(const View& view) {
  int64_t product = 1;
  for (int i = 0; i < view.rank; i++) product *= view.size[i];
  return product;
}

}  // namespace smug::cuda
