/*
 * A discrete-event simulation: a queue of deliveries in order of time, and the deadlines of the
 * sessions and of the peers' table.  One turn takes the nearest of them all.
 */
#include "sim.h"

#include "proto/timerq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_ACTORS = 512,
	MAX_WAITING = 4096,
	STREAM_WINDOW = 64 * 1024, /* bytes under way on a stream that is not read */
};

enum delivery_kind { TO_SERVER, TO_CLIENT, HANG_UP };

/* Bytes under way. */
struct delivery {
	struct timerq_entry entry; /* first member */
	enum delivery_kind kind;
	struct actor *actor; /* NULL: forged */
	struct address from;
	size_t len;
	uint8_t bytes[];
};

struct heard {
	struct event event;
	uint8_t *copy; /* what its slices point into */
};

struct actor {
	struct sim *sim;
	enum via via;
	struct address address;
	struct session *session;
	struct peer *peer;	    /* streams */
	uint64_t stream_free_us[2]; /* when the last bytes each way arrive: streams keep order */
	size_t stream_queued;	    /* towards the client, not read */
	bool gone, joined, reading, ended, blocked;
	enum code refused, end_code;
	char name[64];
	uint64_t since, first_seq;
	struct heard *heard;
	size_t heard_count, heard_cap, packets;
	struct {
		uint8_t *bytes;
		size_t len;
	} waiting[MAX_WAITING]; /* typed, not yet taken by the session */
	size_t waiting_first, waiting_count;
	uint8_t last_packet[WIRE_PACKET_MAX];
	size_t last_packet_len;
};

struct sim {
	uint64_t seed, random, now;
	struct weather weather;
	struct hub *hub;
	struct peers *peers;
	struct actor *actors[MAX_ACTORS];
	size_t count;
	struct timerq deliveries;
	bool pump_more;
};

/* splitmix64 */
uint64_t sim_random(struct sim *s)
{
	uint64_t z = (s->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static bool chance(struct sim *s, unsigned percent)
{
	return sim_random(s) % 100 < percent;
}

/* ---- the network ----------------------------------------------------------------------------- */

static void deliver_at(struct sim *s, uint64_t at, enum delivery_kind kind, struct actor *a,
		       const struct address *from, const void *bytes, size_t n)
{
	struct delivery *d = malloc(sizeof(*d) + n);

	assert_non_null(d);
	*d = (struct delivery){.kind = kind, .actor = a, .from = *from, .len = n};
	if (n > 0)
		memcpy(d->bytes, bytes, n);
	assert_int_equal(timerq_set(&s->deliveries, &d->entry, at), ERR_NONE);
}

static uint64_t travel(struct sim *s)
{
	uint64_t t = s->weather.delay_us + 1;

	if (s->weather.jitter_us)
		t += sim_random(s) % s->weather.jitter_us;
	if (chance(s, s->weather.reorder))
		t += 1000 + sim_random(s) % 20000;
	return t;
}

static void send_datagram(struct sim *s, enum delivery_kind kind, struct actor *a, const void *p,
			  size_t n)
{
	uint8_t copy[WIRE_PACKET_MAX];
	unsigned copies = chance(s, s->weather.duplicate) ? 2 : 1;

	assert_true(n <= sizeof(copy));
	memcpy(copy, p, n);
	if (chance(s, s->weather.corrupt))
		copy[sim_random(s) % n] ^= (uint8_t)(1u << sim_random(s) % 8);
	if (chance(s, s->weather.loss))
		return;
	while (copies-- > 0)
		deliver_at(s, s->now + travel(s), kind, a, &a->address, copy, n);
}

/* Streams cut their bytes wherever they like, and keep their order. */
static void send_bytes(struct sim *s, enum delivery_kind kind, struct actor *a, const uint8_t *p,
		       size_t n)
{
	uint64_t *free_at = &a->stream_free_us[kind];
	uint64_t at = s->now + travel(s);

	if (at <= *free_at)
		at = *free_at + 1;
	while (n > 0) {
		size_t piece = 1 + sim_random(s) % 3000;
		if (piece > n)
			piece = n;
		deliver_at(s, at++, kind, a, &a->address, p, piece);
		p += piece;
		n -= piece;
	}
	*free_at = at;
}

static void port_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	struct sim *s = ctx;

	(void)via;
	for (size_t i = 0; i < s->count; i++) {
		if (s->actors[i]->gone || !address_equal(&s->actors[i]->address, to))
			continue;
		s->actors[i]->packets++;
		send_datagram(s, TO_CLIENT, s->actors[i], p, n);
		return;
	}
}

static size_t port_stream(void *ctx, void *link, const void *p, size_t n)
{
	struct actor *a = link;
	size_t room = STREAM_WINDOW - a->stream_queued;

	if (n > room)
		n = room;
	if (n > 0)
		send_bytes(ctx, TO_CLIENT, a, p, n);
	a->stream_queued += n;
	a->blocked = n == room;
	return n;
}

static void port_close(void *ctx, void *link)
{
	struct actor *a = link;

	a->peer = NULL;
	deliver_at(ctx,
		   a->stream_free_us[TO_CLIENT] + 1 > a->sim->now + 1
			   ? a->stream_free_us[TO_CLIENT] + 1
			   : a->sim->now + 1,
		   HANG_UP, a, &a->address, "", 0);
}

static void port_entropy(void *ctx, void *p, size_t n)
{
	for (uint8_t *at = p; n > 0; n--)
		*at++ = (uint8_t)sim_random(ctx);
}

/* ---- building -------------------------------------------------------------------------------- */

struct instant sim_instant(const struct sim *s)
{
	return (struct instant){.mono_us = s->now,
				.wall_ms = (int64_t)(1800000000000 + s->now / 1000)};
}

struct sim *sim_new(uint64_t seed, const struct weather *w)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct hub_config hub = {.room_bytes = 64 << 20, .max_members = 10000};
	struct peers_config peers = {.max_peers = 10000};
	assert_non_null(s);
	struct peers_port port = {s, port_packet, port_stream, port_close, port_entropy};

	print_message("# seed %llu\n", (unsigned long long)seed);
	s->seed = s->random = seed;
	s->now = 1000000;
	s->weather = *w;
	timerq_init(&s->deliveries);
	s->hub = hub_new(&hub, NULL);
	s->peers = peers_new(&peers, s->hub, &port);
	assert_non_null(s->peers);
	return s;
}

