/*
 * From pending to kept, a batch at a time.
 *
 * The flight is the batch under way; what comes meanwhile waits.  Events get their numbers when the
 * batch is made, so that one that fails leaves no hole.
 */
#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

static struct pending *first_of(const struct queue *q)
{
	return (struct pending *)ring_oldest(&q->all); /* its first member */
}

static struct pending *next_of(const struct queue *q, const struct pending *p)
{
	return (struct pending *)ring_newer(&q->all, &p->link);
}

/* ---- making a batch -------------------------------------------------------------------------- */

static enum err make_room(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : RECORD_MAX;

	if (buf_room(b) >= more)
		return ERR_NONE;
	while (cap - b->len < more)
		cap *= 2;
	uint8_t *data = realloc(b->data, cap);
	if (!data)
		return ERR_MEMORY;
	b->data = data;
	b->cap = cap;
	return ERR_NONE;
}

enum err hub_put(struct hub *h, const struct record *r)
{
	enum err e = make_room(&h->batch, RECORD_MAX);

	if (e != ERR_NONE)
		return e;
	record_put(&h->batch, r);
	assert(!h->batch.failed);
	return ERR_NONE;
}

static enum err put_event(struct hub *h, const struct pending *p)
{
	struct record r = {.kind = RECORD_EVENT};

	r.event.room = p->event.room;
	r.event.seq = p->event.seq;
	memcpy(r.event.author, p->author, OWNER_BYTES);
	r.event.frame = room_numbered(p->room->log, p->event.seq);
	return hub_put(h, &r);
}

static enum err put_sender(struct hub *h, struct sender *sender)
{
	struct record r = {.kind = RECORD_SENDER};

	if (!sender_unwritten(sender, h->batches)) /* in this batch, by another talk of it */
		return ERR_NONE;
	sender_record(sender, &r.sender);
	return hub_put(h, &r);
}

static enum err number(struct hub *h, struct pending *p)
{
	struct room *log = registry_log(h->registry, p->room);
	enum err e = log ? room_append(log, &p->event, p->author) : ERR_MEMORY;

	if (e == ERR_NONE && p->mid)
		sender_numbered(p->sender, p->mid, p->event.seq);
	return e;
}

static enum err put_pending(struct hub *h, struct pending *p)
{
	enum err e = p->room ? put_event(h, p) : ERR_NONE;

	if (e == ERR_NONE && p->records.len > 0)
		e = make_room(&h->batch, p->records.len);
	if (e != ERR_NONE)
		return e;
	buf_put_bytes(&h->batch, p->records.data, p->records.len);
	if (p->deed && p->deed->put)
		e = p->deed->put(h, p);
	if (e == ERR_NONE && p->sender)
		e = put_sender(h, p->sender);
	return e;
}

/* Numbers first: a sender is written down with all that it said in this batch. */
static enum err make_batch(struct hub *h)
{
	const struct queue *q = &h->flight;
	enum err e = ERR_NONE;

	h->batch.len = 0;
	h->batches++;
	for (struct pending *p = first_of(q); p && e == ERR_NONE; p = next_of(q, p))
		if (p->room)
			e = number(h, p);
	if (!h->store.commit)
		return e;
	for (struct pending *p = first_of(q); p && e == ERR_NONE; p = next_of(q, p))
		e = put_pending(h, p);
	return e;
}

static void swap_queues(struct hub *h)
{
	struct arena arena = h->flight.arena;

	assert(!first_of(&h->flight));
	h->flight.arena = h->waiting.arena;
	h->waiting.arena = arena;
	ring_move(&h->flight.all, &h->waiting.all);
}

/* ---- kept ------------------------------------------------------------------------------------ */

/* All of the batch's in that room is published at its first. */
static void publish(struct hub *h, struct registry_room *room)
{
	room_publish(room->log);
	if (h->port.wake)
		h->port.wake(h->port.ctx, room->number);
}

static void publish_all(struct hub *h)
{
	const struct registry_room *room = NULL; /* of the one before */

	for (struct pending *p = first_of(&h->flight); p; p = next_of(&h->flight, p)) {
		if (p->room && p->room != room)
			publish(h, p->room);
		room = p->room ? p->room : room;
		if (p->room && p->room->kind == REGISTRY_PUBLIC && h->observer.published)
			h->observer.published(h->observer.ctx, &p->event,
					      p->by_somebody ? &p->address : NULL);
	}
}

/* Nothing holds its member any more on this account. */
static void release(struct pending *p)
{
	if (p->presence)
		p->presence->unsettled--;
}

