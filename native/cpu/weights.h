// Weights in the layouts that primitives ask for, each reordered once and shared by all programs of a network
// and by the networks cut from it, which hold the same constants.
#pragma once

#include <mutex>
#include <vector>

#include "program.h"

namespace smug::cpu {

class Weights {
 public:
  /// The constant `data`, which lies as `from` says, reordered to `to`. The returned view keeps it alive.
  View reordered(const std::shared_ptr<const std::vector<float>>& data, const Desc& from, const Desc& to);
  /// The constant where it is: row-major float32.
  static View asIs(const std::shared_ptr<const std::vector<float>>& data, const Desc& desc);
  /// Bytes held in reordered copies.
  size_t bytes() const;

 private:
  struct Entry {
    std::shared_ptr<const std::vector<float>> data;  ///< held, so that its address names nothing else
    Desc from, to;
    std::shared_ptr<dnnl::memory> memory;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace smug::cpu
