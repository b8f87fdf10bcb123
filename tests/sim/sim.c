/*
 * A discrete-event simulation: a queue of deliveries in order of time, the deadlines of the
 * sessions, and that of the peers' table.  One turn takes the nearest of them all.
 */
#include "sim_internal.h"

#include "cut_train.h"
#include "sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PUMPS_IN_A_TURN = 100000,
	ORDER_BITS = 20, /* below the microseconds of a delivery's time */
	STUCK_TURNS = 2, /* one timer may uncover another that is overdue */
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

void sim_fail(const struct sim *s, const char *format, ...)
{
	char words[400];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	fail_msg("seed %llu, at %.6f s: %s", (unsigned long long)s->seed, (double)s->now / 1e6,
		 words);
}

/* Capacities are powers of two, so a count that is one says when to grow. */
void grow_array(void **array, size_t count, size_t size)
{
	if ((count & (count - 1)) == 0)
		*array = memory_own_more(*array, (count ? 2 * count : 1) * size);
	memset((char *)*array + count * size, 0, size);
}

/* ---- the network ----------------------------------------------------------------------------- */

struct address new_address(struct sim *s, enum transport t, struct actor *a)
{
	struct host *h = GROW(s->hosts, s->host_count);
	size_t i = s->host_count - 1;

	h->actor = a;
	return (struct address){.transport = t,
				.ip = {[10] = 0xff,
				       [11] = 0xff,
				       [12] = 10,
				       [13] = (uint8_t)(i >> 8),
				       [14] = (uint8_t)i},
				.port = (uint16_t)(FIRST_PORT + i)};
}

struct host *host_of(const struct sim *s, const struct address *a)
{
	size_t i = (size_t)a->port - FIRST_PORT;

	if (i >= s->host_count)
		sim_fail(s, "port %u is nobody's", a->port);
	return &s->hosts[i];
}

/* What is to arrive at one time arrives in the order in which it was sent, or in any. */
static uint64_t order_of(struct sim *s, enum delivery_kind kind, const struct actor *a)
{
	uint64_t mask = (1 << ORDER_BITS) - 1, n = s->sent++ & mask;

	return s->weather.scramble && kind != HANG_UP && a && a->via == VIA_UDP
		       ? sim_random(s) & mask
		       : n;
}

static struct delivery *deliver_at(struct sim *s, uint64_t at, enum delivery_kind kind,
				   struct actor *a, const void *bytes, size_t n)
{
	struct delivery *d = memory_own(sizeof(*d) + n);
	bool server = memory_server_works(false);

	d->kind = kind;
	d->actor = a;
	d->len = n;
	if (a)
		d->from = a->address;
	if (n > 0)
		memcpy(d->bytes, bytes, n);
	at = at << ORDER_BITS | order_of(s, kind, a);
	assert_int_equal(timerq_set(&s->deliveries, &d->entry, at), ERR_NONE);
	memory_server_works(server);
	return d;
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

void send_datagram(struct sim *s, enum delivery_kind kind, struct actor *a, const void *p, size_t n)
{
	uint8_t copy[WIRE_PACKET_MAX];
	unsigned copies = chance(s, s->weather.duplicate) ? 2 : 1;
	bool lost = chance(s, s->weather.loss), flipped = chance(s, s->weather.corrupt);

	assert_in_range(n, 1, sizeof(copy));
	s->traffic.packets++;
	s->traffic.bytes += n;
	memcpy(copy, p, n);
	if (flipped)
		copy[sim_random(s) % n] ^= (uint8_t)(1u << sim_random(s) % 8);
	/* One flipped bit never escapes the sum of RFC 768. */
	if (lost || a->cut[kind] || (flipped && !s->weather.unchecked))
		return;
	while (copies-- > 0)
		deliver_at(s, s->now + travel(s), kind, a, copy, n);
}

/* Streams cut their bytes wherever they like, and keep their order. */
void send_bytes(struct sim *s, enum delivery_kind kind, struct actor *a, const void *bytes,
		size_t n)
{
	const uint8_t *p = bytes;
	uint64_t *free_at = &a->stream_free_us[kind], at = s->now + travel(s);

	if (at <= *free_at)
		at = *free_at + 1;
	while (n > 0) {
		size_t piece = 1 + sim_random(s) % 3000;
		if (piece > n)
			piece = n;
		deliver_at(s, at++, kind, a, p, piece);
		p += piece;
		n -= piece;
	}
	*free_at = at;
}

/* ---- the server's ports ---------------------------------------------------------------------- */

static void port_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	struct sim *s = ctx;
	struct actor *a = host_of(s, to)->actor;