static void actor_free(struct actor *a)
{
	for (size_t i = 0; i < a->heard_count; i++)
		free(a->heard[i].copy);
	for (size_t i = 0; i < a->waiting_count; i++)
		free(a->waiting[(a->waiting_first + i) % MAX_WAITING].bytes);
	free(a->heard);
	session_free(a->session);
	free(a);
}

void sim_free(struct sim *s)
{
	peers_free(s->peers);
	hub_free(s->hub);
	for (size_t i = 0; i < s->count; i++)
		actor_free(s->actors[i]);
	struct timerq_entry *e;
	while ((e = timerq_pop(&s->deliveries, TIMERQ_NEVER)))
		free(e); /* its first member */
	timerq_wipe(&s->deliveries);
	free(s);
}

void sim_weather(struct sim *s, const struct weather *w)
{
	s->weather = *w;
}

uint64_t sim_now(const struct sim *s)
{
	return s->now;
}

struct hub *sim_hub(struct sim *s)
{
	return s->hub;
}

struct peers *sim_peers(struct sim *s)
{
	return s->peers;
}

/* ---- the clients' side ----------------------------------------------------------------------- */

static void remember(struct actor *a, const struct session_event *ev)
{
	struct slice raw = ev->heard.raw;
	struct frame f;

	if (a->heard_count == a->heard_cap) {
		a->heard_cap = a->heard_cap ? 2 * a->heard_cap : 64;
		a->heard = realloc(a->heard, a->heard_cap * sizeof(*a->heard));
		assert_non_null(a->heard);
	}
	struct heard *h = &a->heard[a->heard_count++];
	h->copy = malloc(raw.len);
	assert_non_null(h->copy);
	memcpy(h->copy, raw.data, raw.len);
	struct slice copy = slice_of(h->copy, raw.len);
	assert_int_equal(frame_get(&copy, &f), ERR_NONE);
	h->event = f.event;
}

static void take_reply(struct actor *a, const struct reply *r)
{
	if (r->code == CODE_OK && r->first > 0) {
		a->joined = true;
		a->first_seq = r->first;
	}
	if (r->code != CODE_OK)
		a->refused = r->code;
}

