#pragma once

// Starts a detached thread that calls `body` with `context`. It begins on the `place`-th of the
// processors after the caller's, in a circle of those allowed, and then runs where the system likes:
// some systems start a thread on its creator's processor, although others are idle, and let it wait
// there for milliseconds. With place 0 it begins where the system likes as well.
//
// Returns 0, or the error number of pthread_create.
int start_thread(void (*body)(void *), void *context, int place);
