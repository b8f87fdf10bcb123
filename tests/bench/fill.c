/* See fill.h. */
#include "fill.h"

#include "corpus.h"
#include "store/indexer.h"
#include "store/opening.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILL_BATCH = 4000, FILL_BYTES = 512 * 1024, LOOK_AGAIN_MS = 20, PIECES = 16 };

static void die(const char *why)
{
	fprintf(stderr, "bench: the store: %s\n", why);
	exit(1);
}

struct store *fill_open(const char *dir)
{
	const struct store_options o = {.dir = dir, .new_epoch = 1};
	struct db_why why;
	struct store *s = store_open(&o, &why);

	if (!s || store_start(s, &why) != ERR_NONE)
		die(why.text);
	return s;
}

void fill_await(struct store *s, struct store_result *r)
{
	struct pollfd p = {.fd = store_fd(s), .events = POLLIN};

	do
		while (!store_next(s, r))
			(void)poll(&p, 1, -1);
	while (r->kind == STORE_WARNING);
	if (r->error != ERR_NONE)
		die(r->why);
}

void fill_talks(struct store *s, uint64_t events)
{
	static uint8_t bytes[FILL_BYTES];
	const struct store_port *port = store_port(s);
	struct store_result r;
	struct corpus c;

	corpus_begin(&c, 20261121);
	for (uint64_t seq = 1; seq <= events;) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		uint64_t left = events - seq + 1;
		seq += corpus_batch(&c, WIRE_LOBBY, seq, left < FILL_BATCH ? left : FILL_BATCH, &b);
		port->commit(port->ctx, slice_of(b.data, b.len));
		fill_await(s, &r);
	}
}

static int64_t number(struct db *db, const char *query)
{
	sqlite3_stmt *s;
	int64_t v = 0;

	if (db_prepare(db, query, &s) != ERR_NONE || db_value(db, s, 0, &v) != ERR_NONE)
		die(db->why.text);
	sqlite3_finalize(s);
	return v;
}

static void open_aside(struct db *db, const char *dir)
{
	char path[DATADIR_MAX];
	const struct db_options o = {.path = path, .use = DB_READ};

	if (datadir_file(dir, OPENING_FILE, path) != ERR_NONE || db_open(db, &o) != ERR_NONE)
		die(dir);
}

int64_t fill_number(const char *dir, const char *query)
{
	struct db db;

	open_aside(&db, dir);
	int64_t v = number(&db, query);
	db_close(&db);
	return v;
}

/* All but what it leaves out on purpose. */
static bool is_complete(struct db *db, uint64_t events)
{
	return (uint64_t)number(db, "SELECT upto FROM indexed") + INDEXER_LAG >= events &&
	       number(db, "SELECT count(DISTINCT segid) FROM words_idx") < PIECES;
}

void fill_await_index(const char *dir, uint64_t events)
{
	struct db db;

	open_aside(&db, dir);
	while (!is_complete(&db, events))
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	db_close(&db);
}
