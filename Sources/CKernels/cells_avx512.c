#include "cells.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)

#define NAME(x) x##_avx512
#include "cells.inc.h"

#pragma clang attribute pop
#endif
