// convolution.h where there are no tensor cores: algorithm 0 only.
#include <stdexcept>

#include "../kernels/convolution.h"
#include "../kernels/convolution_plain.h"

namespace smug::cuda {

namespace {

void onlyPlain(int algorithm) {
  if (algorithm != 0) throw std::logic_error("the emulation has convolution algorithm 0, not " + std::to_string(algorithm));
}

}  // namespace

std::vector<int> forwardAlgorithms(const ConvShape&, Arithmetic) { return {0}; }
std::vector<int> backwardAlgorithms(const ConvShape&, Arithmetic) { return {0}; }

std::string algorithmName(int algorithm) {
  onlyPlain(algorithm);
  return "plain";
}

size_t forwardScratchBytes(int algorithm, const ConvShape&, Arithmetic) { return onlyPlain(algorithm), 0; }
size_t backwardScratchBytes(int algorithm, const ConvShape&, Arithmetic) { return onlyPlain(algorithm), 0; }

void convForward(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* x,
                 const void* w, const float* bias, Activation activation, float* y, void*) {
  onlyPlain(algorithm);
  plainForward(stream, shape, arithmetic, x, w, bias, activation, y);
}

void convBackwardData(Stream& stream, int algorithm, const ConvShape& shape, Arithmetic arithmetic, const void* dy,
                      const void* w, float* dx, bool accumulate, void*) {
  onlyPlain(algorithm);
  plainBackwardData(stream, shape, arithmetic, dy, w, dx, accumulate);
}

}  // namespace smug::cuda
