// Who holds how much device memory: the same account for a device and for its emulation.
#pragma once

#include <algorithm>
#include <mutex>

#include "device.h"

namespace smug::cuda {

class MemoryLedger {
 public:
  /// Throws OutOfMemory where that would pass the limit.
  void hold(size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (limit_ != 0 && use_.now + bytes > limit_) {
      throw OutOfMemory(std::to_string(bytes) + " bytes of device memory asked for, " + std::to_string(use_.now) +
                        " of " + std::to_string(limit_) + " allowed ones in use");
    }
    use_.now += bytes;
    use_.peak = std::max(use_.peak, use_.now);
  }
  void release(size_t bytes) {
    const std::lock_guard lock(mutex_);
    use_.now -= bytes;
  }
  MemoryUse use() const {
    const std::lock_guard lock(mutex_);
    return use_;
  }
  /// 0: none.
  void limit(size_t bytes) {
    const std::lock_guard lock(mutex_);
    limit_ = bytes;
  }

 private:
  mutable std::mutex mutex_;
  MemoryUse use_{0, 0};
  size_t limit_ = 0;
};

}  // namespace smug::cuda
