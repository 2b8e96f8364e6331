// device.h without a device: memory is this machine's, and a stream does its work at once.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "../memory_ledger.h"

namespace smug::cuda {

namespace {

// Zones beside every allocation that no kernel may touch: found at once under AddressSanitizer, else when freed.
constexpr size_t guardBytes = 256;
constexpr unsigned char guardByte = 0xa5;
// Fresh memory reads as NaN, so that an element used before it was written shows in the result.
constexpr unsigned char freshByte = 0xff;

/// Never destroyed: static objects may free memory at the end of the process.
MemoryLedger& ledger() {
  static MemoryLedger* const one = new MemoryLedger;
  return *one;
}

void shield(void* from, [[maybe_unused]] size_t bytes, [[maybe_unused]] bool on) {
#if defined(__SANITIZE_ADDRESS__)
  if (on) ASAN_POISON_MEMORY_REGION(from, bytes);
  else ASAN_UNPOISON_MEMORY_REGION(from, bytes);
#else
  (void)from;
#endif
}

size_t endGuardOf(size_t bytes) { return guardBytes + (guardBytes - bytes % guardBytes) % guardBytes; }

void* guarded(size_t bytes) {
  const size_t end = endGuardOf(bytes);
  auto* start = static_cast<unsigned char*>(std::aligned_alloc(guardBytes, guardBytes + bytes + end));
  if (!start) throw OutOfMemory("emulated device: this machine has no " + std::to_string(bytes) + " bytes left");
  std::memset(start, guardByte, guardBytes);
  std::memset(start + guardBytes, freshByte, bytes);
  std::memset(start + guardBytes + bytes, guardByte, end);
  shield(start, guardBytes, true);
  shield(start + guardBytes + bytes, end, true);
  return start + guardBytes;
}

void freeGuarded(void* data, size_t bytes) {
  auto* start = static_cast<unsigned char*>(data) - guardBytes;
  const size_t end = endGuardOf(bytes);
  shield(start, guardBytes, false);
  shield(start + guardBytes + bytes, end, false);
  bool whole = true;
  for (size_t i = 0; i < guardBytes; i++) whole = whole && start[i] == guardByte;
  for (size_t i = 0; i < end; i++) whole = whole && start[guardBytes + bytes + i] == guardByte;
  if (!whole) {
    // A destructor cannot throw, and a test that went on would be worth nothing.
    std::fprintf(stderr, "emulated device: a kernel wrote beside an allocation of %zu bytes\n", bytes);
    std::abort();
  }
  std::free(start);
}

}  // namespace

const Availability& availability() {
  static const Availability answer{DeviceInfo{"emulated", 0, 0, 1, size_t{1} << 34, 0, 0}, ""};
  return answer;
}

Stream::Stream() = default;
Stream::~Stream() = default;
void Stream::synchronize() {}

Memory::Memory(size_t bytes) {
  if (bytes == 0) return;
  ledger().hold(bytes);
  try {
    data_ = guarded(bytes);
  } catch (...) {
    ledger().release(bytes);
    throw;
  }
  bytes_ = bytes;
}

Memory::~Memory() {
  if (!data_) return;
  freeGuarded(data_, bytes_);
  ledger().release(bytes_);
}

PinnedMemory::PinnedMemory(size_t bytes) {
  if (bytes == 0) return;
  data_ = guarded(bytes);
  bytes_ = bytes;
}

PinnedMemory::~PinnedMemory() {
  if (data_) freeGuarded(data_, bytes_);
}

void copyToDevice(Stream&, void* to, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}
void copyToHost(Stream&, void* to, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}
void copyOnDevice(Stream&, void* to, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}
void fillZero(Stream&, void* data, size_t bytes) {
  if (bytes > 0) std::memset(data, 0, bytes);
}

struct Recording::State {
  std::function<void()> work;
};

// As with a CUDA graph, recording runs nothing; every replay runs all of it.
Recording::Recording(Stream&, std::function<void()> work) : state_(new State{std::move(work)}) {}
Recording::~Recording() = default;
void Recording::replay(Stream&) const { state_->work(); }

double millisecondsOf(Stream&, const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void freeUnused() {}

bool keepsTime() { return false; }

void recordForProfiler(bool /*from*/) {}

MemoryUse memoryUse() { return ledger().use(); }

void limitMemory(size_t bytes) { ledger().limit(bytes); }

}  // namespace smug::cuda
