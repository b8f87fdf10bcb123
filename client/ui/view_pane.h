/*
 * What a pane shows of a room: which lines are in it, and where keys take it.
 */
#ifndef UI_VIEW_PANE_H
#define UI_VIEW_PANE_H

#include "ui/keys.h"
#include "ui/view_rows.h"

/* A pane of `rows` >= 1 rows; one with fewer is as if it had one. */
struct model_scroll view_pane_scroll(const struct view_pane *p, int rows, enum view_key key);
/* To that line, with as much above it as below. */
struct model_scroll view_pane_scroll_to(const struct view_pane *p, int rows, uint64_t line);
bool view_pane_at_top(const struct view_pane *p, int rows);

/* Into the grid's rows top .. top + rows - 1; returns the first that is free. */
int view_pane_draw(const struct view_pane *p, struct grid *g, int top, int rows);

/* What a newcomer may do, as far as it fits into rows y .. end - 1. */
void view_pane_hint(const struct view_pane *p, struct grid *g, int y, int end);

#endif
