#pragma once

#include <stddef.h>
#include <stdint.h>

// Conversions between float32 and the half-width types, which are given by their bits. Widening is
// exact; rounding goes to the nearest, ties to even, and keeps NaN.

void float16_to_float32(const uint16_t *from, float *to, size_t count);
void float32_to_float16(const float *from, uint16_t *to, size_t count);
void bfloat16_to_float32(const uint16_t *from, float *to, size_t count);
void float32_to_bfloat16(const float *from, uint16_t *to, size_t count);
