#include "control.h"

namespace smug::solver {

void Control::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

Watchdog::Watchdog(Control& control, double seconds, std::function<void()> interrupt)
    : control_(control), thread_([this, seconds, interrupt = std::move(interrupt)] {
        using clock = std::chrono::steady_clock;
        std::unique_lock lock(control_.mutex_);
        const auto ended = [this] { return done_ || control_.stopped(); };
        // A limit beyond a year is none: it would overflow the clock.
        if (seconds > 0 && seconds < 3e7) {
          const auto limit = std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
          control_.changed_.wait_until(lock, clock::now() + limit, ended);
        } else {
          control_.changed_.wait(lock, ended);
        }
        control_.stopped_ = control_.stopped_ || !done_;
        while (!done_) {
          interrupt();
          control_.changed_.wait_for(lock, std::chrono::milliseconds(5), [this] { return done_; });
        }
      }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(control_.mutex_);
    done_ = true;
  }
  control_.changed_.notify_all();
  thread_.join();
}

}  // namespace smug::solver
