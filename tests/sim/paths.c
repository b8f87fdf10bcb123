/*
 * Between members and server.  Datagrams are lost, doubled, delayed, too large, or come from where
 * nobody is any more.  Streams keep their bytes in order: what cannot arrive now waits at the end of
 * its way, as if it were sent again and again, until the way is free.
 */
#include "world_internal.h"

#include "cut_train.h"

#include <string.h>

enum {
	REORDERED_US = 20 * 1000, /* later than it should be, at most */
	RESEND_US = 2 * 1000000,  /* until a stream tries again after a cut, at most */
	HELD_US = 10 * 1000,	  /* … and after the server did not want to read */
	PIECE = 3000,		  /* streams cut their bytes wherever they like */
};

static bool chance(struct world *w, unsigned percent)
{
	return percent > 0 && world_random(w) % 100 < percent;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static uint32_t new_place(struct world *w, struct flow *f)
{
	struct place *p = WORLD_GROW(w->places, w->place_count);

	p->flow = f;
	p->current = f != NULL;
	return (uint32_t)w->place_count - 1;
}

static struct address address_of(uint32_t place, enum transport t)
{
	struct address a = {.transport = t, .port = 40000};

	a.ip[10] = a.ip[11] = 0xff;
	a.ip[12] = 10;
	a.ip[13] = (uint8_t)(place >> 16);
	a.ip[14] = (uint8_t)(place >> 8);
	a.ip[15] = (uint8_t)place;
	return a;
}

static uint32_t place_of(const struct world *w, const struct address *a)
{
	uint32_t place = (uint32_t)a->ip[13] << 16 | (uint32_t)a->ip[14] << 8 | a->ip[15];

	if (place >= w->place_count)
		world_fail(w, "the server knows an address of nobody");
	return place;
}

/* ---- under way ------------------------------------------------------------------------------- */

static struct delivery *deliver(struct world *w, uint64_t at, struct flow *f, enum heading way,
				enum what what, const void *bytes, size_t n)
{
	struct delivery *d = memory_own(sizeof(*d) + n);

	d->what = what;
	d->way = way;
	d->flow = f;
	d->place = f ? f->place : 0;
	d->len = n;
	if (n > 0)
		memcpy(d->bytes, bytes, n);
	at = at << DELIVERY_ORDER_BITS | (w->sent++ & ((1 << DELIVERY_ORDER_BITS) - 1));
	assert_int_equal(timerq_set(&w->deliveries, &d->entry, at), ERR_NONE);
	return d;
}

static uint64_t travel(struct world *w, const struct path *p)
{
	uint64_t t = p->delay_us + 1;

	if (p->jitter_us)
		t += world_random(w) % p->jitter_us;
	if (chance(w, p->reorder))
		t += 1000 + world_random(w) % REORDERED_US;
	return t;
}

static bool cut(const struct path *p, enum heading way, bool stream)
{
	return (way == UP ? p->no_up : p->no_down) || (stream ? p->no_tcp : p->no_udp);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* The place that a packet shows its sender to be at; 0: it does not. */
static uint32_t answered_place(const struct world *w, const struct flow *f)
{
	return w->places[f->place].reached ? f->place : 0;
}

/* Somebody else has seen it, and is quicker. */
static void spoof(struct world *w, const struct flow *f, const void *bytes, size_t n)
{
	struct delivery *d = deliver(w, w->now + 1, NULL, UP, DATAGRAM, bytes, n);

	d->place = new_place(w, NULL);
	d->answers = answered_place(w, f);
	world_note(w, f->person->index, "spoofed", d->place, n);
}

static void send_datagram(struct world *w, struct flow *f, enum heading way, const void *p,
			  size_t n)
{
	uint8_t copy[WIRE_PACKET_MAX];
	const struct path *path = &f->person->path;
	unsigned copies = chance(w, path->duplicate) ? 2 : 1;
	bool lost = chance(w, path->loss) || cut(path, way, false);

	assert_in_range(n, 1, sizeof(copy));
	w->figures.datagrams++;
	memcpy(copy, p, n);
	if (chance(w, path->corrupt))
		copy[world_random(w) % n] ^= (uint8_t)(1u << world_random(w) % 8);
	world_note(w, f->person->index, way == UP ? "  datagram >" : "  datagram <", f->slot, n);
	if (way == UP && f->person->spoof > 0) {
		f->person->spoof--;
		spoof(w, f, p, n);
	}
	if (lost || (path->mtu && n > path->mtu))
		return;
	while (copies-- > 0) {
		struct delivery *d =
			deliver(w, w->now + travel(w, path), f, way, DATAGRAM, copy, n);
		d->answers = answered_place(w, f);
	}
}

static void datagram_up(struct world *w, struct delivery *d)
{
	struct address from = address_of(d->place, TRANSPORT_UDP);

	if (w->machine_off)
		return;
	if (!w->peers) {
		if (d->flow)
			deliver(w, w->now + travel(w, &d->flow->person->path), d->flow, DOWN,
				UNREACHABLE, "", 0);
		return;
	}
	witness_to_server(w, d);
	const struct peers_arrival arrival = {from, 0, d->bytes, d->len};
	peers_datagrams(w->peers, world_instant(w), &arrival, 1);
}

/* It gets to who is there: that socket, at that address, on a machine that is awake. */
static bool reaches(const struct world *w, const struct delivery *d)
{
	const struct flow *f = d->flow;

	return f->open && d->place == f->place && w->places[d->place].current &&
	       !f->person->asleep && !cut(&f->person->path, DOWN, false);
}

static void datagram_down(struct world *w, struct delivery *d)
{
	if (!reaches(w, d))
		return;
	w->places[d->place].reached = true;
	person_receive(d->flow->person, d->flow, d->bytes, d->len);
}

/* ---- streams --------------------------------------------------------------------------------- */

static void send_stream(struct flow *f, enum heading way, enum what what, const void *bytes,
			size_t n)
{
	struct world *w = f->person->world;
	struct lane *l = &f->lanes[way];
	uint64_t at = w->now + travel(w, &f->person->path);

	if (at <= l->free_at)
		at = l->free_at + 1;
	l->free_at = at;
	l->queued += n;
	struct delivery *d = deliver(w, at, f, way, what, bytes, n);
	d->order = l->sent++;
	if (what == BYTES && f->tampered[way]) {
		d->bytes[world_random(w) % n] ^= (uint8_t)(1u << world_random(w) % 8);
		witness_hurt(f->person);
	}
	f->tampered[way] &= what != BYTES;
}

static void send_bytes(struct flow *f, enum heading way, const uint8_t *p, size_t n)
{
	struct world *w = f->person->world;

	while (n > 0) {
		size_t piece = 1 + world_random(w) % PIECE;
		if (piece > n)
			piece = n;
		send_stream(f, way, BYTES, p, piece);
		p += piece;
		n -= piece;
	}
}

/* Nobody there who knows of that stream. */
static void refuse(struct flow *f)
{
	struct world *w = f->person->world;

	deliver(w, w->now + travel(w, &f->person->path), f, DOWN, RESET, "", 0);
}

static void syn_arrives(struct world *w, struct flow *f)
{
	struct address from = address_of(f->place, TRANSPORT_TCP);

	f->peer = w->peers ? peers_accept(w->peers, world_instant(w), &from, f) : NULL;
	if (f->peer)
		send_stream(f, DOWN, CONNECTED, "", 0);
	else
		refuse(f);
}

static void stream_up(struct world *w, struct flow *f, struct delivery *d)
{
	if (d->what == SYN)
		syn_arrives(w, f);
	else if (!f->peer)
		refuse(f);
	else if (d->what == FIN)
		peers_hangup(w->peers, world_instant(w), f->peer);
	else if (d->what == BYTES)
		peers_stream(w->peers, world_instant(w), f->peer, d->bytes, d->len);
}

/* The member's end is closed, or its machine knows nothing of it: the server hears of that. */
static void nobody_reads(struct world *w, struct flow *f)
{
	if (f->peer)
		peers_hangup(w->peers, world_instant(w), f->peer);
}

static void stream_down(struct world *w, struct flow *f, struct delivery *d)
{
	if (f->blocked && f->peer) {
		f->blocked = false;
		peers_writable(w->peers, f->peer);
	}
	if (!f->open) {
		nobody_reads(w, f);
	} else if (d->what == CONNECTED) {
		f->connected = true;
		world_touch(f->person);
	} else if (d->what == BYTES) {
		person_receive(f->person, f, d->bytes, d->len);
	} else if (d->what == FIN) {
		person_link_failed(f->person, f, "the server closed the connection");
	}
	world_touch(f->person);
}

static bool passable(const struct world *w, const struct flow *f, enum heading way)
{
	const struct person *m = f->person;

	if (f->broken || cut(&m->path, way, true))
		return false;
	return way == UP ? !w->machine_off : !m->asleep;
}

/* Whether the server looks; if not, it is asked again soon. */
static bool is_read(struct world *w, struct flow *f, enum heading way)
{
	if (way == DOWN || !f->peer || peers_reads(f->peer, world_instant(w)))
		return true;
	deliver(w, w->now + HELD_US, f, way, WAKE, "", 0);
	return false;
}

static void run_lane(struct world *w, struct flow *f, enum heading way)
{
	struct lane *l = &f->lanes[way];

	while (l->parked && l->parked->order == l->next && passable(w, f, way) &&
	       is_read(w, f, way)) {
		struct delivery *d = l->parked;
		l->parked = d->next;
		l->next++;
		l->queued -= d->len;
		if (way == UP)
			stream_up(w, f, d);
		else
			stream_down(w, f, d);
		memory_own_free(d);
	}
}

static void park(struct lane *l, struct delivery *d)
{
	struct delivery **at = &l->parked;

	while (*at && (*at)->order < d->order)
		at = &(*at)->next;
	d->next = *at;
	*at = d;
}

static void flow_wake(struct world *w, struct flow *f)
{
	for (enum heading way = UP; way <= DOWN; way++)
		if (f->lanes[way].parked && !f->broken)
			deliver(w, w->now + 1 + world_random(w) % RESEND_US, f, way, WAKE, "", 0);
}

void paths_wake(struct world *w, struct person *only)
{
	for (unsigned i = 0; i < w->config.members; i++)
		for (struct flow *f = w->members[i].flows; f; f = f->older)
			if (!only || only == &w->members[i])
				flow_wake(w, f);
}

/* ---- arriving -------------------------------------------------------------------------------- */

/* What is not of a stream's bytes: dropped where they could not pass either. */
static void arrive_beside(struct world *w, struct delivery *d)
{
	struct flow *f = d->flow;

	if (d->what == RESET && passable(w, f, DOWN)) {
		f->broken = true;
		person_link_failed(f->person, f, "connection reset");
	} else if (d->what == UNREACHABLE && f->open && reaches(w, d)) {
		seat_link_doubtful(f->person->seat, w->now, f->slot, "connection refused");
		world_touch(f->person);
	}
}

void paths_arrive(struct world *w, struct delivery *d)
{
	uint64_t h = w->fingerprint ^ w->now ^ (uint64_t)d->what << 56 ^ (uint64_t)d->place << 32;

	w->fingerprint = (h ^ d->len) * UINT64_C(0x9e3779b97f4a7c15);
	switch (d->what) {
	case SYN:
	case CONNECTED:
	case BYTES:
	case FIN:
		park(&d->flow->lanes[d->way], d);
		run_lane(w, d->flow, d->way);
		return;
	case WAKE:
		run_lane(w, d->flow, d->way);
		break;
	case DATAGRAM:
		if (d->way == UP)
			datagram_up(w, d);
		else
			datagram_down(w, d);
		break;
	case RESET:
	case UNREACHABLE:
		arrive_beside(w, d);
		break;
	}
	memory_own_free(d);
}

/* ---- the server's ports ---------------------------------------------------------------------- */

static void port_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	struct world *w = ctx;
	uint32_t place = place_of(w, to);
	struct flow *f = w->places[place].flow;

	assert_int_equal(via, 0);
	witness_from_server(w, place, p, n);
	if (f && f->place == place)
		send_datagram(w, f, DOWN, p, n);
}

static void port_train(void *ctx, unsigned shard, const struct address *to, int via,
		       const void *bytes, size_t n, size_t size)
{
	(void)shard;
	cut_train(port_packet, ctx, to, via, bytes, n, size);
}

static size_t port_stream(void *ctx, void *link, const void *p, size_t n)
{
	struct flow *f = link;
	size_t room = STREAM_WINDOW - f->lanes[DOWN].queued;

	(void)ctx;
	if (n > room)
		n = room;
	send_bytes(f, DOWN, p, n);
	f->blocked = n == room;
	return n;
}

static void port_await(void *ctx, void *link)
{
	(void)ctx;
	(void)link;
}

static void port_close(void *ctx, void *link)
{
	struct world *w = ctx;
	struct flow *f = link;

	assert_non_null(f->peer); /* closed once */
	f->peer = NULL;
	if (w->peers)
		send_stream(f, DOWN, FIN, "", 0);
	else if (!w->machine_off) /* it was killed; what was under way is thrown away */
		refuse(f);
}

/* Shards are at work one after the other, in an order of its own each time. */
static void port_together(void *ctx, void (*fn)(void *arg, unsigned shard), void *arg)
{
	struct world *w = ctx;
	uint64_t order = w->together++ * UINT64_C(0x9e3779b97f4a7c15) ^ w->seed;
	unsigned first = (unsigned)(order >> 33) % w->shards;

	for (unsigned i = 0; i < w->shards; i++)
		fn(arg,
		   order >> 63 ? (first + i) % w->shards : (first + w->shards - i) % w->shards);
}

static void port_entropy(void *ctx, void *p, size_t n)
{
	for (uint8_t *at = p; n > 0; n--)
		*at++ = (uint8_t)world_random(ctx);
}

struct peers_port paths_port(struct world *w)
{
	return (struct peers_port){.ctx = w,
				   .send_train = port_train,
				   .send_stream = port_stream,
				   .await_writable = port_await,
				   .close_stream = port_close,
				   .entropy = port_entropy,
				   .together = port_together};
}

/* ---- the members' ends ----------------------------------------------------------------------- */

struct flow *flow_open(struct person *m, unsigned slot, enum transport t)
{
	struct flow *f = memory_own(sizeof(*f));

	f->older = m->flows;
	m->flows = f;
	f->person = m;
	f->slot = slot;
	f->transport = t;
	f->open = true;
	f->place = new_place(m->world, f);
	m->world->figures.links++;
	world_note(m->world, m->index, t == TRANSPORT_UDP ? "opens udp" : "opens tcp", slot,
		   f->place);
	if (t != TRANSPORT_UDP)
		send_stream(f, UP, SYN, "", 0);
	return f;
}

void flow_close(struct flow *f, bool hang_up)
{
	struct world *w = f->person->world;

	world_note(w, f->person->index, "closes", f->slot, f->place);
	f->open = false;
	w->places[f->place].current = false;
	if (!hang_up)
		f->broken = true;
	else if (f->transport != TRANSPORT_UDP)
		send_stream(f, UP, FIN, "", 0);
}

bool flow_takes(const struct flow *f)
{
	if (f->transport == TRANSPORT_UDP)
		return true;
	return f->connected && f->lanes[UP].queued < STREAM_WINDOW;
}

void flow_send(struct flow *f, const void *p, size_t n)
{
	if (f->transport == TRANSPORT_UDP)
		send_datagram(f->person->world, f, UP, p, n);
	else
		send_bytes(f, UP, p, n);
}

void flow_move(struct flow *f)
{
	struct world *w = f->person->world;

	if (f->transport != TRANSPORT_UDP) {
		f->broken = true;
		return;
	}
	w->places[f->place].current = false;
	f->place = new_place(w, f);
	world_note(w, f->person->index, "is elsewhere", f->slot, f->place);
}

void flow_reset(struct flow *f)
{
	struct world *w = f->person->world;

	if (f->transport == TRANSPORT_UDP || f->broken)
		return;
	world_note(w, f->person->index, "is reset", f->slot, 0);
	f->broken = true;
	witness_hurt(f->person);
	if (f->peer)
		peers_hangup(w->peers, world_instant(w), f->peer);
	if (f->open)
		person_link_failed(f->person, f, "connection reset");
}

void flow_doubt(struct flow *f)
{
	struct world *w = f->person->world;

	deliver(w, w->now + 1, f, DOWN, UNREACHABLE, "", 0);
}

static void free_lane(struct lane *l)
{
	while (l->parked) {
		struct delivery *d = l->parked;
		l->parked = d->next;
		memory_own_free(d);
	}
}

void paths_free(struct world *w)
{
	struct timerq_entry *e;

	while ((e = timerq_pop(&w->deliveries, TIMERQ_NEVER)))
		memory_own_free(e); /* its first member */
	timerq_wipe(&w->deliveries);
	timerq_wipe(&w->clocks);
	for (unsigned i = 0; i < w->config.members; i++) {
		while (w->members[i].flows) {
			struct flow *f = w->members[i].flows;
			w->members[i].flows = f->older;
			free_lane(&f->lanes[UP]);
			free_lane(&f->lanes[DOWN]);
			memory_own_free(f);
		}
	}
	memory_own_free(w->places);
}
