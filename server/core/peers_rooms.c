/*
 * What the hub wants done for its clients: answers, rooms that they follow, goodbyes; and who is to
 * look into a room's log once something was published there.
 *
 * The hub says it at any time, also while a session is being asked for its commands: here it is only
 * noted in the session, and the pump sends it.
 */
#include "core/peers_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- the rooms' logs ------------------------------------------------------------------------- */

static uint64_t log_head(void *ctx, uint32_t room)
{
	const struct peers *p = ctx;

	return hub_head(p->hub, room);
}

static enum log_state log_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			      struct slice *out, uint32_t *count)
{
	const struct peers *p = ctx;

	return hub_run(p->hub, room, seq, max_bytes, out, count);
}

const struct session_log peers_log = {log_head, log_run};

/* ---- who follows ----------------------------------------------------------------------------- */

static uint64_t hash_of(const struct peers *p, uint32_t room)
{
	return table_hash(&room, sizeof(room), p->half_open.seed);
}

static struct audience *audience_find(const struct peers *p, uint32_t room)
{
	struct table_entry *e = table_first(&p->audiences, hash_of(p, room));

	while (e && ((struct audience *)e)->room != room)
		e = table_next(e);
	return (struct audience *)e; /* its first member */
}

static struct audience *audience_of(struct peers *p, uint32_t room)
{
	struct audience *a = audience_find(p, room);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a || table_add(&p->audiences, &a->entry, hash_of(p, room)) != ERR_NONE) {
		free(a);
		return NULL;
	}
	a->room = room;
	ring_init(&a->followers);
	return a;
}

static void audience_let_go(struct peers *p, struct audience *a)
{
	if (a->stirred || ring_oldest(&a->followers))
		return;
	table_remove(&p->audiences, &a->entry);
	free(a);
}

static struct follower *follower_of(const struct peer *peer, uint32_t room)
{
	for (struct ring *r = ring_oldest(&peer->follows); r; r = ring_newer(&peer->follows, r)) {
		struct follower *f = RING_OF(r, struct follower, of_peer);
		if (f->audience->room == room)
			return f;
	}
	return NULL;
}

static enum err add_follower(struct peers *p, struct peer *peer, uint32_t room)
{
	struct audience *a = audience_of(p, room);
	struct follower *f = peer->first.audience ? calloc(1, sizeof(*f)) : &peer->first;

	if (!a || !f) {
		if (f != &peer->first)
			free(f);
		if (a)
			audience_let_go(p, a);
		return ERR_MEMORY;
	}
	f->audience = a;
	f->peer = peer;
	ring_add(&a->followers, &f->of_room);
	ring_add(&peer->follows, &f->of_peer);
	return ERR_NONE;
}

static void remove_follower(struct peers *p, struct follower *f)
{
	struct audience *a = f->audience;

	ring_remove(&f->of_room);
	ring_remove(&f->of_peer);
	f->audience = NULL;
	if (f != &f->peer->first)
		free(f);
	audience_let_go(p, a);
}

void peers_unfollow_all(struct peers *p, struct peer *peer)
{
	struct ring *r;

	while ((r = ring_oldest(&peer->follows)))
		remove_follower(p, RING_OF(r, struct follower, of_peer));
}

/* Those that take nothing now are asked again when they do. */
void peers_wake(struct peers *p)
{
	struct audience *a;

	while ((a = p->stirred)) {
		p->stirred = a->next;
		a->stirred = false;
		for (struct ring *r = ring_oldest(&a->followers); r;
		     r = ring_newer(&a->followers, r)) {
			struct peer *peer = RING_OF(r, struct follower, of_room)->peer;
			if (!peer->leftover)
				peer_mark_ready(p, peer);
		}
		audience_let_go(p, a);
	}
}

void peers_wipe_rooms(struct peers *p)
{
	peers_wake(p); /* of nobody: they are let go */
	table_wipe(&p->audiences);
}

/* ---- what the hub wants ---------------------------------------------------------------------- */

