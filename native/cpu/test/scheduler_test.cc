// The pool: every task once, no more at once than allowed, several requests side by side, errors and cancellation.
#include "scheduler.h"

#include <set>

#include "check.h"

using namespace smug::cpu;
using namespace smug::test;

int main() {
  Scheduler& scheduler = Scheduler::instance();
  for (const int lanes : {1, 2, 5}) {
    std::atomic<int> running{0}, most{0}, sum{0};
    scheduler.run(50, {lanes, false, nullptr}, [&](Arena&, int64_t task) {
      const int now = ++running;
      int seen = most.load();
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      sum += static_cast<int>(task);
      std::this_thread::yield();
      running--;
    });
    check(sum == 49 * 50 / 2, "every task runs once");
    check(most <= lanes, "never more tasks at once than lanes");
  }

  std::vector<std::thread> callers;
  std::atomic<int> done{0};
  for (int c = 0; c < 8; c++) {
    callers.emplace_back([&, c] {
      scheduler.run(20, {2, c % 4 == 0, nullptr}, [&](Arena& arena, int64_t) {
        char* memory = arena.memory(1000 + 5000 * c);
        memory[0] = memory[999] = static_cast<char>(c);
        done++;
      });
    });
  }
  for (std::thread& caller : callers) caller.join();
  check(done == 160, "requests from several threads all end");

  bool caught = false;
  try {
    scheduler.run(10, {2, false, nullptr}, [](Arena&, int64_t task) {
      if (task == 3) throw std::runtime_error("three");
    });
  } catch (const std::runtime_error& error) {
    caught = std::string(error.what()) == "three";
  }
  check(caught, "a task's exception reaches the caller");

  const auto flag = std::make_shared<std::atomic<bool>>(false);
  std::atomic<int> ran{0};
  bool cancelled = false;
  try {
    scheduler.run(1000, {2, false, flag}, [&](Arena&, int64_t) {
      if (++ran == 5) flag->store(true);
    });
  } catch (const Cancelled&) {
    cancelled = true;
  }
  check(cancelled && ran < 20, "a raised flag stops the request before its next tasks");
  std::mutex mutex;
  std::set<int> numbers;
  for (int run = 0; run < 20; run++) {
    scheduler.run(5, {2, false, nullptr}, [&](Arena& arena, int64_t) {
      const std::lock_guard lock(mutex);
      numbers.insert(arena.number());
    });
  }
  check(*numbers.rbegin() <= 1, "two lanes never touch a third arena, whichever threads run them");
  scheduler.trim(1);
  scheduler.trim();
  scheduler.run(1, {}, [&](Arena& arena, int64_t) { check(arena.memory(64) != nullptr, "memory after trimming"); });
  return finish("scheduler");
}
