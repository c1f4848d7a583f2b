#include "cells.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define NAME(x) x##_avx2
#include "cells.inc.h"

#pragma clang attribute pop
#endif