static void complete(struct hub *h, struct pending *p)
{
	struct reply r = {.id = p->id, .code = CODE_OK, .seq = p->room ? p->event.seq : 0};

	release(p);
	if (p->mid)
		sender_kept(p->sender);
	if (p->deed && p->deed->kept)
		p->deed->kept(h, p, &r);
	else
		hub_reply(h, p->client, &r);
	if (p->room)
		registry_settle(h->registry, p->room);
	pending_drop(h, p);
}

static void all_kept(struct hub *h, struct instant now)
{
	struct pending *p;

	publish_all(h);
	while ((p = first_of(&h->flight)))
		complete(h, p);
	arena_clear(&h->flight.arena);
	arena_lend(&h->flight.arena, &h->waiting.arena);
	hub_settle(h, now);
}

static size_t max_bytes(const struct hub *h)
{
	return h->config.pending_bytes ? h->config.pending_bytes : HUB_PENDING_MAX;
}

/* ---- not kept -------------------------------------------------------------------------------- */

static bool is_fact(const struct pending *p)
{
	return !p->deed || p->deed->fact;
}

static void undo(struct hub *h, struct queue *q, struct instant now)
{
	for (struct ring *r = q->all.older; r != &q->all; r = r->older) {
		struct pending *p = (struct pending *)r; /* its first member */
		if (is_fact(p))
			continue;
		release(p);
		if (p->mid)
			sender_takes_back(p->sender, p->mid);
		if (p->deed->undo)
			p->deed->undo(h, p, now);
	}
}

/* Who waits for a fact need not wait on: it has happened. */
static void answer(struct hub *h, struct queue *q, enum code code)
{
	struct pending *next;

	for (struct pending *p = first_of(q); p; p = next) {
		bool fact = is_fact(p);
		struct reply r = {.id = p->id, .code = fact ? CODE_OK : code};
		next = next_of(q, p);
		if (fact && p->client && p->deed->kept)
			p->deed->kept(h, p, &r);
		else
			hub_reply(h, p->client, &r);
		if (fact)
			pending_leave_client(p);
		else
			pending_drop(h, p);
	}
}

/* The facts of both, the flight's first, are pending as before. */
static void keep_facts(struct hub *h)
{
	struct ring waiting;

	ring_init(&waiting);
	ring_move(&waiting, &h->waiting.all);
	ring_move(&h->waiting.all, &h->flight.all);
	ring_move(&h->waiting.all, &waiting);
	arena_join(&h->waiting.arena, &h->flight.arena);
	if (!first_of(&h->waiting))
		arena_clear(&h->waiting.arena);
	else if (h->waiting.arena.bytes > max_bytes(h) / 4)
		queue_compact(&h->waiting);
}

static void none_kept(struct hub *h, enum code code, struct instant now)
{
	for (struct pending *p = first_of(&h->flight); p; p = next_of(&h->flight, p))
		if (p->room && p->room->log)
			room_truncate(p->room->log);
	undo(h, &h->waiting, now);
	undo(h, &h->flight, now);
	answer(h, &h->flight, code);
	answer(h, &h->waiting, code);
	keep_facts(h);
	hub_settle(h, now);
	h->retry_at = first_of(&h->waiting) || h->failing ? now.mono_us + HUB_RETRY : 0;
}

/* ---- its turns ------------------------------------------------------------------------------- */

static bool something_due(const struct hub *h)
{
	return !h->busy && (first_of(&h->waiting) || h->failing);
}

bool hub_due(const struct hub *h, struct instant now)
{
	return something_due(h) && now.mono_us >= h->retry_at;
}

void hub_turn(struct hub *h, struct instant now)
{
	hub_fetch_turn(h, now);
	if (!hub_due(h, now))
		return;
	swap_queues(h);
	h->busy = true;
	if (make_batch(h) != ERR_NONE)
		hub_committed(h, ERR_MEMORY, now);
	else if (h->store.commit)
		h->store.commit(h->store.ctx, slice_of(h->batch.data, h->batch.len));
	else
		hub_committed(h, ERR_NONE, now);
}

/* Our own want of memory says nothing about the store. */
void hub_committed(struct hub *h, enum err error, struct instant now)
{
	assert(h->busy);
	h->busy = false;
	if (error != ERR_MEMORY)
		h->failing = error != ERR_NONE;
	h->retry_at = 0;
	if (error == ERR_NONE)
		all_kept(h, now);
	else
		none_kept(h, error == ERR_MEMORY ? CODE_SERVER_FULL : CODE_NOT_WRITTEN, now);
}

uint64_t hub_next_turn(const struct hub *h)
{
	return something_due(h) ? h->retry_at : TIMERQ_NEVER;
}

bool hub_idle(const struct hub *h)
{
	return !h->busy && !first_of(&h->waiting);
}

bool hub_failing(const struct hub *h)
{
	return h->failing;
}

bool hub_crowded(const struct hub *h)
{
	return h->waiting.arena.bytes + h->flight.arena.bytes > max_bytes(h);
}
