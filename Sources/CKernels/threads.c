#define _GNU_SOURCE

#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#if !defined(__linux__)
typedef int cpu_set_t;
#endif

typedef struct {
  void (*body)(void *);
  void *context;
  bool is_placed;
  // What a thread that was placed may run on from then on.
  cpu_set_t allowed;
} Start;

static void *run(void *argument) {
  Start start = *(Start *)argument;
  free(argument);
#if defined(__linux__)
  if (start.is_placed) (void)sched_setaffinity(0, sizeof(start.allowed), &start.allowed);
#endif
  start.body(start.context);
  return NULL;
}

// Whether a thread of these attributes begins on the processor asked for.
static bool place_thread(pthread_attr_t *attributes, int place, cpu_set_t *allowed) {
#if defined(__linux__)
  int processor = sched_getcpu();
  if (processor < 0 || sched_getaffinity(0, sizeof(*allowed), allowed) != 0 ||
      !CPU_ISSET(processor, allowed)) {
    return false;
  }
  int steps = place % CPU_COUNT(allowed);
  if (steps == 0) return false;
  while (steps > 0) {
    processor = (processor + 1) % CPU_SETSIZE;
    if (CPU_ISSET(processor, allowed)) steps--;
  }
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(processor, &first);
  return pthread_attr_setaffinity_np(attributes, sizeof(first), &first) == 0;
#else
  (void)attributes, (void)place, (void)allowed;
  return false;
#endif
}

int start_thread(void (*body)(void *), void *context, int place) {
  Start *start = calloc(1, sizeof(Start));
  if (start == NULL) return ENOMEM;
  start->body = body;
  start->context = context;
  pthread_attr_t attributes;
  int status = pthread_attr_init(&attributes);
  if (status != 0) {
    free(start);
    return status;
  }
  (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const bool is_placed = place_thread(&attributes, place, &start->allowed);
  start->is_placed = is_placed;
  pthread_t thread;
  status = pthread_create(&thread, &attributes, run, start);
  (void)pthread_attr_destroy(&attributes);
  if (status == 0) return 0;
  free(start);
  // The processor may have been taken away meanwhile.
  return is_placed ? start_thread(body, context, 0) : status;
}
