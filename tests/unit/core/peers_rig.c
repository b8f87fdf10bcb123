/* See peers_rig.h. */
#include "peers_rig.h"

#include "cut_train.h"
#include "sealed.h"

#include "proto/packet.h"
#include "proto/session_internal.h"
#include "proto/timerq.h"

#include <stdlib.h>

struct instant rig_now(const struct rig *r)
{
	return (struct instant){r->now, (int64_t)(r->now / 1000)};
}

static void guests_work(const struct rig *r, bool begin)
{
	if (r->guests_work)
		r->guests_work(begin);
}

/* ---- the outside of the table ---------------------------------------------------------------- */

static struct place *place_of(struct rig *r, const struct address *a)
{
	for (size_t i = 0; i < r->place_count; i++)
		if (address_equal(&r->places[i].address, a))
			return &r->places[i];
	assert_true(r->place_count < COUNT_OF(r->places));
	r->places[r->place_count].address = *a;
	return &r->places[r->place_count++];
}

static struct guest *guest_at(struct rig *r, const struct address *a)
{
	for (size_t i = 0; i < r->count; i++)
		if (address_equal(&r->guests[i].address, a))
			return &r->guests[i];
	return NULL;
}

static void work(struct rig *r, struct guest *g);

/* A guest's session opens what it is given in place. */
static void hear(struct rig *r, struct guest *g, const void *p, size_t n)
{
	uint8_t copy[WIRE_PACKET_MAX];

	memcpy(copy, p, n);
	guests_work(r, true);
	session_feed(g->session, r->now, copy, n);
	guests_work(r, false);
	work(r, g);
	g->place->reached = true;
}

/* Of what comes back to a session that is carried by hand, only the answers to INIT are needed. */
static void hear_by_hand(struct rig *r, struct guest *g, const uint8_t *p, size_t n)
{
	uint8_t copy[WIRE_PACKET_MAX];
	struct session_event ev;

	if (p[0] != PACKET_RESP && p[0] != PACKET_RETRY)
		return;
	memcpy(copy, p, n);
	session_feed(g->hand, r->now, copy, n);
	while (session_event(g->hand, r->now, &ev))
		continue;
}

/* What moves may be three times what came: the challenge to a small packet is not smaller. */
static void check_amplification(const struct place *place, const uint8_t *p)
{
	size_t times = p[0] == PACKET_RESP ? 1 : 3;

	assert_true(place->answers || place->sent <= times * place->received);
}

static void send_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	struct rig *r = ctx;
	struct place *place = place_of(r, to);
	struct guest *g = guest_at(r, to);

	assert_true(n > 0 && n <= WIRE_PACKET_MAX);
	place->sent += n;
	place->packets++;
	check_amplification(place, p);
	memcpy(r->last, p, n);
	r->last_len = n;
	r->last_via = via;
	r->packets++;
	if (g && g->session && !g->deaf)
		hear(r, g, p, n);
	else if (g && g->hand)
		hear_by_hand(r, g, p, n);
}

static void send_train(void *ctx, unsigned shard, const struct address *to, int via,
		       const void *bytes, size_t n, size_t size)
{
	(void)shard;
	cut_train(send_packet, ctx, to, via, bytes, n, size);
}

static size_t send_stream(void *ctx, void *link, const void *p, size_t n)
{
	struct guest *g = link;

	(void)ctx;
	assert_false(g->closed);
	assert_true(n > 0);
	n = n < g->takes ? n : g->takes;
	g->takes -= n;
	if (g->len + n > g->cap) {
		g->cap = 2 * (g->len + n);
		g->bytes = reallocarray(g->bytes, 1, g->cap);
		assert_non_null(g->bytes);
	}
	if (n > 0)
		memcpy(g->bytes + g->len, p, n);
	g->len += n;
	return n;
}

static void await_writable(void *ctx, void *link)
{
	(void)ctx;
	(void)link;
}

static void close_stream(void *ctx, void *link)
{
	struct guest *g = link;

	(void)ctx;
	assert_false(g->closed); /* once */
	g->closed = true;
	g->peer = NULL;
}

