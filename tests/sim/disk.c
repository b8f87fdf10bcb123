/* Records by their keys, and each room's events by number; the slowest way to find any of them. */
#include "disk.h"

#include "check.h"
#include "memory.h"
#include "record_key.h"

#include "proto/timerq.h"

#include <stdlib.h>
#include <string.h>

enum {
	QUESTIONS = 12, /* under way */
	LEAST_US = 200,
	DOUBLINGS = 7,		/* from that to 25 ms */
	SELDOM_US = 300 * 1000, /* once in a hundred times */
	REFUSED_PERCENT = 1,	/* of questions: too many are under way */
	RESTORED_MAX = 80,	/* events of each room */
	RECORDS_BYTES = 64 * 1024,
};

/* A record with its bytes. */
struct kept {
	struct record record;
	uint8_t *bytes;
};

struct log {
	uint32_t room;
	struct kept *events;
	size_t count;
};

struct question {
	struct store_query q; /* which borrows from these: */
	void *rooms, *words, *from;
	uint64_t due;
};

struct disk {
	struct disk_config config;
	uint64_t random;
	struct log *logs;
	size_t log_count;
	struct kept *others; /* the last that was said of each key, in that order */
	size_t other_count, other_cap;
	uint8_t *batch; /* under way */
	size_t batch_len;
	bool busy;
	uint64_t due;
	struct question questions[QUESTIONS];
	size_t question_count;
	enum err error;
	unsigned fail_percent;
	struct buf records;
};

/* ---- chance ---------------------------------------------------------------------------------- */

static uint64_t draw(struct disk *d, uint64_t n)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return d->random % n;
}

static uint64_t takes(struct disk *d)
{
	uint64_t base = (uint64_t)LEAST_US << draw(d, DOUBLINGS);

	return *d->config.now + (draw(d, 100) == 0 ? SELDOM_US : base + draw(d, base));
}

static enum err fails(struct disk *d)
{
	return draw(d, 100) < d->fail_percent ? d->error : ERR_NONE;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static struct kept copy_of(const struct record *r)
{
	struct kept k = {.bytes = memory_own(RECORD_MAX)};
	struct buf b = buf_of(k.bytes, RECORD_MAX);

	record_put(&b, r);
	assert_false(b.failed);
	k.bytes = memory_own_more(k.bytes, b.len);
	struct slice bytes = slice_of(k.bytes, b.len);
	assert_int_equal(record_get(&bytes, &k.record), ERR_NONE);
	return k;
}

static struct log *log_of(struct disk *d, uint32_t room)
{
	for (size_t i = 0; i < d->log_count; i++)
		if (d->logs[i].room == room)
			return &d->logs[i];
	d->logs = memory_own_more(d->logs, (d->log_count + 1) * sizeof(*d->logs));
	d->logs[d->log_count] = (struct log){.room = room};
	return &d->logs[d->log_count++];
}

static void keep_event(struct disk *d, const struct record *r)
{
	struct log *log = log_of(d, r->event.room);

	assert_true(r->event.seq == log->count + 1); /* no hole, and no number twice */
	if ((log->count & (log->count - 1)) == 0)
		log->events = memory_own_more(log->events, (log->count ? 2 * log->count : 1) *
								   sizeof(*log->events));
	log->events[log->count++] = copy_of(r);
}

/* It keeps its author and its place. */
static void rewrite(struct disk *d, const struct record *r)
{
	struct log *log = log_of(d, r->event.room);

	assert_in_range(r->event.seq, 1, log->count);
	struct kept *old = &log->events[r->event.seq - 1];
	struct record changed = old->record;
	changed.event.frame = r->event.frame;
	struct kept k = copy_of(&changed);
	memory_own_free(old->bytes);
	*old = k;
}

static void forget_other(struct disk *d, const struct record *r)
{
	for (size_t i = d->other_count; i-- > 0;) {
		if (!same_key(&d->others[i].record, r))
			continue;
		memory_own_free(d->others[i].bytes);
		d->other_count--;
		memmove(&d->others[i], &d->others[i + 1],
			(d->other_count - i) * sizeof(*d->others));
		return;
	}
}

static void keep_other(struct disk *d, const struct record *r)
{
	forget_other(d, r);
	if (r->kind == RECORD_NAME_GONE || r->kind == RECORD_SENDER_GONE ||
	    r->kind == RECORD_ABSENT)
		return;
	if (d->other_count == d->other_cap) {
		d->other_cap = d->other_cap ? 2 * d->other_cap : 16;
		d->others = memory_own_more(d->others, d->other_cap * sizeof(*d->others));
	}
	d->others[d->other_count++] = copy_of(r);
}

static void keep(struct disk *d, const struct record *r)
{
	if (r->kind == RECORD_EVENT)
		keep_event(d, r);
	else if (r->kind == RECORD_REWRITE)
		rewrite(d, r);
	else
		keep_other(d, r);
	d->config.keeps(d->config.ctx, r);
}

static void keep_those(struct disk *d, bool rooms)
{
	struct slice s = slice_of(d->batch, d->batch_len);
	struct record r;

	while (s.len > 0) {
		assert_int_equal(record_get(&s, &r), ERR_NONE);
		if ((r.kind == RECORD_ROOM) == rooms)
			keep(d, &r);
	}
}

/* A room may come after its first event. */
static void keep_batch(struct disk *d)
{
	keep_those(d, true);
	keep_those(d, false);
}

static void commit(void *ctx, struct slice batch)
{
	struct disk *d = ctx;

	assert_false(d->busy);
	d->busy = true;
	d->due = takes(d);
	d->batch = memory_own_more(d->batch, batch.len + 1);
	if (batch.len > 0)
		memcpy(d->batch, batch.data, batch.len);
	d->batch_len = batch.len;
}

/* ---- what a server begins with --------------------------------------------------------------- */

static void put(struct disk *d, const struct record *r)
{
	struct buf *b = &d->records;

	if (buf_room(b) < RECORD_MAX) {
		b->cap = b->cap ? 2 * b->cap : RECORDS_BYTES;
		b->data = memory_own_more(b->data, b->cap);
	}
	record_put(b, r);
	assert_false(b->failed);
}

/* With some of its newest events, or none. */
static void put_room(struct disk *d, struct record r)
{
	const struct log *log = log_of(d, r.room.number);
	size_t n = (size_t)draw(d, RESTORED_MAX), at = log->count > n ? log->count - n : 0;

	r.room.head = log->count;
	r.room.first = 1;
	put(d, &r);
	for (; at < log->count; at++)
		put(d, &log->events[at].record);
}

struct slice disk_records(struct disk *d)
{
	static const enum record_kind kinds[] = {RECORD_ROOM, RECORD_NAME, RECORD_SENDER,
						 RECORD_PRESENT};
	struct record meta = {.kind = RECORD_META, .epoch = d->config.epoch};

