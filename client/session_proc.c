/*
 * Between the person's lines and the room: the client's parent process.
 *
 * Composes the link, the channels to the children and the signals, and turns.  Leaving, by /quit or
 * at the end of the input, waits until everything typed is acknowledged and heard, then says QUIT,
 * and ends with the answer.  An interrupt does not wait for what is unacknowledged, only (and not
 * for long) for the answer to QUIT.  What lines mean is session_talk.c's.
 */
#include "session_state.h"

#include "session_calls.h"
#include "session_lines.h"
#include "session_local.h"
#include "session_news.h"
#include "session_reads.h"
#include "session_rooms.h"
#include "session_said.h"
#include "session_unsent.h"
#include "sys/cipher.h"
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

/* Goes at the end of the turn, with what else there is. */
void client_tell(struct client *c, const struct message *m)
{
	if (message_queue(c->io->receiver, m) != ERR_NONE)
		child_gone(c, "shows the room");
}

void client_notice(struct client *c, enum notice_level level, const char *text)
{
	struct message m = {.type = MESSAGE_NOTICE};

	m.notice.level = level;
	m.notice.text = message_text(text);
	client_tell(c, &m);
}

size_t client_unsent(const struct client *c)
{
	size_t n = c->link ? seat_unanswered(link_seat(c->link)) : 0;

	for (const struct held *h = c->held; h; h = h->next)
		n++;
	return n;
}

static enum link_state link_state(const struct client *c)
{
	static const enum link_state states[] = {
		[SEAT_CONNECTING] = LINK_CONNECTING,
		[SEAT_JOINING] = LINK_JOINING,
		[SEAT_ONLINE] = LINK_ONLINE,
		[SEAT_OVER] = LINK_CLOSED,
		[SEAT_RECONNECTING] = LINK_RECONNECTING,
	};

	return c->over || !c->link ? LINK_CLOSED : states[seat_state(link_seat(c->link))];
}

