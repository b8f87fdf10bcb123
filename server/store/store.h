/*
 * The history of a data directory: what the hub wants kept is kept there, and read again, by threads
 * of its own.  The loop never waits for a disk: it hands batches and queries over, and is told by a
 * descriptor that there are results.
 *
 * Only starting and ending wait: store_open() for the lock, a look through a history that did not end in
 * good order, and what the hub has to know; store_close() for what is under way.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "core/store.h"
#include "store/db.h"

enum {
	STORE_QUERIES_MAX = 256, /* under way */
	STORE_SEARCHES_MAX =
		64, /* … that search: those take long, and pages are not to wait for them */
};

struct store_options {
	const char *dir;    /* has to be there */
	const char *vfs;    /* as struct db_options */
	bool lazy;	    /* as struct db_options */
	uint64_t new_epoch; /* for a log that begins: random, above 0, below 2^62 */
	uint32_t keep_days; /* of rooms that say nothing else (store/retention.h); 0: for ever */
};

struct store;

/* NULL: `why` is a sentence that says what is the matter and what to do. */
struct store *store_open(const struct store_options *o, struct db_why *why);
/* Keeps the batch that it was given, lets go of all results, and says in the log that it ended in good
 * order.  NULL: nothing. */
void store_close(struct store *s);

uint64_t store_epoch(const struct store *s);
/* What a hub has to know when it starts, as records (store/restore.h); borrowed until store_start(). */
struct slice store_records(const struct store *s);
/* From now on it serves the port.  ERR_*: `why`. */
NODISCARD enum err store_start(struct store *s, struct db_why *why);

const struct store_port *store_port(const struct store *s);

enum store_result_kind {
	STORE_COMMITTED, /* the batch is done with: for hub_committed() */
	STORE_ANSWERED,	 /* for hub_answered() */
	STORE_WARNING,	 /* `why` is to be said, nothing else */
	STORE_TRIMMED,	 /* for hub_trimmed() */
};

struct store_result {
	enum store_result_kind kind;
	enum err error;
	const char *why; /* with an error: what went wrong, as a sentence; may be empty */
	const struct store_answer *answer;
	uint32_t room; /* TRIMMED … */
	uint64_t first;
};

int store_fd(const struct store *s); /* readable: there are results */
/* The next one, borrowed until the next call; false: there is none.  Does not wait. */
bool store_next(struct store *s, struct store_result *r);

#endif
