/*
 * Clients for benches: a real session on a real socket, in the bench's own process, so that what the
 * server does can be timed from outside and clients cost little.
 */
#ifndef CALLER_H
#define CALLER_H

#include "room.h"

#include "proto/session.h"

struct caller {
	int fd;
	bool stream;
	struct session *session;
	bool opened, ended;
	/* Told of every reply and event; may be NULL. */
	void (*told)(struct caller *c, const struct session_event *ev);
	void *ctx;
};

/* With the identity of that number (support/sealed.h), and ids drawn; it has sent nothing yet. */
void caller_begin(struct caller *c, const struct server *s, enum via via, unsigned who);
void caller_end(struct caller *c); /* says no goodbye */

void caller_join(struct caller *c, const char *name);
void caller_say(struct caller *c, const char *text);

/* Reads what is there, tells of it, sends what is due. */
void caller_work(struct caller *c);
/* Does so for all of them until the deadline, or, with `opened`, until all are open. */
void callers_run(struct caller *all, size_t n, uint64_t deadline, bool opened);

/* Processor time that a program has used, nanoseconds. */
uint64_t caller_cpu_of(pid_t pid);

#endif
