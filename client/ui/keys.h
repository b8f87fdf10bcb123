/* Keys that are not part of a line: the sender reads them, the view acts on them. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

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
	VIEW_KEY_AGAIN, /* what was refused is said again … */
	VIEW_KEY_DROP,	/* … or given up */
};

#endif