	d->records.len = 0;
	put(d, &meta);
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (size_t i = 0; i < d->other_count; i++) {
			const struct record *r = &d->others[i].record;
			if (r->kind == kinds[k] && r->kind == RECORD_ROOM)
				put_room(d, *r);
			else if (r->kind == kinds[k])
				put(d, r);
		}
	return slice_of(d->records.data, d->records.len);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void *copy(const void *p, size_t n)
{
	void *to = memory_own(n + 1);

	if (n > 0)
		memcpy(to, p, n);
	return to;
}

static enum err ask(void *ctx, const struct store_query *q)
{
	struct disk *d = ctx;

	if (d->question_count == QUESTIONS || draw(d, 100) < REFUSED_PERCENT)
		return ERR_FULL;
	struct question *to = &d->questions[d->question_count++];
	*to = (struct question){.q = *q, .due = takes(d)};
	to->q.rooms = to->rooms = copy(q->rooms, q->room_count * sizeof(*q->rooms));
	to->q.words.data = to->words = copy(q->words.data, q->words.len);
	to->q.from.data = to->from = copy(q->from.data, q->from.len);
	return ERR_NONE;
}

static void free_question(const struct question *p)
{
	memory_own_free(p->rooms);
	memory_own_free(p->words);
	memory_own_free(p->from);
}

struct page {
	struct buf bytes;
	bool more;
};

static bool add(struct page *p, const struct store_query *q, const struct kept *event,
		bool in_front)
{
	struct slice frame = event->record.event.frame;
	struct buf *b = &p->bytes;

	p->more = frame.len > q->max_bytes - b->len;
	if (p->more)
		return false;
	b->data = memory_own_more(b->data, b->len + frame.len);
	uint8_t *at = in_front ? b->data : b->data + b->len;
	memmove(at + frame.len, at, in_front ? b->len : 0);
	memcpy(at, frame.data, frame.len);
	b->len += frame.len;
	return true;
}

static void read_run(struct disk *d, const struct store_query *q, struct page *p,
		     struct store_answer *a)
{
	const struct log *log = log_of(d, q->room);
	uint64_t last = q->last < log->count ? q->last : log->count;
	bool up = q->kind == QUERY_RUN;

