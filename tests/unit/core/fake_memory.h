/*
 * What a store would tell a hub that starts, from all the batches that it kept: the last record of each
 * kind and key, and the newest events of each room.  For tests of the hub alone; slow, and plain.
 */
#ifndef TEST_FAKE_MEMORY_H
#define TEST_FAKE_MEMORY_H

#include "fake_store.h"

#include "record_key.h"

enum { MEMORY_RECORDS = 4096 };

static struct {
	struct record all[MEMORY_RECORDS];
	size_t count;
	uint8_t bytes[FAKE_BATCHES_MAX];
} memory;

/* A rewritten event keeps its author and its place. */
static inline void memory_take(const struct record *r)
{
	for (size_t i = memory.count; i-- > 0;) {
		if (!same_key(&memory.all[i], r))
			continue;
		if (r->kind == RECORD_REWRITE) {
			memory.all[i].event.frame = r->event.frame;
			return;
		}
		assert_true(r->kind != RECORD_EVENT); /* a number is given once */
		memory.count--;
		memmove(&memory.all[i], &memory.all[i + 1],
			(memory.count - i) * sizeof(memory.all[0]));
		break;
	}
	if (r->kind == RECORD_REWRITE || r->kind == RECORD_NAME_GONE ||
	    r->kind == RECORD_SENDER_GONE || r->kind == RECORD_ABSENT)
		return;
	assert_true(memory.count < MEMORY_RECORDS);
	memory.all[memory.count++] = *r;
}

static inline uint64_t memory_head(uint32_t room)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < memory.count; i++) {
		const struct record *r = &memory.all[i];
		if (r->kind != RECORD_EVENT || r->event.room != room)
			continue;
		assert_true(r->event.seq == newest + 1); /* no hole */
		newest = r->event.seq;
	}
	return newest;
}

static inline void memory_put_room(struct buf *b, struct record r, size_t events)
{
	uint64_t newest = memory_head(r.room.number);

	r.room.head = newest;
	r.room.first = 1;
	record_put(b, &r);
	for (size_t i = 0; i < memory.count; i++) {
		const struct record *e = &memory.all[i];
		if (e->kind == RECORD_EVENT && e->event.room == r.room.number &&
		    e->event.seq + events > newest)
			record_put(b, e);
	}
}

/* In the order that hub_restore() wants, with so many of each room's newest events. */
static inline struct slice memory_records(uint64_t epoch, size_t events)
{
	static const enum record_kind kinds[] = {RECORD_ROOM, RECORD_NAME, RECORD_SENDER,
						 RECORD_PRESENT};
	struct buf b = buf_of(memory.bytes, sizeof(memory.bytes));
	struct slice kept = fake_kept();
	struct record r = {.kind = RECORD_META, .epoch = epoch};

	memory.count = 0;
	record_put(&b, &r);
	while (kept.len > 0) {
		assert_int_equal(record_get(&kept, &r), ERR_NONE);
		memory_take(&r);
	}
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (size_t i = 0; i < memory.count; i++) {
			if (memory.all[i].kind != kinds[k])
				continue;
			if (kinds[k] == RECORD_ROOM)
				memory_put_room(&b, memory.all[i], events);
			else
				record_put(&b, &memory.all[i]);
		}
	assert_false(b.failed);
	return slice_of(b.data, b.len);
}

#endif
