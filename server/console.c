/*
 * The terminal stays in its own line mode: the kernel edits lines, we read whole ones.  Its descriptor
 * is shared with the shell, so it is never made non-blocking: it is asked with poll() before each read.
 */
#include "console.h"

#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKGROUND_CHECK_US = 1000 * 1000 };

struct console {
	struct reactor *reactor;
	struct console_port port;
	struct reactor_timer look_again;
	size_t len;
	bool too_long; /* the line under way is being thrown away */
	char line[TEXT_MAX_BYTES];
};

static void show(const void *s, size_t n)
{
	char safe[TEXT_SAFE_SIZE(TEXT_MAX_BYTES)];

	fwrite(safe, 1, text_safe(safe, sizeof(safe), s, n, false), stdout);
}

static void show_slice(const char *before, struct slice s, const char *after)
{
	fputs(before, stdout);
	show(s.data, s.len);
	fputs(after, stdout);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void who(struct console *c, struct slice rest)
{
	const struct roster *roster = c->port.roster(c->port.ctx);
	const struct member *m;
	char address[ADDRESS_MAX_TEXT];

	(void)rest;
	printf("%zu in the room\n", roster_count(roster));
	for (size_t i = 0; (m = roster_at(roster, i)); i++) {
		show_slice("  ", slice_of(m->name, strlen(m->name)), "  ");
		printf("%s\n", address_format(&m->address, address));
	}
}

static struct slice word(struct slice *rest)
{
	size_t n = 0;

	while (rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_of(rest->data + 1, rest->len - 1);
	while (n < rest->len && rest->data[n] != ' ')
		n++;
	struct slice w = slice_of(rest->data, n);
	*rest = slice_of(rest->data + n, rest->len - n);
	while (rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_of(rest->data + 1, rest->len - 1);
	return w;
}

static void kick(struct console *c, struct slice rest)
{
	struct slice name = word(&rest);

	if (name.len == 0)
		printf("whom? /kick NAME [words]\n");
	else if (c->port.kick(c->port.ctx, name, rest) != ERR_NONE)
		show_slice("nobody here is called ", name, ": /who lists the names\n");
}

static void quit(struct console *c, struct slice rest)
{
	(void)rest;
	c->port.quit(c->port.ctx);
}

static void help(struct console *c, struct slice rest);

static const struct {
	const char *name, *help;
	void (*run)(struct console *c, struct slice rest);
} commands[] = {
	{"/who", "/who                  who is in the room, and from where", who},
	{"/kick", "/kick NAME [words]    take someone out of the room", kick},
	{"/quit", "/quit                 say goodbye to all and end the server", quit},
	{"/help", "/help                 this", help},
};

static void help(struct console *c, struct slice rest)
{
	(void)c;
	(void)rest;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %s\n", commands[i].help);
	printf("  anything else         an announcement to all\n");
}

static void run_command(struct console *c, struct slice line)
{
	struct slice name = word(&line);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strlen(commands[i].name) != name.len ||
		    memcmp(commands[i].name, name.data, name.len) != 0)
			continue;
		commands[i].run(c, line);
		return;
	}
	show_slice("unknown command ", name, ": /help lists them; nothing was announced\n");
}

static void run_line(struct console *c)
{
	struct slice line = slice_of(c->line, c->len);

	c->port.typed(c->port.ctx, c->line, c->len);
	if (c->too_long)
		printf("that line is too long: at most 16 KiB\n");
	else if (c->len > 0 && c->line[0] == '/')
		run_command(c, line);
	else if (c->len > 0 && c->port.announce(c->port.ctx, line) != ERR_NONE)
		printf("that cannot be announced: text must be valid UTF-8 with something to see "
		       "in it\n");
	c->len = 0;
	c->too_long = false;
	fflush(stdout);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void take(struct console *c, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			run_line(c);
		else if (c->len < sizeof(c->line))
			c->line[c->len++] = bytes[i];
		else
			c->too_long = true;
	}
}

static bool in_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 ||
	       group == getpgrp(); /* no controlling terminal: nobody to share it with */
}

static void stop(struct console *c)
{
	reactor_del(c->reactor, STDIN_FILENO);
	reactor_timer_clear(c->reactor, &c->look_again);
}

static void wait_for_foreground(struct console *c)
{
	if (reactor_want(c->reactor, STDIN_FILENO, 0) != ERR_NONE ||
	    reactor_timer_set(c->reactor, &c->look_again, clock_mono_us() + BACKGROUND_CHECK_US) !=
		    ERR_NONE)
		stop(c);
}

static void look_again(void *ctx)
{
	struct console *c = ctx;

	if (!in_foreground())
		wait_for_foreground(c);
	else if (reactor_want(c->reactor, STDIN_FILENO, REACTOR_READ) != ERR_NONE)
		stop(c);
}

static void readable(void *ctx, unsigned ready)
{
	struct console *c = ctx;
	struct pollfd now = {.fd = STDIN_FILENO, .events = POLLIN};
	char bytes[4096];

	(void)ready;
	while (poll(&now, 1, 0) > 0) {
		if (!in_foreground()) {
			wait_for_foreground(c);
			return;
		}
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			stop(c);
			return;
		}
		take(c, bytes, (size_t)n);
	}
}

struct console *console_open(struct reactor *reactor, const struct console_port *port)
{
	errno = 0;
	if (!isatty(STDIN_FILENO)) {
		errno = 0;
		return NULL;
	}
	struct console *c = malloc(sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct console){.reactor = reactor, .port = *port, .look_again = {.fn = look_again}};
	c->look_again.ctx = c;
	signal(SIGTTIN,
	       SIG_IGN); /* put into the background between the question and the read: EIO */
	if (reactor_add(reactor, STDIN_FILENO, REACTOR_READ, readable, c) != ERR_NONE) {
		free(c);
		return NULL;
	}
	return c;
}

void console_close(struct console *c)
{
	if (!c)
		return;
	stop(c);
	free(c);
}

bool console_hung_up(const struct console *c)
{
	struct pollfd now = {.fd = STDIN_FILENO};

	return c && poll(&now, 1, 0) > 0 && (now.revents & POLLHUP);
}

void console_event(struct console *c, const struct event *e)
{
	if (!c)
		return;
	switch (e->kind) {
	case EVENT_JOIN:
		show_slice("* ", e->from, " joined\n");
		break;
	case EVENT_TALK:
		show_slice("", e->from, ": ");
		show_slice("", e->text, "\n");
		break;
	case EVENT_QUIT:
		show_slice("* ", e->from, " left (");
		printf("%s)\n", leave_reason_name(e->reason));
		break;
	case EVENT_NICK:
		show_slice("* ", e->from, " is now known as ");
		show_slice("", e->text, "\n");
		break;
	case EVENT_ANNOUNCE:
		break; /* it was typed here */
	}
	fflush(stdout);
}
