// Division by a number that is known when the kernel starts: a multiplication and a shift (Granlund & Montgomery 1994).
#pragma once

#include <cstdint>

#include "../launch.h"

namespace smug::cuda {

/// For dividends below 2³¹ and divisors from 1 to 2³¹ − 1.
class FastDivider {
 public:
  FastDivider() = default;
  explicit FastDivider(uint32_t divisor) : divisor_(divisor) {
    if (divisor <= 1) return;
    int bits = 0;  // ⌈log₂ divisor⌉
    while ((uint64_t{1} << bits) < divisor) bits++;
    factor_ = static_cast<uint32_t>(((uint64_t{1} << (31 + bits)) + divisor - 1) / divisor);
    shift_ = static_cast<uint32_t>(bits - 1);
  }

  __device__ uint32_t quotient(uint32_t dividend) const {
    return divisor_ == 1 ? dividend : __umulhi(dividend, factor_) >> shift_;
  }
  /// Replaces `dividend` by the quotient and returns the remainder.
  __device__ uint32_t split(uint32_t& dividend) const {
    const uint32_t whole = quotient(dividend);
    const uint32_t rest = dividend - whole * divisor_;
    dividend = whole;
    return rest;
  }
  __host__ __device__ uint32_t divisor() const { return divisor_; }

 private:
  uint32_t divisor_ = 1, factor_ = 0, shift_ = 0;
};

}  // namespace smug::cuda
