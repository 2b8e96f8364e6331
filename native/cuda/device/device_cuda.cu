// device.h on the CUDA runtime, which is linked statically: without a driver its first call says so.
#include <cuda_runtime.h>

#include <array>
#include <map>
#include <mutex>

#include "../memory_ledger.h"

// Of cuda_profiler_api.h, which the runtime's wheel has not.
extern "C" {
cudaError_t CUDARTAPI cudaProfilerStart();
cudaError_t CUDARTAPI cudaProfilerStop();
}

namespace smug::cuda {

namespace {

/// Errors after which every later call of this process fails too.
bool losesDevice(cudaError_t error) {
  switch (error) {
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorDevicesUnavailable:
    case cudaErrorInsufficientDriver:
    case cudaErrorInitializationError:
    case cudaErrorNoDevice:
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorSystemNotReady:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCudartUnloading:
    case cudaErrorUnknown:
      return true;
    default:
      return false;
  }
}

std::string nameOf(cudaError_t error) {
  return std::string(cudaGetErrorString(error)) + " (" + cudaGetErrorName(error) + ")";
}

/// `what` names the step, for people.
void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // an error that can be cleared must not show in somebody else's next check
  throw DeviceFailure(std::string(what) + ": " + nameOf(error), losesDevice(error));
}

std::string versionOf(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// What our machine code and PTX run on.
constexpr int leastCapability = 8;

struct Found {
  Availability availability;
  int ordinal = 0;
};

Found look() {
  Found found;
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  const std::string needs = "this build needs one for CUDA " + versionOf(runtime);
  const auto none = [&](std::string reason) {
    cudaGetLastError();
    found.availability.reason = std::move(reason);
    return found;
  };
  if (driver == 0) return none("no NVIDIA driver is installed; " + needs + " or later");
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorInsufficientDriver) {
    return none("the NVIDIA driver supports CUDA " + versionOf(driver) + " only; " + needs + " or later: update it");
  }
  if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0)) {
    return none("the NVIDIA driver sees no GPU; check nvidia-smi, CUDA_VISIBLE_DEVICES, and that a container is given one");
  }
  if (error != cudaSuccess) return none("the CUDA driver cannot start: " + nameOf(error) + "; check nvidia-smi");

  std::string seen;
  for (int ordinal = 0; ordinal < count; ordinal++) {
    cudaDeviceProp properties;
    error = cudaGetDeviceProperties(&properties, ordinal);
    if (error != cudaSuccess) return none("the GPU cannot be asked what it is: " + nameOf(error) + "; check nvidia-smi");
    if (properties.major < leastCapability) {
      seen += (seen.empty() ? "" : ", ") + std::string(properties.name) + " (" + std::to_string(properties.major) + "." +
              std::to_string(properties.minor) + ")";
      continue;
    }
    // Makes the device's context: what can fail fails here and not in the middle of a job.
    error = cudaSetDevice(ordinal);
    if (error == cudaSuccess) error = cudaFree(nullptr);
    if (error != cudaSuccess) {
      return none(std::string(properties.name) + " cannot be used: " + nameOf(error) +
                  "; check that no other process holds it exclusively");
    }
    found.ordinal = ordinal;
    found.availability.device = DeviceInfo{properties.name,
                                           properties.major,
                                           properties.minor,
                                           properties.multiProcessorCount,
                                           properties.totalGlobalMem,
                                           driver,
                                           runtime};
    return found;
  }
  return none("a GPU of compute capability " + std::to_string(leastCapability) + ".0 (Ampere) or later is needed; found " + seen);
}

const Found& found() {
  static const Found answer = look();
  return answer;
}

/// Every thread has a current device of its own, at first the one with number 0.
void useDevice() {
  thread_local bool chosen = false;
  if (chosen) return;
  if (!found().availability.device) throw DeviceFailure(found().availability.reason, true);
  check(cudaSetDevice(found().ordinal), "choosing the GPU");
  chosen = true;
}

cudaStream_t streamOf(const Stream& stream) { return static_cast<cudaStream_t>(stream.handle()); }

/// Never destroyed: static objects may free memory at the end of the process.
MemoryLedger& ledger() {
  static MemoryLedger* const one = new MemoryLedger;
  return *one;
}

/// Freed blocks wait here for the next allocation of the same size: cudaMalloc takes long and cudaFree stops the whole
/// device. Who frees a block has waited for the work that used it.
class Cache {
 public:
  void* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(bytes);
    if (found == blocks_.end()) return nullptr;
    void* const block = found->second;
    blocks_.erase(found);
    return block;
  }
  void give(size_t bytes, void* block) {
    const std::lock_guard lock(mutex_);
    blocks_.emplace(bytes, block);
  }
  void clear() {
    std::multimap<size_t, void*> all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(blocks_);
    }
    // On a lost device this fails, and there is nothing left to give back.
    for (const auto& [bytes, block] : all) {
      if (cudaFree(block) != cudaSuccess) cudaGetLastError();
    }
  }

 private:
  std::mutex mutex_;
  std::multimap<size_t, void*> blocks_;
};

/// Never destroyed: at the end of the process the device may be gone before static objects are.
Cache& cache() {
  static Cache* const one = new Cache;
  return *one;
}

/// What is really allocated: few different sizes, so that blocks are found again.
size_t roundedUp(size_t bytes) {
  const size_t unit = bytes >= size_t{1} << 20 ? size_t{1} << 20 : size_t{1} << 12;
  return (bytes + unit - 1) / unit * unit;
}

