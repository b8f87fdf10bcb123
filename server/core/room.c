/*
 * Authors and encodings lie one behind the other in segments; a ring of places finds them by number.
 * Segments are small in a young room and grow to ROOM_SEGMENT.  The oldest is freed as a whole once
 * all that follows it is over the limit.
 *
 * A frame that was rewritten lies where it was when it fits, else in memory of its own, with its author
 * before it as well.
 */
#include "core/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct segment {
	struct segment *next;
	uint64_t last; /* number of its newest event */
	size_t used, size;
	uint8_t bytes[];
};

struct place {
	uint8_t *frame; /* the author is before it */
	uint32_t len;
	bool own; /* memory of its own */
};

struct room {
	uint32_t id;
	uint64_t first, head, last; /* in memory: first..last; published: ..head */
	size_t bytes, max_bytes;
	struct segment *oldest, *newest;
	struct place *ring; /* by number modulo cap, a power of two */
	size_t cap;
	size_t own_count;
	/* how it was at the head, when that is not the last: for room_truncate() */
	struct segment *head_segment; /* NULL: there was none */
	size_t head_used;
};

enum {
	FIRST_RING = 8,
	FIRST_SEGMENT = 512,
	LIMIT_PARTS = 8,
	FRAME_FIELDS = 96, /* all of an event's frame but its strings, at the most */
};
_Static_assert((size_t)OWNER_BYTES + WIRE_ITEM_MAX <= (size_t)ROOM_SEGMENT,
	       "an event fits a segment");

struct room *room_new(uint32_t id, size_t max_bytes, uint64_t head)
{
	struct room *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->id = id;
	r->first = head + 1;
	r->head = r->last = head;
	r->max_bytes = max_bytes;
	return r;
}

uint64_t room_head(const struct room *r)
{
	return r->head;
}

uint64_t room_last(const struct room *r)
{
	return r->last;
}

uint64_t room_first(const struct room *r)
{
	return r->first;
}

size_t room_bytes(const struct room *r)
{
	return r->bytes;
}

static struct place *place_of(const struct room *r, uint64_t seq)
{
	return &r->ring[seq & (r->cap - 1)];
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static void free_own(struct room *r, struct place *p)
{
	if (!p->own)
		return;
	free(p->frame - OWNER_BYTES);
	r->bytes -= OWNER_BYTES + p->len;
	r->own_count--;
	p->own = false;
}

static size_t memory_of(const struct segment *s)
{
	return sizeof(*s) + s->size;
}

static void free_segment(struct room *r, struct segment *s)
{
	r->bytes -= memory_of(s);
	free(s);
}

static void forget_oldest(struct room *r)
{
	struct segment *s = r->oldest;

	for (; r->first <= s->last; r->first++)
		if (r->own_count > 0)
			free_own(r, place_of(r, r->first));
	r->oldest = s->next;
	if (!r->oldest)
		r->newest = NULL;
	free_segment(r, s);
}

/* What is numbered stays, and so does the piece that it would go back to. */
static void forget_up_to(struct room *r, uint64_t seq)
{
	while (r->oldest != r->newest && r->oldest->last <= seq && r->oldest != r->head_segment)
		forget_oldest(r);
	for (; r->first <= seq; r->first++)
		if (r->own_count > 0)
			free_own(r, place_of(r, r->first));
}

void room_free(struct room *r)
{
	if (!r)
		return;
	while (r->oldest)
		forget_oldest(r);
	free(r->ring);
	free(r);
}

/* Whether the oldest segment could go: something newer is published, and the head's is to stay as long
 * as all may go back to it. */
static bool may_forget(const struct room *r)
{
	if (r->oldest == r->newest || r->newest->used == 0 || r->oldest->last > r->head)
		return false;
	return r->last == r->head || r->oldest != r->head_segment;
}

void room_shrink(struct room *r, size_t bytes)
{
	while (r->bytes > bytes && may_forget(r))
		forget_oldest(r);
}

/* ---- numbering ------------------------------------------------------------------------------- */

static enum err ring_grow(struct room *r)
{
	size_t cap = r->cap ? r->cap * 2 : FIRST_RING;
	struct place *ring = malloc(cap * sizeof(*ring));

