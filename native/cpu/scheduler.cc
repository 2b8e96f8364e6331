#include "scheduler.h"

#include <omp.h>
#if defined(__SSE__)
#include <pmmintrin.h>
#include <xmmintrin.h>
#endif
#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace smug::cpu {

char* Arena::memory(size_t bytes) {
  if (bytes > bytes_) {
    release();
    // Whole huge pages: convolutions touch all of it again and again.
    const size_t page = size_t{2} << 20, rounded = std::max<size_t>(1, (bytes + page - 1) / page) * page;
    void* memory = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    ::madvise(memory, rounded, MADV_HUGEPAGE);
    memory_ = static_cast<char*>(memory);
    bytes_ = rounded;
  }
  return memory_;
}

void Arena::release() {
  if (memory_) ::munmap(memory_, bytes_);
  memory_ = nullptr;
  bytes_ = 0;
}

Scheduler& Scheduler::instance() {
  // Never destroyed: its threads may outlive the static objects they would be joined by.
  static Scheduler* const scheduler = new Scheduler;
  return *scheduler;
}

int Scheduler::defaultThreads() { return std::clamp(omp_get_num_procs(), 1, maxWorkers); }

void Scheduler::run(int64_t count, const Options& options, const std::function<void(Arena&, int64_t)>& task) {
  if (count == 0) return;
  Job job{count, 0, 0, options, 0, &task, nullptr};
  std::unique_lock lock(mutex_);
  grow(options.wide ? 1 : std::min<int64_t>(options.lanes, count));
  jobs_.push_back(&job);
  wake_.notify_all();
  done_.wait(lock, [&] { return job.finished == job.count && job.active == 0; });
  jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
  lock.unlock();
  if (job.error) std::rethrow_exception(job.error);
}

/// The next task this worker may run, by the age of its request. A wide task at the head of the queue waits until
/// the others have ended and lets none behind it start, or it would never get its turn. Called under the lock.
Scheduler::Job* Scheduler::take(int worker) {
  if (wideRunning_) return nullptr;
  for (Job* job : jobs_) {
    if (job->next >= job->count) continue;
    if (job->options.wide) return active_ == 0 && worker == 0 ? job : nullptr;
    if (job->active < std::min<int64_t>(job->options.lanes, maxWorkers)) return job;
  }
  return nullptr;
}

/// The first idle arena. Called under the lock.
Arena& Scheduler::lend() {
  const auto idle = std::find_if(arenas_.begin(), arenas_.end(), [](const auto& arena) { return !arena->lent_; });
  (*idle)->lent_ = true;
  return **idle;
}

void Scheduler::work(int worker) {
#if defined(__SSE__)
  // Numbers below 1e-38 cost a hundred times as much as others and carry nothing.
  _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
  _MM_SET_DENORMALS_ZERO_MODE(_MM_DENORMALS_ZERO_ON);
#endif
  std::unique_lock lock(mutex_);
  for (;;) {
    Job* job = nullptr;
    wake_.wait(lock, [&] { return (job = take(worker)) != nullptr; });
    const int64_t index = job->next++;
    Arena& arena = lend();
    job->active++;
    active_++;
    wideRunning_ = job->options.wide;
    const bool skip = job->error != nullptr;
    lock.unlock();

    std::exception_ptr error;
    if (!skip) {
      try {
        if (job->options.cancel && job->options.cancel->load()) throw Cancelled();
        omp_set_num_threads(job->options.wide ? job->options.lanes : 1);
        (*job->task)(arena, index);
      } catch (...) {
        error = std::current_exception();
      }
    }

    lock.lock();
    arena.lent_ = false;
    if (error && !job->error) job->error = error;
    job->active--;
    job->finished++;
    active_--;
    wideRunning_ = false;
    if (job->finished == job->count) done_.notify_all();
    wake_.notify_all();
  }
}

void Scheduler::grow(int workers) {
  while (static_cast<int>(threads_.size()) < std::min(workers, maxWorkers)) {
    const int worker = static_cast<int>(threads_.size());
    arenas_.push_back(std::make_unique<Arena>(worker));
    threads_.emplace_back([this, worker] { work(worker); });
  }
}

void Scheduler::trim(int kept) {
  const std::lock_guard lock(mutex_);
  for (size_t i = kept; i < arenas_.size(); i++) {
    if (!arenas_[i]->lent_) arenas_[i]->release();
  }
}

}  // namespace smug::cpu
