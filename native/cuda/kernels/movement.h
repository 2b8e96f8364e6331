// Operations that move elements: slice, transpose and concat are `copy` between views with the right strides.
// `copy` and upsampling take halves too.
#pragma once

#include "graph/graph.h"

#include "../device.h"
#include "../view.h"

namespace smug::cuda {

/// y (+)= x; equal sizes, any strides (negative ones too: slices backwards).
void copy(Stream& stream, View x, View y, bool accumulate = false);
/// y (+)= x in row-major order of both: as many elements, any sizes and strides.
void reshape(Stream& stream, View x, View y, bool accumulate = false);

/// y = pad(x): begins[axis] elements before (negative: cropped), `value` for PadMode::constant.
void pad(Stream& stream, View x, const int64_t* begins, PadMode mode, float value, View y);
/// dx (+)= every gradient that came from the element, reflected and edge copies included.
void padBackward(Stream& stream, View dy, const int64_t* begins, PadMode mode, View dx, bool accumulate);

/// Nearest neighbour, integer factors per spatial axis (axes 2…).
void upsample(Stream& stream, View x, const int64_t* scales, View y);
void upsampleBackward(Stream& stream, View dy, const int64_t* scales, View dx, bool accumulate);

/// y = table[indices] along `axis`: y's sizes are table's with that axis replaced by indices' sizes. Indices are
/// floats that hold whole numbers, negative ones counting from the end; out of range ones give zero.
void gather(Stream& stream, View table, View indices, int axis, View y);
void gatherBackward(Stream& stream, View indices, View dy, int axis, View dTable, bool accumulate);

}  // namespace smug::cuda
