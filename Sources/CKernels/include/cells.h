#pragma once

#include <stddef.h>
#include <stdint.h>

#include "simd_level.h"

// Cells are looked at in blocks of so many, a lane for each.
enum { CellLanes = 16 };

// What comparing cells takes. The bits are the same on every level.
typedef struct {
  // Channels of rows side by side: lanes[c * CellLanes + r] = values[rows[r] + c] for c < count.
  void (*transpose)(
      const float *values, const ptrdiff_t rows[CellLanes], ptrdiff_t count, float *lanes);
  // For each lane the bits of the largest |a[c * a_stride + lane] - b[c * b_stride + lane]| over the
  // channels c < count, and of what `largest` holds before. Bits of floats that are not negative
  // have the floats' order, with infinity and NaN above all numbers. Where NaN may be shared, two of
  // them, like equal infinities, are not apart.
  void (*distances)(
      const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride, ptrdiff_t count,
      int may_share_nan, int32_t largest[CellLanes]);
  // For each lane the channel of the first largest a[c * stride + lane] and that number. `best` and
  // `largest` hold what to begin with; only what is greater is taken, or any number in place of a NaN.
  void (*choose)(
      const float *a, ptrdiff_t stride, ptrdiff_t count, int32_t best[CellLanes],
      float largest[CellLanes]);
} CellFunctions;

// One channel of neighbouring rows, `stride` apart: lanes[r] = values[r * stride]. Fetches the channel
// of the rows two blocks ahead, each in a line of memory of its own.
static inline void cells_gather(const float *values, ptrdiff_t stride, float lanes[CellLanes]) {
  for (int row = 0; row < CellLanes; row++) {
    __builtin_prefetch(values + (row + 2 * CellLanes) * stride);
    lanes[row] = values[row * stride];
  }
}

// The functions of a level this processor can run.
CellFunctions cell_functions(SIMDLevel level);
