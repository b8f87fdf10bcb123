/*
 * A crowd is the part of a room's followers that belongs to one shard: a sorted array of slots.  Where it
 * is stirred it stands in its shard's ring, with the place of the next visit and how many are left; the
 * walk goes round, so that one who is stirred again in the middle of it is walked through from there.
 */
#include "core/audiences.h"

#include "proto/timerq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct crowd {
	struct ring link; /* in the shard's walk; to itself: not stirred */
	uint32_t *slots;
	uint32_t count, cap;
	uint32_t at, left; /* the next one to be visited, and how many are left … */
	uint32_t round;	   /* … of them in this round; 0: it has yet to begin */
	uint64_t begun;	   /* the round */
	uint64_t rests_until;
};

struct audience {
	struct table_entry entry; /* first member; by room */
	uint32_t room;
	uint32_t count; /* in all crowds */
	struct crowd crowds[];
};

static uint64_t hash_of(const struct audiences *all, uint32_t room)
{
	return table_hash(&room, sizeof(room), all->seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	return hash_of(ctx, ((const struct audience *)e)->room); /* its first member */
}

void audiences_init(struct audiences *all, unsigned shards, uint64_t seed)
{
	assert(shards >= 1 && shards <= AUDIENCES_SHARDS);
	*all = (struct audiences){.shards = shards, .seed = seed};
	table_init(&all->table, hash_of_entry, all);
	for (unsigned i = 0; i < shards; i++) {
		ring_init(&all->walks[i].stirred);
		ring_init(&all->walks[i].resting);
	}
}

static void audience_free(const struct audiences *all, struct audience *a)
{
	for (unsigned i = 0; i < all->shards; i++)
		free(a->crowds[i].slots);
	free(a);
}

void audiences_wipe(struct audiences *all)
{
	for (size_t i = 0; i < all->table.cap; i++) {
		struct table_entry *next;
		for (struct table_entry *e = all->table.buckets[i]; e; e = next) {
			next = e->next;
			audience_free(all, (struct audience *)e); /* its first member */
		}
	}
	table_wipe(&all->table);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct audience *find(const struct audiences *all, uint32_t room)
{
	struct table_entry *e = table_first(&all->table, hash_of(all, room));

	while (e && ((struct audience *)e)->room != room)
		e = table_next(e);
	return (struct audience *)e; /* its first member */
}

static struct audience *find_or_make(struct audiences *all, uint32_t room)
{
	struct audience *a = find(all, room);

	if (a)
		return a;
	a = calloc(1, sizeof(*a) + all->shards * sizeof(a->crowds[0]));
	if (!a)
		return NULL;
	a->room = room;
	if (table_add(&all->table, &a->entry) != ERR_NONE) {
		free(a);
		return NULL;
	}
	for (unsigned i = 0; i < all->shards; i++)
		ring_init(&a->crowds[i].link);
	return a;
}

static void let_go(struct audiences *all, struct audience *a)
{
	if (a->count > 0)
		return;
	table_remove(&all->table, &a->entry);
	audience_free(all, a);
}

/* Where the slot is, or would be. */
static uint32_t place_of(const struct crowd *c, uint32_t slot)
{
	uint32_t low = 0, high = c->count;

	if (high > 0 && c->slots[high - 1] < slot)
		return high; /* who comes last has the highest, mostly */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (c->slots[middle] < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- coming and going ------------------------------------------------------------------------ */

static bool stirred(const struct crowd *c)
{
	return c->link.newer != &c->link;
}

static void leave_walk(struct walk *w, struct crowd *c)
{
	if (ring_oldest(&w->stirred) == &c->link)
		w->piece = 0;
	ring_remove(&c->link);
	ring_init(&c->link);
}

static enum err make_place(struct crowd *c)
{
	uint32_t cap = c->cap ? c->cap * 2 : 4;

	if (c->count < c->cap)
		return ERR_NONE;
	uint32_t *slots = realloc(c->slots, cap * sizeof(*slots));
	if (!slots)
		return ERR_MEMORY;
	c->slots = slots;
	c->cap = cap;
	return ERR_NONE;
}

enum err audiences_add(struct audiences *all, uint32_t room, uint32_t slot)
{
	struct audience *a = find_or_make(all, room);
	struct crowd *c = a ? &a->crowds[slot % all->shards] : NULL;

	if (!a)
		return ERR_MEMORY;
	if (make_place(c) != ERR_NONE) {
		let_go(all, a);
		return ERR_MEMORY;
	}
	uint32_t place = place_of(c, slot);
	assert(place == c->count || c->slots[place] != slot);
	memmove(c->slots + place + 1, c->slots + place, (c->count - place) * sizeof(*c->slots));
	c->slots[place] = slot;
	c->count++;
	a->count++;
	if (stirred(c)) { /* it may stand before those that are left, or among them */
		c->at += place < c->at;
		c->left++;
	}
	return ERR_NONE;
}

void audiences_remove(struct audiences *all, uint32_t room, uint32_t slot)
{
	struct audience *a = find(all, room);
	struct crowd *c = a ? &a->crowds[slot % all->shards] : NULL;
	uint32_t place = c ? place_of(c, slot) : 0;

	assert(c && place < c->count && c->slots[place] == slot);
	c->count--;
	a->count--;
	memmove(c->slots + place, c->slots + place + 1, (c->count - place) * sizeof(*c->slots));
	c->at -= place < c->at;
	if (c->left > c->count)
		c->left = c->count;
	if (stirred(c) && c->left == 0)
		leave_walk(&all->walks[slot % all->shards], c);
	let_go(all, a);
}

/* ---- walking --------------------------------------------------------------------------------- */

void audiences_stir(struct audiences *all, uint32_t room)
{
	struct audience *a = find(all, room);

	for (unsigned i = 0; a && i < all->shards; i++) {
		struct crowd *c = &a->crowds[i];
		if (c->count == 0)
			continue;
		if (!stirred(c)) {
			c->at = c->round = 0;
			ring_add(&all->walks[i].stirred, &c->link);
		}
		c->left = c->count;
	}
}

/* When the round may begin that follows one that ends now. */
static uint64_t next_round(const struct crowd *c, uint64_t now)
{
	uint64_t rest = (now - c->begun) * AUDIENCES_REST;

	if (c->count <= AUDIENCES_LARGE || now - c->begun >= AUDIENCES_ROUND_MAX)
		return now;
	return now + rest < c->begun + AUDIENCES_ROUND_MAX ? now + rest
							   : c->begun + AUDIENCES_ROUND_MAX;
}

static void wake(struct walk *w, uint64_t now)
{
	struct ring *next;

	for (struct ring *r = ring_oldest(&w->resting); r; r = next) {
		struct crowd *c = RING_OF(r, struct crowd, link);
		next = ring_newer(&w->resting, r);
		if (now < c->rests_until)
			continue;
		ring_remove(r);
		ring_add(&w->stirred, r);
	}
}

void audiences_wake(struct audiences *all, uint64_t now)
{
	for (unsigned i = 0; i < all->shards; i++)
		wake(&all->walks[i], now);
}

uint64_t audiences_deadline(const struct audiences *all)
{
	uint64_t at = TIMERQ_NEVER;

	for (unsigned i = 0; i < all->shards; i++) {
		const struct ring *list = &all->walks[i].resting;
		for (struct ring *r = ring_oldest(list); r; r = ring_newer(list, r)) {
			uint64_t end = RING_OF(r, struct crowd, link)->rests_until;
			at = end < at ? end : at;
		}
	}
	return at;
}

size_t audiences_due(const struct audiences *all, unsigned shard, size_t enough)
{
	const struct ring *list = &all->walks[shard].stirred;
	size_t due = 0;

	for (struct ring *r = ring_oldest(list); r && due < enough; r = ring_newer(list, r))
		due += RING_OF(r, struct crowd, link)->left;
	return due;
}

void audiences_pass(struct audiences *all, unsigned shard)
{
	struct walk *w = &all->walks[shard];
	struct ring *first = ring_oldest(&w->stirred);

	if (w->piece == 0 || !first)
		return;
	w->piece = 0;
	ring_remove(first);
	ring_add(&w->stirred, first);
}

/* One of the round was visited; if that was its last, something has happened meanwhile. */
static void count_visit(struct walk *w, struct crowd *c, uint64_t now)
{
	if (--c->left == 0) {
		leave_walk(w, c);
		return;
	}
	if (--c->round > 0)
		return;
	c->rests_until = next_round(c, now);
	if (now < c->rests_until) {
		leave_walk(w, c);
		ring_add(&w->resting, &c->link);
	}
}

bool audiences_next(struct audiences *all, unsigned shard, uint64_t now, uint32_t *slot)
{
	struct walk *w = &all->walks[shard];

	if (w->piece == AUDIENCES_PIECE)
		audiences_pass(all, shard);
	struct ring *first = ring_oldest(&w->stirred);
	if (!first)
		return false;
	struct crowd *c = RING_OF(first, struct crowd, link);
	if (c->at >= c->count)
		c->at = 0;
	if (c->round == 0) {
		c->round = c->count;
		c->begun = now;
	}
	*slot = c->slots[c->at++];
	w->piece++;
	count_visit(w, c, now);
	return true;
}

/* Within the room that is visited: the next one's visits are told when it has its turn. */
bool audiences_ahead(const struct audiences *all, unsigned shard, uint32_t after, uint32_t *slot)
{
	struct ring *first = ring_oldest(&all->walks[shard].stirred);
	const struct crowd *c = first ? RING_OF(first, struct crowd, link) : NULL;

	if (!c || after >= c->left)
		return false;
	*slot = c->slots[c->at + after < c->count ? c->at + after : c->at + after - c->count];
	return true;
}

bool audiences_follower(const struct audiences *all, uint32_t room, size_t at, uint32_t *slot)
{
	const struct audience *a = find(all, room);

	for (unsigned i = 0; a && i < all->shards; i++) {
		if (at < a->crowds[i].count) {
			*slot = a->crowds[i].slots[at];
			return true;
		}
		at -= a->crowds[i].count;
	}
	return false;
}
