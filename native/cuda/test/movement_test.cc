// Kernels that move elements against the oracle, over layouts, ranks and odd sizes; gradients by finite differences.
#include "../kernels/movement.h"
#include "one_operation.h"

using namespace smug;
using namespace smug::test;
using cuda::View;

namespace {

View sliced(View view, const Node& n) {
  for (int i = 0; i < view.rank; i++) {
    view.data += n.starts[i] * view.stride[i];
    view.size[i] = std::max<int64_t>(0, n.steps[i] > 0 ? (n.ends[i] - n.starts[i] + n.steps[i] - 1) / n.steps[i]
                                                       : (n.ends[i] - n.starts[i] + n.steps[i] + 1) / n.steps[i]);
    view.stride[i] *= n.steps[i];
  }
  return view;
}

View transposed(const View& view, const Ints& perm) {
  View result = view;
  for (int i = 0; i < view.rank; i++) {
    result.size[i] = view.size[perm[i]];
    result.stride[i] = view.stride[perm[i]];
  }
  return result;
}

void slices() {
  Node node = named(Op::slice);
  node.starts = {0, 5, 1, 3}, node.ends = {2, -1, 3, 0}, node.steps = {1, -2, 1, -1};
  const Kernels kernels{
      [&](View x, View y) { cuda::copy(stream(), sliced(x, node), y); },
      [&](View, View, View dy, View dx, bool accumulate) {
        if (!accumulate) {
          // What lies outside the slice has no gradient: the caller clears it.
          View zero = dx;
          static const DeviceTensor none({1}, Values{0});
          zero.data = none.view().data;
          for (int64_t& stride : zero.stride) stride = 0;
          cuda::copy(stream(), zero, dx);
        }
        cuda::copy(stream(), dy, sliced(dx, node), true);
      }};
  agree(node, {2, 6, 4, 5}, kernels, 1);
}

void transpositions() {
  for (const Ints& perm : {Ints{0, 2, 3, 1}, Ints{3, 1, 0, 2}, Ints{0, 1, 2, 3}}) {
    Node node = named(Op::transpose);
    node.perm = perm;
    agree(node, {2, 3, 4, 5}, {[&](View x, View y) { cuda::copy(stream(), transposed(x, perm), y); },
                               [&](View, View, View dy, View dx, bool accumulate) {
                                 cuda::copy(stream(), dy, transposed(dx, perm), accumulate);
                               }}, 2);
  }
}

void reshapes() {
  const Kernels kernels{[](View x, View y) { cuda::reshape(stream(), x, y); },
                        [](View, View, View dy, View dx, bool accumulate) { cuda::reshape(stream(), dy, dx, accumulate); }};
  // Flattened maps; split and joined axes; sizes that no common split has (6 × 4 as 8 × 3); axes of 1.
  for (const auto& [from, to] : std::vector<std::pair<Shape, Shape>>{
           {{2, 3, 4, 5}, {2, 60}}, {{2, 60}, {2, 3, 4, 5}}, {{2, 12, 3}, {2, 4, 9}}, {{6, 4}, {8, 3}},
           {{2, 6, 1, 1}, {2, 6}}, {{4, 1, 6}, {1, 2, 12, 1}}, {{2, 2, 2, 2, 2, 2}, {64}}}) {
    Node node = named(Op::reshape);
    node.axes = to;
    agree(node, from, kernels, 3);
  }
}

void pads() {
  for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::edge}) {
    for (const Ints& pads : {Ints{0, 1, 2, 0, 0, 0, 1, 3}, Ints{0, 0, -1, 2, 0, 0, 2, -1}, Ints{1, 0, 9, 5, 0, 1, 7, 0}}) {
      Node node = named(Op::pad);
      node.mode = mode;
      node.pads = pads;
      node.value = 0.25f;
      agree(node, {2, 3, 4, 3}, {[&](View x, View y) { cuda::pad(stream(), x, node.pads.data(), mode, node.value, y); },
                                 [&](View, View, View dy, View dx, bool accumulate) {
                                   cuda::padBackward(stream(), dy, node.pads.data(), mode, dx, accumulate);
                                 }}, 4);
    }
    // A single position, mirrored or repeated.
    Node node = named(Op::pad);
    node.mode = mode;
    node.pads = {0, 0, 2, 0, 0, 1};
    agree(node, {1, 2, 1}, {[&](View x, View y) { cuda::pad(stream(), x, node.pads.data(), mode, 0, y); },
                            [&](View, View, View dy, View dx, bool accumulate) {
                              cuda::padBackward(stream(), dy, node.pads.data(), mode, dx, accumulate);
                            }}, 5);
  }
}

