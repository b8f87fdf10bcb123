/*
 * Between the person's lines and the room: the client's parent process.
 *
 * Composes the link, the channels to the children and the signals, and turns.  Leaving, by /quit or
 * at the end of the input, waits until everything typed is acknowledged and heard, then says QUIT,
 * and ends with the answer.  An interrupt does not wait for what is unacknowledged, only (and not
 * for long) for the answer to QUIT.  What lines mean is session_talk.c's.
 */
#include "session_state.h"

#include "sys/clock.h"
#include "sys/proc.h"
#include "trust.h"

#include <stdio.h>
#include <string.h>

/* ---- telling ---------------------------------------------------------------------------------- */

void client_finish(struct client *c, enum session_exit code, const char *words)
{
	if (c->over)
		return;
	c->over = true;
	c->end->code = code;
	snprintf(c->end->words, sizeof(c->end->words), "%s", words);
}

/* A process of ours ended that nobody told to: the room is left in good order, but not with success. */
static void child_gone(struct client *c, const char *which)
{
	if (c->leaving == QUIT_SENT || c->leaving == LEFT)
		return;
	c->end->code = SESSION_USAGE;
	snprintf(c->end->words, sizeof(c->end->words), "the process that %s has ended", which);
	client_leave_now(c);
}

void client_tell(struct client *c, const struct message *m)
{
	if (message_send(c->io->receiver, m) != ERR_NONE)
		child_gone(c, "shows the room");
}

void client_notice(struct client *c, enum notice_level level, const char *text)
{
	struct message m = {.type = MESSAGE_NOTICE};

	m.notice.level = level;
	m.notice.text = message_text(text);
	client_tell(c, &m);
}

static size_t unsent(const struct client *c)
{
	const struct session *s = c->link ? link_session(c->link) : NULL;

	return c->line_count + (s && c->joined ? session_unanswered(s) : 0);
}

static enum link_state link_state(const struct client *c)
{
	if (c->over)
		return LINK_CLOSED;
	if (c->joined)
		return LINK_ONLINE;
	return c->link && link_session(c->link) ? LINK_JOINING : LINK_CONNECTING;
}

/* Where we stand, when any of it has changed since it was told last. */
void client_tell_status(struct client *c, bool always)
{
	struct message m = {.type = MESSAGE_STATUS};

	m.status = (struct message_status){
		.link = link_state(c),
		.transport = c->link ? link_transport(c->link) : 0,
		.unsent = unsent(c),
		.nick = message_text(c->joined ? c->nick : ""),
		.room = message_text("lobby"),
		.server = message_text(c->label),
		.prompt = message_text(c->naming ? "name: " : ""),
	};
	if (!always && m.status.link == c->told.link && m.status.transport == c->told.transport &&
	    m.status.unsent == c->told.unsent && m.status.prompt.len == c->told.prompt.len)
		return;
	c->told = m.status;
	client_tell(c, &m);
}

void client_give_credit(struct client *c, uint32_t lines)
{
	struct message m = {.type = MESSAGE_CREDIT, .credit = lines};

	if (message_send(c->io->sender, &m) != ERR_NONE)
		c->input_ended = true;
}

/* ---- what the server says ---------------------------------------------------------------------- */

/* The connection is no more: with it goes what no server has acknowledged, and that is said. */
static void lose(struct client *c, enum session_exit code, const char *words)
{
	char all[MESSAGE_MAX_WORDS];
	size_t n = unsent(c);

	if (n > 0)
		snprintf(all, sizeof(all), "%.3800s (%zu line%s not delivered)", words, n,
			 n == 1 ? " was" : "s were");
	client_finish(c, code, n > 0 ? all : words);
}

static void take_event(struct client *c, const struct session_event *ev)
{
	struct message m = {.type = MESSAGE_EVENT, .event = ev->heard.raw};

	if (c->leaving != QUIT_SENT && c->leaving != LEFT)
		client_tell(c, &m);
}

