// Every operation through the executor on the emulated device: forward against its definition, backward against finite
// differences.
#include "agreement.h"
#include "network.h"
#include "operation_cases.h"

using namespace smug;
using namespace smug::test;

int main() {
  forEachOperation([](const Graph& graph, const std::string& name, uint32_t seed, double low, double high, int probes) {
    cuda::NetworkOptions options;
    options.precision = cuda::Precision::fp32;
    cuda::Network network(graph, options);
    compare(network, name, seed, low, high, probes);
  });
  return finish("cuda operations");
}
