#include <string.h>

#include "convolution.h"
#include "fma_probe.h"
#include "winograd.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define NAME(x) x##_avx2
#define WIDTH 8
#define ROWS 4
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define LOWER(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define UPPER(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#include "vector_math.inc.h"
#include "convolution.inc.h"
#include "fma_probe.inc.h"
#include "winograd.inc.h"

#pragma clang attribute pop
#endif
