// A flow of control with a stack of its own, run by the thread that resumes it. The sanitizers are told of every switch.
#pragma once

#include <cstddef>
#include <cstdint>
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

  /// Whether this address lies on the fiber's stack.
  bool holds(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(stack_) < stackBytes;
  }

 private:
  static constexpr size_t stackBytes = 128 * 1024;  // sanitized frames are large
  struct Context;
  static void enter(Fiber* self);
  void arrived();

  void (*work_)(void*);
  void* argument_;
  std::unique_ptr<Context> context_;
  const char* stack_;
};

}  // namespace smug::emulation
