// Vector arithmetic for one level, which defines before including this:
//   NAME(x)  x with the level's suffix
//   WIDTH    floats in a vector
//   FMA      a * b + c

typedef float NAME(Vector) __attribute__((vector_size(WIDTH * 4)));
typedef float NAME(UnalignedVector) __attribute__((vector_size(WIDTH * 4), aligned(4)));
typedef int NAME(IntVector) __attribute__((vector_size(WIDTH * 4)));

#define VECTOR NAME(Vector)
#define UNALIGNED NAME(UnalignedVector)
#define INTS NAME(IntVector)
#define INLINE static inline __attribute__((always_inline))

INLINE VECTOR NAME(splat)(float x) { return x - (VECTOR){}; }

INLINE VECTOR NAME(select)(INTS mask, VECTOR yes, VECTOR no) {
  return (VECTOR)((mask & (INTS)yes) | (~mask & (INTS)no));
}

// exp(x) for x <= 0, to about one ulp; NaN stays NaN, and what is below the denormals becomes 0.
INLINE VECTOR NAME(exp_nonpositive)(VECTOR x) {
  x = NAME(select)(x < -104.0f, NAME(splat)(-104.0f), x);
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum.
  const float shift = 12582912.0f;
  VECTOR shifted = FMA(x, NAME(splat)(1.44269504f), NAME(splat)(shift));
  VECTOR n = shifted - shift;
  VECTOR r = FMA(n, NAME(splat)(-0.693145752f), x);
  r = FMA(n, NAME(splat)(-1.42860677e-6f), r);
  // 1 + r + r^2 q(r) with the q of degree 4 whose largest relative error on |r| <= ln(2) / 2 is
  // smallest: 3.1e-9.
  VECTOR p = NAME(splat)(1.38145401768e-3f);
  p = FMA(p, r, NAME(splat)(8.36874510894e-3f));
  p = FMA(p, r, NAME(splat)(4.16683907835e-2f));
  p = FMA(p, r, NAME(splat)(1.6666520399e-1f));
  p = FMA(p, r, NAME(splat)(4.99999934321e-1f));
  p = FMA(p, r, NAME(splat)(1.0f));
  p = FMA(p, r, NAME(splat)(1.0f));
  // 2^n in two steps, the second of which may round to a denormal.
  INTS exponent = (INTS)shifted - 0x4b400000;
  INTS half = exponent >> 1;
  VECTOR first = (VECTOR)((half + 127) << 23);
  VECTOR second = (VECTOR)((exponent - half + 127) << 23);
  return p * first * second;
}

// 1 / (1 + exp(-x))
INLINE VECTOR NAME(sigmoid)(VECTOR x) {
  INTS negative = x < 0.0f;
  VECTOR e = NAME(exp_nonpositive)(NAME(select)(negative, x, -x));
  return NAME(select)(negative, e, NAME(splat)(1.0f)) / (1.0f + e);
}
