#pragma once

#include "convolution.h"

// A convolution of 3x3 kernels with stride 1 by Winograd's F(2x2, 3x3) (Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks", 2016): each tile of 2x2 outputs takes 16 products of
// an input channel instead of 36.
//
//   Y = A' [(G g G') * (B' d B)] A, with d a tile of 4x4 inputs and g a kernel
//
// Tiles are counted along lines of `tiles_across`. A block is a run of tiles.
typedef struct {
  // G g G' for panels of convolution_rows(level) channels: [panel][16][depth][row], missing channels
  // zero.
  const float *weights;
  // [panel][row]
  const float *bias;
  // [depth][height][width]
  const float *input;
  // Where each input channel's transformed tiles stand: k times winograd_tiles(level).
  const ptrdiff_t *offsets;
  ptrdiff_t depth;
  ptrdiff_t height;
  ptrdiff_t width;
  // Zeros above and to the left of the input.
  ptrdiff_t padding_top;
  ptrdiff_t padding_left;
  ptrdiff_t channels;
  ptrdiff_t output_height;
  ptrdiff_t output_width;
  ptrdiff_t tiles_across;
  ptrdiff_t first_tile;
  // At most winograd_tiles(level).
  ptrdiff_t tiles;
  // [channels][output_height][output_width]
  float *output;
  // winograd_workspace(level, depth) floats, on a boundary of 64 bytes.
  float *workspace;
  ConvolutionActivation activation;
  float slope;
} WinogradBlock;

// Tiles of a whole block.
ptrdiff_t winograd_tiles(SIMDLevel level);
ptrdiff_t winograd_workspace(SIMDLevel level, ptrdiff_t depth);

// Each output's bits depend on its tile alone, not on the block it is computed in; levels differ as
// those of convolve_block do.
void winograd_block(SIMDLevel level, const WinogradBlock *block);
