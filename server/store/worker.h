/* A thread with a box of work. */
#ifndef STORE_WORKER_H
#define STORE_WORKER_H

#include "proto/err.h"
#include "store/inbox.h"

/* The box, and a thread that gets no signals: those are the loop's.  ERR_SYSTEM: neither (errno). */
NODISCARD enum err worker_start(pthread_t *thread, struct inbox *in, void *(*run)(void *),
				void *ctx);
/* Closes the box and waits for the thread, which empties it and ends. */
void worker_stop(pthread_t thread, struct inbox *in);

#endif