/* On the same machine there is none that anybody would want to know of. */
static uint32_t lag_ms(const struct client *c)
{
	const struct seat *seat = c->link ? link_seat(c->link) : NULL;
	uint64_t ms;

	if (!c->o->screen || !seat || seat_transport(seat) == TRANSPORT_UNIX)
		return 0;
	ms = (seat_rtt(seat) + 500) / 1000;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* A quarter more or less is news. */
static bool differ_much(uint32_t a, uint32_t b)
{
	uint32_t difference = a > b ? a - b : b - a;

	return difference > 0 && difference >= b / 4;
}

/* For who wants to leave: what would be lost by that, refused lines included. */
static void tell_sender_unsent(struct client *c, struct message m)
{
	m.status.unsent += c->talks.failed;
	if (!c->o->interactive || m.status.unsent == c->told_unsent)
		return;
	c->told_unsent = m.status.unsent;
	client_tell_sender(c, &m);
}

/* Where we stand, when any of it has changed since it was told last. */
void client_tell_status(struct client *c, bool always)
{
	struct message m = {.type = MESSAGE_STATUS};

	m.status = (struct message_status){
		.link = link_state(c),
		.transport = c->link ? seat_transport(link_seat(c->link)) : 0,
		.lag_ms = lag_ms(c),
		.unsent = client_unsent(c),
		.nick = message_text(c->joined || !c->naming ? c->nick : ""),
		.room = c->visits.here ? visit_name(c->visits.here) : message_text(""),
		.server = message_text(c->label),
		.prompt = message_text(c->naming ? "name: " : ""),
	};
	tell_sender_unsent(c, m);
	if (!always && m.status.link == c->told.link && m.status.transport == c->told.transport &&
	    m.status.unsent == c->told.unsent && m.status.prompt.len == c->told.prompt.len &&
	    !differ_much(m.status.lag_ms, c->told.lag_ms))
		return;
	c->told = m.status;
	client_tell(c, &m);
}

void client_tell_sender(struct client *c, const struct message *m)
{
	if (message_queue(c->io->sender, m) != ERR_NONE)
		c->input_ended = true;
}

void client_give_credit(struct client *c, uint32_t lines)
{
	client_tell_sender(c, &(struct message){.type = MESSAGE_CREDIT, .credit = lines});
}

/* ---- the children ------------------------------------------------------------------------------ */

/* For the receiver to draw: passed on as it came. */
static void pass_on(struct client *c, const struct message *m)
{
	client_tell(c, m);
}

static void take_key(struct client *c, const struct message *m)
{
	switch (m->key) {
	case VIEW_KEY_ROOM_BEFORE:
	case VIEW_KEY_ROOM_AFTER:
		client_go_beside(c, m->key == VIEW_KEY_ROOM_AFTER ? 1 : -1);
		break;
	case VIEW_KEY_AGAIN:
		client_say_again(c);
		break;
	case VIEW_KEY_DROP:
		client_drop_said(c);
		break;
	default:
		pass_on(c, m);
	}
}

static void take_go(struct client *c, struct slice room)
{
	struct visit *at = visits_find(&c->visits, room);

	if (at)
		client_go(c, at);
}

static void take_message(struct client *c, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_LINE:
		client_note_line(c);
		client_take_line(c, m->line);
		break;
	case MESSAGE_EDIT:
		client_note_edit(c, &m->edit);
		pass_on(c, m);
		break;
	case MESSAGE_NOTICE:
	case MESSAGE_COMPLETE:
	case MESSAGE_FIND:
		pass_on(c, m);
		break;
	case MESSAGE_REPLACE:
		client_tell_sender(c, m);
		break;
	case MESSAGE_KEY:
		take_key(c, m);
		break;
	case MESSAGE_OLDER:
		client_older(c, &m->page);
		break;
	case MESSAGE_CALL:
		client_call(c, &m->event);
		break;
	case MESSAGE_INPUT_END:
		c->input_ended = true;
		if (c->naming)
			client_finish(c, SESSION_REFUSED, "no name was given");
		break;
	case MESSAGE_GO:
		take_go(c, m->go);
		break;
	case MESSAGE_MARK:
		client_shown(c);
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

static struct link *new_link(struct client *c)
{
	struct link_port port = {c, client_event, client_since, client_usurped};
	struct seat_config config = {.session = {.identity = c->o->identity,
						 .cipher = cipher_of(c->cipher),
						 .trust = c->o->trust ? trust_decide : NULL,
						 .trust_ctx = c->o->trust},
				     .names = c->names,
				     .nick = c->o->nick,
				     .since = {.mode = c->o->since_mode, .since = c->o->since},
				     .give_up_us = c->o->give_up_us};

	if (c->o->nick)
		snprintf(c->nick, sizeof(c->nick), "%s", c->o->nick);
	c->naming = !c->o->nick;
	cursors_as(c->o->cursors, c->nick);
	client_know_server(c);
	if (c->o->nick)
		client_unsent_open(c);
	config.instance = client_unsent_was(c, &config.was);
	return link_new(c->reactor, &c->server, &config, &port);
}

static bool start(struct client *c)
{
	find_server(c);
	c->names = name_checker_new();
	c->cipher = c->o->identity ? cipher_new() : NULL;
	c->reactor = reactor_new(REACTOR_POLL, false);
	c->link = c->reactor && c->names ? new_link(c) : NULL;
	if (!c->link || visits_init(&c->visits) != ERR_NONE ||
	    !watch(c, ipc_fd(c->io->sender), sender_ready) ||
	    !watch(c, ipc_fd(c->io->receiver), receiver_ready) ||
	    !watch(c, c->io->signals, signalled)) {
		client_finish(c, SESSION_USAGE, "out of memory or descriptors");
		return false;
	}
	client_calls_begin(c);
	client_tell_preferences(c);
	for (size_t i = 0; i < c->o->room_count; i++)
		client_be_in(c, c->o->rooms[i], i == 0);
	client_tell_status(c, true); /* whose it is, before anything that they said */
	client_unsent_begin(c);
	client_give_credit(c, MESSAGE_CREDIT_START);
	if (c->o->notice && *c->o->notice)
		client_notice(c, NOTICE_INFO, c->o->notice);
	client_tell_status(c, true);
	return true;
}

/* Whatever this turn's news make possible. */
static void act(struct client *c)
{
	if (c->input_ended && !c->o->follow && c->joined)
		client_leave_when_done(c);
	if (c->leaving == WHEN_DONE && client_all_done(c))
		client_ask_quit(c);
	client_keep_line(c);
	client_keep_synced(c);
	link_pause(c->link, ipc_queued(c->io->receiver) > RECEIVER_FULL);
	link_pump(c->link);
	client_mark(c);
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

static uint64_t next_turn(const struct client *c)
{
	uint64_t at = client_mark_at(c), line_at = client_keep_line_at(c);

	at = line_at < at ? line_at : at;
	return c->give_up_at && c->give_up_at < at ? c->give_up_at : at;
}

/* The goodbye leaves, if it can within a moment. */
static void say_goodbye(struct client *c)
{
	uint64_t until = clock_mono_us() + FLUSH_WAIT_US;

	seat_close(link_seat(c->link), clock_mono_us(), c->quit_words);
	link_pump(c->link);
	while (!link_flushed(c->link) && clock_mono_us() < until && wait_turn(c, until))
		link_pump(c->link);
}

static void stop(struct client *c)
{
	link_free(c->link);
	name_checker_free(c->names);
	cipher_free(c->cipher);
	client_calls_end(c);
	if (c->reactor)
		reactor_free(c->reactor);
	client_forget(c);
}

void session_run(const struct session_options *o, const struct session_io *io,
		 struct session_end *end)
{
	struct client c = {.o = o, .io = io, .end = end};

	*end = (struct session_end){.code = SESSION_DONE};
	if (start(&c)) {
		act(&c);
		while (going(&c) && wait_turn(&c, next_turn(&c)))
			act(&c);
		say_goodbye(&c);
		end->joined = c.joined;
		memcpy(end->nick, c.nick, sizeof(end->nick));
		c.over = true;
		client_tell_status(&c, true);
		flush(&c, io->sender);
		flush(&c, io->receiver);
	}
	client_unsent_end(&c);
	stop(&c);
}
