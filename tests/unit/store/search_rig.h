/*
 * A log to search in, without the threads: what is said goes into it as the store puts it there, the
 * index takes its steps when the test says so, and time is the test's.
 */
#ifndef SEARCH_RIG_H
#define SEARCH_RIG_H

#include "store/indexer.h"
#include "store/schema.h"
#include "store/search.h"

#include "store_rig.h"

#define RIG_NOON INT64_C(1795262400000) /* 2026-11-21T12:00Z */

struct search_rig {
	struct db db, reading;
	struct words *words;
	struct said *said[2];
	struct indexer indexer;
	struct search search;
	uint64_t now_us;
	int64_t time_ms; /* of what is said next */
	int64_t place;
};

/* cmocka's: *state is the rig. */
int search_rig_setup(void **state);
int search_rig_teardown(void **state);

/* As a server that ends and begins again. */
void search_rig_close(struct search_rig *r);
void search_rig_open(struct search_rig *r);

/* Its number in that room. */
uint64_t say(struct search_rig *r, uint32_t room, const char *who, const char *text);
uint64_t put(struct search_rig *r, uint32_t room, enum event_kind kind, const char *who,
	     const char *text);
/* Another frame stands there now; kind 0: the event is no longer kept. */
void rewrite(struct search_rig *r, uint32_t room, uint64_t seq, enum event_kind kind,
	     const char *who, const char *text);

void index_all(struct search_rig *r); /* and what is to be thrown out is */
void index_what_is_due(struct search_rig *r);

struct found {
	size_t count;
	enum err error;
	struct search_page page;
	struct {
		uint32_t room;
		uint64_t seq;
		char text[64];
	} at[SEARCH_MAX_EVENTS];
};

/* A query in the rooms 1 to 3. */
struct store_query query_of(const char *words, const char *from);
struct found find(struct search_rig *r, const struct store_query *q);

/* "1:7 2:3 ": room and number of each event, in order; valid until the next call. */
const char *found_by(struct search_rig *r, const char *words);
const char *found_text(const struct found *f);

#endif