/// Two events, destroyed whatever happens between them.
class Interval {
 public:
  Interval() {
    for (cudaEvent_t& event : events_) check(cudaEventCreate(&event), "making an event");
  }
  ~Interval() {
    for (cudaEvent_t event : events_) {
      if (event) cudaEventDestroy(event);
    }
  }
  Interval(const Interval&) = delete;
  Interval& operator=(const Interval&) = delete;
  void mark(int end, Stream& stream) { check(cudaEventRecord(events_[end], streamOf(stream)), "recording an event"); }
  double milliseconds() {
    check(cudaEventSynchronize(events_[1]), "timing work on the GPU");
    float elapsed = 0;
    check(cudaEventElapsedTime(&elapsed, events_[0], events_[1]), "timing work on the GPU");
    return elapsed;
  }

 private:
  std::array<cudaEvent_t, 2> events_{};
};

}  // namespace

const Availability& availability() { return found().availability; }

Stream::Stream() {
  useDevice();
  cudaStream_t stream = nullptr;
  // Not ordered with the default stream: a capture must not wait for it, nor it for us.
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  handle_ = stream;
}

Stream::~Stream() {
  if (!handle_) return;
  cudaStreamSynchronize(streamOf(*this));
  cudaStreamDestroy(streamOf(*this));
  cudaGetLastError();
}

void Stream::synchronize() { check(cudaStreamSynchronize(streamOf(*this)), "work on the GPU"); }

Memory::Memory(size_t bytes) {
  if (bytes == 0) return;
  useDevice();
  ledger().hold(bytes);
  data_ = cache().take(roundedUp(bytes));
  cudaError_t error = data_ ? cudaSuccess : cudaMalloc(&data_, roundedUp(bytes));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    cache().clear();
    error = cudaMalloc(&data_, roundedUp(bytes));
  }
  if (error != cudaSuccess) {
    data_ = nullptr;
    ledger().release(bytes);
    if (error != cudaErrorMemoryAllocation) check(error, "allocating GPU memory");
    cudaGetLastError();
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    throw OutOfMemory(std::to_string(bytes) + " bytes of GPU memory asked for, " + std::to_string(free) + " of " +
                      std::to_string(total) + " free");
  }
  bytes_ = bytes;
}

Memory::~Memory() {
  if (!data_) return;
  cache().give(roundedUp(bytes_), data_);
  ledger().release(bytes_);
}

PinnedMemory::PinnedMemory(size_t bytes) {
  if (bytes == 0) return;
  useDevice();
  const cudaError_t error = cudaMallocHost(&data_, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    data_ = nullptr;
    throw OutOfMemory(std::to_string(bytes) + " bytes of page-locked memory asked for: the system has no room");
  }
  check(error, "allocating page-locked memory");
  bytes_ = bytes;
}

PinnedMemory::~PinnedMemory() {
  if (data_ && cudaFreeHost(data_) != cudaSuccess) cudaGetLastError();
}

void copyToDevice(Stream& stream, void* to, const void* from, size_t bytes) {
  useDevice();
  if (bytes > 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, streamOf(stream)), "copying to the GPU");
}

void copyToHost(Stream& stream, void* to, const void* from, size_t bytes) {
  useDevice();
  if (bytes > 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, streamOf(stream)), "copying from the GPU");
}

void copyOnDevice(Stream& stream, void* to, const void* from, size_t bytes) {
  useDevice();
  if (bytes > 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, streamOf(stream)), "copying on the GPU");
}

void fillZero(Stream& stream, void* data, size_t bytes) {
  useDevice();
  if (bytes > 0) check(cudaMemsetAsync(data, 0, bytes, streamOf(stream)), "filling GPU memory");
}

struct Recording::State {
  cudaGraphExec_t graph = nullptr;
};

Recording::Recording(Stream& stream, std::function<void()> work) : state_(new State) {
  useDevice();
  const cudaStream_t to = streamOf(stream);
  // Other threads work on: what they allocate meanwhile is none of this capture's business.
  check(cudaStreamBeginCapture(to, cudaStreamCaptureModeThreadLocal), "recording work");
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(to, &graph);
    if (graph) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw;
  }
  check(cudaStreamEndCapture(to, &graph), "recording work");
  const cudaError_t error = cudaGraphInstantiate(&state_->graph, graph, 0);
  cudaGraphDestroy(graph);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw OutOfMemory("no GPU memory left for a recording");
  }
  check(error, "making a recording ready");
}

Recording::~Recording() {
  if (state_->graph && cudaGraphExecDestroy(state_->graph) != cudaSuccess) cudaGetLastError();
}

void Recording::replay(Stream& stream) const {
  useDevice();
  check(cudaGraphLaunch(state_->graph, streamOf(stream)), "replaying a recording");
}

double millisecondsOf(Stream& stream, const std::function<void()>& work) {
  useDevice();
  Interval interval;
  interval.mark(0, stream);
  work();
  interval.mark(1, stream);
  return interval.milliseconds();
}

void freeUnused() { cache().clear(); }

bool keepsTime() { return true; }

void recordForProfiler(bool from) {
  // Without a profiler it fails, which is no matter.
  (void)(from ? cudaProfilerStart() : cudaProfilerStop());
  (void)cudaGetLastError();
}

MemoryUse memoryUse() { return ledger().use(); }

void limitMemory(size_t bytes) { ledger().limit(bytes); }

}  // namespace smug::cuda
