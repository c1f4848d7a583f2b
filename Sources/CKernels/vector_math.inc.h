// Vector arithmetic for one level, which defines before including this:
//   NAME(x)      x with the level's suffix
//   WIDTH        floats in a vector
//   FMA(a, b, c) a * b + c
//   SCALE(p, n)  p * 2^n rounded once, for whole n, where there is an instruction

typedef float NAME(Vector) __attribute__((vector_size(WIDTH * 4)));
typedef float NAME(UnalignedVector) __attribute__((vector_size(WIDTH * 4), aligned(4)));
typedef int NAME(IntVector) __attribute__((vector_size(WIDTH * 4)));

#define VECTOR NAME(Vector)
#define UNALIGNED NAME(UnalignedVector)
#define INTS NAME(IntVector)
#define INLINE static inline __attribute__((always_inline, unused))

INLINE VECTOR NAME(splat)(float x) { return x - (VECTOR){}; }

INLINE VECTOR NAME(select)(INTS mask, VECTOR yes, VECTOR no) {
  return (VECTOR)((mask & (INTS)yes) | (~mask & (INTS)no));
}

// Every comparison with NaN is false: NaN stays NaN.
INLINE VECTOR NAME(at_least)(VECTOR x, float bound) {
  return NAME(select)(x < bound, NAME(splat)(bound), x);
}

INLINE VECTOR NAME(at_most)(VECTOR x, float bound) {
  return NAME(select)(x > bound, NAME(splat)(bound), x);
}

#ifndef SCALE
// In two steps, the second of which may round to a denormal: 2^n alone may be out of range.
INLINE VECTOR NAME(scale)(VECTOR p, VECTOR n) {
  INTS exponent = (INTS)(n + 0x1.8p23f) - 0x4b400000;
  INTS half = exponent >> 1;
  VECTOR first = (VECTOR)((half + 127) << 23);
  VECTOR second = (VECTOR)((exponent - half + 127) << 23);
  return p * first * second;
}
#define SCALE(p, n) NAME(scale)(p, n)
#endif

// For -104 <= x <= 89: e^r - 1 and the whole number n with e^x = 2^n * e^r and |r| <= ln(2) / 2.
INLINE VECTOR NAME(reduced_expm1)(VECTOR x, VECTOR *n) {
  // Adding 1.5 * 2^23 rounds to an integer.
  const float shift = 0x1.8p23f;
  *n = FMA(x, NAME(splat)(0x1.715476p+0f), NAME(splat)(shift)) - shift;
  // ln(2) in two parts, the first short enough for its product with n to be exact.
  VECTOR r = FMA(*n, NAME(splat)(-0x1.63p-1f), x);
  r = FMA(*n, NAME(splat)(0x1.bd0106p-13f), r);
  // r + r^2 q(r) with the q of degree 4 whose largest error, as part of e^r, is smallest: 2^-28.
  VECTOR q = NAME(splat)(0x1.6a23d0p-10f);
  q = FMA(q, r, NAME(splat)(0x1.123a20p-7f));
  q = FMA(q, r, NAME(splat)(0x1.5558f2p-5f));
  q = FMA(q, r, NAME(splat)(0x1.555492p-3f));
  q = FMA(q, r, NAME(splat)(0x1.fffffcp-2f));
  return FMA(q * r, r, r);
}

// e^x
INLINE VECTOR NAME(exp)(VECTOR x) {
  // e^-104 rounds to 0 and e^89 to infinity.
  VECTOR n;
  VECTOR m = NAME(reduced_expm1)(NAME(at_most)(NAME(at_least)(x, -104.0f), 89.0f), &n);
  return SCALE(1.0f + m, n);
}

// 1 / (1 + e^-x)
INLINE VECTOR NAME(sigmoid)(VECTOR x) {
  // Of e^x and e^-x the one that cannot overflow.
  INTS negative = x < 0.0f;
  VECTOR n;
  VECTOR m = NAME(reduced_expm1)(
      NAME(at_least)(NAME(select)(negative, x, -x), -104.0f), &n);
  VECTOR e = SCALE(1.0f + m, n);
  return NAME(select)(negative, e, NAME(splat)(1.0f)) / (1.0f + e);
}

// x * sigmoid(x)
INLINE VECTOR NAME(silu)(VECTOR x) { return x * NAME(sigmoid)(x); }

// -m / (2 + m), with m = e^(-2 |x|) - 1, under the sign of x.
INLINE VECTOR NAME(tanh)(VECTOR x) {
  INTS sign = (INTS)x & (INTS)NAME(splat)(-0.0f);
  // Beyond -20, m is -1.
  VECTOR n;
  VECTOR m = NAME(reduced_expm1)(
      NAME(at_least)(-2.0f * (VECTOR)((INTS)x ^ sign), -20.0f), &n);
  VECTOR power = SCALE(NAME(splat)(1.0f), n);
  m = FMA(power, m, power - 1.0f);
  return (VECTOR)((INTS)((0.0f - m) / (2.0f + m)) | sign);
}
