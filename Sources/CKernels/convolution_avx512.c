#include <string.h>

#include "convolution.h"
#include "fma_probe.h"
#include "winograd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)

#define NAME(x) x##_avx512
#define WIDTH 16
#define ROWS 8
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define SCALE(p, n) ((VECTOR)_mm512_scalef_ps((__m512)(p), (__m512)(n)))
#define EVEN(a, b) \
  __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(a, b) \
  __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define LOWER(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UPPER(a, b) \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#include "vector_math.inc.h"
#include "convolution.inc.h"
#include "fma_probe.inc.h"
#include "winograd.inc.h"

#pragma clang attribute pop
#endif
