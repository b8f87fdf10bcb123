/*
 * Encodings lie one behind the other in segments, from their beginning; from their end, towards it, lies
 * what finds them.  Segments are small in a young room and grow to ROOM_SEGMENT.  The oldest is freed as
 * a whole once all that follows it is over the limit.
 *
 * Most events are somebody's coming or going, or one of many talks by a few: who said them is in a table
 * beside the segment, once for each author as long as their last talk is easily found again.
 *
 * A frame that was rewritten lies where it was when it fits, else in memory of its own, whose address is
 * kept where the frame was; what it does not fill any more is a gap, where a run ends.
 */
#include "core/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OFFSET_BITS = 16, LEN_BITS = 15 };

struct place {
	uint16_t offset;	 /* of the frame in its segment, or of its address */
	uint16_t len : LEN_BITS; /* of the frame */
	uint16_t own : 1;	 /* it is in memory of its own */
	uint16_t author;	 /* in the segment's table, or NOBODY */
};

struct segment {
	uint64_t first, last; /* numbers of its events; first - 1: it has none */
	size_t used, size;    /* by frames; of all bytes */
	uint8_t (*authors)[OWNER_BYTES];
	uint16_t author_count, author_cap;
	bool gaps; /* its frames do not lie in one piece any more */
	_Alignas(struct place) uint8_t bytes[];
};

enum {
	RECENT = 64,
	NOBODY = UINT16_MAX,
	FIRST_AUTHORS = 4,
	FRAME_MIN = sizeof(uint8_t *), /* of bytes for each frame: its address fits there */
};

