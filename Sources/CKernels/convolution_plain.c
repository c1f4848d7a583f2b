#include <string.h>

#include "convolution.h"
#include "fma_probe.h"
#include "winograd.h"

#define NAME(x) x##_plain
#define WIDTH 4
#define ROWS 4
#if defined(__aarch64__)
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#define LOWER(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define UPPER(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#include "vector_math.inc.h"
#include "convolution.inc.h"
#include "fma_probe.inc.h"
#include "winograd.inc.h"
