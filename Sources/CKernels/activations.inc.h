// The activation functions of one level, over arrays; the level defines what vector_math.inc.h asks
// for.

// What does not fill a vector is computed as one, with the same instructions.
#define LOOP(FUNCTION)                                                                  \
  static void NAME(FUNCTION##_array)(const float *x, float *y, ptrdiff_t count) {       \
    ptrdiff_t i = 0;                                                                    \
    for (; i + WIDTH <= count; i += WIDTH) {                                            \
      *(UNALIGNED *)(y + i) = NAME(FUNCTION)(*(const UNALIGNED *)(x + i));              \
    }                                                                                   \
    if (i < count) {                                                                    \
      VECTOR rest = {};                                                                 \
      memcpy(&rest, x + i, (size_t)(count - i) * sizeof(float));                        \
      rest = NAME(FUNCTION)(rest);                                                      \
      memcpy(y + i, &rest, (size_t)(count - i) * sizeof(float));                        \
    }                                                                                   \
  }

LOOP(sigmoid)
LOOP(silu)
LOOP(tanh)
LOOP(exp)

const ActivationFunctions NAME(activation_functions) = {
    .sigmoid = NAME(sigmoid_array),
    .silu = NAME(silu_array),
    .tanh = NAME(tanh_array),
    .exp = NAME(exp_array),
};
