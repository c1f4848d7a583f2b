// Winograd's convolution of one level, which defines what convolution.inc.h asks for and
//   LOWER(a, b), UPPER(a, b) the lower, or upper, halves of a and b with their elements in turns

#define TILES (3 * WIDTH)

// A row of 4 inputs for each of WIDTH tiles: neighbouring tiles lie two columns apart.
INLINE void NAME(load_row)(const float *x, VECTOR row[4]) {
  VECTOR a = *(const UNALIGNED *)x, b = *(const UNALIGNED *)(x + WIDTH);
  VECTOR c = *(const UNALIGNED *)(x + 2), d = *(const UNALIGNED *)(x + WIDTH + 2);
  row[0] = EVEN(a, b);
  row[1] = ODD(a, b);
  row[2] = EVEN(c, d);
  row[3] = ODD(c, d);
}

// B' of four numbers.
INLINE void NAME(transform)(VECTOR a, VECTOR b, VECTOR c, VECTOR d, VECTOR *result, int step) {
  result[0] = a - c;
  result[step] = b + c;
  result[2 * step] = c - b;
  result[3 * step] = b - d;
}

// B' d B of WIDTH tiles that begin at column `x` of `rows`; the first `count` of them are wanted.
//
// The target's 16 vectors stand `pitch` floats apart.
INLINE void NAME(transform_tiles)(const float *const rows[4], ptrdiff_t x, float *target,
                                  ptrdiff_t pitch, ptrdiff_t count) {
  VECTOR d[16], half[16], whole[16];
  for (int i = 0; i < 4; i++) NAME(load_row)(rows[i] + x, d + 4 * i);
  for (int j = 0; j < 4; j++) {
    NAME(transform)(d[j], d[4 + j], d[8 + j], d[12 + j], half + j, 4);
  }
  for (int i = 0; i < 4; i++) {
    NAME(transform)(half[4 * i], half[4 * i + 1], half[4 * i + 2], half[4 * i + 3], whole + 4 * i, 1);
  }
  if (count >= WIDTH) {
    for (int i = 0; i < 16; i++) *(UNALIGNED *)(target + i * pitch) = whole[i];
  } else {
    for (int i = 0; i < 16; i++) {
      memcpy(target + i * pitch, whole + i, (size_t)count * sizeof(float));
    }
  }
}

// `count` elements of one line of a map from column `x` on, with zeros for what lies outside.
INLINE void NAME(padded_line)(const WinogradBlock *block, const float *map, ptrdiff_t y, ptrdiff_t x,
                              ptrdiff_t count, float *line) {
  ptrdiff_t before = x < 0 ? -x : 0;
  ptrdiff_t inside = block->width - x < count ? block->width - x - before : count - before;
  if (y < 0 || y >= block->height || inside <= 0) {
    memset(line, 0, (size_t)count * sizeof(float));
    return;
  }
  for (ptrdiff_t i = 0; i < before; i++) line[i] = 0.0f;
  memcpy(line + before, map + y * block->width + x + before, (size_t)inside * sizeof(float));
  for (ptrdiff_t i = before + inside; i < count; i++) line[i] = 0.0f;
}

// The transformed tiles of the block: [16][depth][TILES].
static void NAME(transform_input)(const WinogradBlock *block) {
  const ptrdiff_t pitch = block->depth * TILES;
  for (ptrdiff_t channel = 0; channel < block->depth; channel++) {
    const float *map = block->input + channel * block->height * block->width;
    float *target = block->workspace + channel * TILES;
    ptrdiff_t line = block->first_tile / block->tiles_across;
    ptrdiff_t place = block->first_tile % block->tiles_across;
    for (ptrdiff_t tile = 0; tile < block->tiles;) {
      ptrdiff_t count = block->tiles_across - place;
      if (count > block->tiles - tile) count = block->tiles - tile;
      // What the last vector takes from beyond the line's end, the next line overwrites.
      ptrdiff_t columns = 2 * ((count + WIDTH - 1) / WIDTH * WIDTH) + 2;
      ptrdiff_t y = 2 * line - block->padding_top, x = 2 * place - block->padding_left;
      float lines[4][2 * TILES + 2];
      const float *rows[4];
      bool inside = y >= 0 && y + 4 <= block->height && x >= 0 && x + columns <= block->width;
      for (int i = 0; i < 4; i++) {
        rows[i] = inside ? map + (y + i) * block->width + x : lines[i];
        if (!inside) NAME(padded_line)(block, map, y + i, x, columns, lines[i]);
      }
      for (ptrdiff_t i = 0; i < count; i += WIDTH) {
        NAME(transform_tiles)(rows, 2 * i, target + tile + i, pitch, TILES - tile - i);
      }
      tile += count;
      place = 0;
      line++;
    }
  }
}

