/*
 * The index of what was said, filled behind the log: what is acknowledged never waits for it.
 *
 * Two tables: `words` (FTS5, without the texts: they are in the log), and `indexed`: up to which number
 * a room is in it.  All that was said up to there is in the index, and nothing else; who searches reads
 * the rest from the log.  What was said in the last two minutes is left out as long as it is not much:
 * it may still be taken back.
 *
 * Talks that were changed, taken back or forgotten leave the index in the transaction that changes
 * them.  FTS5 finds them no more then, but keeps their words until it writes that part anew; it is made
 * to do that soon (`stale`).
 *
 * All of it can be made again from the log, and is when it was made with other rules or another ICU, or
 * when it is damaged.
 * Belongs to the thread of the connection that writes.
 */
#ifndef STORE_INDEXER_H
#define STORE_INDEXER_H

#include "core/ring.h"
#include "core/table.h"
#include "store/db.h"
#include "store/said.h"

enum {
	INDEXER_SETTLE_US = 120 * 1000 * 1000,
	INDEXER_LAG = 1024,		/* events of all rooms that are left out, at most */
	INDEXER_STEP = 256,		/* events in one step … */
	INDEXER_STEP_BYTES = 64 * 1024, /* … or, of long ones, so many bytes and one event */
	INDEXER_PAGES = 32,		/* that are written anew in one step */
	INDEXER_REST = 100,		/* times as long as throwing out took there is none … */
	INDEXER_GONE = 4096,		/* … unless so many events are gone … */
	INDEXER_PART = 4,		/* … and there are no more than so many times as many */
	INDEXER_STATEMENTS = 9,
};

struct indexer {
	struct db *db;	   /* borrowed */
	struct said *said; /* borrowed */
	sqlite3_stmt *all[INDEXER_STATEMENTS];
	struct table rooms; /* with events that are not in it */
	struct ring queue;  /* the same, who has waited longest first */
	uint64_t behind;    /* events that are not in it */
	uint64_t inside;    /* about so many are */
	uint64_t gone;	    /* so many were, and their words still are */
	bool scattered;	    /* it lies in many pieces: a search takes longer */
	bool stale;	    /* words of what is gone are still in it */
	bool damaged;	    /* it has to be made again … */
	bool made_again;    /* … and was … */
	bool given_up;	    /* … in vain */
	uint64_t renew_at;  /* when they may be thrown out */
	uint64_t renewing;  /* so long it took so far */
};

/*
 * Makes what is missing, or all of it.  `db` writes, and has the tokenizer.  Zero-initialise before the
 * first time: what was found damaged before it was closed is made again then.  Errors as db.h.
 */
NODISCARD enum err indexer_open(struct indexer *x, struct db *db, struct said *said,
				uint64_t now_us);
void indexer_close(struct indexer *x);

/* An event was committed. */
void indexer_appended(struct indexer *x, uint32_t room, uint64_t now_us);

/*
 * Within the transaction that does it: where `old` stands another frame will, or (empty) none.  Errors
 * as db.h.
 */
NODISCARD enum err indexer_replace(struct indexer *x, int64_t id, struct slice old,
				   struct slice frame);

/* When there is something to do; TIMERQ_NEVER: nothing. */
uint64_t indexer_deadline(const struct indexer *x);

/* Does some of it, in a transaction of its own, for a few milliseconds.  Errors as db.h. */
NODISCARD enum err indexer_step(struct indexer *x, uint64_t now_us);

#endif
