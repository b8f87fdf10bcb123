/*
 * A peer sits in a slot whose number is part of its connection id, so that a datagram finds it without
 * a search; only peers that have not shown where they are, are looked up by address.
 *
 * Handlers never free a peer: one that is over is marked `finished`, gets its last output in the
 * pump at the end of the turn, and is freed there.
 */
#include "core/peers_internal.h"

#include <stdlib.h>
#include <string.h>

static enum err begin_limits(struct peers *p)
{
	unsigned rate = p->config.command_rate;
	struct throttle_rate commands = {rate > 0 ? rate * PEERS_COMMAND_BURST : 1, rate};
	uint64_t seed;

	p->port.entropy(p->port.ctx, &p->half_open.seed, sizeof(p->half_open.seed));
	p->port.entropy(p->port.ctx, p->gate.secret, sizeof(p->gate.secret));
	p->port.entropy(p->port.ctx, &p->gate.clock, sizeof(p->gate.clock));
	p->gate.clock >>= 2; /* so that it does not pass its end */
	p->port.entropy(p->port.ctx, &seed, sizeof(seed));
	p->commands = throttle_new(PEERS_IDENTITIES, commands, seed);
	return p->commands ? gate_init(&p->gate, seed) : ERR_MEMORY;
}

static enum err begin_shards(struct peers *p)
{
	unsigned count = p->config.shards > 0 ? p->config.shards : 1;

	assert(count <= PEERS_SHARDS && (count == 1 || p->port.together));
	for (; p->shard_count < count; p->shard_count++)
		if (!(p->shards[p->shard_count] = shard_new(p, p->shard_count)))
			return ERR_MEMORY;
	for (unsigned i = 0; i < count; i++)
		p->shards[i]->held.max = PEERS_HELD_MAX / count;
	if (count > 1 && !(p->opened_now = calloc(PEER_ARRIVALS, sizeof(*p->opened_now))))
		return ERR_MEMORY;
	return ERR_NONE;
}

struct session_config peer_terms(const struct peers *p, enum transport t)
{
	return (struct session_config){.link = t == TRANSPORT_UDP ? SESSION_DGRAM : SESSION_STREAM,
				       .identity = t == TRANSPORT_UNIX ? NULL : p->config.identity};
}

static void begin_blocks(struct peers *p)
{
	for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_UNIX; t++) {
		struct session_config config = peer_terms(p, t);
		slab_init(&p->blocks[t - 1], sizeof(struct peer) + session_size(&config));
	}
}

static void flushed_already(void *ctx, unsigned shard)
{
	(void)ctx;
	(void)shard;
}

struct peers *peers_new(const struct peers_config *config, struct hub *hub,
			const struct peers_port *port)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	assert(config->max_peers < (size_t)1 << PEER_SLOT_BITS);
	p->config = *config;
	p->hub = hub;
	p->port = *port;
	if (!p->port.flush)
		p->port.flush = flushed_already;
	if (p->config.together == 0)
		p->config.together = PEERS_TOGETHER;
	begin_blocks(p);
	if (begin_limits(p) != ERR_NONE || begin_shards(p) != ERR_NONE) {
		peers_free(p);
		return NULL;
	}
	audiences_init(&p->audiences, p->shard_count, p->half_open.seed);
	peers_serve(p);
	return p;
}

size_t peers_count(const struct peers *p)
{
	return p->count;
}

/* ---- coming and going ------------------------------------------------------------------------ */

static enum err grow_slots(struct peers *p)
{
	size_t cap = p->slot_cap ? p->slot_cap * 2 : 64;
	struct peer **slots = realloc(p->slots, cap * sizeof(struct peer *));

	if (!slots)
		return ERR_MEMORY;
	p->slots = slots;
	uint32_t *free_slots = realloc(p->free_slots, cap * sizeof(*free_slots));
	if (!free_slots)
		return ERR_MEMORY;
	p->free_slots = free_slots;
	p->slot_cap = cap;
	return ERR_NONE;
}

