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

using smug::CancelFlag;
using smug::Cancelled;

/// Working memory, lent to one task at a time and kept from task to task.
class Arena {
 public:
  explicit Arena(int number) : number_(number) {}
  ~Arena() { release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// No two tasks that run at once have arenas of the same number; numbers are less than Scheduler::maxWorkers.
  int number() const { return number_; }
  /// At least `bytes`, 64-byte aligned.
  char* memory(size_t bytes);

 private:
  friend class Scheduler;
  void release();

  const int number_;
  char* memory_ = nullptr;
  size_t bytes_ = 0;
  bool lent_ = false;
};

class Scheduler {
 public:
  static Scheduler& instance();
  static constexpr int maxWorkers = 256;

  /// Cores.
  static int defaultThreads();

  struct Options {
    int lanes = 1;      ///< tasks that may run at once
    bool wide = false;  ///< a task uses `lanes` threads itself and runs while no other task does
    CancelFlag cancel;
  };
  /// Runs task(arena, 0 … count-1) and returns when all are done. Rethrows the first task's exception; throws
  /// Cancelled when the flag was raised.
  void run(int64_t count, const Options& options, const std::function<void(Arena&, int64_t)>& task);

  /// Gives the working memory of idle arenas back to the system, but for the first `kept`. As many tasks at once use
  /// those first, so a caller with a budget for `kept` lanes leaves no more behind than it may.
  void trim(int kept = 0);

 private:
  Scheduler() = default;
  struct Job {
    int64_t count, next = 0, finished = 0;
    Options options;
    int active = 0;
    const std::function<void(Arena&, int64_t)>* task;
    std::exception_ptr error;
  };
  void work(int worker);
  Job* take(int worker);
  Arena& lend();
  void grow(int workers);

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Job*> jobs_;
  std::vector<std::unique_ptr<Arena>> arenas_;
  std::vector<std::thread> threads_;
  int active_ = 0;
  bool wideRunning_ = false;
};

}  // namespace smug::cpu
