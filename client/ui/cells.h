/*
 * A screen as a value: a grid of cells, each with one thing to show, its width and its style.
 *
 * What a cell holds is a *place*: a base character and the marks on it, of which every terminal
 * agrees how wide it is.  It is less than a grapheme cluster: joiners and variation selectors are
 * left out, a skin tone and each half of a flag stand alone, because terminals draw those
 * sequences one, two or four cells wide as they like, and one guessed wrong shifts the whole row.
 * Characters of ambiguous width (UAX #11: ±, ─, Greek) take as many cells as the person says: 1 or 2.
 *
 * Text with right-to-left characters may be set apart, so that a terminal which reorders leaves the
 * rest of the row where it is: the cell before it opens that, and its last cell closes it.
 */
#ifndef UI_CELLS_H
#define UI_CELLS_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLACE_MAX_BYTES = 24 }; /* marks that do not fit are left out */

enum style {
	STYLE_PLAIN,
	STYLE_TITLE,
	STYLE_STATUS,
	STYLE_ALERT, /* in the status line: what needs a look */
	STYLE_FAULT, /* … and is not as it should be */
	STYLE_DIM,   /* times, joins and quits, hints */
	STYLE_NOTICE,
	STYLE_ERROR,
	STYLE_ANNOUNCE,
	STYLE_MENTION, /* what calls on the person */
	STYLE_UNREAD,  /* "unread from here" */
	STYLE_PROMPT,
	STYLE_NICK, /* STYLE_NICK + 0 .. STYLE_NICKS - 1: colours of names */
};
enum { STYLE_NICKS = 24, STYLE_COUNT = STYLE_NICK + STYLE_NICKS };

/* What a cell has beside its place, for terminals that reorder. */
enum cell_bidi {
	CELL_CLOSES = 1, /* what was opened ends after it … */
	CELL_OPENS_LTR = 2,
	CELL_OPENS_RTL = 4, /* … and then another begins */
};

struct place {
	char bytes[PLACE_MAX_BYTES];
	uint8_t len;
	uint8_t width; /* 1 or 2 cells */
};

struct cell {
	char bytes[PLACE_MAX_BYTES];
	uint8_t len;   /* 0: blank */
	uint8_t width; /* 1, 2; 0: the right half of the cell before it */
	uint8_t style; /* enum style */
	uint8_t bidi;  /* of enum cell_bidi */
};

struct grid {
	int width, height;
	int ambiguous;	    /* how wide such characters are, 1 or 2 */
	struct cell *cells; /* row by row */
	int cursor_x, cursor_y;
};

/* The next place of valid, display-safe text without newlines; false at the end. */
bool place_next(const char **s, size_t *n, int ambiguous, struct place *p);
/* The columns that all of it takes. */
int place_columns(const char *s, size_t n, int ambiguous);
/* The cells of one character where it begins a place; 0: it never does, it only sits on others. */
int place_width(int32_t cp, int ambiguous);

/* 0: there is nothing in it that goes from right to left; else the way that it goes as a whole, one of
 * the CELL_OPENS. */
int text_bidi(const char *s, size_t n);

NODISCARD enum err grid_init(struct grid *g, int width, int height); /* both >= 1; all blank */
void grid_wipe(struct grid *g);
void grid_clear(struct grid *g);

struct cell *grid_cell(const struct grid *g, int row, int col);

/*
 * Write into `row` from `col` on, never into a column >= `end`; what does not fit whole is left out
 * with all that comes after it.  The result is the column after the last one written.
 */
int grid_text(struct grid *g, int row, int col, int end, const char *s, size_t n, enum style style);
int grid_string(struct grid *g, int row, int col, int end, const char *s, enum style style);
/* Columns from .. to - 1 are apart from what is around them.  `bidi`: text_bidi(); 0: nothing is done. */
void grid_apart(struct grid *g, int row, int from, int to, int bidi);
/* grid_text(), set apart where it needs to be. */
int grid_apart_text(struct grid *g, int row, int col, int end, const char *s, size_t n,
		    enum style style);
/* The same; where it does not fit whole, its last column tells so. */
int grid_cut_string(struct grid *g, int row, int col, int end, const char *s, enum style style);
void grid_fill(struct grid *g, int row, enum style style); /* gives blanks of the row a style */

#endif