	if (!ring)
		return ERR_MEMORY;
	for (uint64_t n = r->first; n <= r->last; n++)
		ring[n & (cap - 1)] = *place_of(r, n);
	free(r->ring);
	r->bytes += (cap - r->cap) * sizeof(*ring);
	r->ring = ring;
	r->cap = cap;
	return ERR_NONE;
}

/* What an event may take, with its author. */
static size_t need_of(const struct event *e)
{
	size_t frame = FRAME_FIELDS + e->from.len + e->text.len;

	return OWNER_BYTES + (frame < WIRE_ITEM_MAX ? frame : WIRE_ITEM_MAX);
}

/* Twice the last one's, but a small part of the limit: the oldest is to go when there is a little more. */
static size_t next_size(const struct room *r, size_t need)
{
	size_t size = FIRST_SEGMENT, last = r->newest ? r->newest->size : 0;

	while (size <= last && size * 2 <= r->max_bytes / LIMIT_PARTS)
		size *= 2;
	while (size < need)
		size *= 2;
	return size < ROOM_SEGMENT ? size : ROOM_SEGMENT;
}

/* The newest segment, with so much room; NULL: no memory. */
static struct segment *segment_ready(struct room *r, size_t need)
{
	if (r->newest && r->newest->size - r->newest->used >= need)
		return r->newest;
	size_t size = next_size(r, need);
	struct segment *s = malloc(sizeof(*s) + size);
	if (!s)
		return NULL;
	*s = (struct segment){.last = r->last, .size = size};
	if (r->newest)
		r->newest->next = s;
	else
		r->oldest = s;
	r->newest = s;
	r->bytes += memory_of(s);
	return s;
}

static void remember_head(struct room *r)
{
	r->head_segment = r->newest;
	r->head_used = r->newest ? r->newest->used : 0;
}

static void put_author(uint8_t *at, const uint8_t *author)
{
	if (author)
		memcpy(at, author, OWNER_BYTES);
	else
		memset(at, 0, OWNER_BYTES);
}

enum err room_append(struct room *r, struct event *e, const uint8_t author[OWNER_BYTES])
{
	size_t need = need_of(e);

	if (r->last == r->head)
		remember_head(r);
	struct segment *s = segment_ready(r, need);
	if (!s || (r->last - r->first + 1 == r->cap && ring_grow(r) != ERR_NONE))
		return ERR_MEMORY;
	uint8_t *frame = s->bytes + s->used + OWNER_BYTES;
	struct buf b = buf_of(frame, need - OWNER_BYTES);
	e->room = r->id;
	e->seq = r->last + 1;
	event_put(&b, e);
	if (b.failed)
		return ERR_TOO_BIG;
	put_author(s->bytes + s->used, author);
	r->last++;
	*place_of(r, r->last) = (struct place){.frame = frame, .len = (uint32_t)b.len};
	s->used += OWNER_BYTES + b.len;
	s->last = r->last;
	return ERR_NONE;
}

void room_publish(struct room *r)
{
	r->head = r->last;
	while (may_forget(r) && r->bytes - memory_of(r->oldest) >= r->max_bytes)
		forget_oldest(r);
}

void room_truncate(struct room *r)
{
	if (r->last == r->head)
		return;
	struct segment *s = r->head_segment ? r->head_segment->next : r->oldest;
	while (s) {
		struct segment *next = s->next;
		free_segment(r, s);
		s = next;
	}
	r->newest = r->head_segment;
	r->last = r->head;
	if (!r->newest) {
		r->oldest = NULL;
		return;
	}
	r->newest->next = NULL;
	r->newest->used = r->head_used;
	r->newest->last = r->head;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct slice room_numbered(const struct room *r, uint64_t seq)
{
	if (seq < r->first || seq > r->last)
		return slice_of(NULL, 0);
	return slice_of(place_of(r, seq)->frame, place_of(r, seq)->len);
}

struct slice room_frame(const struct room *r, uint64_t seq)
{
	return seq > r->head ? slice_of(NULL, 0) : room_numbered(r, seq);
}

const uint8_t *room_author(const struct room *r, uint64_t seq)
{
	assert(seq >= r->first && seq <= r->last);
	return place_of(r, seq)->frame - OWNER_BYTES;
}

/* ---- changing -------------------------------------------------------------------------------- */

static enum err move_out(struct room *r, struct place *p, struct slice frame)
{
	uint8_t *own = malloc(OWNER_BYTES + frame.len);

	if (own) {
		memcpy(own, p->frame - OWNER_BYTES, OWNER_BYTES);
		memcpy(own + OWNER_BYTES, frame.data, frame.len);
	}
	memset(p->frame, 0, p->len);
	free_own(r, p);
	if (!own)
		return ERR_MEMORY;
	*p = (struct place){own + OWNER_BYTES, (uint32_t)frame.len, true};
	r->bytes += OWNER_BYTES + frame.len;
	r->own_count++;
	return ERR_NONE;
}

enum err room_rewrite(struct room *r, uint64_t seq, struct slice frame)
{
	if (seq < r->first || seq > r->head)
		return ERR_NOT_FOUND;
	struct place *p = place_of(r, seq);
	if (p->own || frame.len > p->len) {
		enum err e = move_out(r, p, frame);
		if (e != ERR_NONE)
			forget_up_to(r, seq);
		return e;
	}
	memcpy(p->frame, frame.data, frame.len);
	memset(p->frame + frame.len, 0, p->len - frame.len);
	p->len = (uint32_t)frame.len;
	return ERR_NONE;
}
