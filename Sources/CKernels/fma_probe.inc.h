// Multiply-adds on registers alone, of one level, which defines what vector_math.inc.h asks for.

#define PROBE_CHAINS 12

double NAME(fma_probe)(ptrdiff_t rounds) {
  VECTOR sums[PROBE_CHAINS];
  for (int i = 0; i < PROBE_CHAINS; i++) sums[i] = NAME(splat)((float)i);
  VECTOR a = NAME(splat)(0.5f), b = NAME(splat)(0.25f);
  for (ptrdiff_t round = 0; round < rounds; round++) {
    // Without this the compiler would work the loop out.
    __asm__ volatile("" : : : "memory");
    _Pragma("unroll") for (int i = 0; i < PROBE_CHAINS; i++) sums[i] = FMA(a, sums[i], b);
  }
  volatile float sink = 0;
  for (int i = 0; i < PROBE_CHAINS; i++) sink += sums[i][0];
  return 2.0 * PROBE_CHAINS * WIDTH * (double)rounds;
}
