#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "simd_level.h"

typedef enum {
  ConvolutionActivationNone,
  ConvolutionActivationRelu,
  ConvolutionActivationLeakyRelu,
  ConvolutionActivationSigmoid,
  ConvolutionActivationSiLU,
} ConvolutionActivation;

// A convolution as sums over shifted rows.
//
// With the input laid out so that neighbouring output pixels read neighbouring elements, every term
// of the sum is one row of the input, shifted by an offset that depends on the term alone:
//
//   output[channel][pixel] = activation(bias[channel]
//                                       + sum over k of weights[channel][k] * input[offsets[k] + pixel])
//
// Pixels are counted over lines of `pitch` elements, of which the first `width` are kept.
typedef struct {
  // Panels of convolution_rows(level) channels: [panel][depth][row], missing channels zero.
  const float *weights;
  // [panel][row]
  const float *bias;
  const float *input;
  const ptrdiff_t *offsets;
  ptrdiff_t depth;
  ptrdiff_t channels;
  // Pixels to compute. At least one vector, or the input is readable a vector beyond the last.
  ptrdiff_t pixels;
  ptrdiff_t pitch;
  ptrdiff_t width;
  // Whether the input is a whole map, which is not in cache yet, and its lines are the output's.
  bool reads_map;
  float *output;
  // Elements between the output's channels.
  ptrdiff_t channel_stride;
  ConvolutionActivation activation;
  // Of the leaky relu.
  float slope;
} ConvolutionBlock;

// Output channels in a panel of packed weights.
ptrdiff_t convolution_rows(SIMDLevel level);
// Elements in a vector.
ptrdiff_t convolution_vector(SIMDLevel level);

// even[i] = line[2 i] and odd[i] = line[2 i + 1] for the first `count` i.
void split_columns(
    SIMDLevel level, const float *line, ptrdiff_t count, float *even, float *odd);

// Each output element is the sum of chains of fused multiply-adds in the order of k, so that its bits
// depend neither on the block it is computed in nor on the level (plain: products are rounded, too).
void convolve_block(SIMDLevel level, const ConvolutionBlock *block);
