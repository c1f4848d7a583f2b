#pragma once

#include <stddef.h>

#include "simd_level.h"

// A function of each element of x; x and y may be the same array.
//
// The bits of y[i] depend on x[i] and the level alone, and are those a convolution of the level
// applies. AVX2 and AVX-512 agree to the bit; the plain level rounds its products and may differ in
// the last units. NaN gives NaN.
typedef void (*ActivationFunction)(const float *x, float *y, ptrdiff_t count);

// Over all float32 numbers and levels, within these many units in the last place of the exact value.
typedef struct {
  // 1 / (1 + e^-x), between 0 and 1; 2.5 units.
  ActivationFunction sigmoid;
  // x * sigmoid(x), to the bit.
  ActivationFunction silu;
  // 3 units.
  ActivationFunction tanh;
  // 1.25 units.
  ActivationFunction exp;
} ActivationFunctions;

// The functions of a level this processor can run.
ActivationFunctions activation_functions(SIMDLevel level);
