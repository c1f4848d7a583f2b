#pragma once

#include <limits.h>
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

// Has the allocator keep what is freed for what is asked for next. By default large blocks go back to
// the system at once, and are cleared page by page when the next one is touched.
static inline void keep_freed_memory(void) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}
