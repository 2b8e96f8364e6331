#include "tensor.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace smug::cuda {

namespace {

/// The common distance of the axes in `order` (outermost first) when they nest without gaps; `innermost` elements make
/// one step. Axes of size 1 fit anywhere.
std::optional<int64_t> commonDistance(const Tensor& tensor, const std::vector<size_t>& order, int64_t innermost) {
  std::optional<int64_t> distance;
  int64_t count = 1;
  for (size_t i = order.size(); i-- > 0;) {
    const size_t axis = order[i];
    if (tensor.size[axis] == 1) continue;
    const int64_t stride = tensor.stride[axis];
    if (!distance) distance = stride;
    if (stride != *distance * count) return std::nullopt;
    count *= tensor.size[axis];
  }
  const int64_t found = distance.value_or(innermost);
  return found >= innermost ? std::optional(found) : std::nullopt;
}

}  // namespace

Shape channelsLast(const Shape& size) {
  if (size.size() != 3 && size.size() != 4) return stridesOf(size);
  Shape inner(size.begin() + 2, size.end());
  Shape stride = {sizeOf(size) / std::max<int64_t>(1, size[0]), 1};
  for (const int64_t step : stridesOf(inner)) stride.push_back(step * size[1]);
  return stride;
}

Shape nestedLike(const Shape& size, const Tensor& like) {
  std::vector<size_t> order(size.size());
  std::iota(order.begin(), order.end(), 0);
  // An axis of size 1 has no place of its own among the strides: it keeps its place in the shape.
  const auto weight = [&](size_t axis) { return like.size[axis] == 1 ? int64_t{0} : std::abs(like.stride[axis]); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return weight(a) > weight(b); });
  Shape stride(size.size());
  int64_t step = 1;
  for (size_t i = order.size(); i-- > 0;) {
    stride[order[i]] = step;
    step *= size[order[i]];
  }
  return stride;
}

bool sameStrides(const Tensor& tensor, const Shape& stride) {
  for (size_t axis = 0; axis < tensor.size.size(); axis++) {
    if (tensor.size[axis] != 1 && tensor.stride[axis] != stride[axis]) return false;
  }
  return true;
}

Tensor permuted(const Tensor& tensor, const Ints& perm) {
  Tensor result = tensor;
  for (size_t axis = 0; axis < perm.size(); axis++) {
    result.size[axis] = tensor.size[perm[axis]];
    result.stride[axis] = tensor.stride[perm[axis]];
  }
  return result;
}

Tensor part(const Tensor& tensor, int64_t axis, int64_t first, int64_t size, int64_t step) {
  Tensor result = tensor;
  result.offset += first * tensor.stride[axis];
  result.size[axis] = size;
  result.stride[axis] *= step;
  return result;
}

Tensor withRank(const Tensor& tensor, size_t rank) {
  Tensor result = tensor;
  result.size.insert(result.size.begin(), rank - tensor.size.size(), 1);
  result.stride.insert(result.stride.begin(), rank - tensor.stride.size(), 0);
  return result;
}

Tensor broadcast(const Tensor& tensor, const Shape& size) {
  Tensor result = withRank(tensor, size.size());
  for (size_t axis = 0; axis < size.size(); axis++) {
    if (result.size[axis] == size[axis]) continue;
    result.size[axis] = size[axis];
    result.stride[axis] = 0;
  }
  return result;
}

std::optional<Tensor> reshaped(const Tensor& tensor, const Shape& size) {
  Tensor result = tensor;
  result.size = size;
  result.stride.assign(size.size(), 1);
  // Groups of old axes and of new ones with equally many elements; each old group must be dense in itself.
  size_t from = 0, to = 0;
  while (from < tensor.size.size() || to < size.size()) {
    size_t fromEnd = from, toEnd = to;
    int64_t left = 1, right = 1;
    if (fromEnd < tensor.size.size()) left = tensor.size[fromEnd++];
    if (toEnd < size.size()) right = size[toEnd++];
    while (left != right) {
      if (left < right && fromEnd < tensor.size.size()) left *= tensor.size[fromEnd++];
      else if (right < left && toEnd < size.size()) right *= size[toEnd++];
      else return std::nullopt;
    }
    std::vector<size_t> axes;
    for (size_t axis = from; axis < fromEnd; axis++) {
      if (tensor.size[axis] != 1) axes.push_back(axis);
    }
    for (size_t i = 0; i + 1 < axes.size(); i++) {
      if (tensor.stride[axes[i]] != tensor.stride[axes[i + 1]] * tensor.size[axes[i + 1]]) return std::nullopt;
    }
    int64_t step = axes.empty() ? 1 : tensor.stride[axes.back()];
    for (size_t axis = toEnd; axis-- > to;) {
      result.stride[axis] = step;
      step *= size[axis];
    }
    from = fromEnd;
    to = toEnd;
  }
  return result;
}

bool beginsAligned(const Tensor& tensor) { return tensor.offset * static_cast<int64_t>(tensor.elementBytes()) % 16 == 0; }

bool inEights(const Tensor& tensor) {
  bool all = tensor.rank() > 1 && tensor.size[1] % 8 == 0 && tensor.stride[1] == 1 && beginsAligned(tensor);
  for (int64_t axis = 0; axis < tensor.rank(); axis++) {
    all = all && (axis == 1 || tensor.size[axis] == 1 || tensor.stride[axis] % 8 == 0);
  }
  return all;
}

std::optional<int64_t> rowDistance(const Tensor& tensor) {
  const size_t last = tensor.size.size() - 1;
  if ((tensor.size[last] != 1 && tensor.stride[last] != 1)) return std::nullopt;
  std::vector<size_t> rows(last);
  std::iota(rows.begin(), rows.end(), 0);
  return commonDistance(tensor, rows, tensor.size[last]);
}

std::optional<int64_t> pixelDistance(const Tensor& tensor) {
  if ((tensor.size[1] != 1 && tensor.stride[1] != 1)) return std::nullopt;
  std::vector<size_t> pixels = {0};
  for (size_t axis = 2; axis < tensor.size.size(); axis++) pixels.push_back(axis);
  return commonDistance(tensor, pixels, tensor.size[1]);
}

}  // namespace smug::cuda
