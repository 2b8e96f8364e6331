// What one job needs of the device: a stream, an arena, scratch memory on both sides. Lanes are kept when a job ends
// and taken by the next one, so that nothing is allocated while networks of known shapes run.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "program.h"

namespace smug::cuda {

/// Memory handed out piece by piece and taken back all at once.
template <typename Chunk>
class Scratch {
 public:
  template <typename T = float>
  T* take(size_t count) {
    constexpr size_t alignment = 256;
    const size_t bytes = std::max<size_t>(1, (count * sizeof(T) + alignment - 1) / alignment) * alignment;
    if (chunks_.empty() || used_ + bytes > chunks_.back().bytes()) {
      chunks_.emplace_back(std::max(bytes, next_));
      used_ = 0;
    }
    T* place = chunks_.back().template as<T>(used_);
    used_ += bytes;
    return place;
  }
  /// Nothing taken before may be in use any more. Several chunks give way to one, when next needed, that would have
  /// held them all.
  void reset() {
    used_ = 0;
    if (chunks_.size() < 2) return;
    next_ = 0;
    for (const Chunk& chunk : chunks_) next_ += chunk.bytes();
    chunks_.clear();
  }

 private:
  static constexpr size_t smallest = size_t{1} << 20;
  std::vector<Chunk> chunks_;
  size_t used_ = 0, next_ = smallest;
};

class Lane {
 public:
  Stream stream;
  Scratch<Memory> device;
  Scratch<PinnedMemory> host;

  /// Waits for the stream; scratch memory taken before is free again.
  void idle();
  /// At least `bytes`; what was recorded in a smaller arena is forgotten. Throws OutOfMemory.
  char* arena(size_t bytes);
  /// Launches the program; from its second run on by replaying a recording.
  void run(const Program& program);

 private:
  struct Recorded {
    std::unique_ptr<Recording> recording;
    uint64_t lastUse = 0;
  };
  Memory arena_;
  std::map<uint64_t, Recorded> recordings_;  ///< by the program's number
  uint64_t uses_ = 0;
};

/// A lane for as long as this lives. The lane is given back idle, and given up after a failure of the device.
class LaneLease {
 public:
  LaneLease();
  ~LaneLease();
  LaneLease(const LaneLease&) = delete;
  LaneLease& operator=(const LaneLease&) = delete;
  Lane* operator->() const { return lane_.get(); }
  Lane& operator*() const { return *lane_; }

 private:
  std::unique_ptr<Lane> lane_;
};

/// Frees the memory of lanes that no job holds.
void freeIdleLanes();

/// Throws DeviceFailure when the device was lost: it cannot be used again by this process.
void requireDevice();
/// Remembers that the device was lost, if this is what happened.
void noteFailure(const DeviceFailure& failure);
/// Why the device cannot be used any more; empty while it can.
std::string lossOfDevice();

}  // namespace smug::cuda
