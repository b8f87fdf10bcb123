/*
 * The keys that are not readline's: one table says what each terminal sends for them, what they do, and
 * how a person's ~/.inputrc can call that.
 *
 * The sender reads them.  The first kind goes on to the session and the view; what concerns the line that
 * is being typed stays with the sender.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum view_key {
	VIEW_KEY_PAGE_UP = 1,
	VIEW_KEY_PAGE_DOWN,
	VIEW_KEY_LINE_UP,
	VIEW_KEY_LINE_DOWN,
	VIEW_KEY_TOP,
	VIEW_KEY_BOTTOM,
	VIEW_KEY_REDRAW,
	VIEW_KEY_ROOM_BEFORE, /* the session acts on these … */
	VIEW_KEY_ROOM_AFTER,
	VIEW_KEY_AGAIN,	 /* what was refused is said again … */
	VIEW_KEY_DROP,	 /* … or given up */
	VIEW_KEY_ACTIVE, /* where somebody calls, or something was said */
	VIEW_KEY_UNREAD, /* the first line that was not read */
	VIEW_KEY_ROOM_1, /* … to _10: the rooms in their order */
	VIEW_KEY_ROOM_10 = VIEW_KEY_ROOM_1 + 9,
	VIEW_KEY_FOCUS_IN, /* no keys: the terminal tells so */
	VIEW_KEY_FOCUS_OUT,
	VIEW_KEY_SUSPEND,
	VIEW_KEY_BARE,
	VIEW_KEY_LAST = VIEW_KEY_BARE,

	KEY_ENTER, /* the sender's own */
	KEY_INTERRUPT,
	KEY_COMPLETE,
	KEY_COMPLETE_BACK,
	KEY_HELP,
	KEY_NEWLINE,
	KEY_FIND,
	KEY_MOUSE,
	KEY_CLICK, /* no key: what the mouse did follows */
	KEY_PASTE, /* no key: what follows was pasted */
	KEY_END,
};

enum { KEYS_SEQUENCES = 4, KEYS_HELP_SIZE = 4096 /* with a NUL */ };

struct key_row {
	enum view_key key;
	const char *name; /* of the command, for ~/.inputrc */
	bool escape;	  /* Escape with a letter: not in vi's modes, where that is two keys */
	const char *sequences[KEYS_SEQUENCES]; /* bytes; NULL ends */
	const char *label, *help;	       /* "": with the row before it */
};

const struct key_row *keys_row(size_t i); /* NULL: there are no more */

/* What the keys do, a line each.  NUL-terminated; returns its length. */
size_t keys_help(char *out, size_t cap);

#endif
