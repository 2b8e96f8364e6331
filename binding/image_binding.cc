// Images, on the calling thread: a crop takes less than the way to another.
//   enlargeCrops(image, [height, width, channels, perChannel, perPixel], [left, top, right, bottom]…) → Float32Array,
//   one enlarged crop after the other
#include <napi.h>

#include "arguments.h"
#include "image/enlarge.h"
#include "promise_worker.h"
#include "solver_failure.h"

namespace {

using namespace smug::binding;
using smug::image::Crop;
using smug::image::Layout;

CodedError Describe(std::exception_ptr error) {
  return SolverFailure(error, "The enlarged crops do not fit in memory.");
}

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

}  // namespace

void InitImages(Napi::Env env, Napi::Object exports) {
  exports.Set("enlargeCrops", Napi::Function::New(env, EnlargeCrops, "enlargeCrops"));
}
