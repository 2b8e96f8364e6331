// Integrated gradients: the homogeneous stretch computed once gives what the whole network gives at every point.
#include "integrator.h"
#include "network_agreement.h"

using namespace smug;
using namespace smug::test;

namespace {

/// Σ_s w_s a ⊙ ∂F/∂a(α_s a), the plain way.
std::vector<double> plainly(cpu::Network& network, const std::vector<float>& a, const std::vector<float>& baseline,
                            const std::vector<cpu::PathPoint>& points, const std::vector<double>& weights,
                            int32_t target) {
  std::vector<double> sum(a.size(), 0.0);
  for (size_t s = 0; s < points.size(); s++) {
    std::vector<float> x(a.size());
    for (size_t i = 0; i < a.size(); i++) {
      const float start = baseline.empty() ? 0 : baseline[i];
      x[i] = start + points[s].alpha * (a[i] - start);
    }
    const GradientOf found = gradient(network, {x}, network.graph().inputs[0], {target});
    for (size_t i = 0; i < a.size(); i++) {
      sum[i] += weights[s] * found.gradient[i] * (a[i] - (baseline.empty() ? 0 : baseline[i]));
    }
  }
  return sum;
}

/// maxPool → conv with bias → relu → conv …, the beginning of SqueezeNet; all of its prefix can be skipped.
Graph pooledStart() {
  GraphMaker maker(77);
  int x = maker.input({1, 20, 13, 13});
  x = maker.add(poolNode(Op::maxPool, {3, 3}, {2, 2}, {0, 0, 0, 0}, {1, 1}, false, false), {x});
  const auto conv = [&](int value, int64_t channels, int64_t kernel) {
    const int64_t in = maker.shape(value)[1], pad = kernel / 2;
    return maker.add(
        convNode({1, 1}, {pad, pad, pad, pad}, {1, 1}, 1),
        {value, maker.constant({channels, in, kernel, kernel}, -0.3, 0.3), maker.constant({channels}, -0.2, 0.2)});
  };
  const int squeezed = maker.add(named(Op::relu), {conv(x, 5, 1)});
  Node concat = named(Op::concat);
  concat.axis = 1;
  const int both = maker.add(concat, {maker.add(named(Op::relu), {conv(squeezed, 16, 1)}),
                                      maker.add(named(Op::relu), {conv(squeezed, 16, 3)})});
  maker.finish(both, 4);
  maker.graph.check();
  return maker.graph;
}

void agree(const Graph& graph, const std::string& name, uint32_t seed, bool withBaseline) {
  GraphMaker maker(seed);
  const auto network = std::make_shared<cpu::Network>(graph, cpu::NetworkOptions{});
  const auto halves = std::make_shared<cpu::PathNetwork>(network);
  cpu::Path path;
  path.activation = floats(maker.tensor(graph.values[graph.inputs[0]].shape, -0.5, 2));
  if (withBaseline) path.baseline = floats(maker.tensor(graph.values[graph.inputs[0]].shape, -0.5, 2));
  path.target = 1;
  const std::vector<cpu::PathPoint> points = {{0, 0.1f}, {0, 0.9f}, {0, 0.5f}};
  const std::vector<double> weights = {0.25, 0.5, 0.25};
  cpu::Integrator integrator(halves, {path});
  integrator.evaluate({points[0], points[1]});
  integrator.evaluate({points[2]});
  const std::vector<float> scores = integrator.combine(0, weights);
  const auto expected = plainly(*network, path.activation, path.baseline, points, weights, path.target);
  // Float32 rounding; a kink crossed by rounding alone would show as 1e-2 and more, and these seeds have none.
  check(relativeError(scores, expected) < 1e-4, name + (withBaseline ? " with baseline" : ""));
}

}  // namespace

int main() {
  const Graph start = pooledStart();
  const HomogeneousSplit split = splitHomogeneous(start);
  check(split.prefix.nodes.size() == 2, "pooling and the linear part of the first convolution are computed once");
  check(split.suffix.inputs.size() == 1 && sizeOf(split.suffix.values[split.suffix.inputs[0]].shape) == 5 * 6 * 6,
        "gradients are kept at the small tensor behind them");
  agree(start, "pooled start", 5, false);
  agree(start, "pooled start", 6, true);
  for (uint32_t seed = 1; seed <= 25; seed++) {
    const Graph graph = randomNetwork(seed + 300, {1, seed % 2 ? 16 : 5, 8, 7});
    agree(graph, "network " + std::to_string(seed), seed, seed % 3 == 0);
  }
  return finish("paths");
}