static void session_over(struct client *c, const struct session_event *ev)
{
	char words[MESSAGE_MAX_WORDS];
	enum code code = ev->ended.code;
	bool refused = code == CODE_KICKED || code == CODE_SERVER_FULL ||
		       code == CODE_KEY_CHANGED || code == CODE_NOT_ACCEPTED;

	if (c->leaving == QUIT_SENT || c->leaving == LEFT) {
		c->leaving = LEFT;
		return;
	}
	snprintf(words, sizeof(words), "%.3800s%s%.*s",
		 code == CODE_KEY_CHANGED ? c->o->trust->words : code_reason(code),
		 ev->ended.text.len ? ": " : "", (int)ev->ended.text.len,
		 (const char *)ev->ended.text.data);
	lose(c, refused ? SESSION_REFUSED : SESSION_LOST, words);
}

/* The server has answered, so it knows the password, and its key is worth keeping. */
static void keep_key(struct client *c)
{
	const char *words = c->o->trust ? trust_opened(c->o->trust) : NULL;

	if (words)
		client_notice(c, NOTICE_INFO, words);
}

static void link_event(void *ctx, const struct session_event *ev)
{
	struct client *c = ctx;

	switch (ev->kind) {
	case SESSION_OPENED:
		client_ask_join(c);
		break;
	case SESSION_REPLY:
		keep_key(c);
		client_take_reply(c, &ev->reply);
		break;
	case SESSION_EVENT:
		take_event(c, ev);
		break;
	case SESSION_ENDED:
		session_over(c, ev);
		break;
	case SESSION_COMMAND:
	case SESSION_PATH:
		break; /* a client's session gives out neither */
	}
}

static void link_lost(void *ctx, bool opened, const char *why)
{
	struct client *c = ctx;
	char words[MESSAGE_MAX_WORDS];

	if (c->leaving == QUIT_SENT || c->leaving == LEFT) {
		c->leaving = LEFT;
		return;
	}
	snprintf(words, sizeof(words),
		 opened ? "the connection to %s is lost: %s" : "no chat-server reached at %s: %s",
		 c->label, why);
	lose(c, opened ? SESSION_LOST : SESSION_NO_SERVER, words);
}

/* ---- the children ------------------------------------------------------------------------------ */

/* For the receiver to draw: passed on as it came. */
static void pass_on(struct client *c, const struct message *m)
{
	client_tell(c, m);
}

static void take_message(struct client *c, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_LINE:
		client_take_line(c, m->line);
		break;
	case MESSAGE_EDIT:
	case MESSAGE_KEY:
	case MESSAGE_NOTICE:
		pass_on(c, m);
		break;
	case MESSAGE_INPUT_END:
		c->input_ended = true;
		if (c->naming)
			client_finish(c, SESSION_REFUSED, "no name was given");
		break;
	case MESSAGE_INTERRUPT:
		c->end->interrupted = true;
		client_leave_now(c);
		break;
	default:
		break; /* not for us */
	}
}

/* False: the channel is at its end. */
static bool take_messages(struct client *c, struct ipc *from)
{
	struct ipc_message raw;
	struct message m;
	enum err e = ipc_read(from);

	while (ipc_next(from, &raw))
		if (message_get(&raw, &m) == ERR_NONE)
			take_message(c, &m);
	if (e == ERR_NONE)
		return true;
	reactor_del(c->reactor, ipc_fd(from));
	return false;
}

static void sender_ready(void *ctx, unsigned ready)
{
	struct client *c = ctx;

	if ((ready & REACTOR_READ) && !take_messages(c, c->io->sender) && !c->input_ended)
		child_gone(c, "reads lines");
}

static void receiver_ready(void *ctx, unsigned ready)
{
	struct client *c = ctx;

	if ((ready & REACTOR_READ) && !take_messages(c, c->io->receiver))
		child_gone(c, "shows the room");
}

static void signalled(void *ctx, unsigned ready)
{
	struct client *c = ctx;

	(void)ready;
	while (proc_next_signal(c->io->signals) != 0) {
		c->end->interrupted = true;
		client_leave_now(c);
	}
}

/* What a channel could not take goes out when it can; a child that is gone is noticed by reading. */
static void flush(struct client *c, struct ipc *channel)
{
	enum err e = ipc_flush(channel);
	unsigned want = REACTOR_READ | (e == ERR_NONE && ipc_pending(channel) ? REACTOR_WRITE : 0);

	/* ERR_NOT_FOUND: it is gone, and was told so already */
	if (reactor_want(c->reactor, ipc_fd(channel), want) == ERR_SYSTEM)
		client_finish(c, SESSION_USAGE, "cannot wait for the other processes");
}

