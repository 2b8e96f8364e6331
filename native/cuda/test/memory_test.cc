// A device that has too little memory: micro-batches are halved, the numbers stay, and it is said once.
#include "agreement.h"
#include "integrator.h"

using namespace smug;
using namespace smug::test;

int main() {
  const Graph graph = randomNetwork(5, {1, 8, 16, 16});
  GraphMaker maker(1);
  std::vector<std::vector<float>> inputs;
  const std::vector<int32_t> targets(16, 1);
  for (int b = 0; b < 16; b++) inputs.push_back(floats(maker.tensor(graph.values[graph.inputs[0]].shape, -1, 1)));
  const size_t before = cuda::memoryUse().now;
  {
    cuda::Network network(graph, {0, cuda::Precision::fp32});
    const GradientOf right = gradient(network, inputs, graph.inputs[0], targets);
    check(network.takeNotice().empty(), "nothing to say while there is room");
    ProgramRequest request;
    request.gradientsAt = graph.inputs;
    const size_t quarter = network.arenaBytes(request, 4);
    check(quarter < network.arenaBytes(request, 16), "more blocks need more memory");

    cuda::freeIdleLanes();
    cuda::limitMemory(cuda::memoryUse().now + quarter + (size_t{1} << 20));
    const GradientOf found = gradient(network, inputs, graph.inputs[0], targets);
    check(found.gradient == right.gradient && found.values == right.values, "the same bits in smaller micro-batches");
    check(network.takeNotice().find("micro-batch") != std::string::npos, "short memory is told");
    cuda::freeIdleLanes();
    gradient(network, inputs, graph.inputs[0], targets);
    check(network.takeNotice().empty(), "short memory is told once");

    cuda::freeIdleLanes();
    cuda::limitMemory(cuda::memoryUse().now + 1000);
    bool refused = false;
    try {
      gradient(network, inputs, graph.inputs[0], targets);
    } catch (const cuda::OutOfMemory&) {
      refused = true;
    }
    check(refused, "no room for one block is an error");
    cuda::limitMemory(0);
    check(gradient(network, inputs, graph.inputs[0], targets).gradient == right.gradient, "with room again all is well");
  }
  check(cuda::memoryUse().now == before, "a network leaves nothing on the device");
  return finish("cuda memory");
}
