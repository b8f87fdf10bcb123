/*
 * What the person said in a room and is not in it yet, or was refused: the lines below all others.
 *
 * A line is told once it is typed, and again whenever its state changes (client/messages.h); it goes when
 * its event is there.  That may come before the answer that has its number, or after it.
 */
#ifndef UI_PENDING_H
#define UI_PENDING_H

#include "ui/scrollback.h"

enum said_state {
	SAID_SENDING = 1, /* typed; no server has acknowledged it */
	SAID_SENT,	  /* it is in the room's log, as event `seq` */
	SAID_FAILED,	  /* it will not be, unless it is said again */
	SAID_DROPPED,	  /* it was given up, or is said again under another ticket */
};

struct pending_one {
	uint64_t ticket;
	enum said_state state; /* but DROPPED */
	uint64_t seq;	       /* SENT */
	struct model_line *line;
};

struct pending {
	struct pending_one *list; /* in the order of tickets */
	size_t len, cap;
};

/* Zero-initialised is empty. */
void pending_wipe(struct pending *p);

/* Takes one->line; one of that ticket is replaced.  ERR_MEMORY: nothing has changed, nor is it taken. */
NODISCARD enum err pending_put(struct pending *p, const struct pending_one *one);
struct pending_one *pending_find(const struct pending *p, uint64_t ticket); /* NULL: none */
void pending_remove(struct pending *p, uint64_t ticket);		    /* not there: fine */

/* The room's log has come up to `seq`: what was sent and is there goes. */
void pending_heard(struct pending *p, uint64_t seq);
/* A talk of the person's own has come: the first one that is being sent with the same text goes. */
void pending_echoed(struct pending *p, const struct model_line *talk);
/* All of one are the other's, too.  ERR_MEMORY: some are where they were. */
NODISCARD enum err pending_move(struct pending *from, struct pending *to);

size_t pending_count(const struct pending *p, enum said_state state);

#endif
