#include <string.h>

#include "activations.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define NAME(x) x##_avx2
#define WIDTH 8
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#include "vector_math.inc.h"
#include "activations.inc.h"

#pragma clang attribute pop
#endif