static void client_drain(struct actor *a)
{
	struct session_event ev;

	while (session_event(a->session, a->sim->now, &ev)) {
		if (ev.kind == SESSION_REPLY)
			take_reply(a, &ev.reply);
		else if (ev.kind == SESSION_EVENT)
			remember(a, &ev);
		else if (ev.kind == SESSION_ENDED) {
			a->ended = true;
			a->end_code = ev.ended.code;
		}
	}
}

static void type_waiting(struct actor *a)
{
	while (a->waiting_count > 0) {
		struct command c = {.kind = COMMAND_TALK, .room = WIRE_LOBBY};
		c.text = slice_of(a->waiting[a->waiting_first].bytes,
				  a->waiting[a->waiting_first].len);
		if (session_command(a->session, &c) != ERR_NONE)
			return;
		free(a->waiting[a->waiting_first].bytes);
		a->waiting_first = (a->waiting_first + 1) % MAX_WAITING;
		a->waiting_count--;
	}
}

static void client_pump(struct actor *a)
{
	uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];

	if (a->gone)
		return;
	type_waiting(a);
	for (;;) {
		struct buf b = buf_of(storage, sizeof(storage));
		if (!session_output(a->session, a->sim->now, &b))
			break;
		if (a->via == VIA_UDP) {
			memcpy(a->last_packet, b.data, b.len);
			a->last_packet_len = b.len;
			send_datagram(a->sim, TO_SERVER, a, b.data, b.len);
		} else if (a->peer) {
			send_bytes(a->sim, TO_SERVER, a, b.data, b.len);
		}
	}
	client_drain(a);
}

static void pump_all(struct sim *s)
{
	for (size_t i = 0; i < s->count; i++)
		client_pump(s->actors[i]);
	s->pump_more = peers_pump(s->peers, sim_instant(s));
}

/* ---- time ------------------------------------------------------------------------------------ */

static void arrive_at_client(struct sim *s, struct actor *a, const struct delivery *d)
{
	if (a->gone)
		return;
	if (d->kind == HANG_UP) {
		a->ended = true;
		return;
	}
	session_feed(a->session, s->now, d->bytes, d->len);
	client_drain(a);
	if (a->via == VIA_UDP)
		return;
	a->stream_queued -= d->len;
	if (a->blocked && a->peer) {
		a->blocked = false;
		peers_writable(s->peers, a->peer);
	}
}

static void arrive(struct sim *s, struct delivery *d)
{
	struct actor *a = d->actor;

	if (d->kind == TO_SERVER && (!a || a->via == VIA_UDP))
		peers_datagram(s->peers, sim_instant(s), &d->from, 0, d->bytes, d->len);
	else if (d->kind == TO_SERVER && a->peer)
		peers_stream(s->peers, sim_instant(s), a->peer, d->bytes, d->len);
	else if (d->kind == TO_CLIENT && a->via != VIA_UDP && !a->reading)
		return; /* stays queued: the window fills */
	else if (d->kind != TO_SERVER)
		arrive_at_client(s, a, d);
}

static uint64_t nearest(struct sim *s)
{
	uint64_t at = timerq_next(&s->deliveries), t = peers_deadline(s->peers);

	at = t < at ? t : at;
	for (size_t i = 0; i < s->count; i++) {
		struct actor *a = s->actors[i];
		t = a->gone ? TIMERQ_NEVER : session_deadline(a->session);
		at = t < at ? t : at;
	}
	return at;
}

/* Everything that is due at one point of time. */
static void turn(struct sim *s)
{
	struct timerq_entry *e;

	while ((e = timerq_pop(&s->deliveries, s->now))) {
		arrive(s, (struct delivery *)e); /* its first member */
		free(e);
	}
	peers_tick(s->peers, sim_instant(s));
	for (size_t i = 0; i < s->count; i++)
		if (!s->actors[i]->gone && session_deadline(s->actors[i]->session) <= s->now)
			session_tick(s->actors[i]->session, s->now);
	do {
		pump_all(s);
	} while (s->pump_more);
}

