/*
 * Some threads that do one thing together, now and then: the caller's own, and helpers that sleep
 * between.
 *
 * Work comes in shares, numbered from 0, as many as there are threads.  Each share is done once, by
 * whoever is free: where a helper is late, since others have its core, the caller does its share, too.
 * crew_run() returns when all is done; so helpers never do anything while the caller does something
 * else, and what it does before and after needs no lock.
 */
#ifndef SERVER_CREW_H
#define SERVER_CREW_H

enum { CREW_MAX = 16 };

struct crew;

/* `threads`: 1 to CREW_MAX, with the caller's; one starts none.  NULL: no memory or no thread (errno). */
struct crew *crew_new(unsigned threads);
void crew_free(struct crew *c); /* NULL: nothing */

/* Only by the thread that made it, and not from within. */
void crew_run(struct crew *c, void (*fn)(void *arg, unsigned share), void *arg);

#endif
