#include "fma_probe.h"

double fma_probe_plain(ptrdiff_t rounds);
double fma_probe_avx2(ptrdiff_t rounds);
double fma_probe_avx512(ptrdiff_t rounds);

double fma_probe(SIMDLevel level, ptrdiff_t rounds) {
  switch (level) {
#if defined(__x86_64__)
    case SIMDLevelAVX512: return fma_probe_avx512(rounds);
    case SIMDLevelAVX2: return fma_probe_avx2(rounds);
#endif
    default: return fma_probe_plain(rounds);
  }
}
