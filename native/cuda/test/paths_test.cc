// Integrated gradients on the emulated device: what is kept there and pulled back once gives what the whole network
// gives at every point; the highest scores are those of the whole list; slopes are sums of scores.
#include <algorithm>
#include <numeric>

#include "agreement.h"
#include "integrator.h"

using namespace smug;
using namespace smug::test;

namespace {

const std::vector<PathPoint> points = {{0, 0.1f}, {0, 0.9f}, {0, 0.5f}};
const std::vector<double> weights = {0.25, 0.5, 0.25};

/// Σ_s w_s (a − b) ⊙ ∂F/∂a(b + α_s (a − b)), the plain way; `slopes` gets the sum of each term.
std::vector<double> plainly(cuda::Network& network, const Path& path, std::vector<double>& slopes) {
  std::vector<double> sum(path.activation.size(), 0.0);
  for (size_t s = 0; s < points.size(); s++) {
    std::vector<float> x(sum.size());
    const auto start = [&](size_t i) { return path.baseline.empty() ? 0.0f : path.baseline[i]; };
    for (size_t i = 0; i < x.size(); i++) x[i] = start(i) + points[s].alpha * (path.activation[i] - start(i));
    const GradientOf found = gradient(network, {x}, network.graph().inputs[0], {path.target});
    slopes.push_back(0);
    for (size_t i = 0; i < x.size(); i++) {
      const double term = double(found.gradient[i]) * (path.activation[i] - start(i));
      sum[i] += weights[s] * term;
      slopes.back() += term;
    }
  }
  return sum;
}

cuda::TopScores largest(const std::vector<float>& scores, size_t k) {
  cuda::TopScores top;
  for (size_t i = 0; i < scores.size(); i++) {
    if (scores[i] > 0) top.indices.push_back(static_cast<int32_t>(i));
    top.sum += scores[i];
  }
  std::stable_sort(top.indices.begin(), top.indices.end(), [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
  if (top.indices.size() > k) top.indices.resize(k);
  for (const int32_t index : top.indices) top.scores.push_back(scores[index]);
  return top;
}

void agree(const Graph& graph, const std::string& name, uint32_t seed, bool withBaseline, size_t budget) {
  GraphMaker maker(seed);
  const auto network = std::make_shared<cuda::Network>(graph, cuda::NetworkOptions{budget, cuda::Precision::fp32});
  const auto halves = std::make_shared<cuda::PathNetwork>(network);
  Path path;
  path.activation = floats(maker.tensor(graph.values[graph.inputs[0]].shape, -0.5, 2));
  if (withBaseline) path.baseline = floats(maker.tensor(graph.values[graph.inputs[0]].shape, -0.5, 2));
  path.target = 1;
  cuda::Integrator integrator(halves, {path});
  integrator.evaluate({points[0], points[1]});
  integrator.evaluate({points[2]});
  const std::vector<float> scores = integrator.combine(0, weights);
  std::vector<double> expectedSlopes;
  const auto expected = plainly(*network, path, expectedSlopes);
  // Float32 rounding; a kink crossed by rounding alone would show as 1e-2 and more, and these seeds have none.
  check(relativeError(scores, expected) < 1e-4, name + ": scores");
  check(relativeError(integrator.slopes(0), expectedSlopes) < 1e-4, name + ": slopes");

  const cuda::TopScores found = integrator.top(0, weights, 20), right = largest(scores, 20);
  check(found.indices == right.indices && found.scores == right.scores, name + ": the highest scores");
  check(std::abs(found.sum - right.sum) <= 1e-12 * std::max(1.0, std::abs(right.sum)), name + ": the sum of scores");

  // Nothing fits in a budget of one byte: every gradient is kept on the host, every point is a micro-batch.
  const auto poor = std::make_shared<cuda::Network>(graph, cuda::NetworkOptions{1, cuda::Precision::fp32});
  cuda::Integrator spilling(std::make_shared<cuda::PathNetwork>(poor), {path});
  spilling.evaluate(points);
  check(spilling.combine(0, weights) == scores, name + ": the same bits from gradients kept on the host");
  check(spilling.slopes(0) == integrator.slopes(0), name + ": the same slopes from the host");
}

void severalPaths() {
  const Graph graph = randomNetwork(301, {1, 16, 8, 7});
  GraphMaker maker(9);
  const auto network = std::make_shared<cuda::Network>(graph, cuda::NetworkOptions{0, cuda::Precision::fp32});
  const auto halves = std::make_shared<cuda::PathNetwork>(network);
  std::vector<Path> paths(3);
  for (Path& path : paths) path.activation = floats(maker.tensor(graph.values[graph.inputs[0]].shape, -0.5, 2));
  paths[1].baseline = floats(maker.tensor(graph.values[graph.inputs[0]].shape, -0.5, 2));
  cuda::Integrator all(halves, paths);
  all.evaluate({{2, 0.3f}, {0, 0.3f}, {1, 0.3f}, {0, 0.7f}, {2, 0.7f}, {1, 0.7f}});
  for (int64_t p = 0; p < 3; p++) {
    cuda::Integrator alone(halves, {paths[p]});
    alone.evaluate({{0, 0.3f}, {0, 0.7f}});
    check(all.combine(p, {0.5, 0.5}) == alone.combine(0, {0.5, 0.5}), "paths side by side and alone: the same bits");
  }
}

}  // namespace

int main() {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    const Graph graph = randomNetwork(seed + 300, {1, seed % 2 ? 16 : 5, 8, 7});
    agree(graph, "network " + std::to_string(seed), seed, seed % 3 == 0, 0);
  }
  severalPaths();
  return finish("cuda paths");
}
