/*
 * The terminal stays in its own line mode: the kernel edits lines, we read whole ones.  Its descriptor
 * is shared with the shell, so it is never made non-blocking: it is asked with poll() before each read.
 *
 * What is shown goes through sys/output, so that a terminal that was stopped, or a pager that nobody
 * turns, holds up nobody but itself.  A list may have more to show than is kept: it is
 * shown a part at a time, and goes on behind what was shown last.
 */
#include "console_internal.h"

#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BACKGROUND_CHECK_US = 1000 * 1000,
	OUTPUT_PAUSE_US = 100 * 1000, /* writable, and yet it took nothing */
};

/* ---- writing --------------------------------------------------------------------------------- */

/* A part that does not fit is left out: no line of ours is that long. */
void console_show(struct console *c, const char *words)
{
	size_t n = strlen(words);

	if (n > sizeof(c->shown) - c->shown_len)
		return;
	memcpy(c->shown + c->shown_len, words, n);
	c->shown_len += n;
}

void console_show_safe(struct console *c, const void *s, size_t n)
{
	c->shown_len +=
		text_safe(c->shown + c->shown_len, sizeof(c->shown) - c->shown_len, s, n, false);
}

void console_end_line(struct console *c)
{
	console_show(c, "\n");
	output_line(c->output, c->shown, c->shown_len);
	c->shown_len = 0;
}

void console_show_line(struct console *c, const char *before, struct slice s, const char *after)
{
	console_show(c, before);
	console_show_safe(c, s.data, s.len);
	console_show(c, after);
	console_end_line(c);
}

void console_tell(struct console *c, const char *line)
{
	console_show(c, line);
	console_end_line(c);
}

static void stop_writing(struct console *c)
{
	reactor_del(c->reactor, output_fd(c->output));
	reactor_timer_clear(c->reactor, &c->write_again);
	c->waits_to_write = true; /* for ever */
}

/* False: nothing can be waited for. */
static bool wait_to_write(struct console *c, bool pause)
{
	uint64_t later = clock_mono_us() + OUTPUT_PAUSE_US;

	c->waits_to_write = true;
	if (reactor_want(c->reactor, output_fd(c->output), pause ? 0 : REACTOR_WRITE) != ERR_NONE)
		return false;
	return !pause || reactor_timer_set(c->reactor, &c->write_again, later) == ERR_NONE;
}

/* Everything that is taken now; the reactor does the rest.  `pause`: if it takes nothing. */
static void write_now(struct console *c, bool pause)
{
	enum err err = ERR_NONE;
	size_t before, left;

	do {
		console_list_more(c);
		before = output_queued(c->output);
		err = output_flush(c->output);
		left = output_queued(c->output);
	} while (err == ERR_NONE && left == 0 && c->listing != LISTS_NOTHING);
	c->waits_to_write = false;
	if (err == ERR_NONE && left == 0)
		err = reactor_want(c->reactor, output_fd(c->output), 0);
	else if (err == ERR_NONE && !wait_to_write(c, pause && left >= before))
		err = ERR_SYSTEM;
	if (err != ERR_NONE)
		stop_writing(c);
}

static void write_what_was_shown(struct console *c)
{
	if (!c->waits_to_write)
		write_now(c, false);
}

/* A terminal may call itself writable with less room than the next byte takes: no spinning then. */
static void writable(void *ctx, unsigned ready)
{
	(void)ready;
	write_now(ctx, true);
}

static void write_again(void *ctx)
{
	write_now(ctx, true);
}

/* ---- lines ------------------------------------------------------------------------------------ */

static bool announced(struct console *c)
{
	const struct instant now = {clock_mono_us(), clock_wall_ms()};

	if (c->too_long || (c->len > 0 && c->line[0] == '/'))
		return false;
	return hub_announce(c->port.hub, slice_of(c->line, c->len), now) == ERR_NONE;
}

static void run_other_line(struct console *c)
{
	c->port.typed(c->port.ctx, c->line, c->len);
	if (c->too_long)
		console_tell(c, "that line is too long: at most 16 KiB");
	else if (c->len > 0 && c->line[0] == '/')
		console_run(c, slice_of(c->line, c->len));
	else if (c->len > 0)
		console_tell(
			c,
			"that cannot be announced: text must be valid UTF-8 with something to see "
			"in it");
}

static void run_line(struct console *c)
{
	if (!announced(c))
		run_other_line(c);
	c->len = 0;
	c->too_long = false;
	write_what_was_shown(c);
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

static bool hung_up(void)
{
	struct pollfd now = {.fd = STDIN_FILENO};

	return poll(&now, 1, 0) > 0 && (now.revents & POLLHUP);
}

static bool in_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 ||
	       group == getpgrp(); /* no controlling terminal: nobody to share it with */
}

static void stop_reading(struct console *c)
{
	reactor_del(c->reactor, STDIN_FILENO);
	reactor_timer_clear(c->reactor, &c->look_again);
}

static void wait_for_foreground(struct console *c)
{
	if (reactor_want(c->reactor, STDIN_FILENO, 0) != ERR_NONE ||
	    reactor_timer_set(c->reactor, &c->look_again, clock_mono_us() + BACKGROUND_CHECK_US) !=
		    ERR_NONE)
		stop_reading(c);
}

