/*
 * The terminal stays in its own line mode: the kernel edits lines, we read whole ones.  Its descriptor
 * is shared with the shell, so it is never made non-blocking: it is asked with poll() before each read.
 *
 * What is shown goes through sys/output, so that a terminal that was stopped, or a pager that nobody
 * turns, holds up nobody but itself.  /who is the one command that may have more to show than is
 * kept: it shows a part whenever there is room, and goes on behind the name that it showed last.
 */
#include "console.h"

#include "core/record.h"
#include "options.h"
#include "sys/clock.h"
#include "sys/output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BACKGROUND_CHECK_US = 1000 * 1000,
	OUTPUT_PAUSE_US = 100 * 1000,			   /* writable, and yet it took nothing */
	SHOWN_MAX = TEXT_SAFE_SIZE(TEXT_MAX_BYTES) + 1024, /* one line of output */
	OUTPUT_KEPT = 2 * SHOWN_MAX,
	LISTING_ROOM = OUTPUT_KEPT / 2, /* /who leaves the rest to what happens meanwhile */
};

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
	bool waits_to_write;		 /* for its descriptor or for write_again */
	bool listing;			 /* /who has not shown all yet */
	char listed[NAME_MAX_BYTES + 1]; /* the name that it showed last; "": none */
	size_t shown_len;
	char shown[SHOWN_MAX]; /* the line that is being put together */
};

/* ---- writing --------------------------------------------------------------------------------- */

/* A part that does not fit is left out: no line of ours is that long. */
static void show(struct console *c, const char *words)
{
	size_t n = strlen(words);

	if (n > sizeof(c->shown) - c->shown_len)
		return;
	memcpy(c->shown + c->shown_len, words, n);
	c->shown_len += n;
}

static void show_safe(struct console *c, const void *s, size_t n)
{
	c->shown_len +=
		text_safe(c->shown + c->shown_len, sizeof(c->shown) - c->shown_len, s, n, false);
}

static void end_line(struct console *c)
{
	show(c, "\n");
	output_line(c->output, c->shown, c->shown_len);
	c->shown_len = 0;
}

static void show_line(struct console *c, const char *before, struct slice s, const char *after)
{
	show(c, before);
	show_safe(c, s.data, s.len);
	show(c, after);
	end_line(c);
}

