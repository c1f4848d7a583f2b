#include "half_precision.h"

#include <stdbool.h>
#include <string.h>

// One loop, compiled twice: without F16C each conversion is a call into the compiler's runtime.
#define DEFINE_FLOAT16_LOOPS(suffix, attributes)                                              \
  attributes static void widen_##suffix(const uint16_t *from, float *to, size_t count) {      \
    for (size_t i = 0; i < count; i++) {                                                      \
      _Float16 half;                                                                          \
      memcpy(&half, from + i, sizeof half);                                                   \
      to[i] = (float)half;                                                                    \
    }                                                                                         \
  }                                                                                           \
  attributes static void round_##suffix(const float *from, uint16_t *to, size_t count) {      \
    for (size_t i = 0; i < count; i++) {                                                      \
      const _Float16 half = (_Float16)from[i];                                                \
      memcpy(to + i, &half, sizeof half);                                                     \
    }                                                                                         \
  }

DEFINE_FLOAT16_LOOPS(plain, )
#if defined(__x86_64__)
DEFINE_FLOAT16_LOOPS(f16c, __attribute__((target("avx,f16c"))))
static bool has_f16c(void) {
  return __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c");
}
#else
#define widen_f16c widen_plain
#define round_f16c round_plain
static bool has_f16c(void) { return false; }
#endif

void float16_to_float32(const uint16_t *from, float *to, size_t count) {
  (has_f16c() ? widen_f16c : widen_plain)(from, to, count);
}

void float32_to_float16(const float *from, uint16_t *to, size_t count) {
  (has_f16c() ? round_f16c : round_plain)(from, to, count);
}

void bfloat16_to_float32(const uint16_t *from, float *to, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = (uint32_t)from[i] << 16;
    memcpy(to + i, &bits, sizeof bits);
  }
}

void float32_to_bfloat16(const float *from, uint16_t *to, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, from + i, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    to[i] = (uint16_t)(is_nan ? bits >> 16 | 0x40 : rounded);
  }
}
