/*
 * The newest talks of a room, of which each can be answered: who said it, and how it begins.
 *
 * Pure.  Zero-initialised is empty.  A talk that is recalled is gone, and one that is edited says what it
 * says now.
 */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include "proto/wire.h"

enum {
	RECENT_TALKS = 32,
	RECENT_BYTES = 512, /* of each talk's text */
	RECENT_CELLS = 60,  /* of those that an answer repeats */
	RECENT_QUOTE_SIZE = NAME_MAX_BYTES + RECENT_CELLS * 16 + 16, /* a quote, with a NUL */
};

struct recent_talk {
	uint64_t seq;
	size_t who_len, text_len;
	char bytes[]; /* the name, then the text */
};

struct recent {
	struct recent_talk *ring[RECENT_TALKS];
	size_t next;
};

void recent_wipe(struct recent *r);

/* What is no talk, and changes none, is passed over; so is one that there is no memory for. */
void recent_take(struct recent *r, const struct event *e);

/* NULL: it is none of them. */
const struct recent_talk *recent_numbered(const struct recent *r, uint64_t seq);
/* The newest of that name; of anybody but that one. */
const struct recent_talk *recent_by(const struct recent *r, struct slice who);
const struct recent_talk *recent_not_by(const struct recent *r, struct slice who);

/*
 * The line that an answer begins with: "> alice: shall we go at", with its newline.  It is safe to show.
 * What the talk itself repeats of another is left out.  NUL-terminated; returns the length.
 */
size_t recent_quote(const struct recent_talk *t, char out[RECENT_QUOTE_SIZE]);

#endif
