// Images, on the calling thread: a crop takes less than the way to another.
//   enlargeCrops(image, [height, width, channels, perChannel, perPixel], [left, top, right, bottom]…) → Float32Array,
//   one enlarged crop after the other
//   resampleAcross(from, to, [first, last, width, channels, stride], starts, lengths, weights): every line anew
//   resampleDown(from, to, [first, last, length, top, stride], starts, lengths, weights): lines made of lines
#include <napi.h>

#include "arguments.h"
#include "image/enlarge.h"
#include "image/resample.h"
#include "promise_worker.h"
#include "solver_failure.h"

namespace {

using namespace smug::binding;
using smug::image::Crop;
using smug::image::Layout;

CodedError Describe(std::exception_ptr error) { return SolverFailure(error, "The picture does not fit in memory."); }

/// Whether the planes and pixels of the layout are those of an image of its size: channels first, or last.
bool fits(const Layout& layout, int64_t elements) {
  if (layout.height < 1 || layout.width < 1 || layout.channels < 1) return false;
  const int64_t pixels = layout.height * layout.width;
  if (pixels > elements || layout.elements() != elements) return false;
  return (layout.perChannel == pixels && layout.perPixel == 1) ||
         (layout.perChannel == 1 && layout.perPixel == layout.channels);
}

Napi::Value EnlargeCrops(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto image = ElementsIn<float>(info[0], "image");
  const auto sizes = CopyOf<int32_t>(info[1], "sizes");
  const auto edges = CopyOf<int32_t>(info[2], "crops");
  if (sizes.size() != 5 || edges.size() % 4 != 0) {
    throw Napi::RangeError::New(env, "enlargeCrops: expected five sizes and four edges per crop");
  }
  const Layout layout{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]};
  if (!fits(layout, static_cast<int64_t>(image.ElementLength()))) {
    throw Napi::RangeError::New(env, "enlargeCrops: expected the sizes of the image, channels first or last");
  }
  return Guarded(env, Describe, [&]() -> Napi::Value {
    const size_t crops = edges.size() / 4;
    auto enlarged = Napi::Float32Array::New(env, crops * image.ElementLength());
    for (size_t at = 0; at < crops; at++) {
      const Crop crop{edges[4 * at], edges[4 * at + 1], edges[4 * at + 2], edges[4 * at + 3]};
      if (crop.left < 0 || crop.top < 0 || crop.right > layout.width || crop.bottom > layout.height ||
          crop.left >= crop.right || crop.top >= crop.bottom) {
        throw Napi::RangeError::New(env, "enlargeCrops: expected crops within the image that are not empty");
      }
      smug::image::enlarge(image.Data(), layout, crop, enlarged.Data() + at * image.ElementLength());
    }
    return enlarged;
  });
}

/// The weights of one axis, as they lie in JavaScript's arrays.
struct AxisArguments {
  Napi::TypedArrayOf<int32_t> starts, lengths;
  Napi::TypedArrayOf<double> weights;
  int64_t stride;

  AxisArguments(const Napi::CallbackInfo& info, int64_t stride)
      : starts(ElementsIn<int32_t>(info[3], "starts")),
        lengths(ElementsIn<int32_t>(info[4], "lengths")),
        weights(ElementsIn<double>(info[5], "weights")),
        stride(stride) {}

  int64_t count() const { return static_cast<int64_t>(starts.ElementLength()); }
  smug::image::AxisWeights view() const { return {starts.Data(), lengths.Data(), weights.Data(), count(), stride}; }

  /// Whether there are weights for every output sample, and the samples from `first` to before `last` lie within the
  /// input's, `from` to before `to`.
  bool fits(int64_t first, int64_t last, int64_t from, int64_t to) const {
    if (stride < 1 || lengths.ElementLength() != starts.ElementLength() || first < 0 || last > count()) return false;
    if (static_cast<int64_t>(weights.ElementLength()) / stride < count()) return false;
    for (int64_t at = first; at < last; at++) {
      const int64_t start = starts.Data()[at];
      const int64_t length = lengths.Data()[at];
      if (length < 0 || length > stride || start < from || start + length > to) return false;
    }
    return true;
  }
};

[[noreturn]] void RefuseResample(Napi::Env env, const char* what) {
  throw Napi::RangeError::New(env, std::string(what) + ": expected lines and weights within the picture");
}

std::vector<int64_t> SizesOf(const Napi::CallbackInfo& info, const char* what) {
  const auto sizes = CopyOf<int32_t>(info[2], "sizes");
  if (sizes.size() != 5) throw Napi::RangeError::New(info.Env(), std::string(what) + ": expected five sizes");
  return std::vector<int64_t>(sizes.begin(), sizes.end());
}

template <typename Value>
Napi::Value Across(const Napi::CallbackInfo& info) {
  const auto from = ElementsIn<Value>(info[0], "from");
  auto to = ElementsIn<Value>(info[1], "to");
  const auto sizes = SizesOf(info, "resampleAcross");
  const smug::image::Lines lines{sizes[0], sizes[1], sizes[2], sizes[3]};
  const AxisArguments axis(info, sizes[4]);
  const int64_t count = lines.last - lines.first;
  if (lines.first < 0 || count < 0 || lines.width < 1 || (lines.channels != 1 && lines.channels != 3) ||
      !axis.fits(0, axis.count(), 0, lines.width) ||
      // Divided, not multiplied: three sizes of a giant pass the largest number.
      lines.last > static_cast<int64_t>(from.ElementLength()) / (lines.width * lines.channels) ||
      (count > 0 && axis.count() * lines.channels > static_cast<int64_t>(to.ElementLength()) / count)) {
    RefuseResample(info.Env(), "resampleAcross");
  }
  smug::image::resampleAcross(from.Data(), lines, axis.view(), to.Data());
  return info.Env().Undefined();
}

template <typename Value>
Napi::Value Down(const Napi::CallbackInfo& info) {
  const auto from = ElementsIn<Value>(info[0], "from");
  auto to = ElementsIn<Value>(info[1], "to");
  const auto sizes = SizesOf(info, "resampleDown");
  const smug::image::Columns columns{sizes[0], sizes[1], sizes[2], sizes[3]};
  const AxisArguments axis(info, sizes[4]);
  if (columns.length < 1 || columns.first < 0 || columns.first > columns.last || columns.top < 0) {
    RefuseResample(info.Env(), "resampleDown");
  }
  const int64_t lines = static_cast<int64_t>(from.ElementLength()) / columns.length;
  if (!axis.fits(columns.first, columns.last, columns.top, columns.top + lines) ||
      columns.last * columns.length > static_cast<int64_t>(to.ElementLength())) {
    RefuseResample(info.Env(), "resampleDown");
  }
  smug::image::resampleDown(from.Data(), columns, axis.view(), to.Data());
  return info.Env().Undefined();
}

/// The first argument says whether values are bytes or floats.
template <auto bytes, auto floats>
Napi::Value ByKind(const Napi::CallbackInfo& info) {
  const bool isBytes =
      info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == ArrayKind<uint8_t>::type;
  return Guarded(info.Env(), Describe, [&] { return isBytes ? bytes(info) : floats(info); });
}

}  // namespace

void InitImages(Napi::Env env, Napi::Object exports) {
  exports.Set("enlargeCrops", Napi::Function::New(env, EnlargeCrops, "enlargeCrops"));
  exports.Set("resampleAcross", Napi::Function::New(env, ByKind<Across<uint8_t>, Across<float>>, "resampleAcross"));
  exports.Set("resampleDown", Napi::Function::New(env, ByKind<Down<uint8_t>, Down<float>>, "resampleDown"));
}