static struct peer *peer_of(struct hub_client *c)
{
	return RING_OF(c, struct peer, client);
}

static void say_farewell(struct peers *p, struct peer *peer, enum code code)
{
	if (peer->farewell == CODE_OK)
		peer->farewell = code;
	peer_mark_ready(p, peer);
}

/* Without memory for the answer the session cannot go on. */
static void hub_replies(void *ctx, struct hub_client *c, const struct reply *r)
{
	struct peer *peer = peer_of(c);

	if (session_reply(peer->session, r) != ERR_NONE)
		say_farewell(ctx, peer, CODE_SERVER_FULL);
	peer_mark_ready(ctx, peer);
}

static void hub_follows(void *ctx, struct hub_client *c, uint32_t room, uint64_t first)
{
	struct peers *p = ctx;
	struct peer *peer = peer_of(c);
	enum err e = follower_of(peer, room) ? ERR_NONE : add_follower(p, peer, room);

	if (e == ERR_NONE)
		e = session_follow(peer->session, room, first);
	if (e != ERR_NONE)
		say_farewell(p, peer, CODE_SERVER_FULL);
	peer_mark_ready(p, peer);
}

/* What is due up to there is published: the room need not wake it for that. */
static void hub_unfollows(void *ctx, struct hub_client *c, uint32_t room, uint64_t last)
{
	struct peer *peer = peer_of(c);
	struct follower *f = follower_of(peer, room);

	if (!f)
		return;
	remove_follower(ctx, f);
	session_unfollow(peer->session, room, last);
	peer_mark_ready(ctx, peer);
}

static void hub_closes(void *ctx, struct hub_client *c, enum code code, struct slice words)
{
	struct peer *peer = peer_of(c);

	if (words.len > 0 && !peer->farewell_words &&
	    (peer->farewell_words = malloc(words.len + 1))) {
		memcpy(peer->farewell_words, words.data, words.len);
		peer->farewell_words[words.len] = '\0';
	}
	say_farewell(ctx, peer, code);
}

static void hub_wakes(void *ctx, uint32_t room)
{
	struct peers *p = ctx;
	struct audience *a = audience_find(p, room);

	if (!a || a->stirred)
		return;
	a->stirred = true;
	a->next = p->stirred;
	p->stirred = a;
}

/* The RECALL or EDIT that was published with it wakes them. */
static void hub_changed(void *ctx, uint32_t room, uint64_t seq)
{
	struct audience *a = audience_find(ctx, room);

	for (struct ring *r = a ? ring_oldest(&a->followers) : NULL; r;
	     r = ring_newer(&a->followers, r))
		session_changed(RING_OF(r, struct follower, of_room)->peer->session, room, seq);
}

static bool hub_asks_room(void *ctx, struct hub_client *c, uint32_t room)
{
	(void)ctx;
	return follower_of(peer_of(c), room) != NULL;
}

static size_t hub_asks_count(void *ctx, struct hub_client *c)
{
	const struct peer *peer = peer_of(c);
	size_t n = 0;

	(void)ctx;
	for (struct ring *r = ring_oldest(&peer->follows); r; r = ring_newer(&peer->follows, r))
		n++;
	return n;
}

static void hub_asks_binding(void *ctx, struct hub_client *c, uint8_t out[HUB_BINDING])
{
	(void)ctx;
	session_binding(peer_of(c)->session, out);
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

void peer_farewell(struct peers *p, struct peer *peer, struct instant now)
{
	(void)p;
	if (peer->farewell == CODE_OK)
		return;
	session_close(peer->session, now.mono_us, peer->farewell,
		      peer->farewell_words ? peer->farewell_words : "");
}

/* For the hub, for the end, or until it has taken in what it was answered. */
bool peer_holds(struct peers *p, const struct peer *peer)
{
	p->crowded |= hub_crowded(p->hub);
	return peer->farewell != CODE_OK || p->shutting_down || p->crowded ||
	       hub_holds(&peer->client) || session_replies_bytes(peer->session) > PEERS_REPLIES_MAX;
}
