/*
 * Encodings lie one behind the other in segments, from their beginning; from their end, towards it, lies
 * what finds them, with who caused them.  Segments are small in a young room and grow to ROOM_SEGMENT.
 * The oldest is freed as a whole once all that follows it is over the limit.
 *
 * A frame that was rewritten lies where it was when it fits, else in memory of its own; what it does not
 * fill any more is a gap, where a run ends.
 */
#include "core/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct place {
	uint8_t author[OWNER_BYTES];
	uint8_t *frame;
	uint32_t len;
	bool own; /* memory of its own */
};

struct segment {
	uint64_t first, last; /* numbers of its events; first - 1: it has none */
	size_t used, size;    /* by frames; of all bytes */
	bool gaps;	      /* its frames do not lie in one piece any more */
	_Alignas(struct place) uint8_t bytes[];
};

struct room {
	uint32_t id;
	uint32_t count, cap;	    /* of segments */
	uint64_t first, head, last; /* in memory: first..last; published: ..head */
	size_t bytes, max_bytes;
	struct segment **segments; /* oldest first */
	size_t own_count;
	size_t head_used; /* of the head's segment, when there are others behind it in there */
};

enum {
	FIRST_SEGMENT = 512,
	FIRST_CAP = 4,
	LIMIT_PARTS = 8,
	FRAME_FIELDS = 96, /* all of an event's frame but its strings, at the most */
};
_Static_assert(sizeof(struct place) + WIRE_ITEM_MAX <= (size_t)ROOM_SEGMENT,
	       "an event fits a segment");
_Static_assert(FIRST_SEGMENT % _Alignof(struct place) == 0, "places lie as they have to");

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

/* ---- finding --------------------------------------------------------------------------------- */

static struct segment *newest(const struct room *r)
{
	return r->count > 0 ? r->segments[r->count - 1] : NULL;
}

/* Of an event in memory: most look for the newest. */
static struct segment *segment_of(const struct room *r, uint64_t seq)
{
	uint32_t low = 0, high = r->count - 1;

