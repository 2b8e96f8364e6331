// Stops a running solve: from another thread, or when its time is up.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace smug::solver {

/// Shared between the thread that solves and those that may stop it.
class Control {
 public:
  /// Asks the solve to end soon with what it has. Safe from any thread, before, during and after the solve.
  void stop();
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  friend class Watchdog;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// While it lives, calls `interrupt` (from a thread of its own) once the control is stopped or the time is up,
/// and again every few milliseconds: a prover may miss an interrupt that comes before it listens.
class Watchdog {
 public:
  /// `seconds` ≤ 0 means no time limit.
  Watchdog(Control& control, double seconds, std::function<void()> interrupt);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  Control& control_;
  bool done_ = false;  ///< guarded by control_.mutex_
  std::thread thread_;
};

}  // namespace smug::solver
