#include "races.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace smug::emulation {

namespace {

/// Function, file and line of a place in this program, as far as the machine's addr2line can tell.
std::string placeOf(const void* where) {
  char address[32];
  Dl_info info{};
  auto offset = reinterpret_cast<uintptr_t>(where);
  if (dladdr(where, &info) && info.dli_fbase) offset -= reinterpret_cast<uintptr_t>(info.dli_fbase);
  // One less: the address is where the call returns to.
  std::snprintf(address, sizeof address, "0x%zx", static_cast<size_t>(offset - 1));
  std::string text = address;
  const std::string command = std::string("addr2line -Csfpe '") + (info.dli_fname ? info.dli_fname : "") + "' " + address + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 512> line{};
  if (pipe && std::fgets(line.data(), line.size(), pipe.get())) {
    text = line.data();
    while (!text.empty() && text.back() == '\n') text.pop_back();
  }
  return text;
}

const char* nameOf(Access access) {
  return access == Access::read ? "reads" : access == Access::write ? "writes" : "changes atomically";
}

}  // namespace

void RaceDetector::barrier() {
  epoch_++;
  used_ = 0;
}

void RaceDetector::touch(uintptr_t address, size_t bytes, Access access, unsigned thread, unsigned warpBarriers, const void* where) {
  while (bytes > 0) {
    const size_t first = address % 4, count = bytes < 4 - first ? bytes : 4 - first;
    const auto mask = static_cast<uint8_t>(((1u << count) - 1) << first);
    touchWord(address / 4, {where, warpBarriers, static_cast<uint16_t>(thread), mask, access});
    address += count;
    bytes -= count;
  }
}

void RaceDetector::touchWord(uintptr_t number, Record touched) {
  Word& word = find(number);
  // Most touches repeat the last one: a loop over a fragment, a sum in shared memory.
  if (word.records > 0) {
    const Record& last = word.record[word.records - 1];
    if (last.thread == touched.thread && last.access == touched.access && last.warpBarriers == touched.warpBarriers &&
        (last.bytes & touched.bytes) == touched.bytes) {
      return;
    }
  }
  for (int i = 0; i < word.records; i++) {
    const Record& before = word.record[i];
    if (before.thread == touched.thread || !(before.bytes & touched.bytes)) continue;
    if (before.access == Access::read && touched.access == Access::read) continue;
    if (before.access == Access::atomic && touched.access == Access::atomic) continue;
    const bool ordered = before.thread / 32 == touched.thread / 32 && before.warpBarriers < touched.warpBarriers;
    if (ordered || race_) continue;
    race_ = "a race: between two barriers thread " + std::to_string(before.thread) + " " + nameOf(before.access) + " in " +
            placeOf(before.where) + " and thread " + std::to_string(touched.thread) + " " + nameOf(touched.access) + " in " +
            placeOf(touched.where) + " the word at " + std::to_string(number * 4);
  }
  keep(word, touched);
}

void RaceDetector::keep(Word& word, const Record& touched) {
  for (int i = 0; i < word.records; i++) {
    Record& before = word.record[i];
    if (before.thread != touched.thread || before.access != touched.access || before.warpBarriers != touched.warpBarriers) continue;
    before.bytes |= touched.bytes;
    before.where = touched.where;
    return;
  }
  if (word.records < Word::most) {
    word.record[word.records++] = touched;
    return;
  }
  // Full: many threads read one word. Two readers prove as much as all of them, so the newest takes a reader's place.
  for (int i = Word::most - 1; i >= 0; i--) {
    if (word.record[i].access == Access::read) {
      word.record[i] = touched;
      return;
    }
  }
  word.record[Word::most - 1] = touched;
}

RaceDetector::Word& RaceDetector::find(uintptr_t number) {
  if (2 * used_ >= words_.size()) grow();
  for (size_t at = number * 0x9e3779b97f4a7c15u >> 20;; at++) {
    Word& word = words_[at & (words_.size() - 1)];
    if (word.epoch != epoch_) {
      word.number = number;
      word.epoch = epoch_;
      word.records = 0;
      used_++;
      return word;
    }
    if (word.number == number) return word;
  }
}

void RaceDetector::grow() {
  std::vector<Word> before(words_.size() * 4);
  before.swap(words_);
  used_ = 0;
  for (const Word& word : before) {
    if (word.epoch == epoch_) find(word.number) = word;
  }
}

std::optional<std::string> RaceDetector::takeRace() {
  std::optional<std::string> race;
  race.swap(race_);
  return race;
}

}  // namespace smug::emulation

#if SMUG_EMULATION_RACES

// The compiler's instrumentation for the thread sanitizer, with a runtime of our own: kernels are compiled with
// -fsanitize=thread and never linked with it. A name per kind and size of access (LLVM, "ThreadSanitizer interface").
namespace smug::emulation {
void touched(const void* address, size_t bytes, Access access, const void* where);
bool watchesRaces() { return true; }
}  // namespace smug::emulation

#define SMUG_HOOK(bytes)                                                                                     \
  void __tsan_read##bytes(void* a) {                                                                         \
    smug::emulation::touched(a, bytes, smug::emulation::Access::read, __builtin_return_address(0));          \
  }                                                                                                          \
  void __tsan_write##bytes(void* a) {                                                                        \
    smug::emulation::touched(a, bytes, smug::emulation::Access::write, __builtin_return_address(0));         \
  }                                                                                                          \
  void __tsan_unaligned_read##bytes(void* a) {                                                               \
    smug::emulation::touched(a, bytes, smug::emulation::Access::read, __builtin_return_address(0));          \
  }                                                                                                          \
  void __tsan_unaligned_write##bytes(void* a) {                                                              \
    smug::emulation::touched(a, bytes, smug::emulation::Access::write, __builtin_return_address(0));         \
  }

extern "C" {
SMUG_HOOK(1)
SMUG_HOOK(2)
SMUG_HOOK(4)
SMUG_HOOK(8)
SMUG_HOOK(16)
void __tsan_read_range(void* a, size_t bytes) {
  smug::emulation::touched(a, bytes, smug::emulation::Access::read, __builtin_return_address(0));
}
void __tsan_write_range(void* a, size_t bytes) {
  smug::emulation::touched(a, bytes, smug::emulation::Access::write, __builtin_return_address(0));
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
}

#else

namespace smug::emulation {
bool watchesRaces() { return false; }
}  // namespace smug::emulation

#endif
