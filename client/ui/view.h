/*
 * The screen of the client: (model, size) → cells, and nothing else.
 *
 *     #dev | 周五发布 | unix:/run/chat-room.sock   3 here     title, from 4 rows on
 *     10:01 小明: 今天天气不错                                pane
 *     10:02 * alice joined
 *     小明 | online (unix)             @bob 1 2 new below    status, from 3 rows on
 *     > half a line_                                         input, up to 3 rows from 10 rows on
 *
 * Every size from 1×1 on is drawn.  A scrolled pane stays where it is whatever comes in, whatever
 * is typed and however the screen is resized.
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "ui/cells.h"
#include "ui/keys.h"
#include "ui/model.h"

enum { VIEW_INPUT_ROWS = 3 };

void view_draw(const struct model *m, struct grid *g);

/* Where `key` takes the pane of a screen of that size. */
struct model_scroll view_scroll(const struct model *m, int width, int height, enum view_key key);

/* Whether its first line is in the pane: there is nothing above it. */
bool view_at_top(const struct model *m, int width, int height);

#endif