/* Runs to the next thing that happens; false: nothing does before `until`. */
static bool step(struct sim *s, uint64_t until)
{
	uint64_t at = nearest(s);

	if (at > until) {
		s->now = until;
		return false;
	}
	/* A deadline in the past that a turn does not move would be a busy loop in a real server. */
	static const unsigned limit = 10000;
	static unsigned stuck;
	stuck = at <= s->now ? stuck + 1 : 0;
	if (stuck > limit)
		fail_msg("seed %llu: time stands still at %llu us", (unsigned long long)s->seed,
			 (unsigned long long)s->now);
	if (at > s->now)
		s->now = at;
	turn(s);
	return true;
}

void sim_run(struct sim *s, double seconds)
{
	uint64_t until = s->now + (uint64_t)(seconds * 1e6);

	pump_all(s);
	while (step(s, until))
		;
}

typedef bool condition(const struct actor *a, const void *what);

static void expect(struct actor *a, condition *holds, const void *what, double seconds,
		   const char *words)
{
	struct sim *s = a->sim;
	uint64_t until = s->now + (uint64_t)(seconds * 1e6);

	pump_all(s);
	while (!holds(a, what))
		if (!step(s, until) && !holds(a, what))
			fail_msg("seed %llu: %s: %s, not after %.1f s (joined %d, ended %d %s, "
				 "heard %zu "
				 "of %llu, unanswered %zu, waiting %zu)",
				 (unsigned long long)s->seed, a->name[0] ? a->name : "(no name)",
				 words, seconds, a->joined, a->ended, code_name(a->end_code),
				 a->heard_count,
				 (unsigned long long)room_head(hub_room(s->hub, WIRE_LOBBY)),
				 session_unanswered(a->session), a->waiting_count);
}

/* ---- acting ---------------------------------------------------------------------------------- */

struct actor *sim_connect(struct sim *s, enum via via)
{
	struct actor *a = calloc(1, sizeof(*a));
	struct session_config config = {.role = SESSION_CLIENT,
					.link = via == VIA_UDP ? SESSION_DGRAM : SESSION_STREAM};

	assert_non_null(a);
	assert_true(s->count < MAX_ACTORS);
	a->sim = s;
	a->via = via;
	a->reading = true;
	a->address = (struct address){.transport = via == VIA_UDP   ? TRANSPORT_UDP
						   : via == VIA_TCP ? TRANSPORT_TCP
								    : TRANSPORT_UNIX,
				      .port = (uint16_t)(1000 + s->count)};
	config.local_cid = sim_random(s);
	a->session = session_new(&config, s->now);
	assert_non_null(a->session);
	s->actors[s->count++] = a;
	if (via != VIA_UDP)
		a->peer = peers_accept(s->peers, sim_instant(s), &a->address, a);
	return a;
}

void sim_ask_name(struct actor *a, const char *name, uint64_t since)
{
	struct command c = {.kind = COMMAND_JOIN, .room = WIRE_LOBBY, .since = since};

	snprintf(a->name, sizeof(a->name), "%s", name);
	a->refused = CODE_OK;
	a->since = since;
	c.text = slice_of(name, strlen(name));
	assert_int_equal(session_command(a->session, &c), ERR_NONE);
}

struct actor *sim_join(struct sim *s, const char *name, enum via via)
{
	struct actor *a = sim_connect(s, via);

	sim_ask_name(a, name, 0);
	sim_expect_joined(a, 30);
	return a;
}

void sim_say_bytes(struct actor *a, const void *text, size_t len)
{
	size_t at = (a->waiting_first + a->waiting_count) % MAX_WAITING;

	assert_true(a->waiting_count < MAX_WAITING);
	a->waiting[at].bytes = malloc(len + 1);
	assert_non_null(a->waiting[at].bytes);
	memcpy(a->waiting[at].bytes, text, len);
	a->waiting[at].len = len;
	a->waiting_count++;
}

void sim_say(struct actor *a, const char *text)
{
	sim_say_bytes(a, text, strlen(text));
}

void sim_quit(struct actor *a, const char *words)
{
	struct command c = {.kind = COMMAND_QUIT, .text = slice_of(words, strlen(words))};

	type_waiting(a);
	assert_int_equal(session_command(a->session, &c), ERR_NONE);
}

void sim_vanish(struct actor *a)
{
	a->gone = true;
	if (a->peer)
		peers_hangup(a->sim->peers, sim_instant(a->sim), a->peer);
}

void sim_stop_reading(struct actor *a, bool stop)
{
	a->reading = !stop;
}

