/*
 * The line that is being typed, on a terminal where one line comes below the other: which bytes bring what
 * stands in the last row to what it shall be.
 *
 * Letters, spaces, carriage returns and backspaces are all that it takes: so every terminal can do it, and
 * a screen reader hears what is typed, not the row anew with each key.  What is longer than the row is
 * moved sideways.  The last column stays empty, so that no terminal begins another row.
 */
#ifndef UI_TYPED_ROW_H
#define UI_TYPED_ROW_H

#include "proto/buf.h"
#include "ui/cells.h"

enum {
	TYPED_ROW_COLUMNS = 512, /* of a wider terminal the rest is not used */
	/* the places twice, and four times the columns as spaces or ways back */
	TYPED_ROW_BYTES = TYPED_ROW_COLUMNS * (2 * PLACE_MAX_BYTES + 4),
};

struct typed_row {
	int columns;  /* of the terminal */
	size_t count; /* what stands there */
	struct place places[TYPED_ROW_COLUMNS];
	size_t cursor; /* it is before that one, or behind the last */
};

/* What shall stand there: display-safe text without newlines; the cursor is `cursor` bytes into line. */
struct typed_text {
	const char *prompt;
	const char *line;
	size_t len, cursor;
	int ambiguous; /* ui/cells.h */
};

/* Nothing stands there, and the cursor is at the left. */
void typed_row_init(struct typed_row *r, int columns);

/* Each adds at most TYPED_ROW_BYTES to `out`. */
void typed_row_show(struct typed_row *r, const struct typed_text *t, struct buf *out);
void typed_row_erase(struct typed_row *r, struct buf *out);
/* The terminal has another width.  What does not fit any more is left behind, above. */
void typed_row_resize(struct typed_row *r, int columns, struct buf *out);

#endif
