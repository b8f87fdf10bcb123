/*
 * Finding what was said: the newest first, over all rooms that one may see, page by page.
 *
 * "Newer" is what was written down later (events.place), whatever the clock said: it orders the events
 * of all rooms, and a page's token is the place where the next one goes on.  So pages neither leave out
 * nor repeat anything, whatever is said, taken back or forgotten meanwhile.
 *
 * Whatever is committed is found: what is not in the index yet (store/indexer.h) is read from the log.
 *
 * A search ends when its time is over, with what it has found, and goes on by its token.  Belongs to
 * the thread of a connection that reads.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "core/store.h"
#include "store/db.h"
#include "store/said.h"

enum {
	SEARCH_MAX_EVENTS = 200, /* in one page */
	SEARCH_LIMIT_US = 2 * 1000 * 1000,
	SEARCH_STATEMENTS = 9,
};

struct search {
	struct db *db;	   /* borrowed */
	struct said *said; /* borrowed */
	uint64_t limit_us; /* for one page */
	uint64_t (*clock)(void);
	sqlite3_stmt *all[SEARCH_STATEMENTS];
};

/* On a connection that has the tokenizer and the index.  Errors as db.h. */
NODISCARD enum err search_open(struct search *s, struct db *db, struct said *said);
void search_close(struct search *s);

struct search_page {
	uint64_t token; /* for the next page */
	bool more;	/* there is one, or there may be: the time was over */
};

/*
 * Whole EVENT frames, as many as fit.  ERR_MALFORMED: that is no query; else as db.h, but that what is
 * damaged is ERR_SYSTEM.
 */
NODISCARD enum err search_run(struct search *s, const struct store_query *q, struct buf *frames,
			      struct search_page *page);

#endif
