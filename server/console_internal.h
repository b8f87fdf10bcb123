/* The inside of the console, shared by the files console*.c.  Nobody else includes this. */
#ifndef SERVER_CONSOLE_INTERNAL_H
#define SERVER_CONSOLE_INTERNAL_H

#include "console.h"

#include "sys/output.h"

enum {
	CONSOLE_SHOWN_MAX = TEXT_SAFE_SIZE(TEXT_MAX_BYTES) + 1024, /* one line of output */
	CONSOLE_KEPT = 2 * CONSOLE_SHOWN_MAX,
	CONSOLE_LISTING_ROOM =
		CONSOLE_KEPT / 2, /* a list leaves the rest to what happens meanwhile */
};

/* A list that is shown a part at a time, whenever there is room for more. */
enum console_listing { LISTS_NOTHING, LISTS_MEMBERS, LISTS_ROOMS };

struct console {
	struct reactor *reactor;
	struct console_port port;
	struct reactor_timer look_again;
	size_t len;
	bool too_long; /* the line under way is being thrown away */
	bool told_of_end;
	char line[TEXT_MAX_BYTES];

	struct output *output;
	struct reactor_timer write_again;
	bool waits_to_write; /* for its descriptor or for write_again */
	enum console_listing listing;
	char listed[NAME_MAX_KEY + 1]; /* the name, or the key, that it showed last; "": none */
	size_t shown_len;
	char shown[CONSOLE_SHOWN_MAX]; /* the line that is being put together */
};

/* console.c: parts of a line, and whole lines */
void console_show(struct console *c, const char *words);
void console_show_safe(struct console *c, const void *s, size_t n);
void console_end_line(struct console *c);
void console_show_line(struct console *c, const char *before, struct slice s, const char *after);
void console_tell(struct console *c, const char *line);

/* console_commands.c */
void console_run(struct console *c, struct slice line); /* that begins with a slash */
void console_list_more(struct console *c);		/* as many more as there is room for */

#endif
