/*
 * What a terminal is told beside the picture: the window's title, a notification, the bell.  Bytes
 * only; client/screen_notice.h writes them.
 *
 * Nothing that a text holds ends its sequence or begins another: it is made safe to show, and bounded.
 * A notification goes past tmux, which has none itself, to the terminal outside, where tmux lets it
 * ("allow-passthrough"); the bell and the title are for tmux.
 */
#ifndef UI_ESCAPES_H
#define UI_ESCAPES_H

#include "proto/buf.h"

#include <stdbool.h>

/* The title as it was is kept, and put back (XTerm's title stack). */
#define ESCAPES_KEEP_TITLE "\033[22;2t"
#define ESCAPES_BACK_TITLE "\033[23;2t"
/* The terminal tells when it has the focus, and when no more. */
#define ESCAPES_FOCUS_ON  "\033[?1004h"
#define ESCAPES_FOCUS_OFF "\033[?1004l"
#define ESCAPES_BELL	  "\a"

enum {
	ESCAPES_TEXT_SIZE = 384, /* of a text, with a NUL: what is longer is cut */
	ESCAPES_MAX = 2 * ESCAPES_TEXT_SIZE + 64,
};

/* What the environment says; each may be NULL. */
struct escapes_env {
	const char *term;	  /* TERM */
	const char *tmux;	  /* TMUX */
	const char *vte;	  /* VTE_VERSION */
	const char *term_program; /* TERM_PROGRAM */
};

enum escapes_notification {
	ESCAPES_OSC_9, /* iTerm2's: one text; kitty, foot, WezTerm, Ghostty, Windows Terminal … */
	ESCAPES_OSC_777, /* urxvt's: a title and a text; VTE, mintty */
};

struct escapes {
	bool strings; /* the terminal knows of such: a console would print them */
	bool tmux;
	enum escapes_notification notification;
};

struct escapes escapes_for(const struct escapes_env *env);

void escapes_title(struct buf *out, const struct escapes *e, const char *title);
void escapes_notify(struct buf *out, const struct escapes *e, const char *title, const char *body);

#endif