/* ---- running ----------------------------------------------------------------------------------- */

static void name_server(struct client *c)
{
	static const char *const schemes[] = {
		[ENDPOINT_CHAT] = "chat", [ENDPOINT_UDP] = "udp", [ENDPOINT_TCP] = "tcp"};
	const struct endpoint *e = &c->server;

	if (e->kind == ENDPOINT_UNIX)
		snprintf(c->label, sizeof(c->label), "unix:%s", e->path);
	else
		snprintf(c->label, sizeof(c->label),
			 strchr(e->host, ':') ? "%s://[%s]:%u" : "%s://%s:%u", schemes[e->kind],
			 e->host, e->port);
}

static void find_server(struct client *c)
{
	c->server = *c->o->server;
	name_server(c);
}

static bool watch(struct client *c, int fd, reactor_fn *fn)
{
	return reactor_add(c->reactor, fd, REACTOR_READ, fn, c) == ERR_NONE;
}

static bool start(struct client *c)
{
	struct link_port port = {c, link_event, link_lost};
	struct session_config security = {.identity = c->o->identity,
					  .trust = c->o->trust ? trust_decide : NULL,
					  .trust_ctx = c->o->trust};

	if (c->o->nick)
		snprintf(c->nick, sizeof(c->nick), "%s", c->o->nick);
	find_server(c);
	c->reactor = reactor_new(REACTOR_POLL, false);
	c->link = c->reactor ? link_new(c->reactor, &c->server, &security, &port) : NULL;
	if (!c->link || !watch(c, ipc_fd(c->io->sender), sender_ready) ||
	    !watch(c, ipc_fd(c->io->receiver), receiver_ready) ||
	    !watch(c, c->io->signals, signalled)) {
		client_finish(c, SESSION_USAGE, "out of memory or descriptors");
		return false;
	}
	client_give_credit(c, MESSAGE_CREDIT_START);
	if (c->o->notice && *c->o->notice)
		client_notice(c, NOTICE_INFO, c->o->notice);
	client_tell_status(c, true);
	return true;
}

/* Whatever this turn's news make possible. */
static void act(struct client *c)
{
	client_run_lines(c);
	if (c->input_ended && !c->o->follow && c->joined && !c->lines)
		client_leave_when_done(c);
	if (c->leaving == WHEN_DONE && client_all_done(c))
		client_ask_quit(c);
	link_pause(c->link, ipc_queued(c->io->receiver) > RECEIVER_FULL);
	link_pump(c->link);
	client_tell_status(c, false);
	flush(c, c->io->sender);
	flush(c, c->io->receiver);
}

static bool going(const struct client *c)
{
	if (c->over || c->leaving == LEFT)
		return false;
	return !c->give_up_at || clock_mono_us() < c->give_up_at;
}

static bool wait_turn(struct client *c, uint64_t until)
{
	if (reactor_turn(c->reactor, until) == ERR_NONE)
		return true;
	client_finish(c, SESSION_USAGE, "cannot wait for events");
	return false;
}

/* The goodbye leaves, if it can within a moment. */
static void say_goodbye(struct client *c)
{
	struct session *s = link_session(c->link);
	uint64_t until = clock_mono_us() + FLUSH_WAIT_US;

	if (!s)
		return;
	session_close(s, clock_mono_us(), CODE_LEFT, c->quit_words);
	link_pump(c->link);
	while (!link_flushed(c->link) && clock_mono_us() < until && wait_turn(c, until))
		link_pump(c->link);
}

static void stop(struct client *c)
{
	client_drop_lines(c);
	link_free(c->link);
	if (c->reactor)
		reactor_free(c->reactor);
}

void session_run(const struct session_options *o, const struct session_io *io,
		 struct session_end *end)
{
	struct client c = {.o = o, .io = io, .end = end};

	c.lines_end = &c.lines;
	*end = (struct session_end){.code = SESSION_DONE};
	if (start(&c)) {
		act(&c);
		while (going(&c) && wait_turn(&c, c.give_up_at ? c.give_up_at : TIMERQ_NEVER))
			act(&c);
		say_goodbye(&c);
		c.over = true;
		client_tell_status(&c, true);
	}
	stop(&c);
}
