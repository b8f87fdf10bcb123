/*
 * The console: the terminal on the server's standard input, for the person who runs the room.
 *
 * A line is an announcement to all (管理员消息); /commands manage, /help lists them.  What happens in the
 * room is shown on standard output, display-safe; nobody waits for it to be read.  Without a terminal
 * there is no console.  In the background of a shell it waits until it is in the foreground again, and
 * Ctrl-D ends nothing.  Closing the terminal ends the server (SIGHUP with a terminal that is gone; see
 * runtime.c).
 */
#ifndef SERVER_CONSOLE_H
#define SERVER_CONSOLE_H

#include "core/hub.h"
#include "sys/reactor.h"

struct console;

/* What the console can order. */
struct console_port {
	void *ctx;
	/* Every line that is no announcement, or a refused one; before it is acted on. */
	void (*typed)(void *ctx, const char *line, size_t len);
	enum err (*kick)(void *ctx, struct slice name, struct slice words);
	/* As hub_recall(), whose answer is for console_recalled(). */
	enum err (*recall)(void *ctx, struct slice room, uint64_t seq);
	void (*quit)(void *ctx);
	struct hub *hub; /* for all else that is looked at or ordered */
};

/* NULL with errno 0: standard input is no terminal; else no memory or descriptor. */
struct console *console_open(struct reactor *reactor, const struct console_port *port);
void console_close(struct console *c);	       /* NULL: nothing */
bool console_hung_up(const struct console *c); /* its terminal is gone; NULL: false */
/* Shown, with the room's name unless that is the lobby; NULL: nothing. */
void console_event(struct console *c, struct slice room, const struct event *e);
void console_recalled(struct console *c, enum code code); /* NULL: nothing */

#endif
