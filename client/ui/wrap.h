/*
 * Text in rows of a given width: broken at spaces, and between characters of the scripts that have
 * none (Chinese, Japanese), but never before closing or after opening punctuation; a word wider
 * than the row is cut.  A wide character is never halved.
 */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include <stdbool.h>
#include <stddef.h>

struct wrap {
	const char *s; /* what is left; borrowed */
	size_t n;
	int ambiguous; /* ui/cells.h */
	bool done;
};

struct wrap_row {
	const char *s;
	size_t n;
};

/* Valid, display-safe text; newlines end a row. */
struct wrap wrap_of(const char *s, size_t n, int ambiguous);

/* The next row of at most `width` >= 1 columns; false at the end.  Empty text is one empty row. */
bool wrap_next(struct wrap *w, int width, struct wrap_row *row);

#endif