struct room {
	uint32_t id;
	uint32_t count, cap;	    /* of segments */
	uint64_t first, head, last; /* in memory: first..last; published: ..head */
	size_t bytes, max_bytes;
	struct segment **segments; /* oldest first */
	size_t own_count;
	size_t head_used; /* of the head's segment, when there are others behind it in there; */
	uint16_t head_authors;	 /* … of its table */
	uint16_t recent[RECENT]; /* where authors may be in the newest segment's table, by hash */
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
_Static_assert(ROOM_SEGMENT <= 1 << OFFSET_BITS && WIRE_ITEM_MAX < 1 << LEN_BITS,
	       "a place tells of every frame");
_Static_assert(ROOM_SEGMENT / (sizeof(struct place) + FRAME_MIN) < NOBODY,
	       "all events of a segment may have an author each");

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

static uint8_t *frame_of(struct segment *s, const struct place *p)
{
	uint8_t *frame = s->bytes + p->offset;

	if (p->own)
		memcpy(&frame, s->bytes + p->offset, sizeof(uint8_t *));
	return frame;
}

static size_t room_in(const struct segment *s)
{
	return s->size - s->used - (s->last + 1 - s->first) * sizeof(struct place);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static void free_own(struct room *r, struct segment *s, struct place *p)
{
	if (!p->own)
		return;
	free(frame_of(s, p));
	r->bytes -= p->len;
	r->own_count--;
	p->own = 0;
}

/* What lies in memory of its own, up to that number. */
static void forget_own(struct room *r, uint64_t seq)
{
	for (; r->first <= seq; r->first++) {
		struct segment *s = r->own_count > 0 ? segment_of(r, r->first) : NULL;
		if (s)
			free_own(r, s, place_in(s, r->first));
	}
}

static size_t memory_of(const struct segment *s)
{
	return sizeof(*s) + s->size + (size_t)s->author_cap * OWNER_BYTES;
}

static void free_segment(struct room *r, struct segment *s)
{
	r->bytes -= memory_of(s);
	free(s->authors);
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

static enum err add_author(struct room *r, struct segment *s, const uint8_t author[OWNER_BYTES])
{
	uint16_t cap = s->author_cap ? (uint16_t)(s->author_cap * 2) : FIRST_AUTHORS;

	if (s->author_count == s->author_cap) {
		uint8_t(*authors)[OWNER_BYTES] = realloc(s->authors, (size_t)cap * OWNER_BYTES);
		if (!authors)
			return ERR_MEMORY;
		r->bytes += (size_t)(cap - s->author_cap) * OWNER_BYTES;
		s->authors = authors;
		s->author_cap = cap;
	}
	memcpy(s->authors[s->author_count++], author, OWNER_BYTES);
	return ERR_NONE;
}

/* They are keys, or texts that differ in few bytes. */
static uint16_t *recent_of(struct room *r, const uint8_t author[OWNER_BYTES])
{
	uint64_t words[OWNER_BYTES / sizeof(uint64_t)], all = 0;

	memcpy(words, author, OWNER_BYTES);
	for (size_t i = 0; i < OWNER_BYTES / sizeof(uint64_t); i++)
		all ^= words[i];
	return &r->recent[(all * UINT64_C(0x9e3779b97f4a7c15) >> 48) % RECENT];
}

/* Where the author is in the newest segment's table; who is not found soon is there once more. */
static enum err author_ready(struct room *r, const uint8_t author[OWNER_BYTES], uint16_t *out)
{
	struct segment *s = newest(r);
	uint16_t *recent = recent_of(r, author);

	if (*recent >= s->author_count || !owner_equal(s->authors[*recent], author)) {
		if (add_author(r, s, author) != ERR_NONE)
			return ERR_MEMORY;
		*recent = (uint16_t)(s->author_count - 1);
	}
	*out = *recent;
	return ERR_NONE;
}

/* Of nothing else is it asked who caused it. */
static bool has_author(const struct event *e)
{
	return e->kind == EVENT_TALK || e->kind == EVENT_EDITED || e->kind == EVENT_RECALLED;
}

/* It has been encoded into the segment, behind what is used. */
static void number(struct room *r, struct segment *s, size_t len, uint16_t author)
{
	s->last = ++r->last;
	*place_in(s, s->last) =
		(struct place){.offset = (uint16_t)s->used, .len = (uint16_t)len, .author = author};
	s->gaps |= len < FRAME_MIN;
	s->used += len < FRAME_MIN ? FRAME_MIN : len;
}

enum err room_append(struct room *r, struct event *e, const uint8_t author[OWNER_BYTES])
{
	size_t need = need_of(e);
	struct segment *s = segment_ready(r, need);
	uint16_t by = NOBODY;

	if (!s)
		return ERR_MEMORY;
	struct buf b = buf_of(s->bytes + s->used, need - sizeof(struct place));
	e->room = r->id;
	e->seq = r->last + 1;
	event_put(&b, e);
	if (b.failed)
		return ERR_TOO_BIG;
	if (r->last == r->head) {
		r->head_used = s->used;
		r->head_authors = s->author_count;
	}
	if (author && has_author(e) && author_ready(r, author, &by) != ERR_NONE)
		return ERR_MEMORY;
	number(r, s, b.len, by);
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
	newest(r)->author_count = r->head_authors;
	newest(r)->last = r->head;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct slice room_numbered(const struct room *r, uint64_t seq)
{
	if (seq < r->first || seq > r->last)
		return slice_of(NULL, 0);
	struct segment *s = segment_of(r, seq);
	const struct place *p = place_in(s, seq);
	return slice_of(frame_of(s, p), p->len);
}

struct slice room_frame(const struct room *r, uint64_t seq)
{
	return seq > r->head ? slice_of(NULL, 0) : room_numbered(r, seq);
}

/* Of a frame that lies in the segment; of another, as if it did. */
static size_t end_of(struct segment *s, uint64_t seq)
{
	const struct place *p = place_in(s, seq);

	return (size_t)p->offset + p->len;
}

/*
 * The last number up to `last` whose frame ends within so many bytes of first's begin.  Most are about as
 * long as the first is: what finds them is looked at where it is likely to be, before all over the piece.
 */
static uint64_t last_that_fits(struct segment *s, uint64_t first, uint64_t last, size_t max_bytes)
{
	const struct place *from = place_in(s, first);
	uint64_t fits = first, over = last, at = first + max_bytes / from->len;

	if (end_of(s, last) - from->offset <= max_bytes)
		return last;
	for (unsigned tries = 0; over - fits > 1; tries++) {
		if (tries > 2 || at <= fits || at >= over)
			at = fits + (over - fits) / 2;
		if (end_of(s, at) - from->offset <= max_bytes)
			fits = at++;
		else
			over = at--;
	}
	return fits;
}

static bool follows(const struct place *a, const struct place *b)
{
	return !a->own && !b->own && a->offset + a->len == b->offset;
}

/* The same where there are gaps, which end it. */
static uint64_t last_in_one_piece(struct segment *s, uint64_t first, uint64_t last,
				  size_t max_bytes)
{
	size_t begin = place_in(s, first)->offset;

	while (first < last && follows(place_in(s, first), place_in(s, first + 1)) &&
	       end_of(s, first + 1) - begin <= max_bytes)
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
	const struct place *from = place_in(s, seq);
	return slice_of(frame_of(s, from), end_of(s, last) - from->offset);
}

const uint8_t *room_author(const struct room *r, uint64_t seq)
{
	static const uint8_t nobody[OWNER_BYTES];

	assert(seq >= r->first && seq <= r->last);
	struct segment *s = segment_of(r, seq);
	uint16_t author = place_in(s, seq)->author;
	return author == NOBODY ? nobody : s->authors[author];
}

/* ---- changing -------------------------------------------------------------------------------- */

static enum err move_out(struct room *r, struct segment *s, struct place *p, struct slice frame)
{
	uint8_t *own = malloc(frame.len);

	if (own)
		memcpy(own, frame.data, frame.len);
	memset(frame_of(s, p), 0, p->len);
	free_own(r, s, p);
	if (!own)
		return ERR_MEMORY;
	memcpy(s->bytes + p->offset, &own, sizeof(uint8_t *));
	p->len = (uint16_t)frame.len;
	p->own = 1;
	r->bytes += frame.len;
	r->own_count++;
	return ERR_NONE;
}

enum err room_rewrite(struct room *r, uint64_t seq, struct slice frame)
{
	assert(frame.len <= WIRE_ITEM_MAX);
	if (seq < r->first || seq > r->head)
		return ERR_NOT_FOUND;
	struct segment *s = segment_of(r, seq);
	struct place *p = place_in(s, seq);
	if (p->own || frame.len > p->len) {
		s->gaps = true;
		enum err e = move_out(r, s, p, frame);
		if (e != ERR_NONE)
			forget_up_to(r, seq);
		return e;
	}
	s->gaps |= frame.len < p->len;
	uint8_t *old = frame_of(s, p);
	memcpy(old, frame.data, frame.len);
	memset(old + frame.len, 0, p->len - frame.len);
	p->len = (uint16_t)frame.len;
	return ERR_NONE;
}
