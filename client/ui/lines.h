/*
 * Standard input as lines to send: cut at newlines (CRLF counts as one, a last line needs none),
 * and judged.  A line that cannot be sent is refused by its number and the rest goes on; a blank
 * one says nothing and is left out.  Bytes come in whatever pieces; memory is bounded.
 */
#ifndef UI_LINES_H
#define UI_LINES_H

#include "proto/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lines_verdict {
	LINES_FINE,
	LINES_TOO_LONG, /* over TEXT_MAX_BYTES */
	LINES_NUL,	/* holds a NUL byte */
	LINES_NOT_UTF8,
	LINES_BLANK, /* nothing to see in it; lines_next() leaves these out */
};

struct lines {
	char line[TEXT_MAX_BYTES + 1]; /* the one under way; one place for a CR */
	size_t len;
	bool too_long;	 /* the rest of it is thrown away */
	uint64_t number; /* of the line under way, from 0 */
};

struct lines_item {
	enum lines_verdict verdict;
	uint64_t number;  /* from 1 */
	const char *text; /* FINE: borrowed until the next call */
	size_t len;
};

/* Zero-initialised is the start.  Takes bytes from *s until a line is whole; false: all are taken. */
bool lines_next(struct lines *l, const char **s, size_t *n, struct lines_item *item);
/* The input ends: a last line without newline; false: there was none. */
bool lines_end(struct lines *l, struct lines_item *item);

enum lines_verdict lines_judge(const char *s, size_t n);
const char *lines_refusal(enum lines_verdict v); /* "it is longer than …": why it is not sent */

#endif