static enum err take_slot(struct peers *p, struct peer *peer)
{
	uint32_t slot;

	if (p->free_count > 0) {
		slot = p->free_slots[--p->free_count];
	} else {
		if (p->slot_count == p->slot_cap && grow_slots(p) != ERR_NONE)
			return ERR_MEMORY;
		slot = (uint32_t)p->slot_count++;
	}
	peer->timer.own = slot;
	p->slots[slot] = peer;
	p->count++;
	return ERR_NONE;
}

static struct slab *block_of(struct peers *p, const struct address *from)
{
	return &p->blocks[from->transport - 1];
}

static void leave_slot(struct peers *p, const struct peer *peer)
{
	p->slots[peer_slot_of(peer)] = NULL;
	p->free_slots[p->free_count++] = peer_slot_of(peer);
	p->count--;
}

static void peer_free(struct peers *p, struct peer *peer)
{
	peer_shown(p, peer);
	peer_forgotten(p, peer);
	peers_unfollow_all(p, peer);
	timerq_remove(&peer_shard(peer)->timers, &peer->timer);
	if (peer_linked(peer))
		p->port.close_stream(p->port.ctx, peer->link);
	session_wipe(peer_session(peer));
	if (peer->stream)
		free(peer->stall);
	else
		free(peer->move);
	slab_put(block_of(p, &peer->client.address), peer);
}

void peer_reap(struct peers *p, struct peer *peer)
{
	leave_slot(p, peer);
	peer_free(p, peer);
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->slots[i])
			peer_free(p, p->slots[i]);
	for (unsigned i = 0; i < p->shard_count; i++)
		shard_free(p->shards[i]);
	gate_wipe(&p->gate);
	throttle_free(p->commands);
	audiences_wipe(&p->audiences);
	for (size_t i = 0; i < TRANSPORT_UNIX; i++)
		slab_wipe(&p->blocks[i]);
	free(p->opened_now);
	free(p->slots);
	free(p->free_slots);
	free(p);
}

struct peer *peer_new(struct peers *p, struct instant now, const struct address *from,
		      const struct session_config *config)
{
	struct slab *block = block_of(p, from);
	struct peer *peer = slab_take(block);
	struct session_config c = *config;

	if (!peer)
		return NULL;
	peer->client.address = *from;
	peer->stream = config->link == SESSION_STREAM;
	if (take_slot(p, peer) != ERR_NONE) {
		slab_put(block, peer);
		return NULL;
	}
	struct shard *shard = p->shards[peer_slot_of(peer) % p->shard_count];
	c.role = SESSION_SERVER;
	p->port.entropy(p->port.ctx, &c.local_cid, sizeof(c.local_cid));
	c.local_cid = c.local_cid >> PEER_SLOT_BITS << PEER_SLOT_BITS | peer_slot_of(peer);
	c.log = &peers_log;
	c.log_ctx = shard;
	c.pool = &shard->held;
	c.stock = &shard->stock;
	c.cipher = p->config.ciphers[shard->number];
	if (c.identity)
		p->port.entropy(p->port.ctx, c.ephemeral, sizeof(c.ephemeral));
	bool begun = session_init(peer_session(peer), &c, now.mono_us);
	secure_zero(c.ephemeral, sizeof(c.ephemeral));
	if (begun && peer_arm(peer) == ERR_NONE)
		return peer;
	leave_slot(p, peer);
	if (begun)
		session_wipe(peer_session(peer));
	slab_put(block, peer);
	return NULL;
}

bool peers_full(const struct peers *p)
{
	return p->shutting_down || p->count >= p->config.max_peers;
}

static bool known_by_user(struct peers *p, struct instant now, struct peer *peer)
{
	uint8_t identity[OWNER_BYTES];

	owner_of_user(peer->client.address.uid, identity);
	return peer_known(p, now, peer, identity);
}

