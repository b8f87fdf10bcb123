/*
 * The end of a turn: what is due goes out to whom it is due, and what has ended is freed.
 *
 * Three causes let a peer be sent to: it has a reason of its own (an answer, an acknowledgement, a deadline,
 * its stream can be written again), and then it is in its shard's queue; or a room that it follows was
 * stirred, and then it is visited on the walk through that room; or it had more to be sent than its part of a
 * turn, and then it stands in another queue, so that nobody's answer waits for those who catch up.  Of each a
 * pump does so much at the most, and the rest has its turn in the next one, behind what is read meanwhile.
 *
 * First all shards send, each to its own peers; they may be at it side by side.  What they come upon
 * that is more than that (a peer that is over, one that needs what is not in memory, one with commands
 * that wait) they put aside, and it is settled when all are through.
 */
#include "core/peers_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	CACHE_LINE = 64,
	PEER_LOOK = 320,       /* bytes of a peer and its session that a visit needs */
	PEER_AHEAD = PEER_LOT, /* visits before which they are asked for, … */
	LINK_AHEAD = 2,	       /* … and the outside's */
};

/* One pump, as its shards know it. */
struct pump {
	struct peers *peers;
	struct instant now;
};

/* What a shard may still do for one cause. */
struct share {
	size_t peers, bytes;
};

struct shard *shard_new(struct peers *p, unsigned number)
{
	struct shard *s = malloc(sizeof(*s)); /* most of it is touched only when much is sent */

	if (!s)
		return NULL;
	memset(s, 0, offsetof(struct shard, batch));
	s->peers = p;
	s->number = number;
	timerq_init(&s->timers);
	session_stock_init(&s->stock);
	return s;
}

void shard_free(struct shard *s)
{
	timerq_wipe(&s->timers);
	session_stock_wipe(&s->stock);
	free(s);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static struct peer *peer_at(const struct shard *s, uint32_t place)
{
	return s->peers->slots[place - 1];
}

static void line_up(struct peer_queue *q, struct peer *peer)
{
	if (peer->queued)
		return;
	peer->queued = true;
	peer->next_ready = 0;
	*(q->last ? &peer_at(peer_shard(peer), q->last)->next_ready : &q->first) =
		peer_slot_of(peer) + 1;
	q->last = peer_slot_of(peer) + 1;
	q->count++;
}

void peer_mark_ready(struct peer *peer)
{
	line_up(&peer_shard(peer)->ready, peer);
}

static struct peer *take_first(const struct shard *s, struct peer_queue *q)
{
	struct peer *peer = peer_at(s, q->first);

	q->first = peer->next_ready;
	if (!q->first)
		q->last = 0;
	q->count--;
	peer->queued = false;
	return peer;
}

static void put_aside(struct shard *s, struct peer *peer, uint8_t rest)
{
	struct peer_queue *q = &s->unsettled;

	peer->rest = rest;
	peer->next_unsettled = 0;
	*(q->last ? &peer_at(s, q->last)->next_unsettled : &q->first) = peer_slot_of(peer) + 1;
	q->last = peer_slot_of(peer) + 1;
	q->count++;
}

/* ---- deadlines ------------------------------------------------------------------------------- */

uint64_t peer_deadline(const struct peer *peer)
{
	uint64_t at = session_deadline(peer_session(peer));
	const struct stall *stall = peer_stall(peer);

	if (stall && peer->finished)
		return stall->finished_at + PEER_LINGER_TIMEOUT;
	if (stall && stall->since + PEER_STALL_TIMEOUT < at)
		at = stall->since + PEER_STALL_TIMEOUT;
	return at < TIMERQ_NEVER ? at : TIMERQ_NEVER - 1; /* so that it always has a place */
}

/* Most deadlines move away, with all that is sent and heard: that is seen when the old one has come. */
enum err peer_arm(struct peer *peer)
{
	uint64_t at = peer_deadline(peer);

	if (peer->timer.slot > 0 && peer->timer.deadline <= at)
		return ERR_NONE;
	return timerq_set(&peer_shard(peer)->timers, &peer->timer, at);
}

static void arm_again(struct peer *peer)
{
	enum err e = peer_arm(peer);

	assert(e == ERR_NONE); /* its place was made when it came */
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Keeps what a stream did not take: a stream with a hole in it is no stream. */
static uint8_t keep(struct instant now, struct peer *peer, const uint8_t *bytes, size_t n)
{
	struct stall *stall = malloc(sizeof(*stall) + n);

	if (!stall)
		return REST_LOST;
	*stall = (struct stall){.since = now.mono_us, .finished_at = now.mono_us, .len = n};
	memcpy(stall->bytes, bytes, n);
	peer->stall = stall;
	peer->wary = true;
	return REST_BLOCKED;
}

/* 0: it took all of it. */
static uint8_t send_stream(struct instant now, struct peer *peer, const struct buf *b)
{
	const struct peers_port *port = &peer_shard(peer)->peers->port;
	size_t taken = port->send_stream(port->ctx, peer->link, b->data, b->len);

	return taken == b->len ? 0 : keep(now, peer, b->data + taken, b->len - taken);
}

static uint8_t send_turn(struct instant now, struct shard *s, const struct ready_turn *t)
{
	const struct buf b = {.data = s->batch + t->at, .len = t->len, .cap = t->len};

	return send_stream(now, t->peer, &b);
}

/*
 * Between two system calls nothing of ours is left in the processor's nearest caches.  So what is short
 * is not sent at once: some members' turns are filled one after the other, and then sent one after the
 * other.
 */
static void send_lot(struct instant now, struct shard *s)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < s->lot_count; i++) {
		const struct ready_turn *t = &s->lot[i];
		uint8_t rest = send_turn(now, s, t);
		if (rest)
			put_aside(s, t->peer, rest);
		sum += t->len;
	}
	if (s->lot_count > 0 && s->lot[0].at + sum == s->batched) /* no other's lies among them */
		s->batched = s->lot[0].at;
	s->lot_count = 0;
}

