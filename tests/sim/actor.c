/* Clients: what their sessions say goes to the oracle, and what they type waits until it is taken. */
#include "sim_internal.h"

#include "sealed.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a session says --------------------------------------------------------------------- */

static void take_reply(struct actor *a, const struct reply *r)
{
	oracle_answered(a, r);
	if (r->id == 0 || r->id > a->ids)
		return;
	a->codes[r->id - 1] = (uint8_t)r->code;
	a->newest_answer = r->id;
	if (r->code != CODE_OK || r->first == 0)
		return;
	a->joined = true;
	a->first_seq = r->first;
}

static void drain(struct actor *a)
{
	struct session_event ev;

	while (session_event(a->session, a->sim->now, &ev)) {
		if (ev.kind == SESSION_REPLY) {
			take_reply(a, &ev.reply);
		} else if (ev.kind == SESSION_EVENT) {
			oracle_heard(a, &ev);
		} else if (ev.kind == SESSION_ENDED) {
			if (a->ended)
				sim_fail(a->sim, "%s ends twice", a->name);
			a->ended = true;
			a->end_code = ev.ended.code;
		}
	}
}

static void receive_stream(struct actor *a, const struct delivery *d)
{
	a->stream_queued -= d->len;
	if (!a->blocked || !a->peer)
		return;
	a->blocked = false;
	peers_writable(a->sim->peers, a->peer);
}

void actor_receive(struct actor *a, struct delivery *d)
{
	if (a->gone)
		return;
	if (d->kind == HANG_UP) {
		a->hung_up = true;
		return;
	}
	if (a->session) {
		session_feed(a->session, a->sim->now, d->bytes, d->len);
		drain(a);
	}
	if (a->via != VIA_UDP)
		receive_stream(a, d);
	touch(a);
}