void upsamplings() {
  for (const auto& [shape, scales] : std::vector<std::pair<Shape, Ints>>{{{2, 3, 3, 2}, {2, 3}}, {{1, 4, 5}, {3}}, {{2, 2, 2, 3}, {1, 2}}}) {
    Node node = named(Op::upsample);
    node.scales = scales;
    agree(node, shape, {[&](View x, View y) { cuda::upsample(stream(), x, node.scales.data(), y); },
                        [&](View, View, View dy, View dx, bool accumulate) {
                          cuda::upsampleBackward(stream(), dy, node.scales.data(), dx, accumulate);
                        }}, 6);
  }
}

void gathers() {
  struct Case {
    Shape table, indices;
    int axis;
  };
  uint32_t seed = 7;
  for (const Case& c : {Case{{5, 4}, {2, 3}, 0}, {{2, 6, 3}, {4}, 1}, {{3, 2, 4}, {2, 2}, 2}, {{4}, {}, 0}}) {
    for (const Layout layout : layouts) {
      GraphMaker maker(seed++);
      const int table = maker.input(c.table), picks = maker.input(c.indices);
      Node node = named(Op::gather);
      node.axis = c.axis;
      maker.graph.outputs = {maker.add(node, {table, picks})};
      const Shape& shape = maker.shape(maker.graph.outputs[0]);
      const Values x = maker.tensor(c.table, -1, 1), dy = maker.tensor(shape, -1, 1);
      Values indices(static_cast<size_t>(sizeOf(c.indices)));
      for (double& index : indices) index = static_cast<double>(maker.integer(-c.table[c.axis], c.table[c.axis] - 1));
      const DeviceTensor rows(c.table, x, layout, seed), which(c.indices, indices, layout, seed), gradient(shape, dy, layout, seed + 1);
      DeviceTensor result(shape, layout, seed + 2), dTable(c.table, x, layout, seed + 3);
      const std::string name = "gather along " + std::to_string(c.axis) + " layout " + std::to_string(int(layout));
      cuda::gather(stream(), rows.view(), which.view(), c.axis, result.view());
      near(result, evaluate(maker.graph, {x, indices})[maker.graph.outputs[0]], name);
      const Values expected = gradientOf(maker.graph, {x, indices}, 0, dy);
      cuda::gatherBackward(stream(), which.view(), gradient.view(), c.axis, dTable.view(), true);
      near(dTable, plus(x, expected), name + " gradient, added");
      cuda::gatherBackward(stream(), which.view(), gradient.view(), c.axis, dTable.view(), false);
      near(dTable, expected, name + " gradient");
    }
  }
  const DeviceTensor table({3}, {1.0, 2.0, 3.0}), which({4}, {3.0, -4.0, -3.0, NAN});
  DeviceTensor result({4});
  cuda::gather(stream(), table.view(), which.view(), 0, result.view());
  check(result.get() == Values({0, 0, 1, 0}), "an index outside the table gives zero");
}

}  // namespace

int main() {
  slices();
  transpositions();
  reshapes();
  pads();
  upsamplings();
  gathers();
  return finish("cuda movement");
}