	if (r->segments[high]->first <= seq)
		return r->segments[high];
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (r->segments[middle]->last < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return r->segments[low];
}

static struct place *place_in(struct segment *s, uint64_t seq)
{
	return (struct place *)(void *)(s->bytes + s->size) - 1 - (seq - s->first);
}

static struct place *place_of(const struct room *r, uint64_t seq)
{
	return place_in(segment_of(r, seq), seq);
}

static size_t room_in(const struct segment *s)
{
	return s->size - s->used - (s->last + 1 - s->first) * sizeof(struct place);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static void free_own(struct room *r, struct place *p)
{
	if (!p->own)
		return;
	free(p->frame);
	r->bytes -= p->len;
	r->own_count--;
	p->own = false;
}

/* What lies in memory of its own, up to that number. */
static void forget_own(struct room *r, uint64_t seq)
{
	for (; r->first <= seq; r->first++)
		if (r->own_count > 0)
			free_own(r, place_of(r, r->first));
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
	struct segment *s = r->segments[0];

	forget_own(r, s->last);
	r->count--;
	memmove(r->segments, r->segments + 1, r->count * sizeof(struct segment *));
	free_segment(r, s);
}

/* Whether the oldest segment could go: something newer is published, and the head's is to stay as long
 * as all may go back to it. */
static bool may_forget(const struct room *r)
{
	const struct segment *last = newest(r);

	if (r->count < 2 || last->last < last->first)
		return false;
	return r->segments[0]->last < r->head + (r->last == r->head);
}

static void forget_up_to(struct room *r, uint64_t seq)
{
	while (may_forget(r) && r->segments[0]->last <= seq)
		forget_oldest(r);
	forget_own(r, seq);
}

void room_free(struct room *r)
{
	if (!r)
		return;
	while (r->count > 0)
		forget_oldest(r);
	free(r->segments);
	free(r);
}

void room_shrink(struct room *r, size_t bytes)
{
	while (r->bytes > bytes && may_forget(r))
		forget_oldest(r);
}

/* ---- numbering ------------------------------------------------------------------------------- */

/* What an event may take, with what finds it. */
static size_t need_of(const struct event *e)
{
	size_t frame = FRAME_FIELDS + e->from.len + e->text.len;

	return sizeof(struct place) + (frame < WIRE_ITEM_MAX ? frame : WIRE_ITEM_MAX);
}

/* Twice the last one's, but a small part of the limit: the oldest is to go when there is a little more. */
static size_t next_size(const struct room *r, size_t need)
{
	size_t size = FIRST_SEGMENT, last = r->count > 0 ? newest(r)->size : 0;

	while (size <= last && size * 2 <= r->max_bytes / LIMIT_PARTS)
		size *= 2;
	while (size < need)
		size *= 2;
	return size < ROOM_SEGMENT ? size : ROOM_SEGMENT;
}

static enum err make_place(struct room *r)
{
	uint32_t cap = r->cap ? r->cap * 2 : FIRST_CAP;

	if (r->count < r->cap)
		return ERR_NONE;
	struct segment **segments = realloc(r->segments, cap * sizeof(struct segment *));
	if (!segments)
		return ERR_MEMORY;
	r->bytes += (cap - r->cap) * sizeof(struct segment *);
	r->segments = segments;
	r->cap = cap;
	return ERR_NONE;
}

/* The newest segment, with so much room; NULL: no memory. */
static struct segment *segment_ready(struct room *r, size_t need)
{
	if (r->count > 0 && room_in(newest(r)) >= need)
		return newest(r);
	size_t size = next_size(r, need);
	struct segment *s = make_place(r) == ERR_NONE ? malloc(sizeof(*s) + size) : NULL;
	if (!s)
		return NULL;
	*s = (struct segment){.first = r->last + 1, .last = r->last, .size = size};
	r->segments[r->count++] = s;
	r->bytes += memory_of(s);
	return s;
}

enum err room_append(struct room *r, struct event *e, const uint8_t author[OWNER_BYTES])
{
	static const uint8_t nobody[OWNER_BYTES];
	size_t need = need_of(e);
	struct segment *s = segment_ready(r, need);

	if (!s)
		return ERR_MEMORY;
	uint8_t *frame = s->bytes + s->used;
	struct buf b = buf_of(frame, need - sizeof(struct place));
	e->room = r->id;
	e->seq = r->last + 1;
	event_put(&b, e);
	if (b.failed)
		return ERR_TOO_BIG;
	if (r->last == r->head)
		r->head_used = s->used;
	r->last = s->last = e->seq;
	s->used += b.len;
	struct place *p = place_in(s, e->seq);
	*p = (struct place){.frame = frame, .len = (uint32_t)b.len};
	memcpy(p->author, author ? author : nobody, OWNER_BYTES);
	return ERR_NONE;
}

void room_publish(struct room *r)
{
	r->head = r->last;
	while (may_forget(r) && r->bytes - memory_of(r->segments[0]) >= r->max_bytes)
		forget_oldest(r);
}

void room_truncate(struct room *r)
{
	if (r->last == r->head)
		return;
	while (r->count > 0 && newest(r)->first > r->head)
		free_segment(r, r->segments[--r->count]);
	r->last = r->head;
	if (r->count == 0 || newest(r)->last == r->head)
		return;
	newest(r)->used = r->head_used;
	newest(r)->last = r->head;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct slice room_numbered(const struct room *r, uint64_t seq)
{
	if (seq < r->first || seq > r->last)
		return slice_of(NULL, 0);
	const struct place *p = place_of(r, seq);
	return slice_of(p->frame, p->len);
}

struct slice room_frame(const struct room *r, uint64_t seq)
{
	return seq > r->head ? slice_of(NULL, 0) : room_numbered(r, seq);
}

static const uint8_t *end_of(struct segment *s, uint64_t seq)
{
	const struct place *p = place_in(s, seq);

	return p->frame + p->len;
}

/*
 * The last number up to `last` whose frame ends within so many bytes of first's begin.  Most are about as
 * long as the first is: what finds them is looked at where it is likely to be, before all over the piece.
 */
static uint64_t last_that_fits(struct segment *s, uint64_t first, uint64_t last, size_t max_bytes)
{
	const struct place *from = place_in(s, first);
	uint64_t fits = first, over = last, at = first + max_bytes / from->len;

	if ((size_t)(end_of(s, last) - from->frame) <= max_bytes)
		return last;
	for (unsigned tries = 0; over - fits > 1; tries++) {
		if (tries > 2 || at <= fits || at >= over)
			at = fits + (over - fits) / 2;
		if ((size_t)(end_of(s, at) - from->frame) <= max_bytes)
			fits = at++;
		else
			over = at--;
	}
	return fits;
}

static bool follows(const struct place *a, const struct place *b)
{
	return !a->own && !b->own && a->frame + a->len == b->frame;
}

/* The same where there are gaps, which end it. */
static uint64_t last_in_one_piece(struct segment *s, uint64_t first, uint64_t last,
				  size_t max_bytes)
{
	const uint8_t *begin = place_in(s, first)->frame;

	while (first < last && follows(place_in(s, first), place_in(s, first + 1)) &&
	       (size_t)(end_of(s, first + 1) - begin) <= max_bytes)
		first++;
	return first;
}

struct slice room_run(const struct room *r, uint64_t seq, size_t max_bytes, uint32_t *count)
{
	if (seq < r->first || seq > r->head || *count == 0)
		return slice_of(NULL, 0);
	struct segment *s = segment_of(r, seq);
	uint64_t last = s->last < r->head ? s->last : r->head;
	if (last - seq >= *count)
		last = seq + *count - 1;
	last = s->gaps ? last_in_one_piece(s, seq, last, max_bytes)
		       : last_that_fits(s, seq, last, max_bytes);
	*count = (uint32_t)(last - seq + 1);
	const uint8_t *begin = place_in(s, seq)->frame;
	return slice_of(begin, (size_t)(end_of(s, last) - begin));
}

const uint8_t *room_author(const struct room *r, uint64_t seq)
{
	assert(seq >= r->first && seq <= r->last);
	return place_of(r, seq)->author;
}

/* ---- changing -------------------------------------------------------------------------------- */

static enum err move_out(struct room *r, struct place *p, struct slice frame)
{
	uint8_t *own = malloc(frame.len);

	if (own)
		memcpy(own, frame.data, frame.len);
	memset(p->frame, 0, p->len);
	free_own(r, p);
	if (!own)
		return ERR_MEMORY;
	p->frame = own;
	p->len = (uint32_t)frame.len;
	p->own = true;
	r->bytes += frame.len;
	r->own_count++;
	return ERR_NONE;
}

enum err room_rewrite(struct room *r, uint64_t seq, struct slice frame)
{
	if (seq < r->first || seq > r->head)
		return ERR_NOT_FOUND;
	struct segment *s = segment_of(r, seq);
	struct place *p = place_in(s, seq);
	if (p->own || frame.len > p->len) {
		s->gaps = true;
		enum err e = move_out(r, p, frame);
		if (e != ERR_NONE)
			forget_up_to(r, seq);
		return e;
	}
	s->gaps |= frame.len < p->len;
	memcpy(p->frame, frame.data, frame.len);
	memset(p->frame + frame.len, 0, p->len - frame.len);
	p->len = (uint32_t)frame.len;
	return ERR_NONE;
}