static void add_to_lot(struct shard *s, struct peer *peer, const struct buf *b)
{
	s->lot[s->lot_count++] =
		(struct ready_turn){peer, (uint32_t)(b->data - s->batch), (uint32_t)b->len};
	s->batched += b->len;
}

/* There is more to be done for it than to send: that is not to wait. */
static uint8_t send_at_once(struct instant now, struct shard *s, const struct peer *peer)
{
	if (s->lot_count == 0 || s->lot[s->lot_count - 1].peer != peer)
		return 0;
	return send_turn(now, s, &s->lot[--s->lot_count]);
}

/* What was handed over lies in the batch until it is flushed. */
static void flush_batch(struct instant now, struct shard *s)
{
	const struct peers_port *port = &s->peers->port;

	send_lot(now, s);
	if (s->batched > 0)
		port->flush(port->ctx, s->number);
	s->batched = 0;
}

static uint8_t flush_leftover(struct instant now, struct peer *peer, size_t *sent)
{
	const struct peers_port *port = &peer_shard(peer)->peers->port;
	struct stall *stall = peer->stall;

	if (!stall)
		return 0;
	size_t taken = port->send_stream(port->ctx, peer->link, stall->bytes + stall->at,
					 stall->len - stall->at);
	if (taken > 0)
		stall->since = now.mono_us;
	*sent += taken;
	stall->at += taken;
	if (stall->at < stall->len)
		return REST_BLOCKED;
	free(stall);
	peer->stall = NULL;
	return 0;
}

static uint8_t send_train(struct instant now, struct peer *peer, const struct buf *b, size_t size)
{
	struct shard *s = peer_shard(peer);
	const struct peers_port *port = &s->peers->port;

	if (peer->stream)
		return send_stream(now, peer, b);
	port->send_train(port->ctx, s->number, &peer->client.address, peer->via, b->data, b->len,
			 size);
	s->batched += b->len;
	return 0;
}

/* Room for what one peer may still be sent in this turn.  A stream that stood still is given record by
 * record until it has all, so that no more than one of them is kept for it. */
static struct buf batch_room(struct instant now, struct shard *s, const struct peer *peer,
			     size_t sent)
{
	size_t room = peer->wary ? PEER_UNIT : PEER_TRAIN - sent;

	if (s->lot_count == PEER_LOT)
		send_lot(now, s);
	if (sizeof(s->batch) - s->batched < room)
		flush_batch(now, s);
	return buf_of(s->batch + s->batched, room);
}

