// The device as the rest of the core sees it: plain C++, no CUDA header.
//
// Two implementations, one interface:
//   device_cuda.cu                 the CUDA runtime, linked statically; needs only the driver at run time
//   emulation/device_emulated.cc   this machine's memory; a stream does its work at once, in order
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace smug::cuda {

struct DeviceInfo {
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  int multiprocessors = 0;
  size_t memoryBytes = 0;
  int driverVersion = 0, runtimeVersion = 0;  ///< 1000·major + 10·minor, as CUDA counts
};

/// What this process can use: a device, or one line that says why there is none and what would mend it.
struct Availability {
  std::optional<DeviceInfo> device;
  std::string reason;
};

/// Looks once a process; never throws, never crashes, also without a driver.
const Availability& availability();

/// The device has no room; the executor halves its micro-batch and tries again.
struct OutOfMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A call of the runtime or a kernel failed.
struct DeviceFailure : std::runtime_error {
  DeviceFailure(const std::string& what, bool lost) : std::runtime_error(what), lost(lost) {}
  bool lost;  ///< the device cannot be used by this process any more (every later call fails too)
};

/// Work in order. One a job; freed only when its work is done.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  void* handle() const { return handle_; }  ///< cudaStream_t where there is one
  /// Waits for everything given so far; throws DeviceFailure when some of it failed.
  void synchronize();

 private:
  void* handle_ = nullptr;
};

/// An address and its length, with one owner at a time.
class Block {
 public:
  template <typename T = float>
  T* as(size_t byteOffset = 0) const {
    return reinterpret_cast<T*>(static_cast<char*>(data_) + byteOffset);
  }
  size_t bytes() const { return bytes_; }
  explicit operator bool() const { return data_ != nullptr; }

 protected:
  Block() = default;
  ~Block() = default;
  Block(Block&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  void* data_ = nullptr;
  size_t bytes_ = 0;
};

/// Device memory, 256-byte aligned. Throws OutOfMemory. Empty when default-made. What is freed is kept for the next
/// allocation (see freeUnused), so work that uses it must be done by then.
class Memory : public Block {
 public:
  Memory() = default;
  explicit Memory(size_t bytes);
  ~Memory();
  Memory(Memory&&) noexcept = default;
  Memory& operator=(Memory&&) noexcept = default;
};

/// Host memory that the device copies from and to without a detour.
class PinnedMemory : public Block {
 public:
  PinnedMemory() = default;
  explicit PinnedMemory(size_t bytes);
  ~PinnedMemory();
  PinnedMemory(PinnedMemory&&) noexcept = default;
  PinnedMemory& operator=(PinnedMemory&&) noexcept = default;
};

// Asynchronous in `stream` when the host side is pinned; both sides must live until the stream is past the copy.
void copyToDevice(Stream& stream, void* to, const void* from, size_t bytes);
void copyToHost(Stream& stream, void* to, const void* from, size_t bytes);
void copyOnDevice(Stream& stream, void* to, const void* from, size_t bytes);
void fillZero(Stream& stream, void* data, size_t bytes);

/// Work that is given to the device again and again with the same addresses: a CUDA graph; in the emulation the
/// function itself. Capture allocates nothing and must not synchronize.
class Recording {
 public:
  Recording(Stream& stream, std::function<void()> work);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  void replay(Stream& stream) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Milliseconds that `work` takes in the stream, from device events (a clock in the emulation).
double millisecondsOf(Stream& stream, const std::function<void()>& work);

/// Whether such times say anything: not in the emulation.
bool keepsTime();

/// A profiler that was told to wait (`ncu --profile-from-start off`) records what is launched from the first call to the
/// second; nobody else notices.
void recordForProfiler(bool from);

/// Gives memory that is kept for later allocations back to the device.
void freeUnused();

/// Bytes of device memory this process holds through Memory, and the most it ever held.
struct MemoryUse {
  size_t now, peak;
};
MemoryUse memoryUse();

/// For tests: from now on allocations that would pass `bytes` held in all throw OutOfMemory; 0 = no limit.
void limitMemory(size_t bytes);

}  // namespace smug::cuda
