#include "layout.h"

namespace smug::cpu {

namespace {

/// True when axes `from`… are row-major among themselves, the last with stride `last`.
bool nested(const dnnl::memory::dims& dims, const dnnl::memory::dims& strides, size_t from, int64_t last) {
  int64_t step = last;
  for (size_t axis = dims.size(); axis-- > from;) {
    if (dims[axis] != 1 && strides[axis] != step) return false;
    step *= dims[axis];
  }
  return true;
}

}  // namespace

Layout layoutOf(const Desc& desc) {
  Layout layout;
  const auto dims = desc.get_dims();
  if (desc.get_format_kind() != dnnl::memory::format_kind::blocked || dims.empty()) return layout;
  const auto strides = desc.get_strides();
  const int inners = desc.get_inner_nblks();
  layout.samples = dims[0];
  layout.sampleStride = strides[0];
  layout.channels = dims.size() > 1 ? dims[1] : 1;
  for (size_t axis = 2; axis < dims.size(); axis++) layout.spatial *= dims[axis];
  if (inners == 0) {
    if (nested(dims, strides, 1, 1)) {
      layout.blocks = layout.channels;
      layout.regular = true;
    } else if (dims.size() > 2 && strides[1] == 1 && nested(dims, strides, 2, layout.channels)) {
      layout.inner = layout.channels;
      layout.regular = true;
    }
  } else if (inners == 1 && dims.size() > 2 && desc.get_inner_idxs()[0] == 1) {
    layout.inner = desc.get_inner_blks()[0];
    layout.blocks = desc.get_padded_dims()[1] / layout.inner;
    layout.regular =
        nested(dims, strides, 2, layout.inner) && (layout.blocks == 1 || strides[1] == layout.spatial * layout.inner);
  }
  if (layout.samples == 1) layout.sampleStride = layout.sampleLength();
  return layout;
}

bool sameSamples(const Desc& a, const Desc& b) {
  if (a.get_data_type() != b.get_data_type() || a.get_dims() != b.get_dims()) return false;
  const Layout x = layoutOf(a), y = layoutOf(b);
  if (!x.regular || !y.regular || x.blocks * x.inner != y.blocks * y.inner) return false;
  // With one spatial element or one channel, several names describe the same order of elements.
  return x.inner == y.inner || x.spatial == 1 || x.channels == 1;
}

Desc plainDesc(const Shape& shape) {
  const Shape dims = shape.empty() ? Shape{1} : shape;
  return Desc(dims, DataType::f32, stridesOf(dims));
}

bool isPlain(const Desc& desc) {
  if (desc.get_data_type() != DataType::f32) return false;
  const auto dims = desc.get_dims();
  return desc.get_format_kind() == dnnl::memory::format_kind::blocked && desc.get_inner_nblks() == 0 &&
         nested(dims, desc.get_strides(), 0, 1);
}

Desc packed(const Desc& desc) {
  using Tag = dnnl::memory::format_tag;
  const Layout layout = layoutOf(desc);
  if (!layout.regular) throw std::logic_error("packed() needs a regular layout");
  if (desc.get_strides()[0] == layout.sampleLength()) return desc;
  const auto dims = desc.get_dims();
  const bool plane = dims.size() == 4;
  if (desc.get_inner_nblks() == 0) {
    auto strides = desc.get_strides();
    strides[0] = layout.sampleLength();
    return Desc(dims, desc.get_data_type(), strides);
  }
  const Tag tag = layout.inner == 16  ? (plane ? Tag::nChw16c : Tag::nCw16c)
                  : layout.inner == 8 ? (plane ? Tag::nChw8c : Tag::nCw8c)
                                      : (plane ? Tag::nChw4c : Tag::nCw4c);
  return Desc(dims, desc.get_data_type(), tag);
}

}  // namespace smug::cpu
