/*
 * Members of the room that the test itself is: a socket and a session of common/proto, no client
 * process.  For crowds that would be too many processes, and for members that do what no client
 * does.  All guests together wait in one epoll set.
 */
#ifndef GUEST_H
#define GUEST_H

#include "raw.h"

#include "proto/session.h"

struct guest {
	int fd; /* -1: closed */
	enum via via;
	struct session *session;
	char name[NAME_MAX_BYTES + 1];
	bool joined;
	bool answered;	 /* a command, in whatever way */
	bool ended;	 /* the session, or the connection */
	enum code code;	 /* of the last reply, or of the end */
	unsigned lose;	 /* so many datagrams are lost on their way in */
	bool deaf;	 /* reads nothing any more */
	uint64_t first;	 /* the first event heard */
	uint64_t seq;	 /* the newest event heard: without holes, or the test fails */
	uint64_t digest; /* of all events from `mark` on: the same for all who heard the same */
	uint64_t mark;
	enum event_kind kind; /* the newest event */
	char from[NAME_MAX_BYTES + 1];
	char text[256];
	uint8_t sent[WIRE_PACKET_MAX]; /* the datagram that was sent last */
	size_t sent_len;
	uint8_t *unsent; /* of a stream: what the kernel did not take */
	size_t unsent_len, unsent_cap;
	struct guest *next;
};

struct guest *guest_enter(const struct server *s, const char *name, enum via via);
struct guest *guest_join(const struct server *s, const char *name, enum via via); /* and waits */
void guest_say(struct guest *g, const char *text);
void guest_try(struct guest *g, const char *name); /* one more JOIN, after a refusal */
/* Waits until the server has offered a session; then loses the next n datagrams. */
void guest_lose(struct guest *g, unsigned n);
void guest_turn_deaf(struct guest *g);
void guest_quit(struct guest *g, const char *words);
/* Waits until the guest has heard this talk as its newest event. */
void guest_expect_talk(struct guest *g, const char *from, const char *text);

/* Waits until its first command, the JOIN, is answered so. */
void guest_expect_answer(struct guest *g, enum code code);

/* Does what there is to do for all guests, waiting at most until the deadline. */
void guests_turn(uint64_t deadline);
/* Waits until every guest that is not deaf has heard event `seq`; fails after SOON. */
void guests_hear(uint64_t seq);
void guests_end(void); /* says goodbye, waits for nothing */

#endif
