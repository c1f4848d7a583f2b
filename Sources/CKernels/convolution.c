#include "convolution.h"

void convolve_plain(const ConvolutionBlock *block);
void convolve_avx2(const ConvolutionBlock *block);
void convolve_avx512(const ConvolutionBlock *block);

void split_columns_plain(const float *line, ptrdiff_t count, float *even, float *odd);
void split_columns_avx2(const float *line, ptrdiff_t count, float *even, float *odd);
void split_columns_avx512(const float *line, ptrdiff_t count, float *even, float *odd);

ptrdiff_t convolution_rows(SIMDLevel level) { return level == SIMDLevelAVX512 ? 8 : 4; }

ptrdiff_t convolution_vector(SIMDLevel level) {
  switch (level) {
    case SIMDLevelAVX512: return 16;
    case SIMDLevelAVX2: return 8;
    case SIMDLevelPlain: return 4;
  }
}

void split_columns(
    SIMDLevel level, const float *line, ptrdiff_t count, float *even, float *odd) {
  switch (level) {
#if defined(__x86_64__)
    case SIMDLevelAVX512: split_columns_avx512(line, count, even, odd); return;
    case SIMDLevelAVX2: split_columns_avx2(line, count, even, odd); return;
#endif
    default: split_columns_plain(line, count, even, odd); return;
  }
}

void convolve_block(SIMDLevel level, const ConvolutionBlock *block) {
  switch (level) {
#if defined(__x86_64__)
    case SIMDLevelAVX512: convolve_avx512(block); return;
    case SIMDLevelAVX2: convolve_avx2(block); return;
#endif
    default: convolve_plain(block); return;
  }
}
