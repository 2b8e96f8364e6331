#include "block.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../device.h"
#include "fiber.h"
#include "races.h"

namespace smug::emulation {

namespace {

using cuda::DeviceFailure;

[[noreturn]] void refuse(const std::string& what) { throw DeviceFailure("emulated device: " + what, false); }

/// What one thread of this machine needs to run blocks; kept from launch to launch for its fibers.
class Runner {
 public:
  void run(dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void*), const void* context);
  void barrier(int line);
  void warpBarrier(int line);
  const void* exchangeInWarp(const void* mine, size_t bytes);
  void copyLater(void* to, const void* from, size_t bytes);
  void endCopyGroup() { running_->copies.emplace_back(); }
  void finishCopies(int newest);
  void* shared() { return shared_.get(); }
  void touched(const void* address, size_t bytes, Access access, const void* where);
  void shuffle(uint32_t seed) { seed_ = seed; }

 private:
  static constexpr unsigned lanes = 32;
  static constexpr size_t mostExchanged = 64;
  struct Copy {
    void* to;
    const void* from;
    size_t bytes;
  };
  struct Carrier;
  struct Warp {
    std::vector<Carrier*> waiting;
    alignas(16) char exchanged[2][lanes * mostExchanged];
  };

  /// A fiber, and where the emulated thread that it carries waits.
  struct Carrier {
    explicit Carrier(Runner* runner) : fiber([](void* self) { static_cast<Runner*>(self)->takeThreads(); }, runner) {}
    Fiber fiber;
    uint3 thread;
    int line = 0;
    unsigned exchanges = 0;
    unsigned warpBarriers = 0;  ///< that its thread has passed in this block
    std::vector<std::vector<Copy>> copies;  ///< on their way, group by group; the last group is open
  };

  void runBlock();
  void takeThreads();
  void resume(Carrier& carrier);
  void checkBarrier() const;
  unsigned threadNumber() const { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
  bool resumeWarps();
  void checkWarpsDone() const;
  template <typename Items>
  void order(Items& items) {
    if (seed_ != 0) std::shuffle(items.begin(), items.end(), random_);
  }

  std::vector<std::unique_ptr<Carrier>> carriers_;
  std::vector<Carrier*> parked_, waiting_;
  std::vector<Warp> warps_;
  std::vector<unsigned> threads_;
  std::vector<uint64_t> blocks_;
  std::unique_ptr<char[]> shared_;
  size_t sharedBytes_ = 0;
  unsigned next_ = 0;
  Carrier* running_ = nullptr;
  std::exception_ptr failure_;
  void (*body_)(const void*) = nullptr;
  const void* context_ = nullptr;
  uint32_t seed_ = 0;
  std::mt19937 random_;
  RaceDetector races_;
};

thread_local Runner runner;

void Runner::run(dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void*), const void* context) {
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  const uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z;
  if (threads == 0 || threads > 1024 || block.z > 64) refuse("a block of " + std::to_string(threads) + " threads");
  if (blocks == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
    refuse("a grid of " + std::to_string(grid.x) + "x" + std::to_string(grid.y) + "x" + std::to_string(grid.z));
  }
  if (sharedBytes > 99 * 1024) refuse(std::to_string(sharedBytes) + " bytes of shared memory, of 101376");
  body_ = body;
  context_ = context;
  gridDim = grid;
  blockDim = block;
  sharedBytes_ = sharedBytes;
  shared_.reset(sharedBytes > 0 ? new char[sharedBytes] : nullptr);
  threads_.resize(threads);
  std::iota(threads_.begin(), threads_.end(), 0u);
  random_.seed(seed_);
  if (seed_ != 0) {
    blocks_.resize(blocks);
    std::iota(blocks_.begin(), blocks_.end(), uint64_t{0});
    order(blocks_);
  }
  for (uint64_t i = 0; i < blocks; i++) {
    const uint64_t b = seed_ != 0 ? blocks_[i] : i;
    blockIdx = {static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y),
                static_cast<unsigned>(b / grid.x / grid.y)};
    runBlock();
  }
}

void Runner::runBlock() {
  // Shared memory begins as whatever was there: as NaN, an element read before it was written shows.
  if (sharedBytes_ > 0) std::memset(shared_.get(), 0xff, sharedBytes_);
  order(threads_);
  warps_.resize((threads_.size() + lanes - 1) / lanes);
  for (Warp& warp : warps_) warp.waiting.clear();
  next_ = 0;
  parked_.clear();
  races_.barrier();
  try {
    for (size_t used = 0; next_ < threads_.size(); used++) {
      if (used == carriers_.size()) carriers_.push_back(std::make_unique<Carrier>(this));
      resume(*carriers_[used]);
    }
    for (;;) {
      if (resumeWarps()) continue;
      if (parked_.empty()) break;
      checkBarrier();
      waiting_.swap(parked_);
      parked_.clear();
      races_.barrier();
      order(waiting_);
      for (Carrier* carrier : waiting_) resume(*carrier);
    }
    checkWarpsDone();
  } catch (...) {
    carriers_.clear();  // some stand in the middle of a kernel: they can never be used again
    throw;
  }
}

void Runner::resume(Carrier& carrier) {
  running_ = &carrier;
  threadIdx = carrier.thread;
  carrier.fiber.resume();
  running_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (const auto race = races_.takeRace()) refuse(*race);
}

