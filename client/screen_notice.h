/*
 * What the terminal is told beside the picture (ui/escapes.h), written where the picture is: the
 * window's title, and calls.
 */
#ifndef CLIENT_SCREEN_NOTICE_H
#define CLIENT_SCREEN_NOTICE_H

#include "screen_curses.h"
#include "ui/escapes.h"
#include "ui/notice.h"

/* Zero-initialised has to be begun. */
struct screen_notice {
	struct screen *screen; /* borrowed */
	struct escapes escapes;
	char title[NOTICE_TITLE_SIZE]; /* as it was told last; "": it is not ours */
};

void screen_notice_begin(struct screen_notice *n, struct screen *s); /* asks the environment */
/* Told when it is another one.  "": as it was before. */
void screen_notice_title(struct screen_notice *n, const char *title);
/* By those of the ways that are the terminal's. */
void screen_notice_call(struct screen_notice *n, unsigned ways, const struct notice_words *w);

#endif
