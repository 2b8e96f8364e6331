// Weights in the layouts that primitives ask for, each reordered once and shared by all programs of a network
// and by the networks cut from it, which hold the same constants. What does not fit in their share of the memory
// budget is reordered whenever it is used (Builder::weight).
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "program.h"

namespace smug::cpu {

class Weights {
 public:
  /// `room`: bytes that reordered copies may take.
  explicit Weights(size_t room) : room_(room) {}

  /// The constant `data`, which lies as `from` says, reordered to `to`; nothing where no room is left for it. The
  /// returned view keeps it alive.
  std::optional<View> reordered(const Constant& data, const Desc& from, const Desc& to);
  /// The constant where it is: row-major float32.
  static View asIs(const Constant& data, const Desc& desc);
  /// Bytes held in reordered copies.
  size_t bytes() const;

 private:
  struct Entry {
    Constant data;  ///< held, so that its address names nothing else
    Desc from, to;
    std::shared_ptr<dnnl::memory> memory;
  };
  const size_t room_;
  mutable std::mutex mutex_;
  size_t bytes_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace smug::cpu
