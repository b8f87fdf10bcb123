/*
 * What the hub wants kept, and asks of what was: the port to a disk, which implements it.
 *
 * Batches are handed over one at a time: the next comes after hub_committed() for the one before.
 * Neither call waits, and neither may call the hub back: results come on the loop, later or in the
 * same turn, by hub_committed() and hub_answered().  Pure: nothing here knows a file.
 */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "core/owner.h"
#include "proto/buf.h"
#include "proto/err.h"

enum store_query_kind {
	QUERY_PAGE, /* events first … last of a room: the newest of them that fit, the oldest first */
	QUERY_RUN,    /* … the oldest of them that fit, the oldest first */
	QUERY_SEARCH, /* events with these words, the newest first */
};

struct store_query {
	enum store_query_kind kind;
	uint64_t ticket;  /* for hub_answered() */
	size_t max_bytes; /* of the answer: whole EVENT frames */
	/* PAGE, RUN */
	uint32_t room;
	uint64_t first, last;
	/* SEARCH */
	const uint32_t *rooms; /* that may be seen by who asks */
	size_t room_count;
	struct slice words; /* as typed, without the filters */
	struct slice from;  /* empty: anybody */
	int64_t before_ms;  /* 0: no bound */
	uint64_t token;	    /* 0: from the newest; else as the page before gave it */
	unsigned count;
};

/* ERR_NOT_FOUND: nothing of that is kept (any more); ERR_MALFORMED: those words are no query; else it
 * cannot be read now. */
struct store_answer {
	uint64_t ticket;
	enum err error;
	struct slice page;	     /* EVENT frames */
	bool more;		     /* there are more that did not fit */
	uint64_t token;		     /* SEARCH: for the next page */
	uint8_t author[OWNER_BYTES]; /* PAGE, RUN: who caused the first event of the page */
};

struct store_port {
	void *ctx;
	/* Records of core/record.h, to be kept all or none; borrowed until hub_committed(). */
	void (*commit)(void *ctx, struct slice batch);
	/* Copied; answered by hub_answered(), in any order.  ERR_FULL: too many are under way;
	 * ERR_MEMORY: then there is no answer. */
	NODISCARD enum err (*read)(void *ctx, const struct store_query *q);
};

#endif