/* Sends what is due; what is left to be done for it. */
static uint8_t send_due(struct instant now, struct peer *peer, size_t *sent)
{
	struct session *session = peer_session(peer);
	struct shard *s = peer_shard(peer);
	uint8_t rest = 0;
	size_t size;

	*sent = 0;
	s->unread = false;
	if (peer->stream && (!peer->link || (rest = flush_leftover(now, peer, sent))))
		return rest;
	while (*sent < PEERS_TURN_BYTES) {
		struct buf b = batch_room(now, s, peer, *sent);
		bool any = session_train(session, now.mono_us, &b, &size);
		bool last = any && session_sated(session) && b.len <= PEER_LOT_BYTES;
		*sent += b.len;
		if (last)
			add_to_lot(s, peer, &b);
		else if (any)
			rest = send_train(now, peer, &b, size);
		if (rest)
			return rest;
		if (!any || session_sated(session)) {
			peer->wary = false;
			return s->unread ? REST_UNREAD : 0;
		}
	}
	return REST_MORE;
}

/* ---- what a shard does ----------------------------------------------------------------------- */

/* Nobody else would hear of it. */
static bool has_news(struct instant now, const struct peer *peer)
{
	return peer->finished || session_ended(peer_session(peer)) ||
	       session_holds(peer_session(peer), now.mono_us);
}

static void serve(const struct pump *pump, struct peer *peer, struct share *left)
{
	size_t sent;

	peer->visited = pump->peers->pumps;
	if (peer->farewell != CODE_OK)
		peer_farewell(peer, pump->now);
	uint8_t rest = send_due(pump->now, peer, &sent);
	if ((rest & ~REST_MORE) || has_news(pump->now, peer)) {
		rest |= send_at_once(pump->now, peer_shard(peer), peer);
		put_aside(peer_shard(peer), peer, rest);
	} else {
		if (rest)
			line_up(&peer_shard(peer)->behind, peer);
		arm_again(peer);
	}
	left->peers--;
	left->bytes -= sent < left->bytes ? sent : left->bytes;
}

/* Those that were served a moment ago have had their part. */
static bool was_served(const struct pump *pump, const struct peer *peer)
{
	return peer->visited == pump->peers->pumps;
}

/* The first `count`; others have come since, and wait. */
static void serve_queue(const struct pump *pump, const struct shard *s, struct peer_queue *q,
			size_t count)
{
	struct share left = {PEERS_TURN_PEERS, PEERS_TURN_SENT};

	for (; count > 0 && left.peers > 0 && left.bytes > 0; count--) {
		struct peer *peer = take_first(s, q);
		if (was_served(pump, peer))
			line_up(q, peer);
		else
			serve(pump, peer, &left);
	}
}

/* Those that take nothing now are asked again when they do. */
static bool is_due(const struct pump *pump, const struct peer *peer)
{
	return !peer_stall(peer) && !was_served(pump, peer);
}

/*
 * Members lie wherever there was room for them, and what a visit needs of the next ones is not in the
 * processor's caches when there are many: it is asked for some visits before, and comes meanwhile.
 */
static void look_ahead(const struct peers *p, unsigned shard)
{
	uint32_t slot;

	if (audiences_ahead(&p->audiences, shard, LINK_AHEAD, &slot))
		__builtin_prefetch(p->slots[slot]->link);
	if (!audiences_ahead(&p->audiences, shard, PEER_AHEAD, &slot))
		return;
	for (size_t at = 0; at < PEER_LOOK; at += CACHE_LINE)
		__builtin_prefetch((const uint8_t *)p->slots[slot] + at, 1);
}

static void serve_rooms(const struct pump *pump, struct shard *s)
{
	struct share left = {PEERS_TURN_PEERS, PEERS_TURN_SENT};
	struct peers *p = pump->peers;
	uint32_t slot;

	while (left.peers > 0 && left.bytes > 0 &&
	       audiences_next(&p->audiences, s->number, pump->now.mono_us, &slot)) {
		look_ahead(p, s->number);
		if (is_due(pump, p->slots[slot]))
			serve(pump, p->slots[slot], &left);
	}
	audiences_pass(&p->audiences, s->number);
}

static void serve_shard(void *arg, unsigned number)
{
	const struct pump *pump = arg;
	struct shard *s = pump->peers->shards[number];

	size_t behind = s->behind.count;

	serve_queue(pump, s, &s->ready, s->ready.count);
	serve_rooms(pump, s);
	serve_queue(pump, s, &s->behind, behind);
	flush_batch(pump->now, s);
}

