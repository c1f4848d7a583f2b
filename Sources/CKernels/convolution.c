#include "convolution.h"

void convolve_plain(const ConvolutionBlock *block);
void convolve_avx2(const ConvolutionBlock *block);
void convolve_avx512(const ConvolutionBlock *block);

ptrdiff_t convolution_rows(SIMDLevel level) { return level == SIMDLevelAVX512 ? 8 : 4; }

ptrdiff_t convolution_vector(SIMDLevel level) {
  switch (level) {
    case SIMDLevelAVX512: return 16;
    case SIMDLevelAVX2: return 8;
    case SIMDLevelPlain: return 4;
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
