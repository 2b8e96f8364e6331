#include "block.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../device.h"
#include "fiber.h"

namespace smug::emulation {

namespace {

using cuda::DeviceFailure;

[[noreturn]] void refuse(const std::string& what) { throw DeviceFailure("emulated device: " + what, false); }

/// What one thread of this machine needs to run blocks; kept from launch to launch for its fibers.
class Runner {
 public:
  void run(dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void*), const void* context);
  void barrier(int line);
  void* shared() { return shared_.get(); }
  void shuffle(uint32_t seed) { seed_ = seed; }

 private:
  /// A fiber, and where the emulated thread that it carries waits.
  struct Carrier {
    explicit Carrier(Runner* runner) : fiber([](void* self) { static_cast<Runner*>(self)->takeThreads(); }, runner) {}
    Fiber fiber;
    uint3 thread;
    int line = 0;
  };

  void runBlock();
  void takeThreads();
  void resume(Carrier& carrier);
  void checkBarrier() const;
  template <typename Items>
  void order(Items& items) {
    if (seed_ != 0) std::shuffle(items.begin(), items.end(), random_);
  }

  std::vector<std::unique_ptr<Carrier>> carriers_;
  std::vector<Carrier*> parked_, waiting_;
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
};

thread_local Runner runner;

void Runner::run(dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void*), const void* context) {
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  const uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z;
  if (threads == 0 || threads > 1024 || block.z > 64) refuse("a block of " + std::to_string(threads) + " threads");
  if (blocks == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
    refuse("a grid of " + std::to_string(grid.x) + "x" + std::to_string(grid.y) + "x" + std::to_string(grid.z));
  }
  if (sharedBytes > 48 * 1024) refuse(std::to_string(sharedBytes) + " bytes of shared memory, of 49152");
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
  next_ = 0;
  parked_.clear();
  try {
    for (size_t used = 0; next_ < threads_.size(); used++) {
      if (used == carriers_.size()) carriers_.push_back(std::make_unique<Carrier>(this));
      resume(*carriers_[used]);
    }
    while (!parked_.empty()) {
      checkBarrier();
      waiting_.swap(parked_);
      parked_.clear();
      order(waiting_);
      for (Carrier* carrier : waiting_) resume(*carrier);
    }
  } catch (...) {
    carriers_.clear();  // some stand in the middle of a kernel: they can never be used again
    throw;
  }
}

void Runner::resume(Carrier& carrier) {
  running_ = &carrier;
  threadIdx = carrier.thread;
  carrier.fiber.resume();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Runner::takeThreads() {
  try {
    while (next_ < threads_.size()) {
      const unsigned t = threads_[next_++];
      threadIdx = {t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y};
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

void* dynamicSharedMemory() { return runner.shared(); }

void shuffleOrder(uint32_t seed) { runner.shuffle(seed); }

}  // namespace smug::emulation
