#include <string.h>

#include "activations.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)

#define NAME(x) x##_avx512
#define WIDTH 16
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define SCALE(p, n) ((VECTOR)_mm512_scalef_ps((__m512)(p), (__m512)(n)))
#include "vector_math.inc.h"
#include "activations.inc.h"

#pragma clang attribute pop
#endif
