/*
 * The input line: prompt, half-typed text and cursor, in one row that moves sideways (where newlines
 * are marks) or in several.
 */
#ifndef UI_VIEW_INPUT_H
#define UI_VIEW_INPUT_H

#include "ui/view.h"

/* Rows that it would like in a screen of that width, at most `most`. */
int view_input_rows(const struct view *v, int most);

/* Draws it into rows top .. top + rows - 1 and sets the grid's cursor. */
void view_input_draw(const struct view *v, struct grid *g, int top, int rows);

#endif
