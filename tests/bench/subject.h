/*
 * The server under test: another process, ours (started with --rate 0, since a client may only say so
 * much else) or any that runs already; where it is, and what it has used.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "room.h"
#include "setup.h"

#include <sys/types.h>

struct subject {
	pid_t pid;
	struct server *own; /* NULL: not started by us */
	struct target target;
};

/* Starts it or finds it, pins it to processor 0 and us to processor 1, if that is wanted. */
void subject_begin(struct subject *s, const struct setup *w);
/* Ends it, if it was started by us; subject_forget() has to follow when none is needed any more. */
void subject_stop(struct subject *s);
void subject_forget(void);	     /* servers that were started, and their directories */
void subject_end(struct subject *s); /* both */

/* Ours, whose directory somebody wants to have for themselves for a while. */
void subject_pause(struct subject *s);
void subject_resume(struct subject *s, const struct setup *w);

uint64_t subject_cpu_ns(const struct subject *s); /* user and system time, of all its threads */
/* The same in the clock's ticks, which are coarse: [0] in the program, [1] in the kernel. */
void subject_ticks(const struct subject *s, uint64_t ticks[2]);
uint64_t subject_own_cpu_ns(void);		    /* ours */
uint64_t subject_resident(const struct subject *s); /* bytes */

#endif