	assert_int_equal(via, 0);
	oracle_from_server(s, to, p, n);
	if (a)
		send_datagram(s, TO_CLIENT, a, p, n);
}

static void port_train(void *ctx, unsigned shard, const struct address *to, int via,
		       const void *bytes, size_t n, size_t size)
{
	(void)shard;
	cut_train(port_packet, ctx, to, via, bytes, n, size);
}

static size_t port_stream(void *ctx, void *link, const void *p, size_t n)
{
	struct actor *a = link;
	size_t room = STREAM_WINDOW - a->stream_queued;

	if (n > room)
		n = room;
	oracle_from_server(ctx, &a->address, p, n);
	if (n > 0)
		send_bytes(ctx, TO_CLIENT, a, p, n);
	a->stream_queued += n;
	a->blocked = n == room;
	return n;
}

static void port_await(void *ctx, void *link)
{
	(void)ctx;
	(void)link;
}

static void port_close(void *ctx, void *link)
{
	struct sim *s = ctx;
	struct actor *a = link;
	uint64_t at = a->stream_free_us[TO_CLIENT];

	assert_non_null(a->peer); /* closed once */
	a->peer = NULL;
	deliver_at(s, (at > s->now ? at : s->now) + 1, HANG_UP, a, "", 0);
}

/* Shards are at work one after the other, in an order of its own each time. */
static void port_together(void *ctx, void (*fn)(void *arg, unsigned shard), void *arg)
{
	struct sim *s = ctx;
	uint64_t order = s->together++ * UINT64_C(0x9e3779b97f4a7c15) ^ s->seed;
	unsigned first = (unsigned)(order >> 33) % s->shards;

	for (unsigned i = 0; i < s->shards; i++)
		fn(arg,
		   order >> 63 ? (first + i) % s->shards : (first + s->shards - i) % s->shards);
}

static void port_entropy(void *ctx, void *p, size_t n)
{
	for (uint8_t *at = p; n > 0; n--)
		*at++ = (uint8_t)sim_random(ctx);
}

/* ---- building -------------------------------------------------------------------------------- */

struct sim *sim_new_small(uint64_t seed, const struct weather *w, size_t room_bytes)
{
	size_t before = memory_live();
	struct sim *s = memory_own(sizeof(*s));
	struct hub_config hub = {.room_bytes = room_bytes, .max_members = 10000};
	struct peers_config peers = {.max_peers = 10000,
				     .identity = sealed_identity(SEALED_SERVER),
				     .shards = 1 + seed % 3,
				     .together = 1};
	struct hub_observer observer = {oracle_appended, s};
	struct peers_port port = {.ctx = s,
				  .send_train = port_train,
				  .send_stream = port_stream,
				  .await_writable = port_await,
				  .close_stream = port_close,
				  .entropy = port_entropy,
				  .together = port_together};

	print_message("# seed %llu\n", (unsigned long long)seed);
	s->memory_before = before;
	s->seed = s->random = seed;
	s->shards = peers.shards;
	s->wall_ms = INT64_C(1800000000000);
	s->now = 1000000;
	s->weather = *w;
	s->trace = getenv("SIM_TRACE") != NULL;
	timerq_init(&s->deliveries);
	timerq_init(&s->clocks);
	s->hub = hub_new(&hub, &observer);
	s->peers = s->hub ? peers_new(&peers, s->hub, &port) : NULL;
	assert_non_null(s->peers);
	return s;
}

