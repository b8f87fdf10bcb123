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
	bool borrowed; /* the socket is somebody else's, too */
	struct session *session;
	bool opened, ended;
	enum code code; /* ended: why, if the session says so */
	/* Streams: of a record that was not taken whole, the rest; NULL: nothing waits. */
	uint8_t *unsent;
	size_t unsent_len;
	/* Told of every reply and event; may be NULL. */
	void (*told)(struct caller *c, const struct session_event *ev);
	void *ctx;
};

/* With the identity of that number (support/sealed.h), and ids drawn; it has sent nothing yet. */
void caller_begin(struct caller *c, const struct server *s, enum via via, unsigned who);
struct caller_link {
	int fd; /* connected, or about to be */
	bool stream;
	bool borrowed; /* not to be closed */
	uint64_t cid;  /* of datagrams to it; 0: drawn */
};

/* `identity` (borrowed) NULL: in the clear. */
void caller_begin_on(struct caller *c, const struct caller_link *link,
		     const struct secure_identity *identity);
void caller_end(struct caller *c); /* says no goodbye */

void caller_join(struct caller *c, const char *name);
void caller_say(struct caller *c, const char *text);

/* Reads what is there and tells of it. */
void caller_read(struct caller *c);
/* The same on a UDP socket that callers share: `whose` says who has that connection id; NULL: nobody. */
void caller_read_shared(int fd, struct caller *(*whose)(void *ctx, uint64_t cid), void *ctx);
/* Does what its deadline wants, and sends what is due; what does not go out waits until it can. */
void caller_send(struct caller *c);
void caller_work(struct caller *c); /* both */
/* Does so for all of them until the deadline, or, with `opened`, until all are open. */
void callers_run(struct caller *all, size_t n, uint64_t deadline, bool opened);

/* What all sessions of this process seal with, as the programs do. */
const struct noise_cipher *caller_cipher(void);

/* Processor time that a program has used, nanoseconds. */
uint64_t caller_cpu_of(pid_t pid);

#endif
