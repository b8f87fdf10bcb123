/*
 * Events: what happens in a room (protocol.md §6), and how each is written and read.
 *
 * An event is written once, as a frame, and read by everybody.  Its frame changes only where a talk
 * was edited or recalled: TALK and EDITED become EDITED or RECALLED, under the same number; and an EDIT
 * loses its text when that is not what is said any more.
 */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include "proto/buf.h"

enum event_kind {
	EVENT_JOIN = 1,
	EVENT_TALK = 2,
	EVENT_QUIT = 3,
	EVENT_NICK = 4,
	EVENT_ANNOUNCE = 5,
	EVENT_LOST = 6,	     /* its last session broke, its place is kept for a while */
	EVENT_BACK = 7,	     /* and it came back in time */
	EVENT_OPEN = 8,	     /* the room was made: number 1 of every room but the lobby */
	EVENT_TOPIC = 9,     /* the room has another topic */
	EVENT_RECALL = 10,   /* a talk was taken back … */
	EVENT_EDIT = 11,     /* … or changed: `target` is its number */
	EVENT_RECALLED = 12, /* stands where a talk was that was taken back */
	EVENT_EDITED = 13,   /* stands where a talk was that was changed */
	EVENT_AWAY = 14,     /* it said that nobody looks; or, without words, that it is back */
};

enum leave_reason {
	LEAVE_QUIT = 0, /* said so */
	LEAVE_LOST = 1, /* its connection broke */
	LEAVE_TIMED_OUT = 2,
	LEAVE_KICKED = 3,
	LEAVE_TOO_SLOW = 4, /* fell behind what the room keeps */
	LEAVE_PROTOCOL = 5, /* broke the protocol */
	LEAVE_SHUTDOWN = 6, /* the server ends */
	LEAVE_PARTED = 7,   /* left this room, and no other */
};

struct event {
	uint32_t room;
	uint64_t seq; /* 1, 2, 3 … in its room */
	enum event_kind kind;
	int64_t time_ms;	  /* Unix time at the server */
	enum leave_reason reason; /* QUIT */
	/* RECALL, EDIT: which talk, by its number; EDITED: the EDIT that it has its text from */
	uint64_t target;
	/* Who.  Empty for ANNOUNCE, and for a RECALL or TOPIC by the administrator; NICK: the old
	 * name. */
	struct slice from;
	/* TALK, ANNOUNCE: what; QUIT: words of the leaver or kicker, may be empty; NICK: the new name;
	 * OPEN: the room's name, or, of a room of two, the other's; TOPIC: the topic, may be empty;
	 * EDITED: what is said now; EDIT: the same, or empty, if it is not any more; AWAY: words,
	 * empty: it is back; JOIN, LOST, BACK, RECALL, RECALLED: empty */
	struct slice text;
};

bool event_known(enum event_kind k);
const char *event_kind_name(enum event_kind k);	    /* "join" "talk" … */
const char *leave_reason_name(enum leave_reason r); /* "left" "connection lost" "timed out" … */

void event_put(struct buf *b, const struct event *e); /* as a frame, with its type */
/* The EDIT that the event of an encoded frame has its text from, or 0: an event changes, and this grows. */
uint64_t event_edit(struct slice frame);
/* What follows the type; `s->failed`: it is none.  Of an unknown kind the body is passed over. */
void event_get(struct slice *s, struct event *e);

/*
 * The epoch of a room of two, of its number and the epoch of the server's logs: two such rooms may have
 * been called the same, one after the other, and what one has of the first says nothing of the second.
 */
uint64_t event_epoch_of_two(uint64_t epoch, uint32_t room);

#endif
