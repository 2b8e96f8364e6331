// Finds races between the threads of a block: two that touch one byte of shared or global memory between two barriers,
// at least one of them writing.
//
// Built with SMUG_SANITIZE=races, kernels report every load and store of theirs (races.cc). Where they do not, nothing is
// watched: watchesRaces() tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace smug::emulation {

/// Whether kernels of this build report what they touch.
bool watchesRaces();

enum class Access : uint8_t { read, write, atomic };

/// What the threads of one block have touched since its last barrier.
class RaceDetector {
 public:
  /// A new block or a barrier of the whole block: what was touched before is ordered before all that comes.
  void barrier();
  /// `thread` (its number in the block) touches `bytes` from `address`. `warpBarriers`: how many barriers its warp has
  /// passed in this block; they order the threads of one warp. `where`: the place in the program.
  void touch(uintptr_t address, size_t bytes, Access access, unsigned thread, unsigned warpBarriers, const void* where);
  /// The first race since the last call, in words.
  std::optional<std::string> takeRace();

 private:
  struct Record {
    const void* where;
    uint32_t warpBarriers;
    uint16_t thread;
    uint8_t bytes;  ///< of the word, a bit each
    Access access;
  };
  /// Four bytes of memory and who touched them: enough for one thread per byte, or two readers and two writers.
  struct Word {
    static constexpr int most = 4;
    uintptr_t number = 0;
    uint64_t epoch = 0;
    uint8_t records = 0;
    Record record[most];
  };

  void touchWord(uintptr_t number, Record touched);
  void keep(Word& word, const Record& touched);
  Word& find(uintptr_t number);
  void grow();

  std::vector<Word> words_{1024};  ///< open addressing; a word of an earlier epoch is an empty place
  size_t used_ = 0;
  uint64_t epoch_ = 1;
  std::optional<std::string> race_;
};

}  // namespace smug::emulation
