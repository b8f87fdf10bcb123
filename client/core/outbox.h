/*
 * Everything that was said and has no answer yet, in order, whichever session it is told to.
 *
 * A session is given the lines, and forgets them with its end; here they stay until they are answered.
 * So a talk that was given to one session is given to the next with the same message id, and the server
 * can tell that it is the same.  Never looks into a text.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "core/seat_event.h"

struct said {
	struct said *next;
	struct seat_line line;	/* its text is behind it; its room is not kept by name */
	struct seat_room *room; /* NULL: it is said in none */
	uint64_t ticket;	/* what its answer is known by: 2, 3, 4 … (1 is the JOIN) */
	uint64_t mid;	/* 1, 2, 3 … of what is counted, once it was given; 0: it has none */
	uint64_t id;	/* of its command in the session that has it; 0: none has */
	bool again;	/* it was given to one before */
	bool settled;	/* it need not be given: `code` is its answer */
	bool forgotten; /* … for the server may have it, and does not know */
	enum code code;
	uint8_t text[];
};

struct outbox {
	struct said *first, *last;
	size_t count, settled;
	uint64_t tickets, mids; /* drawn so far */
};

enum { OUTBOX_FIRST_TICKET = 2 };

void outbox_init(struct outbox *o);
void outbox_wipe(struct outbox *o);

/* A copy of the line at the end.  NULL: no memory. */
struct said *outbox_add(struct outbox *o, const struct seat_line *line, struct seat_room *room);
uint64_t outbox_draw(struct outbox *o); /* a mid for a line to come */
/* The number by which the server knows the line when it comes again: drawn when it is given first, if it
 * has none.  False: too many of those before it have no answer yet for the server to know them all. */
bool outbox_number(struct outbox *o, struct said *s);
void outbox_give_again(struct outbox *o); /* there is another session, which has none of them */
struct said *outbox_find(const struct outbox *o, uint64_t id); /* NULL: not there */
/* The first that was said in that room and is not settled; NULL: nothing. */
struct said *outbox_first_of(const struct outbox *o, const struct seat_room *room);
bool outbox_has(const struct outbox *o, const struct seat_room *room); /* something said in it */
void outbox_settle(struct outbox *o, struct said *s, enum code code);
void outbox_forget_again(struct outbox *o); /* settles what an earlier client may have given */
struct said *outbox_settled(const struct outbox *o); /* one that is; NULL: none */
/* What was said in the one was said in the other. */
void outbox_move(struct outbox *o, const struct seat_room *from, struct seat_room *to);
void outbox_remove(struct outbox *o, struct said *s);
void outbox_unlink(struct outbox *o, struct said *s); /* it is the caller's, to free() */

#endif
