/*
 * Encodings lie one behind the other in segments of ROOM_SEGMENT bytes; a ring of slices finds them
 * by number.  The oldest segment is freed as a whole once all that follows it is over the limit.
 */
#include "core/room.h"

#include <stdlib.h>

struct segment {
	struct segment *next;
	uint64_t last; /* number of its newest event */
	size_t used;
	uint8_t bytes[ROOM_SEGMENT];
};
_Static_assert((size_t)WIRE_ITEM_MAX <= (size_t)ROOM_SEGMENT, "an event fits a segment");

struct room {
	uint32_t id;
	uint64_t first, head; /* kept: first..head */
	size_t bytes, max_bytes;
	struct segment *oldest, *newest;
	struct slice *ring; /* by number modulo cap, a power of two */
	size_t cap;
};

enum { FIRST_RING = 256 };

struct room *room_new(uint32_t id, size_t max_bytes)
{
	struct room *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->id = id;
	r->first = 1;
	r->max_bytes = max_bytes;
	return r;
}

void room_free(struct room *r)
{
	if (!r)
		return;
	while (r->oldest) {
		struct segment *next = r->oldest->next;
		free(r->oldest);
		r->oldest = next;
	}
	free(r->ring);
	free(r);
}

uint64_t room_head(const struct room *r)
{
	return r->head;
}

uint64_t room_first(const struct room *r)
{
	return r->first;
}

size_t room_bytes(const struct room *r)
{
	return r->bytes;
}

static enum err ring_grow(struct room *r)
{
	size_t cap = r->cap ? r->cap * 2 : FIRST_RING;
	struct slice *ring = malloc(cap * sizeof(*ring));

	if (!ring)
		return ERR_MEMORY;
	for (uint64_t n = r->first; n <= r->head; n++)
		ring[n & (cap - 1)] = r->ring[n & (r->cap - 1)];
	free(r->ring);
	r->ring = ring;
	r->cap = cap;
	return ERR_NONE;
}

/* A segment with room for one more event of any size. */
static struct segment *segment_ready(struct room *r)
{
	if (r->newest && ROOM_SEGMENT - r->newest->used >= WIRE_ITEM_MAX)
		return r->newest;
	struct segment *s = malloc(sizeof(*s));
	if (!s)
		return NULL;
	s->next = NULL;
	s->used = 0;
	s->last = r->head;
	if (r->newest)
		r->newest->next = s;
	else
		r->oldest = s;
	r->newest = s;
	return s;
}

static void forget_oldest(struct room *r)
{
	struct segment *s = r->oldest;

	r->first = s->last + 1;
	r->bytes -= s->used;
	r->oldest = s->next;
	free(s);
}

enum err room_append(struct room *r, struct event *e)
{
	struct segment *s = segment_ready(r);

	if (!s || (r->head - r->first + 1 == r->cap && ring_grow(r) != ERR_NONE))
		return ERR_MEMORY;
	struct buf b = buf_of(s->bytes + s->used, WIRE_ITEM_MAX);
	e->room = r->id;
	e->seq = r->head + 1;
	event_put(&b, e);
	if (b.failed)
		return ERR_TOO_BIG;
	r->head++;
	r->ring[r->head & (r->cap - 1)] = slice_of(b.data, b.len);
	s->used += b.len;
	s->last = r->head;
	r->bytes += b.len;
	while (r->oldest != r->newest && r->bytes - r->oldest->used >= r->max_bytes)
		forget_oldest(r);
	return ERR_NONE;
}

struct slice room_frame(const struct room *r, uint64_t seq)
{
	if (seq < r->first || seq > r->head)
		return slice_of(NULL, 0);
	return r->ring[seq & (r->cap - 1)];
}