static void tell(struct console *c, const char *line)
{
	show(c, line);
	end_line(c);
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

static void list_members(struct console *c);

/* Everything that is taken now; the reactor does the rest.  `pause`: if it takes nothing. */
static void write_now(struct console *c, bool pause)
{
	enum err err = ERR_NONE;
	size_t before, left;

	do {
		list_members(c);
		before = output_queued(c->output);
		err = output_flush(c->output);
		left = output_queued(c->output);
	} while (err == ERR_NONE && left == 0 && c->listing);
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

/* ---- commands -------------------------------------------------------------------------------- */

static void list_member(struct console *c, const struct member *m)
{
	char address[ADDRESS_MAX_TEXT];

	show(c, "  ");
	show_safe(c, m->name, strlen(m->name));
	show(c, "  ");
	show(c, address_format(&m->address, address));
	tell(c, m->state == MEMBER_RECONNECTING ? "  reconnecting" : "");
	memcpy(c->listed, m->name, strlen(m->name) + 1);
}

/* As many more as there is room for. */
static void list_members(struct console *c)
{
	struct roster *roster = c->port.roster(c->port.ctx);
	const struct member *m = NULL;
	size_t i = c->listed[0] ? roster_after(roster, c->listed, strlen(c->listed)) : 0;

	while (c->listing && output_room(c->output) > LISTING_ROOM) {
		m = roster_at(roster, i++);
		if (m)
			list_member(c, m);
		c->listing = m != NULL;
	}
}

static void who(struct console *c, struct slice rest)
{
	char count[64];

	(void)rest;
	(void)snprintf(count, sizeof(count), "%zu in the room",
		       roster_count(c->port.roster(c->port.ctx)));
	tell(c, count);
	c->listing = true;
	c->listed[0] = '\0';
	list_members(c);
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
		tell(c, "whom? /kick NAME [words]");
	else if (c->port.kick(c->port.ctx, name, rest) != ERR_NONE)
		show_line(c, "nobody here is called ", name, ": /who lists the names");
}

static void release(struct console *c, struct slice rest)
{
	struct slice name = word(&rest);

	if (name.len == 0) {
		tell(c, "which name? /release NAME");
		return;
	}
	switch (c->port.release(c->port.ctx, name)) {
	case ERR_NONE:
		show_line(c, "", name, " is free: it belongs to whoever takes it next");
		break;
	case ERR_EXISTS:
		show_line(c, "", name, " is in the room: /kick comes first");
		break;
	default:
		show_line(c, "nobody owns ", name, "");
	}
}

/* As --keep has it, or "default". */
static bool read_days(struct slice word, uint32_t *days)
{
	*days = 0;
	if (word.len == strlen("default") && memcmp(word.data, "default", word.len) == 0)
		return true;
	return options_parse_keep((const char *)word.data, word.len, days);
}

static void tell_kept(struct console *c, struct slice room, uint32_t days)
{
	char after[64];

	if (days == 0)
		(void)snprintf(after, sizeof(after), " keeps what is said as long as all rooms do");
	else if (days == RECORD_KEEP_FOREVER)
		(void)snprintf(after, sizeof(after), " keeps what is said for ever");
	else
		(void)snprintf(after, sizeof(after), " keeps what is said for %u days",
			       (unsigned)days);
	show_line(c, "", room, after);
}

static void keep(struct console *c, struct slice rest)
{
	struct slice room = word(&rest), value = word(&rest);
	uint32_t days;

	if (room.len == 0 || rest.len > 0 || !read_days(value, &days)) {
		tell(c, "which room, and how long? /keep #ROOM DAYS, forever or default");
		return;
	}
	switch (c->port.keep(c->port.ctx, room, days)) {
	case ERR_NONE:
		tell_kept(c, room, days);
		break;
	case ERR_NOT_FOUND:
		show_line(c, "there is no room ", room, "");
		break;
	default:
		tell(c, "there is no history, or it cannot be written now");
	}
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
	{"/release", "/release NAME         let somebody else take a name", release},
	{"/keep", "/keep #ROOM DAYS      forget what is older; or: forever, default", keep},
	{"/quit", "/quit                 say goodbye to all and end the server", quit},
	{"/help", "/help                 this", help},
};

static void help(struct console *c, struct slice rest)
{
	(void)rest;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		show(c, "  ");
		tell(c, commands[i].help);
	}
	tell(c, "  anything else         an announcement to all");
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
	show_line(c, "unknown command ", name, ": /help lists them; nothing was announced");
}

static bool announced(struct console *c)
{
	if (c->too_long || (c->len > 0 && c->line[0] == '/'))
		return false;
	return c->port.announce(c->port.ctx, slice_of(c->line, c->len)) == ERR_NONE;
}

static void run_other_line(struct console *c)
{
	c->port.typed(c->port.ctx, c->line, c->len);
	if (c->too_long)
		tell(c, "that line is too long: at most 16 KiB");
	else if (c->len > 0 && c->line[0] == '/')
		run_command(c, slice_of(c->line, c->len));
	else if (c->len > 0)
		tell(c, "that cannot be announced: text must be valid UTF-8 with something to see "
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
		tell(c, "end of input: /quit ends the server");
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
	c->output = output_new(STDOUT_FILENO, OUTPUT_KEPT);
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

void console_event(struct console *c, const struct event *e)
{
	if (!c)
		return;
	switch (e->kind) {
	case EVENT_JOIN:
		show_line(c, "* ", e->from, " joined");
		break;
	case EVENT_TALK:
		show_safe(c, e->from.data, e->from.len);
		show_line(c, ": ", e->text, "");
		break;
	case EVENT_QUIT:
		show(c, "* ");
		show_safe(c, e->from.data, e->from.len);
		show(c, " left (");
		show(c, leave_reason_name(e->reason));
		tell(c, ")");
		break;
	case EVENT_NICK:
		show(c, "* ");
		show_safe(c, e->from.data, e->from.len);
		show_line(c, " is now known as ", e->text, "");
		break;
	case EVENT_ANNOUNCE: /* it was typed here */
	case EVENT_LOST:     /* /who tells */
	case EVENT_BACK:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_RECALL:
	case EVENT_EDIT:
	case EVENT_RECALLED:
	case EVENT_EDITED: /* never appended: it takes the place of a talk */
		break;
	}
	write_what_was_shown(c);
}
