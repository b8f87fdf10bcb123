/*
 * Events of any age: from the room's memory, from pages that were read before, or asked of the store.
 *
 * A reader that is told LOG_LATER is woken when what it needs is there.  However many read, and wherever,
 * so many pages are fetched at a time; the others wait for their turn.  What is rewritten while it is
 * being fetched is fetched again: no answer that was asked for before a recall is believed after it.
 */
#include "core/hub_fetch.h"

#include "core/hub_internal.h"

#include <stdlib.h>

/* One page on its way, or waiting to be asked for. */
struct fetch {
	struct asked asked;	     /* first member */
	struct table_entry by_block; /* in hub.fetch.wanted */
	struct ring link;	     /* in hub.fetch.queue, until it is asked for */
	uint32_t room;
	uint64_t first, last;
	uint64_t not_before; /* microseconds */
};

/* ---- what was rewritten lately --------------------------------------------------------------- */

void hub_note_rewrite(struct hub *h, uint32_t room, uint64_t seq)
{
	struct fetching *f = &h->fetch;

	f->rewrites[f->rewrite_count++ % FETCH_REWRITES] =
		(struct rewrite){.room = room, .seq = seq, .ticket = h->tickets};
	if (f->pages)
		pages_drop(f->pages, room, seq);
}

/* An answer knows nothing of what was written after its question was asked. */
bool hub_is_stale(const struct hub *h, uint64_t ticket, uint32_t room, uint64_t first,
		  uint64_t last)
{
	const struct fetching *f = &h->fetch;
	uint64_t oldest = f->rewrite_count > FETCH_REWRITES ? f->rewrite_count - FETCH_REWRITES : 0;

	if (oldest > 0 && f->rewrites[oldest % FETCH_REWRITES].ticket >= ticket)
		return true; /* it is not known any more */
	for (uint64_t i = f->rewrite_count; i > oldest; i--) {
		const struct rewrite *r = &f->rewrites[(i - 1) % FETCH_REWRITES];
		if (r->ticket < ticket)
			return false;
		if (r->room == room && r->seq >= first && r->seq <= last)
			return true;
	}
	return false;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct hub *h, uint32_t room, uint64_t seq)
{
	uint64_t block[2] = {room, pages_last(seq)};

	return table_hash(block, sizeof(block), h->config.seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	const struct fetch *f = RING_OF(e, struct fetch, by_block);

	return hash_of(ctx, f->room, f->first);
}

void hub_fetch_init(struct hub *h)
{
	ring_init(&h->fetch.queue);
	table_init(&h->fetch.wanted, hash_of_entry, h);
}

static struct fetch *fetch_of(struct table_entry *e)
{
	return e ? RING_OF(e, struct fetch, by_block) : NULL;
}

static struct fetch *find(const struct hub *h, uint32_t room, uint64_t seq)
{
	struct fetch *f = fetch_of(table_first(&h->fetch.wanted, hash_of(h, room, seq)));

	while (f && (f->room != room || pages_last(f->first) != pages_last(seq)))
		f = fetch_of(table_next(&f->by_block));
	return f;
}

static void drop(struct hub *h, struct fetch *f)
{
	table_remove(&h->fetch.wanted, &f->by_block);
	free(f);
}

static void wait_until(struct hub *h, struct fetch *f, uint64_t not_before)
{
	f->not_before = not_before;
	ring_add(&h->fetch.queue, &f->link);
}

/* Older ones are kept nowhere: whoever needs them is told so. */
static void forget_before(struct registry_room *room, uint64_t seq)
{
	uint64_t end = registry_head(room) + 1;

	if (seq > end)
		seq = end;
	if (seq > room->first)
		room->first = seq;
}

static uint64_t first_of(struct slice frames, uint64_t otherwise)
{
	struct frame f;

	return frame_get(&frames, &f) == ERR_NONE ? f.event.seq : otherwise;
}

/* False: it is not to be had now. */
static bool take_page(struct hub *h, const struct fetch *f, const struct store_answer *answer)
{
	struct registry_room *room = registry_find(h->registry, f->room);
	enum err e = answer->error;

	if (!room)
		return true;
	if (e == ERR_NONE)
		e = pages_put(h->fetch.pages, f->room, f->first, answer->page);
	if (e == ERR_NOT_FOUND || e == ERR_MALFORMED) /* nothing of it, or not from its beginning */
		forget_before(room, first_of(answer->page, f->last + 1));
	return e == ERR_NONE || e == ERR_NOT_FOUND || e == ERR_MALFORMED;
}

static void answered(struct hub *h, struct asked *a, const struct store_answer *answer,
		     struct instant now)
{
	struct fetch *f = (struct fetch *)a; /* its first member */

	h->fetch.asked--;
	if (hub_is_stale(h, answer->ticket, f->room, f->first, f->last)) {
		wait_until(h, f, 0);
	} else if (!take_page(h, f, answer)) {
		wait_until(h, f, now.mono_us + HUB_RETRY);
	} else {
		uint32_t room = f->room;
		drop(h, f);
		if (h->port.wake)
			h->port.wake(h->port.ctx, room);
	}
	hub_fetch_turn(h, now);
}

static enum err ask(struct hub *h, struct fetch *f)
{
	struct store_query q = {.kind = QUERY_RUN,
				.room = f->room,
				.first = f->first,
				.last = f->last,
				.max_bytes = PAGES_BYTES};

	f->asked.answered = answered;
	return hub_ask(h, &f->asked, &q);
}

void hub_fetch_turn(struct hub *h, struct instant now)
{
	struct ring *next;

	h->fetch.turned_us = now.mono_us;
	for (struct ring *r = ring_oldest(&h->fetch.queue); r; r = next) {
		struct fetch *f = RING_OF(r, struct fetch, link);
		next = ring_newer(&h->fetch.queue, r);
		if (h->fetch.asked >= FETCH_AT_ONCE)
			return;
		if (f->not_before > now.mono_us)
			continue;
		if (ask(h, f) != ERR_NONE) {
			f->not_before = now.mono_us + HUB_RETRY;
			continue;
		}
		ring_remove(&f->link);
		h->fetch.asked++;
	}
}

uint64_t hub_fetch_deadline(const struct hub *h)
{
	const struct ring *queue = &h->fetch.queue;
	uint64_t at = TIMERQ_NEVER;

	if (h->fetch.asked >= FETCH_AT_ONCE)
		return TIMERQ_NEVER; /* an answer comes first */
	for (struct ring *r = ring_oldest(queue); r; r = ring_newer(queue, r)) {
		const struct fetch *f = RING_OF(r, struct fetch, link);
		at = f->not_before < at ? f->not_before : at;
	}
	return at;
}

/* Asked for at once, if there is place; else when its turn comes. */
static void want(struct hub *h, uint32_t room, uint64_t seq, uint64_t head)
{
	struct fetch *f = find(h, room, seq) ? NULL : calloc(1, sizeof(*f));

	if (!f)
		return;
	f->room = room;
	f->first = seq;
	f->last = pages_last(seq) < head ? pages_last(seq) : head;
	if (table_add(&h->fetch.wanted, &f->by_block) != ERR_NONE) {
		free(f);
		return;
	}
	wait_until(h, f, 0);
	hub_fetch_turn(h, (struct instant){.mono_us = h->fetch.turned_us});
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct slice in_memory(const struct registry_room *room, uint64_t seq, size_t max_bytes,
			      uint32_t *count)
{
	if (!room || !room->log || seq < room->first)
		return slice_of(NULL, 0);
	return room_run(room->log, seq, max_bytes, count);
}

static struct slice in_pages(struct hub *h, const struct registry_room *room, uint64_t seq,
			     size_t max_bytes, uint32_t *count)
{
	if (!h->fetch.pages || !room || seq < room->first)
		return slice_of(NULL, 0);
	return pages_run(h->fetch.pages, room->number, seq, max_bytes, count);
}

struct slice hub_frame_here(struct hub *h, const struct registry_room *room, uint64_t seq)
{
	uint32_t one = 1;
	struct slice frame = in_memory(room, seq, 0, &one);

	return frame.data ? frame : in_pages(h, room, seq, 0, &one);
}

/* Who reads on needs the next page before it is through with this one: it is looked for now and then. */
static void read_ahead(struct hub *h, const struct registry_room *room, uint64_t seq,
		       uint32_t count)
{
	enum { NOW_AND_THEN = PAGES_BLOCK / 4 };
	uint64_t next = pages_last(seq) + 1,
		 in_memory = room->log ? room_first(room->log) : next + 1;
	uint32_t one = 1;

	if ((seq + count - 1) / NOW_AND_THEN == (seq - 1) / NOW_AND_THEN)
		return;
	if (next < in_memory && next <= registry_head(room) &&
	    !pages_run(h->fetch.pages, room->number, next, 0, &one).data)
		want(h, room->number, next, registry_head(room));
}

/* Nothing is there: can it be had? */
static enum log_state missing(const struct hub *h, const struct registry_room *room, uint64_t seq)
{
	if (!room || !h->store.read || seq < room->first || seq > registry_head(room))
		return LOG_GONE;
	return LOG_LATER;
}

enum log_state hub_run(struct hub *h, uint32_t number, uint64_t seq, size_t max_bytes,
		       struct slice *out, uint32_t *count)
{
	const struct registry_room *room = registry_find(h->registry, number);

	*out = in_memory(room, seq, max_bytes, count);
	if (out->data)
		return LOG_HERE;
	*out = in_pages(h, room, seq, max_bytes, count);
	if (out->data) {
		read_ahead(h, room, seq, *count);
		return LOG_HERE;
	}
	enum log_state state = missing(h, room, seq);
	if (state == LOG_LATER)
		want(h, number, seq, registry_head(room));
	return state;
}

enum log_state hub_run_in_memory(const struct hub *h, uint32_t number, uint64_t seq,
				 size_t max_bytes, struct slice *out, uint32_t *count)
{
	const struct registry_room *room = registry_find(h->registry, number);

	*out = in_memory(room, seq, max_bytes, count);
	return out->data ? LOG_HERE : missing(h, room, seq);
}

void hub_trimmed(struct hub *h, uint32_t number, uint64_t first)
{
	struct registry_room *room = registry_find(h->registry, number);

	if (room)
		forget_before(room, first);
}

/* Those on their way are among the questions, which know nothing of what they are embedded in. */
void hub_fetch_wipe(struct hub *h)
{
	for (size_t i = 0; i < h->fetch.wanted.cap; i++) {
		struct table_entry *next;
		for (struct table_entry *e = h->fetch.wanted.buckets[i]; e; e = next) {
			next = e->next;
			free(fetch_of(e));
		}
	}
	table_wipe(&h->fetch.wanted);
	pages_free(h->fetch.pages);
}
