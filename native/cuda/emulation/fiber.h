// A flow of control with a stack of its own, run by the thread that resumes it. The sanitizers are told of every switch.
#pragma once

#include <cstddef>
#include <memory>

namespace smug::emulation {

class Fiber {
 public:
  /// `work` is called anew at every resume() after it returned; it must not throw.
  Fiber(void (*work)(void*), void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the fiber until it suspends itself or its work returns.
  void resume();
  /// Called inside the fiber: back to whoever resumed it.
  void suspend();

 private:
  struct Context;
  static void enter(Fiber* self);
  void arrived();

  void (*work_)(void*);
  void* argument_;
  std::unique_ptr<Context> context_;
};

}  // namespace smug::emulation
