/*
 * What Tab makes of a half-typed line: nicks (those who spoke last come first, with ": " where the line
 * begins), @nicks, #rooms, :emoji:, commands and what they take.
 *
 * Pure: the same line, asked for the n-th time, gets the n-th candidate, round again.  Capitals do not
 * matter.
 */
#ifndef UI_COMPLETION_H
#define UI_COMPLETION_H

#include "ui/model.h"

enum { COMPLETION_TEXT_MAX = MODEL_LABEL_SIZE + 8 };

struct completion {
	size_t from, to; /* of the line: what `text` replaces */
	size_t len;	 /* 0: there are no candidates */
	char text[COMPLETION_TEXT_MAX];
};

/* `turn`: 0 is the first candidate, 1 the next, -1 the last; the line is as it was at first. */
struct completion completion_of(const struct model *m, struct slice line, size_t cursor, int turn);

#endif