struct peer *peers_accept(struct peers *p, struct instant now, const struct address *from,
			  void *link)
{
	struct session_config config = peer_terms(p, from->transport);
	bool welcome = !peers_full(p) && gate_connect(&p->gate, now.mono_us, from);
	struct peer *peer = welcome ? peer_new(p, now, from, &config) : NULL;

	if (!peer)
		return NULL;
	if (from->transport == TRANSPORT_UNIX && !known_by_user(p, now, peer)) {
		peer_reap(p, peer);
		return NULL;
	}
	peer->link = link;
	return peer;
}

/* ---- what a session says --------------------------------------------------------------------- */

/* What a peer says of its own going is its word alone: it cannot pass it off as the server's doing. */
static enum leave_reason leave_reason_of(const struct session_event *ev)
{
	switch (ev->ended.code) {
	case CODE_PROTOCOL:
		return LEAVE_PROTOCOL;
	case CODE_TIMED_OUT:
		return ev->ended.by_peer ? LEAVE_LOST : LEAVE_TIMED_OUT;
	case CODE_TOO_SLOW:
		return ev->ended.by_peer ? LEAVE_QUIT : LEAVE_TOO_SLOW;
	case CODE_SHUTDOWN:
		return ev->ended.by_peer ? LEAVE_QUIT : LEAVE_SHUTDOWN;
	case CODE_SERVER_FULL:
	case CODE_LINK_SPOILT:
		return ev->ended.by_peer ? LEAVE_QUIT : LEAVE_LOST;
	default:
		return LEAVE_QUIT;
	}
}

void peer_finish(struct peer *peer, struct instant now)
{
	if (peer->finished)
		return;
	peer->finished = true;
	if (peer_stall(peer))
		peer->stall->finished_at = now.mono_us;
}

/*
 * A command above what its identity may give waits, as does one that the hub is not ready for.  Asked
 * before each, since other sessions may have taken from the same bucket.  Who is on this machine by its local socket is at home.
 */
static bool next_event(struct peers *p, struct instant now, struct peer *peer,
		       struct session_event *ev)
{
	bool metered = peer->client.bearer && peer->client.address.transport != TRANSPORT_UNIX;
	struct throttle_key who = throttle_identity_key(client_identity(&peer->client));
	uint64_t at = metered ? throttle_ready(p->commands, &who, now.mono_us) : 0;

	if (peer_holds(p, peer))
		at = TIMERQ_NEVER;
	session_hold(peer_session(peer), at > now.mono_us ? at : 0);
	bool any = session_event(peer_session(peer), now.mono_us, ev);
	if (any && ev->kind == SESSION_COMMAND && metered)
		(void)throttle_take(p->commands, &who, now.mono_us);
	return any;
}

void peer_take(struct peers *p, struct instant now, struct peer *peer,
	       const struct session_event *ev)
{
	switch (ev->kind) {
	case SESSION_OPENED:
		peer_shown(p, peer);
		if (ev->key && !peer_known(p, now, peer, ev->key))
			session_close(peer_session(peer), now.mono_us, CODE_SERVER_FULL, "");
		break;
	case SESSION_COMMAND:
		hub_command(p->hub, &peer->client, &ev->command, now);
		break;
	case SESSION_ENDED:
		hub_gone(p->hub, &peer->client, leave_reason_of(ev),
			 ev->ended.by_peer ? ev->ended.text : slice_of(NULL, 0), now);
		peer_finish(peer, now);
		break;
	case SESSION_PATH:
		peer_follow(now, peer, ev->path);
		break;
	case SESSION_REPLY:
	case SESSION_EVENT:
		break; /* a server's session gives out neither */
	}
}

void peer_drain(struct peers *p, struct instant now, struct peer *peer)
{
	struct session_event ev;

	while (next_event(p, now, peer, &ev))
		peer_take(p, now, peer, &ev);
}

