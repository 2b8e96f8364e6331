// The steps of integrated gradients against plain loops in double, and the choice of the k highest against a sort.
#include "../kernels/path.h"

#include <algorithm>

#include "oracle.h"
#include "random_graph.h"

using namespace smug;
using namespace smug::test;

namespace {

std::vector<float> numbers(GraphMaker& maker, int64_t count, double low = -2, double high = 2) {
  const Values values = maker.tensor({count}, low, high);
  return {values.begin(), values.end()};
}

void interpolation() {
  GraphMaker maker(1);
  for (const int64_t elements : {1, 3, 8, 1030}) {
    const auto a = numbers(maker, 2 * elements), b = numbers(maker, elements);
    const DeviceArray<float> activations(a), baseline(b);
    // Two images; the second address is not 16-byte aligned where elements is odd.
    const std::vector<const float*> from = {activations.data(), activations.data() + elements, activations.data()};
    const std::vector<const float*> bases = {nullptr, baseline.data(), baseline.data()};
    const std::vector<float> alphas = {0.25f, 0.5f, 1};
    const DeviceArray<const float*> fromList(from), baseList(bases);
    const DeviceArray<float> alphaList(alphas), out(static_cast<size_t>(3 * elements)), plain(static_cast<size_t>(3 * elements));
    cuda::interpolate(stream(), fromList.data(), baseList.data(), alphaList.data(), 3, elements, out.data());
    cuda::interpolate(stream(), fromList.data(), nullptr, alphaList.data(), 3, elements, plain.data());
    Values expected, scaled;
    for (size_t s = 0; s < 3; s++) {
      for (size_t i = 0; i < static_cast<size_t>(elements); i++) {
        const double x = a[i + (s == 1 ? elements : 0)], base = s == 0 ? 0 : b[i];
        expected.push_back(base + alphas[s] * (x - base));
        scaled.push_back(alphas[s] * x);
      }
    }
    check(relativeError(out.get(), expected) < 2e-7, "points of the path from a baseline");
    check(relativeError(plain.get(), scaled) < 1e-7, "points of the path from zero");
  }
}

void seeds() {
  for (const Layout layout : {Layout::rowMajor, Layout::scattered}) {
    GraphMaker maker(2);
    const Values output = maker.tensor({3, 5}, 0, 1);
    const DeviceTensor y({3, 5}, output, layout, 3);
    DeviceTensor gradient({3, 5}, layout, 4);
    const DeviceArray<int32_t> targets({4, 0, 2});
    const DeviceArray<double> values(3);
    cuda::seedTargets(stream(), y.view(), targets.data(), gradient.view(), values.data());
    check(gradient.get() == Values({0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0}), "the gradient of the target is its unit vector");
    check(values.get() == Values({output[4], output[5], output[12]}), "the target's values");
  }
}

void sums() {
  GraphMaker maker(3);
  for (const int64_t elements : {1, 5, 700}) {
    const int64_t steps = 7;
    const auto all = numbers(maker, steps * elements), a = numbers(maker, elements), b = numbers(maker, elements);
    const DeviceArray<float> gradients(all), activation(a), baseline(b), sum(static_cast<size_t>(elements)), scores(static_cast<size_t>(elements));
    std::vector<const float*> list;
    Values weights, expected(static_cast<size_t>(elements), 0);
    for (int64_t s = 0; s < steps; s++) {
      list.push_back(gradients.data() + s * elements);
      weights.push_back(maker.real(0, 1));
      for (int64_t i = 0; i < elements; i++) expected[i] += weights[s] * all[s * elements + i];
    }
    const DeviceArray<const float*> addresses(list);
    const DeviceArray<double> weightList(weights);
    cuda::accumulate(stream(), addresses.data(), weightList.data(), steps, elements, sum.data());
    for (int64_t i = 0; i < elements; i++) {
      check(sum.get()[i] == static_cast<float>(expected[i]), "the weighted sum is double's, rounded once");
    }
    cuda::multiplyByPath(stream(), activation.data(), nullptr, sum.data(), elements, scores.data());
    Values product(static_cast<size_t>(elements)), fromBase(product);
    for (int64_t i = 0; i < elements; i++) {
      product[i] = double{a[i]} * expected[i];
      fromBase[i] = (double{a[i]} - b[i]) * expected[i];
    }
    check(relativeError(scores.get(), product) < 2e-7, "scores from zero");
    cuda::multiplyByPath(stream(), activation.data(), baseline.data(), sum.data(), elements, sum.data());
    check(relativeError(sum.get(), fromBase) < 3e-7, "scores from a baseline, in place");
  }
}

void totals() {
  for (const int64_t elements : {0, 1, 4095, 4096, 4097, 20000}) {
    GraphMaker maker(4);
    const auto all = numbers(maker, elements);
    const DeviceArray<float> values(all);
    const DeviceArray<double> total(1);
    const cuda::Memory scratch(cuda::sumScratchBytes(elements));
    cuda::sum(stream(), values.data(), elements, total.data(), scratch.as<void>());
    double expected = 0, size = 0;
    for (const float value : all) expected += value, size += std::fabs(value);
    // Double precision in both, in different orders: 2⁻⁵² a sum at most.
    check(std::fabs(total.get()[0] - expected) <= 1e-12 * size, "the sum of " + std::to_string(elements) + " scores");
  }
}

void select(const std::vector<float>& scores, int64_t k, const std::string& name) {
  const auto elements = static_cast<int64_t>(scores.size());
  std::vector<int32_t> expected;
  for (int32_t i = 0; i < static_cast<int32_t>(elements); i++) {
    if (scores[i] > 0) expected.push_back(i);
  }
  std::stable_sort(expected.begin(), expected.end(), [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
  if (static_cast<int64_t>(expected.size()) > k) expected.resize(static_cast<size_t>(k));

  const DeviceArray<float> from(scores);
  const size_t room = static_cast<size_t>(std::min(k, elements));
  const DeviceArray<int32_t> indices(std::vector<int32_t>(room, -1)), count(std::vector<int32_t>{-1});
  const DeviceArray<float> values(std::vector<float>(room, -1));
  const cuda::Memory scratch(cuda::selectScratchBytes(elements, k));
  cuda::selectTopPositive(stream(), from.data(), elements, k, indices.data(), values.data(), count.data(), scratch.as<void>());
  check(count.get()[0] == static_cast<int32_t>(expected.size()), name + ": how many were chosen");
  std::vector<int32_t> got = indices.get();
  const std::vector<float> gotValues = values.get();
  for (size_t i = expected.size(); i < room; i++) check(got[i] == -1 && gotValues[i] == -1, name + ": nothing more is written");
  got.resize(expected.size());
  check(got == expected, name + ": the highest, in order, ties by index");
  for (size_t i = 0; i < got.size() && got == expected; i++) check(gotValues[i] == scores[expected[i]], name + ": their values");
}

void selections() {
  GraphMaker maker(5);
  const auto scores = numbers(maker, 9001);
  for (const int64_t k : {0, 1, 2, 300, 3000, 9000, 20000}) select(scores, k, "random scores, k " + std::to_string(k));
  // Few values, so that the cut falls within long runs of equal scores.
  auto tied = scores;
  for (float& score : tied) score = std::round(score * 2) / 2;
  for (const int64_t k : {1, 100, 1000, 2500, 4000}) select(tied, k, "ties, k " + std::to_string(k));
  select(std::vector<float>(5000, 0.5f), 1234, "all equal");
  select({}, 4, "no scores");
  select({-1, 0, -0.0f, NAN, -INFINITY}, 3, "no positive scores");
  select({1e-42f, INFINITY, NAN, 3, -3, 1e-38f, 3e38f}, 4, "denormals, infinity and NaN");
  // Scores that differ in their last bits only.
  std::vector<float> close(4100);
  for (size_t i = 0; i < close.size(); i++) close[i] = 1 + static_cast<float>((i * 7919) % 4096) * 0x1p-23f;
  select(close, 777, "last bits");
}

}  // namespace

int main() {
  interpolation();
  seeds();
  sums();
  totals();
  selections();
  return finish("cuda path");
}
