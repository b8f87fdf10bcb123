/*
 * A store for a hub that is fuzzed: it is late, fails when the script says so, and has nothing to read.
 * Looks whether what it is given are records, one batch at a time.
 */
#ifndef FUZZ_STORE_H
#define FUZZ_STORE_H

#include "fuzz.h"

#include "core/hub.h"
#include "core/record.h"

enum { FUZZ_QUERIES = 4 };

struct fuzz_store {
	bool used;
	bool busy; /* a batch is under way */
	uint64_t tickets[FUZZ_QUERIES];
	size_t count;
};

static inline void store_commit(void *ctx, struct slice batch)
{
	struct fuzz_store *s = ctx;
	struct record r;

	CHECK(!s->busy);
	s->busy = true;
	while (batch.len > 0)
		CHECK(record_get(&batch, &r) == ERR_NONE);
}

static inline enum err store_read(void *ctx, const struct store_query *q)
{
	struct fuzz_store *s = ctx;

	if (s->count == FUZZ_QUERIES)
		return ERR_FULL;
	s->tickets[s->count++] = q->ticket;
	return ERR_NONE;
}

/* One batch and one question are done with. */
static inline void store_lands(struct fuzz_store *s, struct hub *hub, bool kept, struct instant now)
{
	struct store_answer answer = {.error = kept ? ERR_NOT_FOUND : ERR_SYSTEM};

	if (s->count > 0) {
		answer.ticket = s->tickets[--s->count];
		hub_answered(hub, &answer, now);
	}
	if (!s->busy)
		return;
	s->busy = false;
	hub_committed(hub, kept ? ERR_NONE : ERR_FULL, now);
}

#endif
