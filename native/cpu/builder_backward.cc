// The backward half of a program: where gradients start, how they are handed on, added up and returned.
#include <algorithm>
#include <cstring>

#include "builder.h"
#include "kernels/elementwise.h"

namespace smug::cpu {

void Builder::seed() {
  if (request.seedTarget) {
    const int output = graph.outputs[0];
    const View values = plain(output), gradient = newBuffer(plainDesc(shape(output)));
    const Shape whole = shape(output);
    const int64_t samples = whole[0], classes = sizeOf(whole) / samples;
    step("seed", {values, gradient}, [=](const Run& run) {
      RunArguments& arguments = *run.arguments;
      const float* from = run.at(values);
      float* to = run.at(gradient);
      std::fill(to, to + samples * classes, 0.0f);
      for (int64_t n = 0; n < samples; n++) {
        const int64_t index = n * classes + arguments.targets[n];
        arguments.values[n] = from[index];
        to[index] = 1.0f;
      }
    });
    give(output, {gradient, true});
  }
  for (size_t i = 0; i < request.seeded.size(); i++) {
    const int value = request.seeded[i];
    const View gradient = newBuffer(plainDesc(shape(value)));
    const int64_t block = sizeOf(graph.values[value].shape), blocks = isBatched(value) ? request.batches : 1;
    step("seed", {gradient}, [=](const Run& run) {
      for (int64_t b = 0; b < blocks; b++) {
        std::memcpy(run.at(gradient) + b * block, run.arguments->seeds[i][b], block * sizeof(float));
      }
    });
    give(value, {gradient, true});
  }
}

void Builder::runBackward() {
  const auto emit = [&](int value, const Gradient* gradient) {
    for (size_t i = 0; i < request.gradientsAt.size(); i++) {
      if (request.gradientsAt[i] != value) continue;
      if (gradient) {
        store(request.wanted.size() + i, value, reordered(gradient->view, plainDesc(shape(value))));
        continue;
      }
      const int64_t block = sizeOf(graph.values[value].shape), blocks = isBatched(value) ? request.batches : 1;
      step("store", {}, [=, output = request.wanted.size() + i](const Run& run) {
        for (int64_t b = 0; b < blocks; b++) {
          float* target = run.arguments->outputs[output][b];
          if (target) std::fill(target, target + block, 0.0f);
        }
      });
    }
  };
  std::optional<Gradient> arrived;
  walkBackward(
      [&](int value) {
        arrived = summed(value);
        emit(value, arrived ? &*arrived : nullptr);
      },
      [&](size_t node) {
        if (arrived && recipes_[node]) recipes_[node](*arrived);
      });
}

void Builder::backward(std::function<void(const Gradient&)> recipe) { recipes_[current()] = std::move(recipe); }

void Builder::give(int value, Gradient gradient) {
  if (!moving(value)) return;
  // Parts of channels-last maps have gaps that our kernels do not know: give them memory of their own.
  if (!layoutOf(gradient.view.desc).regular) {
    gradient = {reordered(gradient.view, plainDesc(shape(value))), true};
  }
  gradients_[value].push_back(std::move(gradient));
}

std::optional<Builder::Gradient> Builder::summed(int value) {
  std::vector<Gradient>& parts = gradients_[value];
  if (parts.empty()) return std::nullopt;
  if (parts.size() == 1) return parts[0];
  const auto best = std::find_if(parts.begin(), parts.end(), [](const Gradient& part) { return part.exclusive; });
  if (best != parts.end()) std::swap(*best, parts[0]);
  const View sum = owned(parts[0], parts[0].view.desc);
  for (size_t i = 1; i < parts.size(); i++) {
    View part = parts[i].view;
    if (!sameSamples(sum.desc, part.desc)) part = reordered(part, packed(sum.desc));
    const Layout x = layoutOf(sum.desc), y = layoutOf(part.desc);
    if (sum.desc.get_data_type() == DataType::bf16) {
      step("sum gradients", {sum, part}, [=](const Run& run) {
        forStretches<BFloat16>(run, sum, part, x, y,
                               [](BFloat16* to, BFloat16* from, int64_t n) { addTo(to, from, n); });
      });
    } else {
      step("sum gradients", {sum, part}, [=](const Run& run) {
        forStretches<float>(run, sum, part, x, y, [](float* to, float* from, int64_t n) { addTo(to, from, n); });
      });
    }
  }
  return Gradient{sum, true};
}

View Builder::owned(const Gradient& gradient, const Desc& like) {
  const bool alike = sameSamples(gradient.view.desc, like);
  if (gradient.exclusive && alike) return gradient.view;
  const Desc target = packed(like);
  if (!(gradient.view.desc == target)) return reordered(gradient.view, target);
  // Equal layouts, but the memory is shared: a plain copy.
  const View copy = newBuffer(target);
  const View from = gradient.view;
  const size_t bytes = target.get_size();
  step("copy gradient", {from, copy}, [=](const Run& run) { std::memcpy(run.at(copy), run.at(from), bytes); });
  return copy;
}

}  // namespace smug::cpu
