/*
 * A screen as a value: a grid of cells, each with one thing to show, its width and its style.
 *
 * What a cell holds is a *place*: a base character and the marks on it, of which every terminal
 * agrees how wide it is.  It is less than a grapheme cluster: joiners and variation selectors are
 * left out, a skin tone and each half of a flag stand alone, because terminals draw those
 * sequences one, two or four cells wide as they like, and one guessed wrong shifts the whole row.
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
	STYLE_DIM,   /* times, joins and quits, hints */
	STYLE_NOTICE,
	STYLE_ERROR,
	STYLE_ANNOUNCE,
	STYLE_PROMPT,
	STYLE_NICK, /* STYLE_NICK + 0 .. STYLE_NICKS - 1: colours of names */
};
enum { STYLE_NICKS = 12, STYLE_COUNT = STYLE_NICK + STYLE_NICKS };

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
};

struct grid {
	int width, height;
	struct cell *cells; /* row by row */
	int cursor_x, cursor_y;
};

/* The next place of valid, display-safe text without newlines; false at the end. */
bool place_next(const char **s, size_t *n, struct place *p);
/* The columns that all of it takes. */
int place_columns(const char *s, size_t n);

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
void grid_fill(struct grid *g, int row, enum style style); /* gives blanks of the row a style */

#endif
