#pragma once

// Tells the processor that a thread only waits, which leaves more of a core to whoever shares it.
static inline void spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
