// The functions over blocks of cells of one level, which defines NAME(x), x with the level's suffix.

typedef float NAME(Lanes) __attribute__((vector_size(CellLanes * 4)));
typedef float NAME(UnalignedLanes) __attribute__((vector_size(CellLanes * 4), aligned(4)));
typedef int32_t NAME(LaneBits) __attribute__((vector_size(CellLanes * 4)));
typedef int32_t NAME(UnalignedLaneBits) __attribute__((vector_size(CellLanes * 4), aligned(4)));
typedef float NAME(Four) __attribute__((vector_size(16), aligned(4)));

#define LANES NAME(Lanes)
#define BITS NAME(LaneBits)
#define FOUR NAME(Four)

// Four channels of every fourth row from `rows` on.
static inline __attribute__((always_inline)) void NAME(every_fourth)(
    const float *values, const ptrdiff_t *rows, LANES *result) {
  FOUR a = *(const FOUR *)(values + rows[0]), b = *(const FOUR *)(values + rows[4]);
  FOUR c = *(const FOUR *)(values + rows[8]), d = *(const FOUR *)(values + rows[12]);
  *result = __builtin_shufflevector(
      __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7),
      __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
      12, 13, 14, 15);
}

// Of each four lanes of a and b, the first two or the last two in turns.
#define LOW(a, b)                                                                             \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH(a, b)                                                                            \
  __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
// Of each four lanes of a and b, the first pair or the last pair of each.
#define LOW_PAIRS(a, b)                                                                       \
  __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_PAIRS(a, b)                                                                      \
  __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)

// Blocks are looked at in the order of memory, in streams too many for the processor to foresee: how
// far ahead of a channel's lanes the next are fetched.
enum { NAME(Ahead) = 2 * CellLanes };

static void NAME(transpose)(
    const float *values, const ptrdiff_t rows[CellLanes], ptrdiff_t count, float *lanes) {
  const ptrdiff_t next = (rows[CellLanes - 1] - rows[0]) / (CellLanes - 1) * CellLanes;
  const ptrdiff_t line = 64 / sizeof(float);
  ptrdiff_t channel = 0;
  for (; channel + 4 <= count; channel += 4) {
    if (channel % line == 0) {
      for (int row = 0; row < CellLanes; row++) {
        __builtin_prefetch(values + rows[row] + channel + next);
      }
    }
    LANES a, b, c, d;
    NAME(every_fourth)(values + channel, rows, &a);
    NAME(every_fourth)(values + channel, rows + 1, &b);
    NAME(every_fourth)(values + channel, rows + 2, &c);
    NAME(every_fourth)(values + channel, rows + 3, &d);
    LANES low_ab = LOW(a, b), high_ab = HIGH(a, b), low_cd = LOW(c, d), high_cd = HIGH(c, d);
    NAME(UnalignedLanes) *target = (NAME(UnalignedLanes) *)(lanes + channel * CellLanes);
    target[0] = LOW_PAIRS(low_ab, low_cd);
    target[1] = HIGH_PAIRS(low_ab, low_cd);
    target[2] = LOW_PAIRS(high_ab, high_cd);
    target[3] = HIGH_PAIRS(high_ab, high_cd);
  }
  for (; channel < count; channel++) {
    for (int lane = 0; lane < CellLanes; lane++) {
      lanes[channel * CellLanes + lane] = values[rows[lane] + channel];
    }
  }
}

static void NAME(distances)(
    const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride, ptrdiff_t count,
    int may_share_nan, int32_t largest[CellLanes]) {
  BITS bits = *(NAME(UnalignedLaneBits) *)largest;
  for (ptrdiff_t channel = 0; channel < count; channel++) {
    __builtin_prefetch(a + channel * a_stride + NAME(Ahead));
    __builtin_prefetch(b + channel * b_stride + NAME(Ahead));
    LANES x = *(const NAME(UnalignedLanes) *)(a + channel * a_stride);
    LANES y = *(const NAME(UnalignedLanes) *)(b + channel * b_stride);
    BITS distance = (BITS)(x - y) & 0x7fffffff;
    if (may_share_nan) distance &= ~((x == y) | ((x != x) & (y != y)));
    bits = __builtin_elementwise_max(bits, distance);
  }
  *(NAME(UnalignedLaneBits) *)largest = bits;
}

static void NAME(choose)(
    const float *a, ptrdiff_t stride, ptrdiff_t count, int32_t best[CellLanes],
    float largest[CellLanes]) {
  BITS chosen = *(NAME(UnalignedLaneBits) *)best;
  LANES most = *(NAME(UnalignedLanes) *)largest;
  for (ptrdiff_t channel = 0; channel < count; channel++) {
    __builtin_prefetch(a + channel * stride + NAME(Ahead));
    LANES x = *(const NAME(UnalignedLanes) *)(a + channel * stride);
    BITS is_better = (x > most) | ((most != most) & (x == x));
    chosen = (is_better & (int32_t)channel) | (~is_better & chosen);
    most = (LANES)((is_better & (BITS)x) | (~is_better & (BITS)most));
  }
  *(NAME(UnalignedLaneBits) *)best = chosen;
  *(NAME(UnalignedLanes) *)largest = most;
}

const CellFunctions NAME(cell_functions) = {
    .transpose = NAME(transpose),
    .distances = NAME(distances),
    .choose = NAME(choose),
};