	for (uint64_t n = 0; q->first + n <= last; n++) {
		const struct kept *e = &log->events[(up ? q->first + n : last - n) - 1];
		if (!add(p, q, e, !up))
			break;
		if (n == 0 || !up)
			memcpy(a->author, e->record.event.author, OWNER_BYTES);
	}
	if (p->bytes.len == 0 && !p->more)
		a->error = ERR_NOT_FOUND;
}

static bool has_words(const struct kept *k, struct slice words)
{
	struct slice bytes = k->record.event.frame;
	struct frame f;

	assert_int_equal(frame_get(&bytes, &f), ERR_NONE);
	if (f.event.kind != EVENT_TALK && f.event.kind != EVENT_EDITED)
		return false;
	return f.event.text.len >= words.len &&
	       (words.len == 0 || memcmp(f.event.text.data, words.data, words.len) == 0);
}

/* Good enough for who asks: talks that begin so, room by room, and all of them at once. */
static void search(struct disk *d, const struct store_query *q, struct page *p)
{
	unsigned found = 0;

	for (size_t i = 0; i < q->room_count; i++) {
		const struct log *log = log_of(d, q->rooms[i]);
		for (size_t n = log->count; n-- > 0 && found < q->count;) {
			if (!has_words(&log->events[n], q->words))
				continue;
			if (!add(p, q, &log->events[n], false))
				return;
			found++;
		}
	}
}

static void answer(struct disk *d, struct hub *h, const struct store_query *q, struct instant now)
{
	struct store_answer a = {.ticket = q->ticket};
	struct page p = {.more = false};

	if (d->error == ERR_SYSTEM)
		a.error = fails(d);
	if (a.error == ERR_NONE && q->kind == QUERY_SEARCH)
		search(d, q, &p);
	else if (a.error == ERR_NONE)
		read_run(d, q, &p, &a);
	a.more = p.more && q->kind != QUERY_SEARCH;
	a.page = slice_of(p.bytes.data, p.bytes.len);
	hub_answered(h, &a, now);
	memory_own_free(p.bytes.data);
}

/* ---- time ------------------------------------------------------------------------------------ */

uint64_t disk_deadline(const struct disk *d)
{
	uint64_t at = d->busy ? d->due : TIMERQ_NEVER;

	for (size_t i = 0; i < d->question_count; i++)
		at = d->questions[i].due < at ? d->questions[i].due : at;
	return at;
}

void disk_tick(struct disk *d, struct hub *h, struct instant now)
{
	if (d->busy && d->due <= now.mono_us) {
		enum err e = fails(d);
		d->busy = false;
		if (e == ERR_NONE)
			keep_batch(d);
		hub_committed(h, e, now);
	}
	for (size_t i = d->question_count; i-- > 0;) {
		struct question question = d->questions[i];
		if (question.due > now.mono_us)
			continue;
		d->questions[i] = d->questions[--d->question_count];
		answer(d, h, &question.q, now);
		free_question(&question);
	}
}

/* ---- trouble --------------------------------------------------------------------------------- */

static void forget_questions(struct disk *d)
{
	while (d->question_count > 0)
		free_question(&d->questions[--d->question_count]);
}

void disk_crash(struct disk *d)
{
	if (d->busy && fails(d) == ERR_NONE && draw(d, 2) == 0)
		keep_batch(d);
	d->busy = false;
	forget_questions(d);
}

void disk_fail(struct disk *d, enum err error, unsigned percent)
{
	d->error = error;
	d->fail_percent = error == ERR_NONE ? 0 : percent;
}

bool disk_fails(const struct disk *d)
{
	return d->fail_percent > 0;
}

/* ---- its life -------------------------------------------------------------------------------- */

struct disk *disk_new(const struct disk_config *config)
{
	struct disk *d = memory_own(sizeof(*d));

	d->config = *config;
	d->random = config->seed | 1;
	return d;
}

void disk_free(struct disk *d)
{
	forget_questions(d);
	for (size_t i = 0; i < d->log_count; i++) {
		while (d->logs[i].count > 0)
			memory_own_free(d->logs[i].events[--d->logs[i].count].bytes);
		memory_own_free(d->logs[i].events);
	}
	while (d->other_count > 0)
		memory_own_free(d->others[--d->other_count].bytes);
	memory_own_free(d->logs);
	memory_own_free(d->others);
	memory_own_free(d->batch);
	memory_own_free(d->records.data);
	memory_own_free(d);
}

struct store_port disk_port(struct disk *d)
{
	return (struct store_port){d, commit, ask};
}
