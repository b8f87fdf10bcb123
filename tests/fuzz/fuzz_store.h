/*
 * A store for fuzz targets: it keeps what a hub hands over in memory, once the script says so, and
 * answers late, in any order, or not at all.
 *
 * What it checks: records are records; events come with the numbers that follow, in rooms that were told
 * of before; only what is there is rewritten.  And it knows who may see what is said between two.
 */
#ifndef FUZZ_STORE_H
#define FUZZ_STORE_H

#include "fuzz.h"

#include "core/hub.h"
#include "core/record.h"

enum { FUZZ_ROOMS = 1024, FUZZ_ASKED = 4, FUZZ_SEEN = 256 };

struct fuzz_event {
	uint32_t room;
	uint64_t seq;
	enum event_kind kind;
	uint8_t author[OWNER_BYTES];
	size_t len;
	uint8_t *frame;
};

struct fuzz_room {
	uint32_t number;
	bool direct;
	uint8_t owners[2][OWNER_BYTES];
	uint64_t head, first;
};

struct fuzz_asked {
	struct store_query q;
	uint32_t rooms[FUZZ_SEEN];
};

struct fuzz_store {
	struct hub *hub; /* who is answered; set it */
	bool busy;	 /* a batch is under way: */
	uint8_t *batch;
	size_t batch_len;
	struct fuzz_event *events;
	size_t count;
	struct fuzz_room rooms[FUZZ_ROOMS];
	size_t room_count;
	struct fuzz_asked asked[FUZZ_ASKED];
	size_t asked_count;
};

static inline struct fuzz_room *fuzz_room(struct fuzz_store *s, uint32_t number)
{
	for (size_t i = 0; i < s->room_count; i++)
		if (s->rooms[i].number == number)
			return &s->rooms[i];
	return NULL;
}

/* A room of two is for these two. */
static inline bool fuzz_may_see(struct fuzz_store *s, uint32_t room, const uint8_t *owner)
{
	const struct fuzz_room *r = fuzz_room(s, room);

	return !r || !r->direct || owner_equal(r->owners[0], owner) ||
	       owner_equal(r->owners[1], owner);
}

/* ---- keeping --------------------------------------------------------------------------------- */

static inline void fuzz_commit(void *ctx, struct slice batch)
{
	struct fuzz_store *s = ctx;

	CHECK(!s->busy);
	s->busy = true;
	s->batch = malloc(batch.len + 1);
	CHECK(s->batch);
	if (batch.len > 0)
		memcpy(s->batch, batch.data, batch.len);
	s->batch_len = batch.len;
}

static inline void fuzz_keep_room(struct fuzz_store *s, const struct record_room *told)
{
	struct fuzz_room *r = fuzz_room(s, told->number);

	CHECK(r || s->room_count < FUZZ_ROOMS);
	if (!r)
		r = &s->rooms[s->room_count++];
	r->number = told->number;
	r->direct = told->kind == RECORD_DIRECT;
	memcpy(r->owners, told->owners, sizeof(r->owners));
}

static inline void fuzz_set_frame(struct fuzz_event *e, struct slice frame)
{
	struct slice rest = frame;
	struct frame f;

	CHECK(frame_get(&rest, &f) == ERR_NONE && rest.len == 0 && f.type == FRAME_EVENT);
	CHECK(f.event.room == e->room && f.event.seq == e->seq);
	free(e->frame);
	e->frame = malloc(frame.len);
	CHECK(e->frame);
	memcpy(e->frame, frame.data, frame.len);
	e->len = frame.len;
	e->kind = f.event.kind;
}

static inline struct fuzz_event *fuzz_event(struct fuzz_store *s, uint32_t room, uint64_t seq)
{
	for (size_t i = s->count; i-- > 0;)
		if (s->events[i].room == room && s->events[i].seq == seq)
			return &s->events[i];
	return NULL;
}

static inline void fuzz_keep_event(struct fuzz_store *s, const struct record_event *told)
{
	struct fuzz_room *r = fuzz_room(s, told->room);

	if (!r && told->room == WIRE_LOBBY) /* which is there without being told of */
		r = &s->rooms[s->room_count++], r->number = WIRE_LOBBY;
	CHECK(r && told->seq == r->head + 1);
	r->head++;
	s->events = realloc(s->events, (s->count + 1) * sizeof(*s->events));
	CHECK(s->events);
	struct fuzz_event *e = &s->events[s->count++];
	*e = (struct fuzz_event){.room = told->room, .seq = told->seq};
	memcpy(e->author, told->author, OWNER_BYTES);
	fuzz_set_frame(e, told->frame);
}

static inline void fuzz_keep_record(struct fuzz_store *s, const struct record *r)
{
	if (r->kind == RECORD_EVENT)
		fuzz_keep_event(s, &r->event);
	if (r->kind != RECORD_REWRITE)
		return;
	const struct fuzz_room *room = fuzz_room(s, r->event.room);
	struct fuzz_event *e = fuzz_event(s, r->event.room, r->event.seq);
	CHECK(e || (room && r->event.seq < room->first));
	if (e)
		fuzz_set_frame(e, r->event.frame);
}

