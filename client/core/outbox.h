/*
 * Everything that was said and has no answer yet, in order, whichever session it is told to.
 *
 * A session is given the lines from the first on, and forgets them with its end; here they stay until
 * they are answered.  So a line that was given to one session is given to the next with the same
 * message id, and the server can tell that it is the same.  Never looks into a text.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "proto/wire.h"

struct said {
	struct said *next;
	uint64_t ticket; /* what its answer is known by: 2, 3, 4 … (1 is the JOIN) */
	uint64_t mid;	 /* COMMAND_TALK: 1, 2, 3 … */
	uint64_t id;	 /* of its command in the session that has it; 0: none has */
	enum command_kind kind;
	uint32_t len;
	uint8_t text[];
};

struct outbox {
	struct said *first, *last;
	struct said *to_give; /* the first that the session does not have */
	size_t count;
	uint64_t tickets, mids; /* drawn so far */
};

enum { OUTBOX_FIRST_TICKET = 2 };

void outbox_init(struct outbox *o);
void outbox_wipe(struct outbox *o);

/* A copy of the text at the end.  NULL: no memory. */
struct said *outbox_add(struct outbox *o, enum command_kind kind, struct slice text);
/* The session has the line of o->to_give as its command `id`. */
void outbox_given(struct outbox *o, uint64_t id);
void outbox_give_again(struct outbox *o); /* there is another session, which has none of them */
struct said *outbox_find(const struct outbox *o, uint64_t id); /* NULL: not there */
void outbox_remove(struct outbox *o, struct said *s);

#endif
