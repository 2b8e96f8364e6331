// The instructions of tensor cores (compute capability 8.0 and later) that our kernels use, one function each.
//
// Three of them are a warp's work together. Written here once for nvcc as PTX, and once for the emulation as the PTX
// manual lays the fragments out, so that the emulation carries the same kernels out and shows a wrong index, a missing
// wait or a missing barrier.
//
// A fragment of A is 16 rows, one of B 8 columns, of 16 numbers of 16 bits each.
#pragma once

#include "convolution.h"
#include "operand.h"

namespace smug::cuda {

/// Sixteen bytes as they are loaded.
struct alignas(16) Sixteen {
  uint32_t word[4];
};

#ifdef __CUDACC__

__device__ inline uint32_t sharedAddress(const void* shared) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(shared));
}

/// Copies 16 bytes from global to shared memory, or zeros where `exists` is false; there after waitForCopies. `again`:
/// the block will read them again soon (another tap), so that the first-level cache should keep them.
__device__ inline void copyAsync(void* shared, const void* global, bool exists, bool again) {
  if (again) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16, %2;\n" ::"r"(sharedAddress(shared)), "l"(global),
                 "r"(exists ? 16 : 0)
                 : "memory");
  } else {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(sharedAddress(shared)), "l"(global),
                 "r"(exists ? 16 : 0)
                 : "memory");
  }
}

/// Closes the group of the copies that this thread has started since the last one.
__device__ inline void endCopyGroup() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }

/// Waits until at most `newest` of this thread's groups are on their way; other threads' copies need a barrier too.
template <int newest>
__device__ inline void waitForCopies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(newest) : "memory");
}

/// Four 8×8 matrices of 16-bit numbers (8 rows of 16 bytes). `rowOf(lane)`: where row lane % 8 of matrix lane / 8 lies.
/// This lane gets word lane % 4 of row lane / 4 of each.
template <typename RowOf>
__device__ inline void loadMatrices(uint32_t (&words)[4], int lane, RowOf rowOf) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(sharedAddress(rowOf(lane))));
}

template <Arithmetic arithmetic>
__device__ inline void multiplyAdd(float (&sum)[4], const uint32_t (&a)[4], const uint32_t* b, int /*lane*/) {
  if constexpr (arithmetic == Arithmetic::bf16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}

#else

__device__ inline void copyAsync(void* shared, const void* global, bool exists, bool /*again*/) {
  emulation::copyLater(shared, exists ? global : nullptr, 16);
}

__device__ inline void endCopyGroup() { emulation::endCopyGroup(); }

template <int newest>
__device__ inline void waitForCopies() {
  emulation::finishCopies(newest);
}

template <typename RowOf>
__device__ inline void loadMatrices(uint32_t (&words)[4], int lane, RowOf rowOf) {
  for (int m = 0; m < 4; m++) {
    std::memcpy(&words[m], static_cast<const char*>(rowOf(8 * m + lane / 4)) + lane % 4 * 4, 4);
  }
}

/// PTX manual, "Matrix fragments for mma.m16n8k16": lane 4·g + t holds rows g and g + 8 of A, column g of B, and of the
/// result columns 2t and 2t + 1.
template <Arithmetic arithmetic>
__device__ inline void multiplyAdd(float (&sum)[4], const uint32_t (&a)[4], const uint32_t* b, int lane) {
  struct Held {
    uint32_t a[4], b[2];
  };
  const Held mine{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const auto* all = static_cast<const Held*>(emulation::exchangeInWarp(&mine, sizeof mine));
  constexpr int depth = 16;
  const auto numberOf = [](uint32_t word, int k) {
    const auto bits = static_cast<uint16_t>(k % 2 ? word >> 16 : word & 0xffffu);
    return arithmetic == Arithmetic::bf16 ? floatOf(bits) : floatOfFloat16(bits);
  };
  for (int i = 0; i < 4; i++) {
    const int row = lane / 4 + (i >= 2 ? 8 : 0), column = 2 * (lane % 4) + i % 2;
    float total = sum[i];
    for (int k = 0; k < depth; k++) {
      const int word = k % 8 / 2, upper = k >= depth / 2 ? 1 : 0;
      const float left = numberOf(all[row % 8 * 4 + word].a[2 * upper + row / 8], k);
      const float right = numberOf(all[column * 4 + word].b[upper], k);
      total += left * right;
    }
    sum[i] = total;
  }
}

#endif

/// Two float32, a pair of bfloat16 nearest to them, and a pair of what that leaves: 16 bits of precision in all.
__device__ inline void inPieces(uint32_t low, uint32_t high, uint32_t& large, uint32_t& small) {
  const float x = __uint_as_float(low), y = __uint_as_float(high);
  large = bfloat16Pair(x, y);
  small = bfloat16Pair(x - __uint_as_float(large << 16), y - __uint_as_float(large & 0xffff0000u));
}

}  // namespace smug::cuda
