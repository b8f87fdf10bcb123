/*
 * A room's lines in rows of a pane: the time, the name, the text with a hanging indent; below a line
 * that another day or what was not seen yet follows, a row that says so.
 *
 * Before the first line there may be one that has such rows alone.
 */
#ifndef UI_VIEW_ROWS_H
#define UI_VIEW_ROWS_H

#include "ui/cells.h"
#include "ui/look.h"
#include "ui/settings.h"

struct view_pane {
	const struct model_room *room; /* borrowed, as the settings are */
	const struct settings *settings;
	int width;
	uint64_t first, end; /* its lines; first == end: none */
	uint64_t mark;	     /* the line above which "unread from here" stands; 0: none */
};

struct view_pane view_rows_of(const struct model_room *r, const struct settings *s, int width);

/* How many rows line i has, at least 1. */
size_t view_rows_count(const struct view_pane *p, uint64_t i);
/* Its rows from `skip` on, into the grid's rows y .. end - 1; returns the next free one. */
int view_rows_draw(const struct view_pane *p, struct grid *g, int y, int end, uint64_t i,
		   size_t skip);

/* The colour of a name, the same wherever it is seen; of its safe form. */
enum style view_rows_name_style(const char *name, size_t n);

#endif
