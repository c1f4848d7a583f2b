#include <string.h>

#include "activations.h"

#define NAME(x) x##_plain
#define WIDTH 4
#if defined(__aarch64__)
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
#include "vector_math.inc.h"
#include "activations.inc.h"
