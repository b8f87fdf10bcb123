/*
 * Forgetting what is older than the room keeps: from the front of its log, a few events at a time.
 *
 * A room keeps everything, or so many days: its own number (rooms.keep), or that of all rooms.  What
 * goes is always a beginning of the log, out of the index and out of the file as well.
 *
 * Age is told by clocks, and clocks jump.  So nothing goes because of one that is wrong for a moment:
 *
 * - There is a time that is believed. It follows the machine's clock as long as that is no more than a
 *   day away from it, and otherwise goes on by itself; only when the clock has been away for a day of
 *   running, all runs together, it is believed again.  Now is the earlier one of the two.
 * - An event whose time cannot be (before there was this program, or after now) is as old as one behind
 *   it whose time can be.
 *
 * Belongs to the thread of the connection that writes.
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/indexer.h"

enum {
	RETENTION_STEP = 200,  /* events that go in one step … */
	RETENTION_ROOMS = 256, /* … or rooms that are passed by */
	RETENTION_STATEMENTS = 6,
};
#define RETENTION_DAY_MS (INT64_C(24) * 3600 * 1000)
#define RETENTION_SWEEP_US                                                                         \
	(UINT64_C(3600) * 1000 * 1000)		  /* from one look at all rooms to the next */
#define RETENTION_BEGIN_MS INT64_C(1577836800000) /* 2020: nothing is older */

struct retention {
	struct db *db;		 /* borrowed */
	struct indexer *indexer; /* borrowed; NULL: there is no index */
	sqlite3_stmt *all[RETENTION_STATEMENTS];
	uint32_t keep_days;  /* of all rooms; 0: for ever */
	int64_t believed_ms; /* 0: nothing yet */
	int64_t doubted_ms;  /* so long the clock was away from it */
	uint64_t told_us;    /* when that was so */
	uint64_t sweep_at;
	bool sweeping;
	bool any;      /* some room does not keep everything */
	uint32_t next; /* while sweeping: the first room that is still to be looked at */
};

/* Errors as db.h. */
NODISCARD enum err retention_open(struct retention *r, struct db *db, struct indexer *indexer,
				  uint32_t keep_days, uint64_t now_us);
void retention_close(struct retention *r);

/* A room keeps something else now: soon. */
void retention_changed(struct retention *r);

/* When there is something to do. */
uint64_t retention_deadline(const struct retention *r);

struct retention_trim {
	uint32_t room;	/* 0: nothing went */
	uint64_t first; /* the oldest number that the room keeps now */
};

/* Does some of it, in a transaction of its own.  Errors as db.h; then nothing went. */
NODISCARD enum err retention_step(struct retention *r, uint64_t now_us, int64_t wall_ms,
				  struct retention_trim *trim);

#endif
