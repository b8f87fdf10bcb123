/* Telling the terminal; the contract is in screen_notice.h. */
#include "screen_notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void screen_notice_begin(struct screen_notice *n, struct screen *s)
{
	const struct escapes_env env = {.term = getenv("TERM"),
					.tmux = getenv("TMUX"),
					.vte = getenv("VTE_VERSION"),
					.term_program = getenv("TERM_PROGRAM")};

	*n = (struct screen_notice){.screen = s, .escapes = escapes_for(&env)};
}

void screen_notice_title(struct screen_notice *n, const char *title)
{
	static const char as_it_was[] = ESCAPES_BACK_TITLE ESCAPES_KEEP_TITLE;
	uint8_t bytes[ESCAPES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	if (strcmp(n->title, title) == 0)
		return;
	snprintf(n->title, sizeof(n->title), "%s", title);
	if (*title)
		escapes_title(&b, &n->escapes, title);
	else
		buf_put_bytes(&b, as_it_was, strlen(as_it_was));
	screen_write(n->screen, bytes, b.len);
}

/* The bell first: it reaches the person where nothing else does. */
void screen_notice_call(struct screen_notice *n, unsigned ways, const struct notice_words *w)
{
	uint8_t bytes[ESCAPES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	if (ways & NOTICE_BELL)
		buf_put_bytes(&b, ESCAPES_BELL, strlen(ESCAPES_BELL));
	if (ways & NOTICE_DESKTOP)
		escapes_notify(&b, &n->escapes, w->title, w->body);
	screen_write(n->screen, bytes, b.len);
}
