/*
 * A store that does what a test says: batches are kept, or not, when it says so; questions wait until
 * it answers them.  What was kept is there as records, one after another, for looking at and for
 * another hub to begin with.  One at a time, for tests of the hub alone.
 */
#ifndef TEST_FAKE_STORE_H
#define TEST_FAKE_STORE_H

#include "core/hub.h"
#include "core/record.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { FAKE_QUERIES = 16, FAKE_ROOMS = 128, FAKE_BATCHES_MAX = 4 * 1024 * 1024 };

static struct {
	bool busy;	    /* a batch is under way */
	struct slice batch; /* borrowed, as it was given */
	size_t batches;	    /* so far */
	struct store_query queries[FAKE_QUERIES];
	size_t query_count;
	uint32_t rooms[FAKE_ROOMS]; /* of the last search */
	enum err refuses;	    /* what read() says */
	uint8_t *kept;		    /* all batches that were */
	size_t len;
} fake;

static inline void fake_commit(void *ctx, struct slice batch)
{
	struct record r;

	assert_ptr_equal(ctx, &fake);
	assert_false(fake.busy);
	fake.busy = true;
	fake.batch = batch;
	fake.batches++;
	for (struct slice s = batch; s.len > 0;)
		assert_int_equal(record_get(&s, &r), ERR_NONE);
}

static inline enum err fake_read(void *ctx, const struct store_query *q)
{
	assert_ptr_equal(ctx, &fake);
	if (fake.refuses != ERR_NONE)
		return fake.refuses;
	assert_true(fake.query_count < FAKE_QUERIES);
	fake.queries[fake.query_count++] = *q;
	assert_true(q->room_count <= FAKE_ROOMS);
	if (q->room_count > 0)
		memcpy(fake.rooms, q->rooms, q->room_count * sizeof(fake.rooms[0]));
	return ERR_NONE;
}

static const struct store_port fake_port = {&fake, fake_commit, fake_read};

static inline void fake_begin(void)
{
	free(fake.kept);
	memset(&fake, 0, sizeof(fake));
	fake.kept = malloc(FAKE_BATCHES_MAX);
	assert_non_null(fake.kept);
}

static inline void fake_end(void)
{
	free(fake.kept);
	memset(&fake, 0, sizeof(fake));
}

/* The batch that is under way is kept, or not. */
static inline void fake_done(struct hub *h, enum err e, struct instant at)
{
	assert_true(fake.busy);
	fake.busy = false;
	if (e == ERR_NONE) {
		assert_true(fake.len + fake.batch.len <= FAKE_BATCHES_MAX);
		if (fake.batch.len > 0)
			memcpy(fake.kept + fake.len, fake.batch.data, fake.batch.len);
		fake.len += fake.batch.len;
	}
	hub_committed(h, e, at);
}

static inline struct slice fake_kept(void)
{
	return slice_of(fake.kept, fake.len);
}

/* How many records of that kind there are in these; the last of them is in *out. */
static inline size_t records_of(struct slice records, enum record_kind kind, struct record *out)
{
	struct record r;
	size_t n = 0;

	while (records.len > 0) {
		assert_int_equal(record_get(&records, &r), ERR_NONE);
		if (r.kind != kind)
			continue;
		*out = r;
		n++;
	}
	return n;
}

#endif