static void entropy(void *ctx, void *p, size_t n)
{
	struct rig *r = ctx;

	for (uint8_t *at = p; n > 0; n--) {
		r->entropy = r->entropy * UINT64_C(6364136223846793005) + 1442695040888963407;
		*at++ = (uint8_t)(r->entropy >> 56);
	}
}

/* One after the other, in whatever order. */
static void together(void *ctx, void (*fn)(void *arg, unsigned shard), void *arg)
{
	struct rig *r = ctx;
	unsigned first = r->at_work++ % r->shards;

	for (unsigned i = 0; i < r->shards; i++)
		fn(arg, (first + i) % r->shards);
}

static void begin_on(struct rig *r, const struct peers_config *config, uint64_t grace_us,
		     const struct store_port *store)
{
	struct hub_config hub = {.room_bytes = 1 << 22,
				 .max_members = 10000,
				 .grace_us = grace_us,
				 .pending_bytes = 1 << 18,
				 .store = store};
	struct peers_port port = {.ctx = r,
				  .send_train = send_train,
				  .send_stream = send_stream,
				  .await_writable = await_writable,
				  .close_stream = close_stream,
				  .entropy = entropy,
				  .together = together};

	memset(r, 0, sizeof(*r));
	r->now = UINT64_C(1000) * SECOND;
	r->entropy = 20261130;
	r->via = 3;
	r->hub = hub_new(&hub, NULL);
	assert_non_null(r->hub);
	r->shards = config->shards;
	r->peers = peers_new(config, r->hub, &port);
	assert_non_null(r->peers);
}

static void begin_with(struct rig *r, size_t max_peers, uint64_t grace_us, unsigned rate,
		       const struct store_port *store)
{
	struct peers_config config = {.max_peers = max_peers,
				      .identity = sealed_identity(SEALED_SERVER),
				      .command_rate = rate};

	begin_on(r, &config, grace_us, store);
}

void rig_begin_sharded(struct rig *r, size_t max_peers, unsigned shards, size_t together_from)
{
	struct peers_config config = {.max_peers = max_peers,
				      .identity = sealed_identity(SEALED_SERVER),
				      .shards = shards,
				      .together = together_from};

	begin_on(r, &config, 0, NULL);
}

void rig_begin(struct rig *r, size_t max_peers)
{
	begin_with(r, max_peers, 0, 0, NULL);
}

void rig_begin_at_rate(struct rig *r, size_t max_peers, unsigned rate)
{
	begin_with(r, max_peers, 0, rate, NULL);
}

void rig_begin_waiting(struct rig *r, size_t max_peers, uint64_t grace_us)
{
	begin_with(r, max_peers, grace_us, 0, NULL);
}

void rig_begin_stored(struct rig *r, size_t max_peers, uint64_t grace_us,
		      const struct store_port *store)
{
	begin_with(r, max_peers, grace_us, 0, store);
}

void rig_end(struct rig *r)
{
	peers_free(r->peers);
	for (size_t i = 0; i < r->count; i++) {
		assert_true(!r->guests[i].stream || r->guests[i].closed);
		session_free(r->guests[i].session);
		session_free(r->guests[i].hand);
		free(r->guests[i].bytes);
	}
	hub_free(r->hub);
}

/* ---- guests ---------------------------------------------------------------------------------- */

/* `same`: who it is, too; NULL: somebody new, as long as there are identities. */
static struct guest *stranger(struct rig *r, enum transport transport, const struct guest *same)
{
	struct guest *g = &r->guests[r->count];

