/* A session is in few rooms: to look through all of them is all the index there is. */
#include "proto/hearing.h"

#include <stdlib.h>
#include <string.h>

/* The first half of a pool is for what comes early, see assembly.h. */
_Static_assert((size_t)WIRE_ITEM_MAX *HEARING_ROOMS_MAX +
			       (size_t)WIRE_EVENTS_MAX * sizeof(void *) * HEARING_ROOMS_MAX <=
		       HEARING_EARLY_MAX,
	       "every room has a place for the event whose turn it is");

void hearing_init(struct hearing *h)
{
	*h = (struct hearing){.pool = {.max = 2 * (size_t)HEARING_EARLY_MAX}};
}

void hearing_wipe(struct hearing *h)
{
	for (uint32_t i = 0; i < h->count; i++)
		assembly_wipe(&h->rooms[i].incoming);
	free(h->rooms);
	*h = (struct hearing){.rooms = NULL};
}

struct heard_room *hearing_look_for(const struct hearing *h, uint32_t room)
{
	for (uint32_t i = 0; i < h->count; i++)
		if (h->rooms[i].room == room)
			return &h->rooms[i];
	return NULL;
}

enum err hearing_reserve(struct hearing *h, uint32_t more)
{
	uint32_t cap = h->count + more;

	if (cap > HEARING_ROOMS_MAX)
		cap = HEARING_ROOMS_MAX;
	if (cap <= h->cap)
		return ERR_NONE;
	struct heard_room *rooms = realloc(h->rooms, cap * sizeof(*rooms));
	if (!rooms)
		return ERR_MEMORY;
	h->rooms = rooms;
	h->cap = cap;
	return ERR_NONE;
}

/* The oldest of those that were left goes. */
static enum err make_place(struct hearing *h)
{
	uint32_t i = 0;

	if (h->count < HEARING_ROOMS_MAX)
		return hearing_reserve(h, 1);
	while (i < h->count && !h->rooms[i].left)
		i++;
	if (i == h->count)
		return ERR_FULL;
	assembly_wipe(&h->rooms[i].incoming);
	h->count--;
	memmove(&h->rooms[i], &h->rooms[i + 1], (h->count - i) * sizeof(h->rooms[0]));
	return ERR_NONE;
}

enum err hearing_open(struct hearing *h, uint32_t room, uint64_t first)
{
	enum err e = make_place(h);

	if (e != ERR_NONE)
		return e;
	struct heard_room *r = &h->rooms[h->count++];
	*r = (struct heard_room){.room = room};
	assembly_open(&r->incoming, first, WIRE_EVENTS_MAX, HEARING_EARLY_MAX);
	r->incoming.pool = &h->pool;
	return ERR_NONE;
}

void hearing_skip(struct heard_room *r, uint64_t first)
{
	assembly_skip(&r->incoming, first);
	r->news = NEWS_DUE;
}

bool hearing_pack(struct hearing *h, uint32_t *room, uint64_t *next)
{
	for (uint32_t i = 0; i < h->count; i++) {
		struct heard_room *r = &h->rooms[(h->told + i) % h->count];
		if (r->news != NEWS_DUE)
			continue;
		*room = r->room;
		*next = r->incoming.next;
		r->news = NEWS_PACKED;
		h->told = (h->told + i + 1) % h->count;
		return true;
	}
	return false;
}

void hearing_packed(struct hearing *h, bool sent)
{
	for (uint32_t i = 0; i < h->count; i++)
		if (h->rooms[i].news == NEWS_PACKED)
			h->rooms[i].news = sent ? NEWS_NONE : NEWS_DUE;
}
