#include "activations.h"

extern const ActivationFunctions activation_functions_plain;
extern const ActivationFunctions activation_functions_avx2;
extern const ActivationFunctions activation_functions_avx512;

ActivationFunctions activation_functions(SIMDLevel level) {
  switch (level) {
#if defined(__x86_64__)
    case SIMDLevelAVX512: return activation_functions_avx512;
    case SIMDLevelAVX2: return activation_functions_avx2;
#endif
    default: return activation_functions_plain;
  }
}
