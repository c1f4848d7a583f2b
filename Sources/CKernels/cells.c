#include "cells.h"

extern const CellFunctions cell_functions_plain;
extern const CellFunctions cell_functions_avx2;
extern const CellFunctions cell_functions_avx512;

CellFunctions cell_functions(SIMDLevel level) {
  switch (level) {
#if defined(__x86_64__)
    case SIMDLevelAVX512: return cell_functions_avx512;
    case SIMDLevelAVX2: return cell_functions_avx2;
#endif
    default: return cell_functions_plain;
  }
}
