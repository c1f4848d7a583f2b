#include "winograd.h"

void winograd_plain(const WinogradBlock *block);
void winograd_avx2(const WinogradBlock *block);
void winograd_avx512(const WinogradBlock *block);

ptrdiff_t winograd_tiles(SIMDLevel level) { return 3 * convolution_vector(level); }

ptrdiff_t winograd_workspace(SIMDLevel level, ptrdiff_t depth) {
  return 16 * depth * winograd_tiles(level);
}

void winograd_block(SIMDLevel level, const WinogradBlock *block) {
  switch (level) {
#if defined(__x86_64__)
    case SIMDLevelAVX512: winograd_avx512(block); return;
    case SIMDLevelAVX2: winograd_avx2(block); return;
#endif
    default: winograd_plain(block); return;
  }
}
