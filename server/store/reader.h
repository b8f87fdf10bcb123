/*
 * The thread that reads what the hub asks for, on a connection of its own: what is committed before a
 * query begins, is seen by it; who writes is not held up.
 */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "core/store.h"
#include "store/page.h"
#include "store/result.h"
#include "store/search.h"

/* A query on its way, and its answer on the way back; one piece of memory each. */
struct query {
	struct result result; /* first member */
	struct store_query wanted;
	struct store_answer answer;
	uint8_t *storage; /* of its page */
};

/* A copy with all that it refers to.  NULL: no memory. */
struct query *query_new(const struct store_query *wanted);
void query_free(struct query *q);

struct reader {
	struct db db;
	struct page page;
	struct said *said;
	struct search search;
	struct inbox in;
	struct inbox *out;
	pthread_t thread;
	bool running;
};

/* ERR_*: `r->db.why`, and nothing runs. */
NODISCARD enum err reader_start(struct reader *r, const struct db_options *options,
				struct inbox *out);
void reader_stop(struct reader *r); /* answers all that it was given; not running: nothing */

/* Takes the query, which comes back by the box of results. */
void reader_ask(struct reader *r, struct query *q);

#endif