// The outputs of one channel: `upper` and `lower` lines of two pixels for each tile of the block.
INLINE void NAME(transform_output)(const WinogradBlock *block, const VECTOR *sums, ptrdiff_t pitch,
                                   float bias, float *upper, float *lower) {
  VECTOR half[8], y[4];
  for (int j = 0; j < 4; j++) {
    VECTOR a = sums[j * pitch], b = sums[(4 + j) * pitch];
    VECTOR c = sums[(8 + j) * pitch], d = sums[(12 + j) * pitch];
    half[j] = a + b + c;
    half[4 + j] = b - c - d;
  }
  for (int i = 0; i < 2; i++) {
    y[2 * i] = half[4 * i] + half[4 * i + 1] + half[4 * i + 2];
    y[2 * i + 1] = half[4 * i + 1] - half[4 * i + 2] - half[4 * i + 3];
  }
  for (int i = 0; i < 4; i++) y[i] = NAME(finish)(block->activation, block->slope, y[i] + bias);
  *(UNALIGNED *)upper = LOWER(y[0], y[1]);
  *(UNALIGNED *)(upper + WIDTH) = UPPER(y[0], y[1]);
  *(UNALIGNED *)lower = LOWER(y[2], y[3]);
  *(UNALIGNED *)(lower + WIDTH) = UPPER(y[2], y[3]);
}

// Writes the lines of one channel where they belong, less what lies outside the map.
static void NAME(store_tiles)(const WinogradBlock *block, const float *upper, const float *lower,
                              float *map) {
  ptrdiff_t line = block->first_tile / block->tiles_across;
  ptrdiff_t place = block->first_tile % block->tiles_across;
  for (ptrdiff_t tile = 0; tile < block->tiles;) {
    ptrdiff_t count = block->tiles_across - place;
    if (count > block->tiles - tile) count = block->tiles - tile;
    ptrdiff_t pixels = 2 * count;
    if (pixels > block->output_width - 2 * place) pixels = block->output_width - 2 * place;
    float *target = map + 2 * line * block->output_width + 2 * place;
    memcpy(target, upper + 2 * tile, (size_t)pixels * sizeof(float));
    if (2 * line + 1 < block->output_height) {
      memcpy(target + block->output_width, lower + 2 * tile, (size_t)pixels * sizeof(float));
    }
    tile += count;
    place = 0;
    line++;
  }
}

void NAME(winograd)(const WinogradBlock *block) {
  NAME(transform_input)(block);
  const ptrdiff_t vectors = (block->tiles + WIDTH - 1) / WIDTH;
  const ptrdiff_t plane = block->output_height * block->output_width;
  VECTOR sums[16 * ROWS * 3];
  float upper[2 * TILES], lower[2 * TILES];
  const float *weights = block->weights;
  for (ptrdiff_t channel = 0; channel < block->channels; channel += ROWS) {
    for (int i = 0; i < 16; i++) {
      NAME(sum)(vectors, weights, block->workspace + i * block->depth * TILES, block->offsets,
                block->depth, sums + i * ROWS * vectors);
      weights += block->depth * ROWS;
    }
    for (ptrdiff_t row = 0; row < ROWS && channel + row < block->channels; row++) {
      for (ptrdiff_t v = 0; v < vectors; v++) {
        NAME(transform_output)(block, sums + row * vectors + v, ROWS * vectors,
                               block->bias[channel + row], upper + 2 * v * WIDTH,
                               lower + 2 * v * WIDTH);
      }
      NAME(store_tiles)(block, upper, lower, block->output + (channel + row) * plane);
    }
  }
}