struct sim *sim_new(uint64_t seed, const struct weather *w)
{
	return sim_new_small(seed, w, 64 << 20);
}

static void sim_free(struct sim *s)
{
	struct timerq_entry *e;
	size_t before = s->memory_before;

	peers_free(s->peers);
	hub_free(s->hub);
	for (size_t i = 0; i < s->actor_count; i++)
		actor_free(s->actors[i]);
	while ((e = timerq_pop(&s->deliveries, TIMERQ_NEVER)))
		memory_own_free(e); /* its first member */
	timerq_wipe(&s->deliveries);
	timerq_wipe(&s->clocks);
	oracle_free(s);
	memory_own_free(s->actors);
	memory_own_free(s->hosts);
	memory_own_free(s);
	assert_int_equal(memory_live(), before);
}

/* No session outlives this, however it ends: opening, idling, draining and lingering together. */
enum { LONGEST_GOODBYE = 75 };

void sim_end(struct sim *s)
{
	uint64_t until = s->now + LONGEST_GOODBYE * UINT64_C(1000000);

	for (size_t i = 0; i < s->actor_count; i++)
		actor_leave(s->actors[i]);
	flush(s);
	while (peers_count(s->peers) > 0)
		if (!step(s, until))
			sim_fail(s, "%zu peers are left when all have gone", peers_count(s->peers));
	if (peers_deadline(s->peers) != TIMERQ_NEVER)
		sim_fail(s, "nobody is there, and yet a deadline");
	if (roster_count(hub_roster(s->hub)) != 0 || s->holder_count != 0)
		sim_fail(s, "nobody is there, and yet a name is taken");
	sim_free(s);
}

void sim_weather(struct sim *s, const struct weather *w)
{
	s->weather = *w;
}

struct hub *sim_hub(struct sim *s)
{
	return s->hub;
}

struct peers *sim_peers(struct sim *s)
{
	return s->peers;
}

struct instant sim_now(const struct sim *s)
{
	return (struct instant){.mono_us = s->now,
				.wall_ms = s->wall_ms + (int64_t)(s->now / 1000)};
}

void sim_set_clock(struct sim *s, int64_t ms)
{
	s->wall_ms = ms - (int64_t)(s->now / 1000);
}

uint64_t sim_fingerprint(const struct sim *s)
{
	return s->fingerprint;
}

size_t sim_memory(const struct sim *s)
{
	return memory_live() - s->memory_before - room_bytes(hub_room(s->hub, WIRE_LOBBY)) -
	       (s->deliveries.cap + s->clocks.cap) * sizeof(struct timerq_entry *);
}

struct sim_traffic sim_traffic(const struct sim *s)
{
	return s->traffic;
}

uint64_t sim_head(const struct sim *s)
{
	return room_head(hub_room(s->hub, WIRE_LOBBY));
}

/* ---- time ------------------------------------------------------------------------------------ */

static void note(struct sim *s, const struct delivery *d)
{
	static const char *const arrows[] = {"->", "<-", "<x"};
	uint64_t h = s->fingerprint ^ s->now ^ (uint64_t)d->kind << 56 ^ d->from.port;

	for (size_t i = 0; i < d->len; i++)
		h = (h ^ d->bytes[i]) * UINT64_C(0x100000001b3);
	s->fingerprint = h * UINT64_C(0x9e3779b97f4a7c15);
	if (!s->trace)
		return;
	printf("%12.6f %5u %s %4zu ", (double)s->now / 1e6, d->from.port, arrows[d->kind], d->len);
	for (size_t i = 0; i < d->len && i < 48; i++)
		printf("%02x", d->bytes[i]);
	printf("\n");
}

static bool keep_unread(struct actor *a, struct delivery *d)
{
	if (!a->deaf || a->via == VIA_UDP || d->kind != TO_CLIENT)
		return false;
	if (a->unread)
		a->unread_last->next = d;
	else
		a->unread = d;
	a->unread_last = d;
	return true;
}