	assert_true(r->count < RIG_GUESTS);
	r->count++;
	g->who = same ? same->who : 1 + (unsigned)r->count % (SEALED_IDENTITIES - 1);
	g->stream = transport != TRANSPORT_UDP;
	g->takes = SIZE_MAX;
	g->address = (struct address){.transport = transport,
				      .ip = {[10] = 0xff, [11] = 0xff, [12] = 10},
				      .port = (uint16_t)(1000 + r->count)};
	if (!r->behind_one_address) {
		g->address.ip[14] = (uint8_t)(r->count >> 8);
		g->address.ip[15] = (uint8_t)r->count;
	}
	if (transport == TRANSPORT_UNIX) {
		g->address.pid = g->address.port;
		g->address.uid = g->who;
	}
	g->place = place_of(r, &g->address);
	memset(g->codes, 255, sizeof(g->codes));
	if (!g->stream)
		return g;
	g->peer = peers_accept(r->peers, rig_now(r), &g->address, g);
	g->closed = !g->peer;
	return g;
}

struct guest *rig_stranger(struct rig *r, bool stream)
{
	return stranger(r, stream ? TRANSPORT_TCP : TRANSPORT_UDP, NULL);
}

static struct session_config config_of(const struct rig *r, const struct guest *g)
{
	return sealed_client(g->who, g->stream ? SESSION_STREAM : SESSION_DGRAM,
			     0xc0000 + r->count);
}

static struct guest *with_session(struct rig *r, struct guest *g,
				  const struct session_config *config)
{
	guests_work(r, true);
	g->session = session_new(config, r->now);
	guests_work(r, false);
	assert_non_null(g->session);
	return g;
}

struct guest *rig_guest_as(struct rig *r, const struct guest *same, bool stream)
{
	struct guest *g = stranger(r, stream ? TRANSPORT_TCP : TRANSPORT_UDP, same);
	struct session_config config = config_of(r, g);

	return with_session(r, g, &config);
}

struct guest *rig_guest(struct rig *r, bool stream)
{
	return rig_guest_as(r, NULL, stream);
}

struct guest *rig_local_as(struct rig *r, const struct guest *same)
{
	struct guest *g = stranger(r, TRANSPORT_UNIX, same);
	struct session_config config = config_of(r, g);

	config.identity = NULL;
	return with_session(r, g, &config);
}

struct guest *rig_local(struct rig *r)
{
	return rig_local_as(r, NULL);
}

uint64_t rig_ask(struct guest *g, enum command_kind kind, const char *text)
{
	struct command c = {.kind = kind, .room = WIRE_LOBBY, .text = slice_of(text, strlen(text))};

	assert_int_equal(session_command(g->session, &c), ERR_NONE);
	return c.id;
}

enum code rig_answer(const struct guest *g, uint64_t id)
{
	return id < RIG_ANSWERED ? g->codes[id] : 255;
}

struct guest *rig_enter(struct rig *r, struct guest *g, const char *name)
{
	uint64_t id = rig_ask(g, COMMAND_JOIN, name);

	rig_turn(r);
	assert_int_equal(rig_answer(g, id), CODE_OK);
	return g;
}

struct guest *rig_member(struct rig *r, const char *name, bool stream)
{
	return rig_enter(r, rig_guest(r, stream), name);
}

static void note_event(struct guest *g, const struct event *e)
{
	if (e->room != WIRE_LOBBY)
		return;
	assert_true(e->seq == g->heard + 1);
	g->heard = e->seq;
}

static void note_end(struct guest *g, const struct session_event *ev)
{
	assert_false(g->ended);
	g->ended = true;
	g->by_peer = ev->ended.by_peer;
	g->end_code = ev->ended.code;
	memcpy(g->end_text, ev->ended.text.data, ev->ended.text.len);
	g->end_text[ev->ended.text.len] = '\0';
}

static void note(struct guest *g, const struct session_event *ev)
{
	if (ev->kind == SESSION_OPENED) {
		g->opened = true;
	} else if (ev->kind == SESSION_EVENT) {
		note_event(g, &ev->heard.event);
	} else if (ev->kind == SESSION_ENDED) {
		note_end(g, ev);
	} else if (ev->reply.id < RIG_ANSWERED) {
		assert_int_equal(g->codes[ev->reply.id], 255);
		g->codes[ev->reply.id] = (uint8_t)ev->reply.code;
		g->room = ev->reply.room;
		if (ev->reply.first > 0 && ev->reply.room <= WIRE_LOBBY) {
			g->first = ev->reply.first;
			g->heard = ev->reply.first - 1;
		}
	}
}