void actor_tick(struct actor *a)
{
	session_tick(a->session, a->sim->now);
	drain(a);
	touch(a);
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* Queues a command and makes the place for its answer. */
static enum err give_command(struct actor *a, struct command *c)
{
	enum err e = session_command(a->session, c);

	if (e != ERR_NONE)
		return e;
	*GROW(a->codes, a->ids) = UNANSWERED;
	assert_int_equal(c->id, a->ids);
	touch(a);
	return ERR_NONE;
}

static void type_lines(struct actor *a)
{
	for (; a->typed < a->line_count; a->typed++) {
		struct line *l = &a->lines[a->typed];
		struct command c = {.kind = COMMAND_TALK, .room = WIRE_LOBBY};
		c.text = slice_of(l->bytes, l->len);
		if (give_command(a, &c) != ERR_NONE)
			return;
		l->id = c.id;
	}
}

static void send(struct actor *a, const struct buf *b)
{
	if (a->via != VIA_UDP) {
		if (a->peer)
			send_bytes(a->sim, TO_SERVER, a, b->data, b->len);
		return;
	}
	memcpy(a->last_packet, b->data, b->len);
	a->last_packet_len = b->len;
	send_datagram(a->sim, TO_SERVER, a, b->data, b->len);
}

void actor_pump(struct actor *a)
{
	uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	uint64_t deadline = TIMERQ_NEVER;

	if (!a->gone && a->session) {
		type_lines(a);
		for (;;) {
			struct buf b = buf_of(storage, sizeof(storage));
			if (!session_output(a->session, a->sim->now, &b))
				break;
			send(a, &b);
		}
		drain(a);
		deadline = session_deadline(a->session);
	}
	assert_int_equal(timerq_set(&a->sim->clocks, &a->clock, deadline), ERR_NONE);
}

/* ---- coming ---------------------------------------------------------------------------------- */

static const enum transport transports[] = {TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_UNIX};

static struct actor *new_actor(struct sim *s, enum via via)
{
	struct actor *a = memory_own(sizeof(*a));

	a->sim = s;
	a->via = via;
	a->who = 1 + (unsigned)(s->actor_count % (SEALED_IDENTITIES - 1));
	*GROW(s->actors, s->actor_count) = a;
	return a;
}

static void start_session(struct actor *a)
{
	struct session_config config = sealed_client(
		a->who, a->via == VIA_UDP ? SESSION_DGRAM : SESSION_STREAM, sim_random(a->sim));

	if (a->via == VIA_UNIX)
		config.identity = NULL;
	a->session = session_new(&config, a->sim->now);
	assert_non_null(a->session);
	touch(a);
}

/* At the door; who it is, its actor knows. */
static struct actor *dial(struct actor *a)
{
	struct sim *s = a->sim;

	a->address = new_address(s, transports[a->via], a);
	if (a->via == VIA_UNIX)
		a->address.uid = a->who;
	if (a->via == VIA_UDP)
		return a;
	memory_server_works(true);
	a->peer = peers_accept(s->peers, sim_now(s), &a->address, a);
	memory_server_works(false);
	a->hung_up = !a->peer;
	return a;
}

struct actor *sim_dial(struct sim *s, enum via via)
{
	return dial(new_actor(s, via));
}

struct actor *sim_connect(struct sim *s, enum via via)
{
	struct actor *a = sim_dial(s, via);

	start_session(a);
	return a;
}

struct actor *sim_connect_as(struct actor *same, enum via via)
{
	struct actor *a = new_actor(same->sim, via);

	a->who = same->who;
	start_session(dial(a));
	return a;
}

struct actor *sim_connect_again(struct actor *old)
{
	struct actor *a = new_actor(old->sim, VIA_UDP);

	sim_vanish(old);
	a->who = old->who;
	a->address = old->address;
	a->earlier = old;
	host_of(a->sim, &a->address)->actor = a;
	start_session(a);
	return a;
}

void sim_ask_name(struct actor *a, const char *name, uint64_t since)
{
	struct command c = {.kind = COMMAND_JOIN, .room = WIRE_LOBBY, .since = since};

	assert_in_range(strlen(name), 0, NAME_MAX_BYTES);
	strcpy(a->name, name);
	c.text = slice_of(name, strlen(name));
	assert_int_equal(give_command(a, &c), ERR_NONE);
}

static struct actor *last_called(struct sim *s, const char *name)
{
	for (size_t i = s->actor_count; i-- > 0;)
		if (strcmp(s->actors[i]->name, name) == 0)
			return s->actors[i];
	return NULL;
}

struct actor *sim_join(struct sim *s, const char *name, enum via via)
{
	struct actor *same = last_called(s, name);
	struct actor *a = same ? sim_connect_as(same, via) : sim_connect(s, via);

	sim_ask_name(a, name, 0);
	sim_expect_joined(a, 30);
	return a;
}

/* ---- saying ---------------------------------------------------------------------------------- */

void sim_say_bytes(struct actor *a, const void *text, size_t len)
{
	struct line *l = GROW(a->lines, a->line_count);

	l->bytes = memory_own(len);
	memcpy(l->bytes, text, len);
	l->len = len;
	l->said_us = a->sim->now;
	touch(a);
}

void sim_say(struct actor *a, const char *text)
{
	sim_say_bytes(a, text, strlen(text));
}

uint64_t sim_give(struct actor *a, struct command *c)
{
	type_lines(a);
	assert_int_equal(give_command(a, c), ERR_NONE);
	return c->id;
}

uint64_t sim_command(struct actor *a, enum command_kind kind, const void *text, size_t len)
{
	struct command c = {.kind = kind, .room = WIRE_LOBBY, .text = slice_of(text, len)};

	return sim_give(a, &c);
}

void sim_quit(struct actor *a, const char *words)
{
	sim_command(a, COMMAND_QUIT, words, strlen(words));
}

void sim_bye(struct actor *a, enum code code, const char *words)
{
	session_close(a->session, a->sim->now, code, words);
	touch(a);
}

void sim_send_raw(struct actor *a, const void *bytes, size_t n)
{
	if (a->peer)
		send_bytes(a->sim, TO_SERVER, a, bytes, n);
}

/* ---- going ----------------------------------------------------------------------------------- */

void sim_power_off(struct actor *a)
{
	a->gone = true;
	touch(a);
}

void sim_vanish(struct actor *a)
{
	sim_power_off(a);
	if (a->peer)
		peers_hangup(a->sim->peers, sim_now(a->sim), a->peer);
}

void actor_leave(struct actor *a)
{
	a->cut[TO_SERVER] = a->cut[TO_CLIENT] = false;
	if (a->gone)
		return;
	if (sim_in_room(a) && !a->deaf && session_open(a->session) &&
	    session_unanswered(a->session) < WIRE_COMMANDS_MAX)
		sim_quit(a, "");
	else
		sim_vanish(a);
}

void actor_free(struct actor *a)
{
	for (size_t i = 0; i < a->line_count; i++)
		memory_own_free(a->lines[i].bytes);
	while (a->unread) {
		struct delivery *d = a->unread;
		a->unread = d->next;
		memory_own_free(d);
	}
	memory_own_free(a->lines);
	memory_own_free(a->codes);
	session_free(a->session);
	memory_own_free(a);
}

void sim_cut(struct actor *a, bool up, bool down)
{
	a->cut[TO_SERVER] = up;
	a->cut[TO_CLIENT] = down;
}

void sim_stop_reading(struct actor *a, bool stop)
{
	a->deaf = stop;
	while (!stop && a->unread) {
		struct delivery *d = a->unread;
		a->unread = d->next;
		actor_receive(a, d);
		memory_own_free(d);
	}
}

struct session *sim_session(struct actor *a)
{
	return a->session;
}

struct address sim_address(const struct actor *a)
{
	return a->address;
}

size_t sim_last_packet(const struct actor *a, const uint8_t **bytes)
{
	*bytes = a->last_packet;
	return a->last_packet_len;
}
