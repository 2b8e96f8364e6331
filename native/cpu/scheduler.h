// One pool of worker threads for the whole process. Every request is cut into tasks (micro-batches); workers take
// tasks of the oldest request first, so several attributions at once share the cores and never oversubscribe them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "graph/request.h"

namespace smug::cpu {

using smug::Cancelled;
using smug::CancelFlag;

/// What a task knows of the thread it runs on.
struct Worker {
  int number;
  /// Working memory of at least `bytes`, 64-byte aligned; the worker's own, kept from task to task.
  char* arena(size_t bytes);
  ~Worker();

 private:
  friend class Scheduler;
  char* memory_ = nullptr;
  size_t bytes_ = 0;
  std::atomic<bool> trim_{false};
};

class Scheduler {
 public:
  static Scheduler& instance();

  /// Cores, or SMUG_THREADS where it is set.
  static int defaultThreads();

  struct Options {
    int lanes = 1;       ///< tasks that may run at once
    bool wide = false;   ///< a task uses `lanes` threads itself and runs while no other task does
    CancelFlag cancel;
  };
  /// Runs task(worker, 0 … count-1) and returns when all are done. Rethrows the first task's exception; throws
  /// Cancelled when the flag was raised.
  void run(int64_t count, const Options& options, const std::function<void(Worker&, int64_t)>& task);

  /// Gives working memory back to the system as soon as the workers are idle.
  void trim();

 private:
  Scheduler() = default;
  struct Job {
    int64_t count, next = 0, finished = 0;
    Options options;
    int active = 0;
    const std::function<void(Worker&, int64_t)>* task;
    std::exception_ptr error;
  };
  void work(Worker& worker);
  Job* take(const Worker& worker);
  void grow(int workers);

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Job*> jobs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  int active_ = 0;
  bool wideRunning_ = false;
};

}  // namespace smug::cpu
