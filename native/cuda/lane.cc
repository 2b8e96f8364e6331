#include "lane.h"

namespace smug::cuda {

namespace {

/// Recordings kept a lane: a few programs for a few batch sizes.
constexpr size_t keptRecordings = 24;

struct Idle {
  std::mutex mutex;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::string loss;
};

/// Never destroyed: at the end of the process the device may be gone before static objects are.
Idle& idle() {
  static Idle* const one = new Idle;
  return *one;
}

}  // namespace

void Lane::idle() {
  stream.synchronize();
  device.reset();
  host.reset();
}

char* Lane::arena(size_t bytes) {
  bytes = std::max<size_t>(bytes, 1);
  if (arena_.bytes() < bytes) {
    recordings_.clear();
    arena_ = Memory();
    try {
      arena_ = Memory(bytes);
    } catch (const OutOfMemory&) {
      freeIdleLanes();
      arena_ = Memory(bytes);
    }
  }
  return arena_.as<char>();
}

void Lane::run(const Program& program) {
  char* const memory = arena(program.arenaBytes());
  const auto known = recordings_.find(program.number());
  if (known == recordings_.end()) {
    // The first time as it is: kernels are loaded then, which a recording could not.
    program.launch(stream, memory);
    if (recordings_.size() >= keptRecordings) {
      recordings_.erase(std::min_element(recordings_.begin(), recordings_.end(), [](const auto& a, const auto& b) {
        return a.second.lastUse < b.second.lastUse;
      }));
    }
    recordings_[program.number()].lastUse = ++uses_;
    return;
  }
  Recorded& recorded = known->second;
  recorded.lastUse = ++uses_;
  if (!recorded.recording) {
    // The emulation keeps the function: it must hold nothing of this call. The program is alive whenever its number is
    // asked for.
    recorded.recording =
        std::make_unique<Recording>(stream, [this, memory, what = &program] { what->launch(stream, memory); });
  }
  recorded.recording->replay(stream);
}

LaneLease::LaneLease() {
  requireDevice();
  {
    const std::lock_guard lock(idle().mutex);
    if (!idle().lanes.empty()) {
      lane_ = std::move(idle().lanes.back());
      idle().lanes.pop_back();
    }
  }
  if (!lane_) lane_ = std::make_unique<Lane>();
}

LaneLease::~LaneLease() {
  try {
    lane_->idle();
  } catch (const DeviceFailure& failure) {
    noteFailure(failure);
    return;
  } catch (const OutOfMemory&) {
    return;
  }
  const std::lock_guard lock(idle().mutex);
  idle().lanes.push_back(std::move(lane_));
}

void freeIdleLanes() {
  std::vector<std::unique_ptr<Lane>> lanes;
  {
    const std::lock_guard lock(idle().mutex);
    lanes.swap(idle().lanes);
  }
  lanes.clear();
  freeUnused();
}

void noteFailure(const DeviceFailure& failure) {
  if (!failure.lost) return;
  const std::lock_guard lock(idle().mutex);
  if (idle().loss.empty()) idle().loss = failure.what();
}

std::string lossOfDevice() {
  const std::lock_guard lock(idle().mutex);
  return idle().loss;
}

void requireDevice() {
  const std::string loss = lossOfDevice();
  if (!loss.empty()) throw DeviceFailure("the device was lost: " + loss, true);
}

}  // namespace smug::cuda