/* It may be that nothing is to be sent for that: what its rooms have for it, the walks through them bring. */
static bool wants_turn(struct instant now, struct peer *peer)
{
	struct session *s = peer_session(peer);

	return peer->finished || session_holds(s, now.mono_us) || session_due(s, now.mono_us);
}

/* Something came in for this peer, or its time has come. */
void peer_attend(struct peers *p, struct instant now, struct peer *peer)
{
	peer_drain(p, now, peer);
	if (wants_turn(now, peer) || peer_arm(peer) != ERR_NONE)
		peer_mark_ready(peer);
}

/* ---- input ----------------------------------------------------------------------------------- */

void peers_stream(struct peers *p, struct instant now, struct peer *peer, void *bytes, size_t n)
{
	if (peer->finished)
		return;
	session_feed(peer_session(peer), now.mono_us, bytes, n);
	peer_attend(p, now, peer);
}

void peer_hang_up(struct peers *p, struct instant now, struct peer *peer, enum leave_reason reason)
{
	if (peer_linked(peer)) {
		p->port.close_stream(p->port.ctx, peer->link);
		peer->link = NULL;
	}
	hub_gone(p->hub, &peer->client, reason, slice_of(NULL, 0), now);
	peer_finish(peer, now);
}

bool peers_reads(const struct peer *peer, struct instant now)
{
	return !session_holds(peer_session(peer), now.mono_us);
}

void peers_hangup(struct peers *p, struct instant now, struct peer *peer)
{
	peer_hang_up(p, now, peer, LEAVE_LOST);
	peer_mark_ready(peer);
}

void peers_writable(struct peers *p, struct peer *peer)
{
	(void)p;
	peer_mark_ready(peer);
}

/* ---- time and orders ------------------------------------------------------------------------- */

uint64_t peers_deadline(const struct peers *p)
{
	uint64_t at = hub_deadline(p->hub), round = audiences_deadline(&p->audiences);

	at = round < at ? round : at;
	for (unsigned i = 0; i < p->shard_count; i++) {
		uint64_t next = timerq_next(&p->shards[i]->timers);
		at = next < at ? next : at;
	}
	return p->shutting_down && !p->goodbyes && p->goodbye_by < at ? p->goodbye_by : at;
}

/* The next peer whose time may have come.  It keeps a place in the queue: the pump sets its deadline. */
static struct peer *next_due(struct shard *s, struct instant now)
{
	struct timerq_entry *e = timerq_pop(&s->timers, now.mono_us);

	if (!e)
		return NULL;
	enum err error = timerq_set(&s->timers, e, TIMERQ_NEVER - 1);
	assert(error == ERR_NONE);
	return RING_OF(e, struct peer, timer);
}

/* It had moved away since it was set. */
static void arm_later(struct peer *peer)
{
	enum err e = peer_arm(peer);

	assert(e == ERR_NONE);
}

static void time_has_come(struct peers *p, struct instant now, struct peer *peer)
{
	const struct stall *stall = peer_stall(peer);

	if (stall && now.mono_us >= stall->since + PEER_STALL_TIMEOUT)
		peer_hang_up(p, now, peer, LEAVE_TOO_SLOW);
	session_tick(peer_session(peer), now.mono_us);
	peer_attend(p, now, peer);
}

void peers_tick(struct peers *p, struct instant now)
{
	struct peer *peer;

	hub_tick(p->hub, now);
	for (unsigned i = 0; i < p->shard_count; i++)
		while ((peer = next_due(p->shards[i], now))) {
			if (peer_deadline(peer) > now.mono_us)
				arm_later(peer);
			else
				time_has_come(p, now, peer);
		}
}

enum err peers_kick(struct peers *p, struct instant now, struct slice name, struct slice words)
{
	return hub_kick(p->hub, name, words, now);
}

void peers_shutdown(struct peers *p, struct instant now)
{
	p->shutting_down = true;
	p->goodbye_by = now.mono_us + PEERS_LAST_COMMIT;
	hub_end(p->hub, now);
}
