#pragma once

// The instruction sets a kernel is built for. Each file named after a level holds the kernels of it.
typedef enum {
  SIMDLevelPlain = 0,   // what every processor of the architecture has
  SIMDLevelAVX2 = 1,    // AVX2 and FMA
  SIMDLevelAVX512 = 2,  // AVX-512 F, VL, DQ, BW
} SIMDLevel;

// The widest level this processor and operating system can run.
SIMDLevel simd_level_available(void);
