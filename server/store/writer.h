/*
 * The one thread that writes.
 *
 * It commits the batches that it is given, and does chores while there is none: steps of bounded work,
 * one at a time, so that a batch never waits for more than one of them: it fills the index, forgets what
 * is too old, and empties SQLite's WAL into the database.  When that grows all the same, as there is
 * always a batch, it is emptied between two of them.
 *
 * What a failed commit leaves behind is not trusted: before the next one the connection is opened anew
 * and it is asked which batch was the last.  If that is not the one that was the last to be kept, nothing
 * is written any more: the room has told its members something else.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/batch.h"
#include "store/opening.h"
#include "store/result.h"
#include "store/retention.h"

enum {
	WRITER_WAL_IDLE = 100,	/* pages in the WAL for which it is worth emptying when idle … */
	WRITER_WAL_BUSY = 500,	/* … and when not */
	WRITER_WAL_LONG = 2000, /* … who reads is waited for */
	WRITER_READERS_MS = 50, /* … so long */
	WRITER_REST_US = 50 * 1000, /* without a batch: idle */
	WRITER_SHARE = 4, /* times as long as a chore took there is no other, while batches come */
	WRITER_RETRY_US = 1000 * 1000, /* after a checkpoint that did not get through */
};

struct writer {
	struct opened *opened; /* borrowed; its connection is the thread's while that runs */
	struct db_options options;
	struct batch batch;
	struct said *said;
	struct indexer indexer;
	struct retention retention;
	uint32_t keep_days;
	struct inbox in; /* of one struct result: `commit` */
	struct inbox *out;
	pthread_t thread;
	bool running;
	/* the thread's */
	uint64_t number;	/* of the newest batch that is kept */
	bool doubtful;		/* the last commit has failed */
	bool broken;		/* what is there, is not what was written */
	int wal_pages;		/* in it */
	int wal_moved;		/* … that are in the database, too */
	uint64_t checkpoint_at; /* the next one, not before */
	bool checkpoint_bad;	/* and that was said */
	bool leftovers;		/* what is gone is in the WAL's file, maybe for long */
	uint64_t step_at;	/* of index or retention, not before */
	uint64_t idle_at;	/* when it counts as idle */
	/* the batch under way: the loop's before and after */
	struct result commit;
	struct slice records;
};

/* ERR_*: `why` is in opened->db.why, and nothing runs. */
NODISCARD enum err writer_start(struct writer *w, struct opened *opened,
				const struct db_options *options, uint32_t keep_days,
				struct inbox *out);
/* Drains what it was given, and ends the thread.  Not running: nothing. */
void writer_stop(struct writer *w);

/* The next batch, borrowed until it comes back by the box of results as w->commit. */
void writer_commit(struct writer *w, struct slice records);

#endif
