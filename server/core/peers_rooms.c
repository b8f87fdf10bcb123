/*
 * What the hub wants done for its clients: answers, rooms that they follow, goodbyes; and who is to
 * look into a room's log once something was published there.
 *
 * The hub says it at any time, also while a session is being asked for its commands: here it is only
 * noted in the session, and the pump sends it.
 */
#include "core/peers_internal.h"

#include <stdlib.h>

/* ---- the rooms' logs ------------------------------------------------------------------------- */

static uint64_t log_head(void *ctx, uint32_t room)
{
	const struct shard *s = ctx;

	return hub_head(s->peers->hub, room);
}

/* Beside others nothing is asked for that is not there: it is asked for when they are through. */
static enum log_state log_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			      struct slice *out, uint32_t *count)
{
	struct shard *s = ctx;

	if (!s->beside)
		return hub_run(s->peers->hub, room, seq, max_bytes, out, count);
	enum log_state state = hub_run_in_memory(s->peers->hub, room, seq, max_bytes, out, count);
	s->unread |= state == LOG_LATER;
	return state;
}

const struct session_log peers_log = {log_head, log_run};

/* ---- who follows ----------------------------------------------------------------------------- */

static uint32_t *rooms_of(struct peer *peer)
{
	return peer->room_count > 1 ? peer->rooms : &peer->room;
}

/* Its place among the others; room_count: it does not follow it. */
static uint32_t place_of(struct peer *peer, uint32_t room)
{
	const uint32_t *all = rooms_of(peer);
	uint32_t i = 0;

	while (i < peer->room_count && all[i] != room)
		i++;
	return i;
}

static bool follows(struct peer *peer, uint32_t room)
{
	return place_of(peer, room) < peer->room_count;
}

/* For one more: there is room for a power of two. */
static enum err make_place(struct peer *peer)
{
	uint32_t count = peer->room_count, only = peer->room;

	if (count == 0 || (count > 1 && (count & (count - 1))))
		return ERR_NONE;
	uint32_t *rooms = realloc(count > 1 ? peer->rooms : NULL, 2 * count * sizeof(*rooms));
	if (!rooms)
		return ERR_MEMORY;
	if (count == 1)
		rooms[0] = only;
	peer->rooms = rooms;
	return ERR_NONE;
}

static enum err add_room(struct peers *p, struct peer *peer, uint32_t room)
{
	enum err e = audiences_add(&p->audiences, room, peer_slot_of(peer));

	if (e != ERR_NONE)
		return e;
	e = make_place(peer);
	if (e != ERR_NONE) {
		audiences_remove(&p->audiences, room, peer_slot_of(peer));
		return e;
	}
	peer->room_count++;
	rooms_of(peer)[peer->room_count - 1] = room;
	return ERR_NONE;
}

/* The last one takes its place. */
static void remove_room(struct peers *p, struct peer *peer, uint32_t place)
{
	uint32_t *all = rooms_of(peer);

	audiences_remove(&p->audiences, all[place], peer_slot_of(peer));
	all[place] = all[peer->room_count - 1];
	uint32_t first = all[0];
	peer->room_count--;
	if (peer->room_count != 1)
		return;
	free(all);
	peer->room = first;
}

void peers_unfollow_all(struct peers *p, struct peer *peer)
{
	while (peer->room_count > 0)
		remove_room(p, peer, peer->room_count - 1);
}

/* ---- what the hub wants ---------------------------------------------------------------------- */

static struct peer *peer_of(struct hub_client *c)
{
	return RING_OF(c, struct peer, client);
}

static void say_farewell(struct peer *peer, enum code code)
{
	if (peer->farewell == CODE_OK)
		peer->farewell = code;
	peer_mark_ready(peer);
}

/* Without memory for the answer the session cannot go on. */
static void hub_replies(void *ctx, struct hub_client *c, const struct reply *r)
{
	struct peer *peer = peer_of(c);

	(void)ctx;
	if (session_reply(peer_session(peer), r) != ERR_NONE)
		say_farewell(peer, CODE_SERVER_FULL);
	peer_mark_ready(peer);
}

static void hub_follows(void *ctx, struct hub_client *c, uint32_t room, uint64_t first)
{
	struct peers *p = ctx;
	struct peer *peer = peer_of(c);
	enum err e = follows(peer, room) ? ERR_NONE : add_room(p, peer, room);

	if (e == ERR_NONE)
		e = session_follow(peer_session(peer), room, first);
	if (e != ERR_NONE)
		say_farewell(peer, CODE_SERVER_FULL);
	peer_mark_ready(peer);
}

/* What is due up to there is published: the room need not wake it for that. */
static void hub_unfollows(void *ctx, struct hub_client *c, uint32_t room, uint64_t last)
{
	struct peer *peer = peer_of(c);
	uint32_t place = place_of(peer, room);

	if (place == peer->room_count)
		return;
	remove_room(ctx, peer, place);
	session_unfollow(peer_session(peer), room, last);
	peer_mark_ready(peer);
}

static void hub_closes(void *ctx, struct hub_client *c, enum code code, struct slice words)
{
	struct peer *peer = peer_of(c);

	(void)ctx;
	if (peer->farewell == CODE_OK)
		session_words(peer_session(peer), words);
	say_farewell(peer, code);
}

static void hub_wakes(void *ctx, uint32_t room)
{
	audiences_stir(&((struct peers *)ctx)->audiences, room);
}

/* The RECALL or EDIT that was published with it wakes them. */
static void hub_changed(void *ctx, uint32_t room, uint64_t seq)
{
	const struct peers *p = ctx;
	uint32_t slot;

	for (size_t i = 0; audiences_follower(&p->audiences, room, i, &slot); i++)
		session_changed(peer_session(p->slots[slot]), room, seq);
}

static bool hub_asks_room(void *ctx, struct hub_client *c, uint32_t room)
{
	(void)ctx;
	return follows(peer_of(c), room);
}

static size_t hub_asks_count(void *ctx, struct hub_client *c)
{
	(void)ctx;
	return peer_of(c)->room_count;
}

static void hub_asks_binding(void *ctx, struct hub_client *c, uint8_t out[HUB_BINDING])
{
	(void)ctx;
	session_binding(peer_session(peer_of(c)), out);
}

void peers_serve(struct peers *p)
{
	const struct hub_port port = {.ctx = p,
				      .reply = hub_replies,
				      .follow = hub_follows,
				      .unfollow = hub_unfollows,
				      .close = hub_closes,
				      .wake = hub_wakes,
				      .changed = hub_changed,
				      .follows = hub_asks_room,
				      .followed = hub_asks_count,
				      .binding = hub_asks_binding};

	hub_serve(p->hub, &port);
}

void peer_farewell(struct peer *peer, struct instant now)
{
	if (peer->farewell == CODE_OK)
		return;
	session_close(peer_session(peer), now.mono_us, peer->farewell, "");
}

/* For the hub, for the end, or until it has taken in what it was answered. */
bool peer_holds(struct peers *p, const struct peer *peer)
{
	p->crowded |= hub_crowded(p->hub);
	return peer->farewell != CODE_OK || p->shutting_down || p->crowded ||
	       hub_holds(&peer->client) ||
	       session_replies_bytes(peer_session(peer)) > PEERS_REPLIES_MAX;
}