static void arrive_at_server(struct sim *s, struct delivery *d)
{
	const struct actor *a = d->actor;
	struct instant now = sim_now(s);
	const struct peers_arrival arrival = {d->from, 0, d->bytes, d->len};

	oracle_to_server(s, &d->from, d->bytes, d->len);
	memory_server_works(true);
	if (!a || a->via == VIA_UDP)
		peers_datagrams(s->peers, now, &arrival, 1);
	else if (a->peer)
		peers_stream(s->peers, now, a->peer, d->bytes, d->len);
	memory_server_works(false);
}

static void arrive(struct sim *s, struct delivery *d)
{
	struct actor *a = d->actor;

	note(s, d);
	if (d->kind == TO_SERVER)
		arrive_at_server(s, d);
	else if (keep_unread(a, d))
		return;
	else
		actor_receive(a, d);
	memory_own_free(d);
}

static uint64_t nearest(const struct sim *s)
{
	uint64_t at = timerq_next(&s->deliveries), t = peers_deadline(s->peers);

	at = at == TIMERQ_NEVER ? at : at >> ORDER_BITS;
	at = t < at ? t : at;
	t = timerq_next(&s->clocks);
	return t < at ? t : at;
}

void touch(struct actor *a)
{
	if (a->touched)
		return;
	a->touched = true;
	a->next_touched = a->sim->touched;
	a->sim->touched = a;
}

/* Everybody says what there is to say. */
void flush(struct sim *s)
{
	bool more;

	s->turns++;
	for (unsigned n = 0; n < PUMPS_IN_A_TURN; n++) {
		while (s->touched) {
			struct actor *a = s->touched;
			s->touched = a->next_touched;
			a->touched = false;
			actor_pump(a);
		}
		memory_server_works(true);
		more = peers_pump(s->peers, sim_now(s));
		memory_server_works(false);
		s->turns++;
		if (!more && !s->touched)
			return;
	}
	sim_fail(s, "the pump never ends");
}

/* Everything that is due at one point of time. */
static void turn(struct sim *s)
{
	struct timerq_entry *e;

	while ((e = timerq_pop(&s->deliveries, ((s->now + 1) << ORDER_BITS) - 1)))
		arrive(s, (struct delivery *)e); /* its first member */
	memory_server_works(true);
	peers_tick(s->peers, sim_now(s));
	memory_server_works(false);
	while ((e = timerq_pop(&s->clocks, s->now)))
		actor_tick((struct actor *)e); /* its first member */
	flush(s);
	/* A deadline that turns leave in the past is a busy loop in a real server. */
	s->stuck = nearest(s) <= s->now ? s->stuck + 1 : 0;
	if (s->stuck > STUCK_TURNS)
		sim_fail(s, "time stands still (%s)",
			 peers_deadline(s->peers) <= s->now ? "server" : "client");
	oracle_after_turn(s);
}

bool step(struct sim *s, uint64_t until)
{
	uint64_t at = nearest(s);

	if (at > until) {
		s->now = until;
		return false;
	}
	if (at > s->now)
		s->now = at;
	turn(s);
	return true;
}

void sim_run(struct sim *s, double seconds)
{
	uint64_t until = s->now + (uint64_t)(seconds * 1e6);

	flush(s);
	while (step(s, until))
		;
}

/* ---- attacking ------------------------------------------------------------------------------- */

struct address sim_stranger(struct sim *s)
{
	return new_address(s, TRANSPORT_UDP, NULL);
}

void sim_forge(struct sim *s, const struct address *from, const void *bytes, size_t n)
{
	deliver_at(s, s->now + 1, TO_SERVER, NULL, bytes, n)->from = *from;
}

void sim_forge_to(struct actor *a, const void *bytes, size_t n)
{
	deliver_at(a->sim, a->sim->now + 1, TO_CLIENT, a, bytes, n);
}

uint64_t sim_bytes_to(const struct sim *s, const struct address *a)
{
	return host_of(s, a)->sent;
}
