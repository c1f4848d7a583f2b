#include <cblas.h>

// Ends the threads that OpenBLAS starts when it is loaded. Builds without threads do not have it.
int blas_thread_shutdown_(void) __attribute__((weak));

static inline void openblas_end_threads(void) {
  if (blas_thread_shutdown_) blas_thread_shutdown_();
}
