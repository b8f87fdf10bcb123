/*
 * The screen of the client: (model, settings, size) → cells, and nothing else.
 *
 *     #dev | 周五发布 | unix:/run/chat-room.sock          3 here     title, from 4 rows on
 *     ── Saturday, 21 November 2026 ──────────────── │ alice        pane, and at its right who is
 *     10:01 小明: 今天天气不错                       │ bob          there, from 80 columns on
 *     ── unread from here ────────────────────────── │ 小明
 *     10:02 * alice joined                           │
 *     小明 | online (udp, 12 ms)  2:#dev 3   2 new below     status, from 3 rows on
 *     > half a line_                                         input, several rows from 10 rows on
 *
 * Every size from 1×1 on is drawn.  A scrolled pane stays where it is whatever comes in, whatever
 * is typed and however the screen is resized.  What a drawing costs depends on what is seen, not on how
 * much there is to scroll back to.
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "ui/cells.h"
#include "ui/keys.h"
#include "ui/model.h"
#include "ui/settings.h"

enum { VIEW_INPUT_ROWS_MIN = 3, VIEW_INPUT_ROWS_MAX = 10 }; /* of a high screen, a quarter of it */

struct view {
	const struct model *model;
	const struct settings *settings;
	int width, height; /* each >= 1 */
};

void view_draw(const struct view *v, struct grid *g); /* of that size */

/* Where `key` takes the pane. */
struct model_scroll view_scroll(const struct view *v, enum view_key key);

/* To a line of the room that is shown. */
struct model_scroll view_scroll_to(const struct view *v, uint64_t line);

/* Whether its first line is in the pane: there is nothing above it. */
bool view_at_top(const struct view *v);

#endif