/* ---- expecting ------------------------------------------------------------------------------- */

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

struct wanted {
	enum event_kind kind;
	const char *from, *text; /* NULL: any */
};

static bool matches(const struct event *e, const struct wanted *w)
{
	return e->kind == w->kind && (!w->from || slice_is(e->from, w->from)) &&
	       (!w->text || slice_is(e->text, w->text));
}

static bool has_heard(const struct actor *a, const void *what)
{
	for (size_t i = 0; i < a->heard_count; i++)
		if (matches(&a->heard[i].event, what))
			return true;
	return false;
}

bool sim_heard(const struct actor *a, enum event_kind kind, const char *from, const char *text)
{
	return has_heard(a, &(struct wanted){kind, from, text});
}

size_t sim_heard_count(const struct actor *a, enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < a->heard_count; i++)
		n += a->heard[i].event.kind == kind;
	return n;
}

void sim_expect_heard(struct actor *a, const char *from, const char *text, double seconds)
{
	expect(a, has_heard, &(struct wanted){EVENT_TALK, from, text}, seconds, text);
}

void sim_expect_event(struct actor *a, enum event_kind kind, const char *from, double seconds)
{
	expect(a, has_heard, &(struct wanted){kind, from, NULL}, seconds, event_kind_name(kind));
}

static bool is_joined(const struct actor *a, const void *what)
{
	(void)what;
	return a->joined;
}

void sim_expect_joined(struct actor *a, double seconds)
{
	expect(a, is_joined, NULL, seconds, "joined");
}

static bool is_refused(const struct actor *a, const void *what)
{
	return a->refused == *(const enum code *)what;
}

void sim_expect_refused(struct actor *a, enum code code, double seconds)
{
	expect(a, is_refused, &code, seconds, code_name(code));
}

static bool is_ended(const struct actor *a, const void *what)
{
	return a->ended && a->end_code == *(const enum code *)what;
}

void sim_expect_ended(struct actor *a, enum code code, double seconds)
{
	expect(a, is_ended, &code, seconds, code_name(code));
}

static bool is_answered(const struct actor *a, const void *what)
{
	(void)what;
	return a->waiting_count == 0 && session_unanswered(a->session) == 0;
}

void sim_expect_answered(struct actor *a, double seconds)
{
	expect(a, is_answered, NULL, seconds, "all that was said is answered");
}

enum leave_reason sim_leave_reason(const struct actor *a, const char *who)
{
	for (size_t i = a->heard_count; i-- > 0;)
		if (a->heard[i].event.kind == EVENT_QUIT && slice_is(a->heard[i].event.from, who))
			return a->heard[i].event.reason;
	fail_msg("%s never left", who);
	return 0;
}

static bool is_up_to_date(const struct actor *a, const void *what)
{
	(void)what;
	return a->heard_count > 0 && a->heard[a->heard_count - 1].event.seq ==
					     room_head(hub_room(a->sim->hub, WIRE_LOBBY));
}

void sim_expect_whole_log(struct actor *a, double seconds)
{
	expect(a, is_up_to_date, NULL, seconds, "has the newest event");
	for (size_t i = 0; i < a->heard_count; i++) {
		struct slice want = room_frame(hub_room(a->sim->hub, WIRE_LOBBY), a->first_seq + i);
		assert_true(a->heard[i].event.seq == a->first_seq + i);
		assert_memory_equal(a->heard[i].copy, want.data, want.len);
	}
}

void sim_expect_agreement(struct sim *s, double seconds)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->actors[i]->joined && !s->actors[i]->gone && !s->actors[i]->ended)
			sim_expect_whole_log(s->actors[i], seconds);
}

/* ---- attacking ------------------------------------------------------------------------------- */

void sim_forge(struct sim *s, const struct address *from, const void *bytes, size_t n)
{
	deliver_at(s, s->now + 1, TO_SERVER, NULL, from, bytes, n);
}

struct session *sim_session(struct actor *a)
{
	return a->session;
}

struct address sim_address(const struct actor *a)
{
	return a->address;
}

size_t sim_packets_to(const struct actor *a)
{
	return a->packets;
}

size_t sim_last_packet(const struct actor *a, const uint8_t **bytes)
{
	*bytes = a->last_packet;
	return a->last_packet_len;
}
