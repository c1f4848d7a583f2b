#pragma once

#include <stddef.h>

#include "simd_level.h"

// Runs `rounds` rounds of independent multiply-adds on registers alone, as fast as the processor can,
// and returns how many floating-point operations that were (a multiply-add counts two).
double fma_probe(SIMDLevel level, ptrdiff_t rounds);
