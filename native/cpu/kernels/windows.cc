#include "windows.h"

#include <algorithm>
#include <limits>

namespace smug::cpu {

namespace {

/// The taps of one output position along one axis: input positions first, first + step, … (count of them), and how
/// many taps the average counts.
struct Taps {
  int64_t first, step, count, counted;
};

Taps tapsOf(const WindowAxis& axis, int64_t output, bool countPadding) {
  const int64_t start = output * axis.stride - axis.padBegin;
  Taps taps{0, axis.dilation, 0, 0};
  for (int64_t k = 0; k < axis.kernel; k++) {
    const int64_t position = start + k * axis.dilation;
    if (position >= 0 && position < axis.size) {
      if (taps.count++ == 0) taps.first = position;
    }
    if (countPadding && position < axis.size + axis.padEnd) taps.counted++;
  }
  if (!countPadding) taps.counted = taps.count;
  return taps;
}

/// visit(output index, start of the plane, row taps, column taps)
template <typename Visit>
void forEachWindow(const Windows& windows, Visit visit) {
  const WindowAxis &rows = windows.rows, &columns = windows.columns;
  int64_t output = 0;
  for (int64_t plane = 0; plane < windows.planes; plane++) {
    const int64_t start = plane * rows.size * columns.size;
    for (int64_t r = 0; r < rows.outputs; r++) {
      const Taps rowTaps = tapsOf(rows, r, windows.countPadding);
      for (int64_t c = 0; c < columns.outputs; c++) {
        visit(output++, start, rowTaps, tapsOf(columns, c, windows.countPadding));
      }
    }
  }
}

template <typename Visit>
void forEachTap(const Windows& windows, int64_t start, const Taps& rows, const Taps& columns, Visit visit) {
  for (int64_t r = 0; r < rows.count; r++) {
    const int64_t line = start + (rows.first + r * rows.step) * windows.columns.size + columns.first;
    for (int64_t c = 0; c < columns.count; c++) visit(line + c * columns.step);
  }
}

int64_t winnerOf(const Windows& windows, const float* x, int64_t start, const Taps& rows, const Taps& columns) {
  int64_t winner = -1;
  forEachTap(windows, start, rows, columns, [&](int64_t i) {
    if (winner < 0 || x[i] > x[winner]) winner = i;
  });
  return winner;
}

}  // namespace

Windows windowsOf(const Node& pool, const Shape& x, const Shape& y) {
  Windows windows;
  windows.planes = x[0] * x[1];
  windows.countPadding = pool.op == Op::averagePool && pool.countIncludePad;
  const size_t rank = x.size() - 2;
  for (size_t i = 0; i < rank; i++) {
    WindowAxis& axis = i + 1 == rank ? windows.columns : windows.rows;
    axis = {x[i + 2], y[i + 2], pool.kernel[i], pool.strides[i], pool.pads[i], pool.pads[i + rank], pool.dilations[i]};
  }
  return windows;
}

void maxPoolForward(const Windows& windows, const float* x, float* y) {
  forEachWindow(windows, [&](int64_t output, int64_t start, const Taps& rows, const Taps& columns) {
    const int64_t winner = winnerOf(windows, x, start, rows, columns);
    y[output] = winner < 0 ? -std::numeric_limits<float>::infinity() : x[winner];
  });
}

void maxPoolBackward(const Windows& windows, const float* x, const float* gradient, float* result) {
  std::fill(result, result + windows.planes * windows.rows.size * windows.columns.size, 0.0f);
  forEachWindow(windows, [&](int64_t output, int64_t start, const Taps& rows, const Taps& columns) {
    const int64_t winner = winnerOf(windows, x, start, rows, columns);
    if (winner >= 0) result[winner] += gradient[output];
  });
}

void averagePoolForward(const Windows& windows, const float* x, float* y) {
  forEachWindow(windows, [&](int64_t output, int64_t start, const Taps& rows, const Taps& columns) {
    float sum = 0;
    forEachTap(windows, start, rows, columns, [&](int64_t i) { sum += x[i]; });
    const int64_t counted = rows.counted * columns.counted;
    y[output] = counted == 0 ? 0.0f : sum / static_cast<float>(counted);
  });
}

void averagePoolBackward(const Windows& windows, const float* gradient, float* result) {
  std::fill(result, result + windows.planes * windows.rows.size * windows.columns.size, 0.0f);
  forEachWindow(windows, [&](int64_t output, int64_t start, const Taps& rows, const Taps& columns) {
    const int64_t counted = rows.counted * columns.counted;
    if (counted == 0) return;
    const float share = gradient[output] / static_cast<float>(counted);
    forEachTap(windows, start, rows, columns, [&](int64_t i) { result[i] += share; });
  });
}

}  // namespace smug::cpu
