/*
 * The lines of one room, from the oldest to the newest.
 *
 * They grow at both ends: at the newer one as things happen, at the older one as history is loaded.
 * A line keeps its index for good, so that a place in the room is an index, whatever comes and goes
 * around it.  Lines of events are in the order of their numbers, from `floor` on; what is before that
 * belongs to a log that is no more.  How many lines there may be is the owner's to say.
 */
#ifndef UI_SCROLLBACK_H
#define UI_SCROLLBACK_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_kind {
	MODEL_TALK = 1,
	MODEL_ACTION,	 /* "/me waves": the name, then what they do */
	MODEL_HAPPENING, /* joins, quits, renames, what was recalled */
	MODEL_ANNOUNCE,
	MODEL_ANSWER, /* what the person asked for; from here on no events */
	MODEL_NOTICE,
	MODEL_ERROR,
};

/* Of what the person said; of every other line: THERE. */
enum line_state {
	LINE_THERE,
	LINE_SENDING,
	LINE_SENT, /* acknowledged, but its event has not come yet */
	LINE_FAILED,
};

/* All of it is safe to show. */
struct model_line {
	uint64_t seq;	     /* the number of its event; of what is none: of the event before it */
	uint64_t last;	     /* of a fold: the number of its newest event; else seq */
	int32_t day, second; /* ui/day.h */
	uint8_t kind;	     /* enum model_kind */
	uint8_t state;	     /* enum line_state */
	bool mention;	     /* it calls on the person; never with their own lines */
	/* In `bytes`, one after the other; the quote and the note are parts of the text. */
	uint16_t who_len;   /* TALK, ACTION: the name */
	uint16_t quote_len; /* what it answers to, "> name: words" and the newline */
	uint16_t note_len;  /* words of ours at the end: "(edited)", why it was not sent */
	uint16_t fold_len;  /* what it was folded of, ui/fold.h */
	uint32_t text_len;
	char bytes[];
};

struct scrollback {
	struct model_line **ring; /* line i is ring[i % cap]; cap is 0 or a power of two */
	size_t cap;
	uint64_t first, end; /* first <= i < end */
	uint64_t floor;
	size_t bytes; /* of all lines */
	size_t talks; /* how many of the lines are TALK or ACTION */
};

void scrollback_init(struct scrollback *s);
void scrollback_wipe(struct scrollback *s);

/* The line is the scrollback's from then on; a prepended one is of an event, and below all numbers of
 * events that are there.  ERR_MEMORY: it is not, and nothing has changed. */
NODISCARD enum err scrollback_append(struct scrollback *s, struct model_line *line);
NODISCARD enum err scrollback_prepend(struct scrollback *s, struct model_line *line);
void scrollback_drop_oldest(struct scrollback *s); /* there is one */
/* In the place of line i. */
void scrollback_replace(struct scrollback *s, uint64_t i, struct model_line *line);

const struct model_line *scrollback_at(const struct scrollback *s, uint64_t i);
/* The line of event `seq`, if it has one. */
bool scrollback_find(const struct scrollback *s, uint64_t seq, uint64_t *i);

size_t scrollback_cost(const struct model_line *line); /* its part of `bytes` */

#endif
