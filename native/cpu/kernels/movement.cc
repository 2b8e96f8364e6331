#include "movement.h"

#include <algorithm>
#include <cmath>

namespace smug::cpu {

namespace {

/// The coordinate that padding shows at `position`: -1 (constant), the mirror image, or the nearest one.
int64_t paddingSource(int64_t position, int64_t size, PadMode mode) {
  if (position >= 0 && position < size) return position;
  if (mode == PadMode::constant) return -1;
  if (mode == PadMode::edge || size == 1) return position < 0 ? 0 : size - 1;
  const int64_t period = 2 * (size - 1);  // the border elements are not repeated
  const int64_t wrapped = ((position % period) + period) % period;
  return wrapped < size ? wrapped : period - wrapped;
}

int64_t coordinateOf(const Node& node, const Shape& x, size_t axis, int64_t i) {
  switch (node.op) {
    case Op::slice: return node.starts[axis] + i * node.steps[axis];
    case Op::pad: return paddingSource(i - node.pads[axis], x[axis], node.mode);
    case Op::upsample: return axis < 2 ? i : i / node.scales[axis - 2];
    default: return i;
  }
}

int64_t rowOf(float index, int64_t size) {
  const int64_t row = static_cast<int64_t>(index);
  if (!(std::fabs(index) < 16777216.0f) || static_cast<float>(row) != index || row < -size || row >= size) {
    throw GraphError("gather: index " + std::to_string(index) + " is outside the table's axis, which has " +
                     std::to_string(size) + " entries");
  }
  return row < 0 ? row + size : row;
}

}  // namespace

std::vector<int32_t> sourcesOf(const Node& node, const Shape& x, const Shape& y) {
  const Shape strides = stridesOf(x);
  std::vector<int32_t> indices{0};
  for (size_t axis = 0; axis < y.size(); axis++) {
    std::vector<int32_t> grown;
    grown.reserve(indices.size() * y[axis]);
    const int64_t step = node.op == Op::transpose ? strides[node.perm[axis]] : strides[axis];
    for (const int32_t base : indices) {
      for (int64_t i = 0; i < y[axis]; i++) {
        const int64_t coordinate = coordinateOf(node, x, axis, i);
        grown.push_back(base < 0 || coordinate < 0 ? -1 : static_cast<int32_t>(base + coordinate * step));
      }
    }
    indices = std::move(grown);
  }
  return indices;
}

void moveForward(const std::vector<int32_t>& from, int64_t blocks, int64_t inputs, float filler, const float* x,
                 float* y) {
  const int64_t outputs = static_cast<int64_t>(from.size());
  for (int64_t b = 0; b < blocks; b++) {
    for (int64_t o = 0; o < outputs; o++) y[b * outputs + o] = from[o] < 0 ? filler : x[b * inputs + from[o]];
  }
}

void moveBackward(const std::vector<int32_t>& from, int64_t blocks, int64_t inputs, const float* gradient,
                  float* result) {
  const int64_t outputs = static_cast<int64_t>(from.size());
  std::fill(result, result + blocks * inputs, 0.0f);
  for (int64_t b = 0; b < blocks; b++) {
    for (int64_t o = 0; o < outputs; o++) {
      if (from[o] >= 0) result[b * inputs + from[o]] += gradient[b * outputs + o];
    }
  }
}

void gatherForward(const GatherShape& shape, const float* table, const float* indices, float* y) {
  for (int64_t o = 0; o < shape.outer; o++) {
    for (int64_t i = 0; i < shape.count; i++) {
      const float* row = table + (o * shape.size + rowOf(indices[i], shape.size)) * shape.inner;
      std::copy(row, row + shape.inner, y + (o * shape.count + i) * shape.inner);
    }
  }
}

void gatherBackward(const GatherShape& shape, const float* indices, const float* gradient, float* result) {
  std::fill(result, result + shape.outer * shape.size * shape.inner, 0.0f);
  for (int64_t o = 0; o < shape.outer; o++) {
    for (int64_t i = 0; i < shape.count; i++) {
      float* row = result + (o * shape.size + rowOf(indices[i], shape.size)) * shape.inner;
      const float* by = gradient + (o * shape.count + i) * shape.inner;
      for (int64_t s = 0; s < shape.inner; s++) row[s] += by[s];
    }
  }
}

}  // namespace smug::cpu