static void drain(struct rig *r, struct guest *g)
{
	struct session_event ev;

	while (session_event(g->session, r->now, &ev))
		note(g, &ev);
}

/* Reads what the server wrote, and notes what was said. */
static void work(struct rig *r, struct guest *g)
{
	guests_work(r, true);
	if (g->len > 0) {
		session_feed(g->session, r->now, g->bytes, g->len);
		drain(r, g);
		g->len = 0;
	}
	if (session_deadline(g->session) <= r->now)
		session_tick(g->session, r->now);
	drain(r, g);
	guests_work(r, false);
}

static bool output(struct rig *r, struct guest *g, struct buf *out)
{
	guests_work(r, true);
	bool any = session_output(g->session, r->now, out);
	drain(r, g);
	guests_work(r, false);
	return any;
}

/* ---- turns ----------------------------------------------------------------------------------- */

void rig_send(struct rig *r, struct guest *g, const void *bytes, size_t n)
{
	uint8_t *copy = reallocarray(NULL, 1, n);

	assert_true(copy || n == 0);
	if (n > 0)
		memcpy(copy, bytes, n);
	if (r->overhears)
		r->overhears(bytes, n);
	g->place->received += n;
	g->place->answers |= n > 0 && (copy[0] == PACKET_FIN || g->place->reached);
	peers_datagram(r->peers, rig_now(r), &g->address, r->via, copy, n);
	free(copy);
}

static void arrive(struct rig *r, struct guest *g, const struct buf *b, struct peers_arrival *a)
{
	g->place->received += b->len;
	g->place->answers |= b->data[0] == PACKET_FIN || g->place->reached;
	*a = (struct peers_arrival){g->address, r->via, reallocarray(NULL, 1, b->len), b->len};
	assert_non_null(a->bytes);
	memcpy(a->bytes, b->data, b->len);
}

size_t rig_arrive_together(struct rig *r, size_t times)
{
	static struct peers_arrival all[4 * RIG_GUESTS];
	uint8_t bytes[WIRE_PACKET_MAX];
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct guest *g = &r->guests[i];
		struct buf out = buf_of(bytes, sizeof(bytes));
		while (g->session && !g->stream && output(r, g, &out)) {
			assert_true(n + times <= COUNT_OF(all));
			for (size_t k = 0; k < times; k++)
				arrive(r, g, &out, &all[n++]);
			out = buf_of(bytes, sizeof(bytes));
		}
	}
	peers_datagrams(r->peers, rig_now(r), all, n);
	for (size_t i = 0; i < n; i++)
		free(all[i].bytes);
	return n / times;
}

void rig_hang_up(struct rig *r, struct guest *g)
{
	peers_hangup(r->peers, rig_now(r), g->peer);
	assert_true(g->closed);
}

void rig_move(struct rig *r, struct guest *g)
{
	g->address.port = (uint16_t)(20000 + r->place_count);
	g->place = place_of(r, &g->address);
}

/* Else what it has to say waits in the kernel. */
static bool reads(const struct rig *r, const struct guest *g)
{
	return !g->stream || !g->peer || peers_reads(g->peer, rig_now(r));
}

/* What a guest has due goes to the server; true: there was something. */
static bool send_all(struct rig *r, struct guest *g)
{
	static uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf out = buf_of(bytes, sizeof(bytes));
	bool any = false;

	work(r, g);
	while (reads(r, g) && output(r, g, &out)) {
		any = true;
		if (!g->stream)
			rig_send(r, g, bytes, out.len);
		else if (g->peer)
			peers_stream(r->peers, rig_now(r), g->peer, bytes, out.len);
		out = buf_of(bytes, sizeof(bytes));
	}
	return any;
}

static size_t taken_by(const struct guest *g)
{
	return g->place->sent + g->len;
}

