#pragma once

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#include <sys/mman.h>
#endif

// Has the allocator keep what is freed for what is asked for next, and take the first `byte_count`
// bytes, which cost nothing until they are touched, from huge pages. By default large blocks go back
// to the system at once, and are cleared page by page when the next one is touched.
static inline void keep_freed_memory(size_t byte_count) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_ARENA_MAX, 1);
  void *block = malloc(byte_count);
  if (block == NULL) return;
  const uintptr_t page = 4096;
  const uintptr_t start = ((uintptr_t)block + page - 1) & ~(page - 1);
  // Advice alone: where it is not taken, the memory is the same.
  (void)madvise((void *)start, (uintptr_t)block + byte_count - start, MADV_HUGEPAGE);
  free(block);
#else
  (void)byte_count;
#endif
}