/* How many peers are to be sent to, at the most; not counted further than to `enough`. */
static size_t count_due(const struct peers *p, size_t enough)
{
	size_t due = 0;

	for (unsigned i = 0; i < p->shard_count && due < enough; i++)
		due += p->shards[i]->ready.count + p->shards[i]->behind.count +
		       audiences_due(&p->audiences, i, enough);
	return due;
}

/* To wake others up for a few is more than to do it alone. */
static bool worth_helpers(const struct peers *p)
{
	return p->shard_count > 1 && count_due(p, p->config.together) >= p->config.together;
}

void shards_beside(struct peers *p, bool beside)
{
	for (unsigned i = 0; i < p->shard_count; i++)
		p->shards[i]->beside = beside;
}

static void serve_all(struct pump *pump)
{
	struct peers *p = pump->peers;

	if (!worth_helpers(p)) {
		for (unsigned i = 0; i < p->shard_count; i++)
			serve_shard(pump, i);
		return;
	}
	shards_beside(p, true);
	p->port.together(p->port.ctx, serve_shard, pump);
	shards_beside(p, false);
}

/* ---- what is left ---------------------------------------------------------------------------- */

static bool over(const struct peer *peer, struct instant now)
{
	const struct stall *stall = peer_stall(peer);

	return peer->finished &&
	       (!stall || !peer->link || now.mono_us >= stall->finished_at + PEER_LINGER_TIMEOUT);
}

static void settle(struct peers *p, struct instant now, struct peer *peer)
{
	size_t sent;
	uint8_t rest = peer->rest;

	if (rest & REST_UNREAD) {
		rest = send_due(now, peer, &sent);
		rest |= send_at_once(now, peer_shard(peer), peer);
	}
	if (rest & REST_LOST)
		peer_hang_up(p, now, peer, LEAVE_LOST);
	if ((rest & REST_BLOCKED) && peer_linked(peer))
		p->port.await_writable(p->port.ctx, peer->link);
	if (rest & REST_MORE)
		line_up(&peer_shard(peer)->behind, peer);
	peer_drain(p, now, peer);
	if (over(peer, now) && !peer->queued)
		peer_reap(p, peer);
	else
		arm_again(peer);
}

static void settle_all(struct peers *p, struct instant now)
{
	for (unsigned i = 0; i < p->shard_count; i++) {
		struct shard *s = p->shards[i];
		uint32_t place = s->unsettled.first;
		s->unsettled = (struct peer_queue){.count = 0};
		while (place) {
			struct peer *peer = peer_at(s, place);
			place = peer->next_unsettled;
			settle(p, now, peer);
		}
		flush_batch(now, s);
	}
}

/* ---- the turn -------------------------------------------------------------------------------- */

/* Commands that waited for the hub are wanted now. */
static void let_in(struct peers *p)
{
	if (!p->crowded || hub_crowded(p->hub))
		return;
	p->crowded = false;
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->slots[i])
			peer_mark_ready(p->slots[i]);
}

static void say_goodbyes(struct peers *p, struct instant now)
{
	if (!p->shutting_down || p->goodbyes || (!hub_idle(p->hub) && now.mono_us < p->goodbye_by))
		return;
	p->goodbyes = true;
	for (size_t i = 0; i < p->slot_count; i++) {
		if (!p->slots[i])
			continue;
		session_close(peer_session(p->slots[i]), now.mono_us, CODE_SHUTDOWN, "");
		peer_attend(p, now, p->slots[i]);
	}
}

/* When they begin anew, nobody was visited by one of the new. */
static void count_pump(struct peers *p)
{
	if (++p->pumps > 0)
		return;
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->slots[i])
			p->slots[i]->visited = 0;
	p->pumps = 1;
}

bool peers_pump(struct peers *p, struct instant now)
{
	struct pump pump = {p, now};

	hub_turn(p->hub, now);
	say_goodbyes(p, now);
	let_in(p);
	count_pump(p);
	audiences_wake(&p->audiences, now.mono_us);
	serve_all(&pump);
	settle_all(p, now);
	return count_due(p, 1) > 0 || hub_due(p->hub, now);
}