static void look_again(void *ctx)
{
	struct console *c = ctx;

	if (!in_foreground())
		wait_for_foreground(c);
	else if (reactor_want(c->reactor, STDIN_FILENO, REACTOR_READ) != ERR_NONE)
		stop_reading(c);
}

/* Ctrl-D: a terminal that is not hung up has more to say after it. */
static void end_of_input(struct console *c)
{
	if (!c->told_of_end)
		console_tell(c, "end of input: /quit ends the server");
	c->told_of_end = true;
	write_what_was_shown(c);
}

/* False: nothing more is to be read now. */
static bool read_some(struct console *c)
{
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n < 0 && errno == EINTR)
		return true;
	if (n > 0) {
		take(c, bytes, (size_t)n);
		return true;
	}
	if (hung_up())
		stop_reading(c);
	else if (n == 0)
		end_of_input(c);
	else
		wait_for_foreground(c); /* EIO: it has just gone into the background */
	return false;
}

static void readable(void *ctx, unsigned ready)
{
	struct console *c = ctx;
	struct pollfd now = {.fd = STDIN_FILENO, .events = POLLIN};

	(void)ready;
	while (poll(&now, 1, 0) > 0) {
		if (!in_foreground()) {
			wait_for_foreground(c);
			return;
		}
		if (!read_some(c))
			return;
	}
}

struct console *console_open(struct reactor *reactor, const struct console_port *port)
{
	if (!isatty(STDIN_FILENO)) {
		errno = 0;
		return NULL;
	}
	struct console *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->reactor = reactor;
	c->port = *port;
	c->look_again = (struct reactor_timer){.fn = look_again, .ctx = c};
	c->write_again = (struct reactor_timer){.fn = write_again, .ctx = c};
	/* Put into the background between the question and the read: EIO. */
	signal(SIGTTIN, SIG_IGN);
	c->output = output_new(STDOUT_FILENO, CONSOLE_KEPT);
	if (c->output &&
	    reactor_add(reactor, STDIN_FILENO, REACTOR_READ, readable, c) == ERR_NONE &&
	    reactor_add(reactor, output_fd(c->output), 0, writable, c) == ERR_NONE)
		return c;
	console_close(c);
	return NULL;
}

void console_close(struct console *c)
{
	int saved = errno;

	if (!c)
		return;
	stop_reading(c);
	if (c->output)
		stop_writing(c);
	output_free(c->output);
	free(c);
	errno = saved;
}

bool console_hung_up(const struct console *c)
{
	return c && hung_up();
}

/* ---- what happens ----------------------------------------------------------------------------- */

/* What happens to a member everywhere is told of the lobby alone. */
static bool is_shown(const struct event *e)
{
	if (e->room == WIRE_LOBBY)
		return e->kind != EVENT_ANNOUNCE; /* it was typed here */
	return e->kind != EVENT_NICK && e->kind != EVENT_AWAY &&
	       (e->kind != EVENT_QUIT || e->reason == LEAVE_PARTED);
}

static void show_who(struct console *c, const struct event *e)
{
	console_show(c, "* ");
	if (e->from.len > 0)
		console_show_safe(c, e->from.data, e->from.len);
	else
		console_show(c, "the administrator");
}

static void show_happening(struct console *c, const struct event *e)
{
	struct slice none = slice_of(NULL, 0);

	show_who(c, e);
	switch (e->kind) {
	case EVENT_JOIN:
		console_tell(c, " joined");
		break;
	case EVENT_QUIT:
		console_show(c, " left (");
		console_show(c, leave_reason_name(e->reason));
		console_tell(c, ")");
		break;
	case EVENT_NICK:
		console_show_line(c, " is now known as ", e->text, "");
		break;
	case EVENT_AWAY:
		console_show_line(c, e->text.len > 0 ? " is away: " : " is back", e->text, "");
		break;
	case EVENT_OPEN:
		console_tell(c, " opened the room");
		break;
	case EVENT_TOPIC:
		console_show_line(c, e->text.len > 0 ? " set the topic: " : " cleared the topic",
				  e->text, "");
		break;
	case EVENT_RECALL:
		console_tell(c, " recalled a message");
		break;
	case EVENT_EDIT:
		console_show_line(c, " edited: ", e->text, "");
		break;
	default:
		console_show_line(c, "", none, "");
		break;
	}
}

void console_event(struct console *c, struct slice room, const struct event *e)
{
	if (!c || !is_shown(e) || e->kind == EVENT_LOST || e->kind == EVENT_BACK) /* /who tells */
		return;
	if (e->room != WIRE_LOBBY) {
		console_show(c, "[");
		console_show_safe(c, room.data, room.len);
		console_show(c, "] ");
	}
	if (e->kind == EVENT_TALK) {
		console_show_safe(c, e->from.data, e->from.len);
		console_show_line(c, ": ", e->text, "");
	} else {
		show_happening(c, e);
	}
	write_what_was_shown(c);
}

void console_recalled(struct console *c, enum code code)
{
	if (!c)
		return;
	if (code == CODE_OK)
		console_tell(c, "it is recalled");
	else if (code == CODE_NO_SUCH_EVENT)
		console_tell(c, "there is no talk of that number: /last #ROOM shows numbers");
	else
		console_tell(c, code_reason(code));
	write_what_was_shown(c);
}
