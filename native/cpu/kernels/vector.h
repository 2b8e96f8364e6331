// Building blocks of our own kernels: plain loops that the compiler turns into vector code.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

// Compiled once for each instruction set; the loader picks the best one the machine has. Sanitizers cannot run
// the picking functions (they start before the sanitizer's own set-up).
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(SMUG_NO_CLONES)
#define SMUG_VECTORISED __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define SMUG_VECTORISED
#endif
#define SMUG_INLINE inline __attribute__((always_inline))

namespace smug::cpu {

/// The upper half of a float32.
struct BFloat16 {
  uint16_t bits;
  SMUG_INLINE operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
  SMUG_INLINE BFloat16& operator=(float value) {
    const uint32_t raw = std::bit_cast<uint32_t>(value);
    // Round to nearest, ties to even.
    bits = static_cast<uint16_t>((raw + 0x7fff + ((raw >> 16) & 1)) >> 16);
    return *this;
  }
};

/// e^x to about one unit in the last place, without branches: x = n·ln 2 + r, |r| ≤ ln 2 / 2, a polynomial in r.
/// Below -87.3 the result is about 1e-38 instead of a smaller number, above 88.3 it is about 2e38.
SMUG_INLINE float exponential(float x) {
  x = x < -87.3f ? -87.3f : x > 88.3f ? 88.3f : x;
  const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5·2²³: rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t exponent = static_cast<int32_t>(n) + 127;
  return p * std::bit_cast<float>(exponent << 23);
}

SMUG_INLINE float logistic(float x) { return 1.0f / (1.0f + exponential(-x)); }

/// e^x - 1, exact near zero where e^x cancels.
SMUG_INLINE float exponentialMinusOne(float x) {
  const float series = x * (1.0f + x * (0.5f + x * (0.16666667f + x * (0.041666668f + x * 0.0083333338f))));
  const float direct = exponential(x) - 1.0f;
  return std::fabs(x) < 0.25f ? series : direct;
}

/// Φ(-a) = erfc(a/√2)/2 for a ≥ 0, to about three units in the last place wherever it is a normal number:
/// t·P(t)·e^(-a²/2) with t = 1/(1 + 0.3·a), P fitted at the Chebyshev points of what a ≤ 13.5 makes of t.
SMUG_INLINE float normalTail(float a) {
  const float t = 1.0f / (1.0f + 0.3f * a);
  float p = -0.0208845306f;
  p = p * t + 0.113894194f;
  p = p * t - 0.231738791f;
  p = p * t + 0.196609393f;
  p = p * t - 0.0835334733f;
  p = p * t + 0.0984100699f;
  p = p * t + 0.0775968581f;
  p = p * t + 0.110407606f;
  p = p * t + 0.119550914f;
  p = p * t + 0.119687766f;
  return p * t * exponential(-0.5f * a * a);
}

/// Φ(x), the normal distribution.
SMUG_INLINE float normalDistribution(float x) {
  const float tail = normalTail(std::fabs(x));
  return x > 0 ? 1.0f - tail : tail;
}

/// e^(-x²/2)/√(2π)
SMUG_INLINE float normalDensity(float x) { return 0.39894228f * exponential(-0.5f * x * x); }

/// By its series near zero, where 1 - 2Φ cancels.
SMUG_INLINE float errorFunction(float x) {
  const float a = std::fabs(x), s = x * x;
  const float series =
      a * (1.12837917f +
           s * (-0.37612638f + s * (0.11283792f + s * (-0.026866170f + s * (0.0052239777f - s * 0.00085483270f)))));
  const float direct = 1.0f - 2.0f * normalTail(1.41421356f * a);
  return std::copysign(a < 0.5f ? series : direct, x);
}

SMUG_INLINE float hyperbolicTangent(float x) {
  const float e = exponentialMinusOne(-2.0f * std::fabs(x));
  const float positive = -e / (e + 2.0f);
  return std::copysign(positive, x);
}

}  // namespace smug::cpu
