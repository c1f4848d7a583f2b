// The convolution of one level, which defines what vector_math.inc.h asks for and
//   ROWS     output channels in a panel
//   EVEN(a, b), ODD(a, b)    every second element of a and b together

// Terms summed in one chain. The chains' sums are added up in a second one, which keeps the rounding
// of long sums down to that of a hundred operations or two.
#define CHAIN 64

// Sums `VECTORS` vectors of pixels for one panel of channels into `tile[row][vector]`.
#define SUM_KERNEL(VECTORS)                                                                      \
  static void NAME(sum_##VECTORS)(const float *weights, const float *input,                     \
                                  const ptrdiff_t *offsets, ptrdiff_t depth, VECTOR *tile) {    \
    for (ptrdiff_t k = 0; k < depth;) {                                                          \
      const bool isFirst = k == 0;                                                               \
      const ptrdiff_t end = depth - k < CHAIN ? depth : k + CHAIN;                               \
      VECTOR sums[ROWS][VECTORS];                                                                \
      _Pragma("unroll") for (int row = 0; row < ROWS; row++) {                                   \
        _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sums[row][v] = (VECTOR){};           \
      }                                                                                          \
      for (; k < end; k++) {                                                                     \
        const float *line = input + offsets[k];                                                  \
        VECTOR pixels[VECTORS];                                                                  \
        _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                    \
          pixels[v] = *(const UNALIGNED *)(line + v * WIDTH);                                    \
        }                                                                                        \
        _Pragma("unroll") for (int row = 0; row < ROWS; row++) {                                 \
          VECTOR weight = NAME(splat)(weights[row]);                                             \
          _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                  \
            sums[row][v] = FMA(weight, pixels[v], sums[row][v]);                                 \
          }                                                                                      \
        }                                                                                        \
        weights += ROWS;                                                                         \
      }                                                                                          \
      _Pragma("unroll") for (int row = 0; row < ROWS; row++) {                                   \
        _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                    \
          VECTOR *total = &tile[row * VECTORS + v];                                              \
          *total = isFirst ? sums[row][v] : *total + sums[row][v];                               \
        }                                                                                        \
      }                                                                                          \
    }                                                                                            \
  }

SUM_KERNEL(1)
SUM_KERNEL(2)
SUM_KERNEL(3)

static void NAME(sum)(ptrdiff_t vectors, const float *weights, const float *input,
                      const ptrdiff_t *offsets, ptrdiff_t depth, VECTOR *tile) {
  switch (vectors) {
    case 3: NAME(sum_3)(weights, input, offsets, depth, tile); break;
    case 2: NAME(sum_2)(weights, input, offsets, depth, tile); break;
    default: NAME(sum_1)(weights, input, offsets, depth, tile); break;
  }
}

INLINE VECTOR NAME(finish)(ConvolutionActivation activation, float slope, VECTOR x) {
  switch (activation) {
    case ConvolutionActivationRelu: return NAME(select)(x < 0.0f, NAME(splat)(0.0f), x);
    case ConvolutionActivationLeakyRelu: return NAME(select)(x < 0.0f, x * slope, x);
    case ConvolutionActivationSigmoid: return NAME(sigmoid)(x);
    case ConvolutionActivationSiLU: return NAME(silu)(x);
    default: return x;
  }
}

// Writes a tile's rows for the pixels from `first` on, without what lies between the lines.
static void NAME(store)(const ConvolutionBlock *block, const VECTOR *tile, ptrdiff_t first,
                        ptrdiff_t count, ptrdiff_t vectors, ptrdiff_t rows, float *output) {
  ptrdiff_t pixel = 0;
  while (pixel < count) {
    ptrdiff_t line = (first + pixel) / block->pitch;
    ptrdiff_t column = (first + pixel) % block->pitch;
    ptrdiff_t kept = block->width - column;
    ptrdiff_t span = block->pitch - column;
    if (span > count - pixel) span = count - pixel;
    if (kept > span) kept = span;
    if (kept > 0) {
      float *target = output + line * block->width + column;
      const float *source = (const float *)tile + pixel;
      for (ptrdiff_t row = 0; row < rows; row++) {
        if (kept == 3 * WIDTH) {
          for (int v = 0; v < 3; v++) {
            *(UNALIGNED *)(target + v * WIDTH) = *(const UNALIGNED *)(source + v * WIDTH);
          }
        } else {
          memcpy(target, source, (size_t)kept * sizeof(float));
        }
        target += block->channel_stride;
        source += vectors * WIDTH;
      }
    }
    pixel += span;
  }
}

void NAME(split_columns)(const float *line, ptrdiff_t count, float *even, float *odd) {
  ptrdiff_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    VECTOR a = *(const UNALIGNED *)(line + 2 * i), b = *(const UNALIGNED *)(line + 2 * i + WIDTH);
    *(UNALIGNED *)(even + i) = EVEN(a, b);
    *(UNALIGNED *)(odd + i) = ODD(a, b);
  }
  for (; i < count; i++) {
    even[i] = line[2 * i];
    odd[i] = line[2 * i + 1];
  }
}

// Starts to fetch what `rows` channels from `channel` on are written to, from `place` on in each, and
// their share of what the vectors from `next` on read of a map: many short runs far apart, which the
// processor does not foresee. More of them at once than it can wait for would be dropped.
static void NAME(prefetch)(const ConvolutionBlock *block, ptrdiff_t channel, ptrdiff_t rows,
                           ptrdiff_t place, ptrdiff_t next) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *line = block->output + (channel + row) * block->channel_stride + place;
    for (int v = 0; v < 3; v++) __builtin_prefetch(line + v * WIDTH, 1, 2);
  }
  if (!block->reads_map) return;
  const ptrdiff_t end = block->depth * (channel + rows) / block->channels;
  for (ptrdiff_t k = block->depth * channel / block->channels; k < end; k++) {
    const float *line = block->input + block->offsets[k] + next;
    for (int v = 0; v < 3; v++) __builtin_prefetch(line + v * WIDTH, 0, 2);
  }
}

void NAME(convolve)(const ConvolutionBlock *block) {
  VECTOR tile[ROWS * 3];
  ptrdiff_t first = 0;
  while (first < block->pixels) {
    ptrdiff_t left = block->pixels - first;
    ptrdiff_t vectors = left >= 3 * WIDTH ? 3 : left >= 2 * WIDTH ? 2 : 1;
    // The last few pixels are computed with some before them again, to the same bits.
    if (left < WIDTH && block->pixels >= WIDTH) first = block->pixels - WIDTH;
    ptrdiff_t count = vectors * WIDTH;
    if (count > block->pixels - first) count = block->pixels - first;
    const ptrdiff_t place = first / block->pitch * block->width + first % block->pitch;
    const float *weights = block->weights;
    for (ptrdiff_t channel = 0; channel < block->channels; channel += ROWS) {
      const float *bias = block->bias + channel;
      ptrdiff_t rows = block->channels - channel < ROWS ? block->channels - channel : ROWS;
      NAME(prefetch)(block, channel, rows, place, first + count);
      NAME(sum)(vectors, weights, block->input + first, block->offsets, block->depth, tile);
      for (int row = 0; row < ROWS; row++) {
        for (ptrdiff_t v = row * vectors; v < (row + 1) * vectors; v++) {
          tile[v] = NAME(finish)(block->activation, block->slope, tile[v] + bias[row]);
        }
      }
      NAME(store)(block, tile, first, count, vectors, rows,
                  block->output + channel * block->channel_stride);
      weights += block->depth * ROWS;
    }
    first += count;
  }
}
