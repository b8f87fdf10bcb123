/*
 * From thread to thread: entries that are embedded in the sender's structs, in the order in which they
 * came.  Whoever takes one owns it until it is put somewhere else.
 *
 * A thread waits in inbox_take(); a loop that may not wait is told by a descriptor, and empties the
 * box with inbox_poll().
 */
#ifndef STORE_INBOX_H
#define STORE_INBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOX_FOREVER UINT64_MAX

struct inbox_entry {
	struct inbox_entry *next;
};

struct inbox {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct inbox_entry *first, **last;
	bool closed;
	int fd; /* readable while there may be something; -1: nobody asked for it */
};

/* False: no memory or descriptor (errno).  Nothing is in it when it is wiped. */
bool inbox_init(struct inbox *b, bool with_fd);
void inbox_wipe(struct inbox *b);

void inbox_put(struct inbox *b, struct inbox_entry *e);

/* The next one; waits for it, `wait_us` at most.  NULL: there is none, or the box is closed and empty. */
struct inbox_entry *inbox_take(struct inbox *b, uint64_t wait_us);
/* Everything there is, chained by next; the descriptor is not readable then.  Does not wait. */
struct inbox_entry *inbox_poll(struct inbox *b);

/* Nobody waits any more. */
void inbox_close(struct inbox *b);
bool inbox_closed(struct inbox *b);

#endif