void Runner::touched(const void* address, size_t bytes, Access access, const void* where) {
  // Outside kernels nothing is watched; what lies on the stack is the thread's own.
  if (!running_ || running_->fiber.holds(address)) return;
  races_.touch(reinterpret_cast<uintptr_t>(address), bytes, access, threadNumber(), running_->warpBarriers, where);
}

void Runner::takeThreads() {
  try {
    while (next_ < threads_.size()) {
      const unsigned t = threads_[next_++];
      threadIdx = {t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y};
      running_->exchanges = 0;
      running_->warpBarriers = 0;
      running_->copies.assign(1, {});
      body_(context_);
    }
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Runner::barrier(int line) {
  Carrier& self = *running_;
  self.thread = threadIdx;
  self.line = line;
  parked_.push_back(&self);
  self.fiber.suspend();
}

/// Lets every warp go on whose threads all wait at a barrier of their own; false where there is none.
bool Runner::resumeWarps() {
  bool any = false;
  for (size_t w = 0; w < warps_.size(); w++) {
    std::vector<Carrier*>& waiting = warps_[w].waiting;
    if (waiting.size() != std::min<size_t>(lanes, threads_.size() - w * lanes)) continue;
    any = true;
    for (const Carrier* carrier : waiting) {
      if (carrier->line != waiting.front()->line) {
        refuse("threads of one warp wait in lines " + std::to_string(carrier->line) + " and " +
               std::to_string(waiting.front()->line));
      }
    }
    std::vector<Carrier*> all;
    all.swap(waiting);
    order(all);
    for (Carrier* carrier : all) resume(*carrier);
  }
  return any;
}

void Runner::checkWarpsDone() const {
  for (const Warp& warp : warps_) {
    if (warp.waiting.empty()) continue;
    refuse("a warp's barrier in line " + std::to_string(warp.waiting.front()->line) + " was reached by " +
           std::to_string(warp.waiting.size()) + " of its threads");
  }
}

void Runner::warpBarrier(int line) {
  Carrier& self = *running_;
  self.thread = threadIdx;
  self.line = line;
  warps_[threadNumber() / lanes].waiting.push_back(&self);
  self.fiber.suspend();
  // An exchange (line 0) orders no memory on a device, whose shuffles and matrix products do not either.
  if (line != 0) self.warpBarriers++;
}

const void* Runner::exchangeInWarp(const void* mine, size_t bytes) {
  if (bytes > mostExchanged) refuse("an exchange of " + std::to_string(bytes) + " bytes");
  const unsigned number = threadNumber();
  // Two places in turn: who is late still reads the last exchange while others begin the next one.
  char* const all = warps_[number / lanes].exchanged[running_->exchanges++ % 2];
  std::memcpy(all + number % lanes * bytes, mine, bytes);
  warpBarrier(0);
  return all;
}

void Runner::copyLater(void* to, const void* from, size_t bytes) {
  // From here until it is waited for, the copy may read and write at any moment: touched at both ends.
  if (watchesRaces()) {
    if (from) touched(from, bytes, Access::read, __builtin_return_address(0));
    touched(to, bytes, Access::write, __builtin_return_address(0));
  }
  running_->copies.back().push_back({to, from, bytes});
}

void Runner::finishCopies(int newest) {
  auto& groups = running_->copies;
  while (groups.size() > static_cast<size_t>(newest) + 1) {
    for (const Copy& copy : groups.front()) {
      if (watchesRaces()) {
        if (copy.from) touched(copy.from, copy.bytes, Access::read, __builtin_return_address(0));
        touched(copy.to, copy.bytes, Access::write, __builtin_return_address(0));
      }
      if (copy.from) std::memcpy(copy.to, copy.from, copy.bytes);
      else std::memset(copy.to, 0, copy.bytes);
    }
    groups.erase(groups.begin());
  }
}

void Runner::checkBarrier() const {
  const int line = parked_.front()->line;
  if (parked_.size() != threads_.size()) {
    refuse("the barrier in line " + std::to_string(line) + " was reached by " + std::to_string(parked_.size()) +
           " of a block's " + std::to_string(threads_.size()) + " threads");
  }
  for (const Carrier* carrier : parked_) {
    if (carrier->line != line) {
      refuse("threads of one block wait at the barriers in lines " + std::to_string(line) + " and " +
             std::to_string(carrier->line));
    }
  }
}

}  // namespace

void runGrid(dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void*), const void* context) {
  runner.run(grid, block, sharedBytes, body, context);
}

void barrier(int line) { runner.barrier(line); }

void warpBarrier(int line) { runner.warpBarrier(line); }
const void* exchangeInWarp(const void* mine, size_t bytes) { return runner.exchangeInWarp(mine, bytes); }
void copyLater(void* to, const void* from, size_t bytes) { runner.copyLater(to, from, bytes); }
void endCopyGroup() { runner.endCopyGroup(); }
void finishCopies(int newest) { runner.finishCopies(newest); }

void touched(const void* address, size_t bytes, Access access, const void* where) {
  runner.touched(address, bytes, access, where);
}

unsigned atomicAdd(unsigned* to, unsigned value) {
  runner.touched(to, sizeof *to, Access::atomic, __builtin_return_address(0));
  return std::exchange(*to, *to + value);
}

void* dynamicSharedMemory() { return runner.shared(); }

void shuffleOrder(uint32_t seed) { runner.shuffle(seed); }

}  // namespace smug::emulation
