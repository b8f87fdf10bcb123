/*
 * The rows above and below the pane: what the room is, and where we stand.
 */
#ifndef UI_VIEW_BARS_H
#define UI_VIEW_BARS_H

#include "ui/view.h"

void view_bars_title(const struct view *v, struct grid *g, int row);
void view_bars_status(const struct view *v, struct grid *g, int row);

#endif
