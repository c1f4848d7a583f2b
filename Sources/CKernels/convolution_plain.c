#include <string.h>

#include "convolution.h"

#define NAME(x) x##_plain
#define WIDTH 4
#define ROWS 4
#if defined(__aarch64__)
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
#include "vector_math.inc.h"
#include "convolution.inc.h"
