#include "fiber.h"

#include <cstdint>

#if defined(__x86_64__)
#define SMUG_OWN_SWITCH 1
#else
#include <ucontext.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

#if SMUG_OWN_SWITCH
// swapcontext asks the kernel for the signal mask at every switch, a hundred times the cost of the switch itself.
// smug_switch_stack(&saved, to): pushes the registers that a call preserves, changes the stack, pops them.
extern "C" void smug_switch_stack(void** saved, void* to);
asm(R"(
.text
.type smug_switch_stack, @function
smug_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size smug_switch_stack, .-smug_switch_stack
)");
#endif

namespace smug::emulation {

struct Fiber::Context {
  std::unique_ptr<char[]> stack{new char[stackBytes]};
#if SMUG_OWN_SWITCH
  void* own = nullptr;
  void* resumer = nullptr;
#else
  ucontext_t own, resumer;
#endif
#if defined(__SANITIZE_ADDRESS__)
  const void* resumerStack = nullptr;
  size_t resumerBytes = 0;
  void* resumerFrames = nullptr;
  void* ownFrames = nullptr;
#endif
#if defined(__SANITIZE_THREAD__)
  void* ownRecord = __tsan_create_fiber(0);
  void* resumerRecord = nullptr;
  ~Context() { __tsan_destroy_fiber(ownRecord); }
#endif
};

namespace {
#if SMUG_OWN_SWITCH
// The first switch into a fiber returns into this: the stack holds no argument, so it comes by this variable.
thread_local Fiber* starting = nullptr;
#endif
}  // namespace

Fiber::Fiber(void (*work)(void*), void* argument)
    : work_(work), argument_(argument), context_(std::make_unique<Context>()), stack_(context_->stack.get()) {
#if SMUG_OWN_SWITCH
  auto top = (reinterpret_cast<uintptr_t>(context_->stack.get()) + stackBytes) & ~uintptr_t{15};
  void** stack = reinterpret_cast<void**>(top);
  *--stack = nullptr;  // where enter() would return to; keeps the alignment that a call leaves
  *--stack = reinterpret_cast<void*>(+[] { enter(starting); });
  for (int saved = 0; saved < 6; saved++) *--stack = nullptr;
  context_->own = stack;
#else
  getcontext(&context_->own);
  context_->own.uc_stack = {context_->stack.get(), 0, stackBytes};
  context_->own.uc_link = nullptr;
  // makecontext passes ints only.
  const auto address = reinterpret_cast<uintptr_t>(this);
  makecontext(&context_->own, reinterpret_cast<void (*)()>(+[](unsigned high, unsigned low) {
    enter(reinterpret_cast<Fiber*>((uintptr_t{high} << 16 << 16) | low));
  }), 2, static_cast<unsigned>(address >> 16 >> 16), static_cast<unsigned>(address));
#endif
}

Fiber::~Fiber() = default;

void Fiber::resume() {
  Context& c = *context_;
#if defined(__SANITIZE_THREAD__)
  c.resumerRecord = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(c.ownRecord, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
  void* frames = nullptr;
  __sanitizer_start_switch_fiber(&frames, c.stack.get(), stackBytes);
#endif
#if SMUG_OWN_SWITCH
  starting = this;
  smug_switch_stack(&c.resumer, c.own);
#else
  swapcontext(&c.resumer, &c.own);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
  Context& c = *context_;
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(c.resumerRecord, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&c.ownFrames, c.resumerStack, c.resumerBytes);
#endif
#if SMUG_OWN_SWITCH
  smug_switch_stack(&c.own, c.resumer);
#else
  swapcontext(&c.own, &c.resumer);
#endif
  arrived();
}

void Fiber::arrived() {
#if defined(__SANITIZE_ADDRESS__)
  Context& c = *context_;
  __sanitizer_finish_switch_fiber(c.ownFrames, &c.resumerStack, &c.resumerBytes);
#endif
}

void Fiber::enter(Fiber* self) {
  self->arrived();
  for (;;) {
    self->work_(self->argument_);
    self->suspend();
  }
}

}  // namespace smug::emulation
