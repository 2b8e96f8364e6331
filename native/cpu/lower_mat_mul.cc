// Products of two computed batches of matrices, by oneDNN.
#include "builder.h"

namespace smug::cpu {

namespace {

/// A batch of matrices as oneDNN reads it, transposed without moving anything.
struct Matrices {
  View view;
  Desc desc;
};

Matrices matricesOf(const View& view, const Shape& shape, bool transposed) {
  const size_t rank = shape.size();
  const int64_t rows = shape[rank - 2], columns = shape[rank - 1], count = sizeOf(shape) / (rows * columns);
  Matrices made{view, transposed ? Desc({count, columns, rows}, DataType::f32, Shape{rows * columns, 1, columns})
                                 : Desc({count, rows, columns}, DataType::f32, Shape{rows * columns, columns, 1})};
  made.view.desc = made.desc;
  return made;
}

void multiply(Builder& builder, const char* what, const Matrices& a, const Matrices& b, const Matrices& y) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::matmul::primitive_desc description(cpuEngine(), a.desc, b.desc, y.desc, attributes);
  builder.primitive(what, dnnl::matmul(description),
                    {{DNNL_ARG_SRC, a.view},
                     {DNNL_ARG_WEIGHTS, b.view},
                     {DNNL_ARG_DST, y.view},
                     {DNNL_ARG_SCRATCHPAD, builder.newBuffer(description.scratchpad_desc())}});
}

}  // namespace

void lowerMatMul(Builder& builder, const Node& node) {
  const int left = node.inputs[0], right = node.inputs[1];
  const Shape a = builder.shape(left), b = builder.shape(right), y = builder.shape(node.output);
  const View from = builder.plain(left), by = builder.plain(right), to = builder.newBuffer(plainDesc(y));
  multiply(builder, "matMul", matricesOf(from, a, false), matricesOf(by, b, false), matricesOf(to, y, false));
  builder.define(node.output, to);
  // ∂F/∂a = G·bᵀ and ∂F/∂b = aᵀ·G.
  builder.backward([=, &builder](const Builder::Gradient& gradient) {
    const Matrices g = matricesOf(builder.reordered(gradient.view, plainDesc(y)), y, false);
    if (builder.moving(left)) {
      const View result = builder.newBuffer(plainDesc(a));
      multiply(builder, "matMul backward", g, matricesOf(by, b, true), matricesOf(result, a, false));
      builder.give(left, {result, true});
    }
    if (builder.moving(right)) {
      const View result = builder.newBuffer(plainDesc(b));
      multiply(builder, "matMul backward", matricesOf(from, a, true), g, matricesOf(result, b, false));
      builder.give(right, {result, true});
    }
  });
}

}  // namespace smug::cpu
