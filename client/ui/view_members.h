/* Who is in the room: a column at the right of the pane. */
#ifndef UI_VIEW_MEMBERS_H
#define UI_VIEW_MEMBERS_H

#include "ui/view.h"

/* Columns that it takes of that screen, what is between with them; 0: it is not shown. */
int view_members_width(const struct view *v);
/* Into rows top .. top + rows - 1, from `col` to the right edge. */
void view_members_draw(const struct view *v, struct grid *g, int col, int top, int rows);

#endif