/* All or nothing: a room may be told of behind what happened in it. */
static inline void fuzz_keep(struct fuzz_store *s)
{
	for (bool rooms = true;; rooms = false) {
		struct slice batch = slice_of(s->batch, s->batch_len);
		struct record r;
		while (batch.len > 0) {
			CHECK(record_get(&batch, &r) == ERR_NONE);
			if (rooms && r.kind == RECORD_ROOM)
				fuzz_keep_room(s, &r.room);
			else if (!rooms)
				fuzz_keep_record(s, &r);
		}
		if (!rooms)
			return;
	}
}

/* What became of the batch under way, if there is one. */
static inline void fuzz_settle(struct fuzz_store *s, bool kept, struct instant now)
{
	if (!s->busy)
		return;
	if (kept)
		fuzz_keep(s);
	s->busy = false;
	free(s->batch);
	s->batch = NULL;
	hub_committed(s->hub, kept ? ERR_NONE : ERR_FULL, now);
}

/* ---- reading --------------------------------------------------------------------------------- */

static inline enum err fuzz_read(void *ctx, const struct store_query *q)
{
	struct fuzz_store *s = ctx;
	struct fuzz_asked *a = &s->asked[s->asked_count];

	if (s->asked_count == FUZZ_ASKED)
		return ERR_FULL;
	CHECK(q->kind == QUERY_SEARCH ? q->room_count <= FUZZ_SEEN : q->first <= q->last);
	a->q = *q;
	for (size_t i = 0; q->kind == QUERY_SEARCH && i < q->room_count; i++)
		a->rooms[i] = q->rooms[i];
	s->asked_count++;
	return ERR_NONE;
}

static inline bool fuzz_wanted(const struct fuzz_asked *a, const struct fuzz_event *e)
{
	if (a->q.kind != QUERY_SEARCH)
		return e->room == a->q.room && e->seq >= a->q.first && e->seq <= a->q.last;
	for (size_t i = 0; i < a->q.room_count; i++)
		if (a->rooms[i] == e->room)
			return e->kind == EVENT_TALK || e->kind == EVENT_EDITED;
	return false;
}

/* Whole frames that fit: the oldest for a RUN, the newest for a PAGE; a search tells the newest first. */
static inline void fuzz_collect(struct fuzz_store *s, const struct fuzz_asked *a, struct buf *page,
				struct store_answer *answer)
{
	bool downwards = a->q.kind != QUERY_RUN;
	for (size_t n = 0; n < s->count; n++) {
		const struct fuzz_event *e = &s->events[downwards ? s->count - 1 - n : n];
		if (!fuzz_wanted(a, e))
			continue;
		if (page->len + e->len > a->q.max_bytes || page->len + e->len > page->cap) {
			answer->more = true;
			break;
		}
		bool before = a->q.kind == QUERY_PAGE;
		if (before) {
			memmove(page->data + e->len, page->data, page->len);
			memcpy(page->data, e->frame, e->len);
			page->len += e->len;
		} else {
			buf_put_bytes(page, e->frame, e->len);
		}
		if (before || page->len == e->len)
			memcpy(answer->author, e->author, OWNER_BYTES);
	}
}

/* One of the questions is answered, or cannot be. */
static inline void fuzz_answer(struct fuzz_store *s, uint8_t how, struct instant now)
{
	static uint8_t storage[256 * 1024];
	struct buf page = buf_of(storage, sizeof(storage));

	if (s->asked_count == 0)
		return;
	size_t i = how % s->asked_count;
	struct fuzz_asked a = s->asked[i];
	s->asked[i] = s->asked[--s->asked_count];
	struct store_answer answer = {.ticket = a.q.ticket, .token = 7};
	if (how >= 224)
		answer.error = ERR_SYSTEM;
	else
		fuzz_collect(s, &a, &page, &answer);
	if (page.len == 0 && a.q.kind != QUERY_SEARCH && answer.error == ERR_NONE)
		answer.error = ERR_NOT_FOUND;
	answer.page = slice_of(page.data, page.len);
	hub_answered(s->hub, &answer, now);
}

/* The older half of what a room has is kept no more. */
static inline void fuzz_forget(struct fuzz_store *s, uint32_t number)
{
	struct fuzz_room *r = fuzz_room(s, number);
	size_t left = 0;

	if (!r)
		return;
	r->first = (r->first + r->head) / 2 + 1;
	for (size_t i = 0; i < s->count; i++) {
		if (s->events[i].room == number && s->events[i].seq < r->first)
			free(s->events[i].frame);
		else
			s->events[left++] = s->events[i];
	}
	s->count = left;
	hub_trimmed(s->hub, number, r->first);
}

static inline void fuzz_store_wipe(struct fuzz_store *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->events[i].frame);
	free(s->events);
	free(s->batch);
}

#endif