static bool pump(struct rig *r)
{
	static size_t before[RIG_GUESTS];

	for (size_t i = 0; i < r->count; i++)
		before[i] = taken_by(&r->guests[i]);
	bool more = peers_pump(r->peers, rig_now(r));
	for (size_t i = 0; i < r->count; i++)
		if (taken_by(&r->guests[i]) > before[i] + r->turn_bytes)
			r->turn_bytes = taken_by(&r->guests[i]) - before[i];
	return more;
}

void rig_turn(struct rig *r)
{
	size_t rounds = 0;
	bool any;

	do {
		any = false;
		peers_tick(r->peers, rig_now(r));
		while (pump(r))
			assert_true(++rounds < 100000);
		for (size_t i = 0; i < r->count; i++)
			if (r->guests[i].session)
				any |= send_all(r, &r->guests[i]);
		any |= peers_deadline(r->peers) <= r->now; /* what waits since just now */
		assert_true(++rounds < 100000);
	} while (any);
}

static uint64_t next_time(const struct rig *r)
{
	uint64_t at = peers_deadline(r->peers);

	for (size_t i = 0; i < r->count; i++) {
		const struct guest *g = &r->guests[i];
		uint64_t t = g->session ? session_deadline(g->session) : TIMERQ_NEVER;
		at = t < at ? t : at;
	}
	return at;
}

void rig_run(struct rig *r, uint64_t microseconds)
{
	uint64_t until = r->now + microseconds;

	rig_turn(r);
	while (next_time(r) <= until) {
		r->now = next_time(r) > r->now ? next_time(r) : r->now;
		rig_turn(r);
	}
	r->now = until;
}

/* ---- by hand --------------------------------------------------------------------------------- */

void rig_init(struct rig *r, struct guest *g, uint64_t cid)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct session_config config = sealed_client(1, SESSION_DGRAM, cid);

	if (!g->hand || g->hand->local_cid != cid) {
		session_free(g->hand);
		g->hand = session_new(&config, r->now);
		assert_non_null(g->hand);
	}
	sealed_init(&b, cid, cid);
	rig_send(r, g, bytes, b.len);
	rig_turn(r);
}

void rig_fin(struct rig *r, struct guest *g, struct guest *from, const char *name)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct command c = {
		.kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = slice_of(name, strlen(name))};

	if (session_unanswered(g->hand) == 0)
		assert_int_equal(session_command(g->hand, &c), ERR_NONE);
	g->hand->busy->dgram.handshake_due = r->now; /* or it is the same once more */
	assert_true(session_output(g->hand, r->now, &b) && bytes[0] == PACKET_FIN);
	rig_send(r, from, bytes, b.len);
	rig_turn(r);
}

uint64_t rig_cid(const struct guest *g)
{
	return g->hand->remote_cid;
}

void rig_forge(struct rig *r, struct guest *from, const struct session *as, uint64_t cid,
	       uint64_t number, const struct command *c)
{
	uint8_t bytes[WIRE_PACKET_MAX], storage[WIRE_FRAMES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes)), frames = buf_of(storage, sizeof(storage));

	command_put(&frames, c);
	sealed_packet_to(as, cid, number, &frames, &b);
	rig_send(r, from, bytes, b.len);
	rig_turn(r);
}

/* ---- the room -------------------------------------------------------------------------------- */

uint64_t rig_head(const struct rig *r)
{
	return room_head(hub_room(r->hub, WIRE_LOBBY));
}

struct event rig_newest(const struct rig *r)
{
	struct slice s = room_frame(hub_room(r->hub, WIRE_LOBBY), rig_head(r));
	struct frame f;

	assert_non_null(s.data);
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	return f.event;
}

void rig_expect_quit(const struct rig *r, const char *who, enum leave_reason why)
{
	struct event e = rig_newest(r);

	assert_int_equal(e.kind, EVENT_QUIT);
	assert_int_equal(e.from.len, strlen(who));
	assert_memory_equal(e.from.data, who, e.from.len);
	assert_int_equal(e.reason, why);
}
