/* See fill.h. */
#include "fill.h"

#include "corpus.h"
#include "core/record.h"
#include "store/indexer.h"
#include "store/opening.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILL_BATCH = 4000,
	FILL_BYTES = 512 * 1024,
	LOOK_AGAIN_MS = 20,
	PIECES = 16,
	ROOMS_EACH = 8
};

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

static void commit(struct store *s, const struct buf *records)
{
	const struct store_port *port = store_port(s);
	struct store_result r;

	port->commit(port->ctx, slice_of(records->data, records->len));
	fill_await(s, &r);
}

void fill_talks(struct store *s, uint64_t events)
{
	static uint8_t bytes[FILL_BYTES];
	struct corpus c;

	corpus_begin(&c, 20261121);
	for (uint64_t seq = 1; seq <= events;) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		uint64_t left = events - seq + 1;
		seq += corpus_batch(&c, WIRE_LOBBY, seq, left < FILL_BATCH ? left : FILL_BATCH, &b);
		commit(s, &b);
	}
}

static void put_room(struct buf *b, size_t i)
{
	char name[32];
	uint8_t frame[WIRE_ITEM_MAX];
	struct buf f = buf_of(frame, sizeof(frame));
	uint32_t number = WIRE_LOBBY + 1 + (uint32_t)i;
	struct record room = {.kind = RECORD_ROOM, .room = {.number = number, .made_ms = 1}};
	struct record opened = {.kind = RECORD_EVENT, .event = {.room = number, .seq = 1}};

	snprintf(name, sizeof(name), "#room%zu", i);
	room.room.name = slice_of(name, strlen(name));
	snprintf((char *)room.room.owners[0], OWNER_BYTES, "maker %zu", i / ROOMS_EACH);
	record_put(b, &room);
	struct event e = {.room = number,
			  .seq = 1,
			  .kind = EVENT_OPEN,
			  .time_ms = 1,
			  .from = slice_of("maker", 5),
			  .text = room.room.name};
	event_put(&f, &e);
	memcpy(opened.event.author, room.room.owners[0], OWNER_BYTES);
	opened.event.frame = slice_of(f.data, f.len);
	record_put(b, &opened);
}

void fill_rooms(struct store *s, size_t rooms)
{
	static uint8_t bytes[FILL_BYTES];

	for (size_t i = 0; i < rooms;) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		for (; i < rooms && buf_room(&b) >= (size_t)2 * RECORD_MAX; i++)
			put_room(&b, i);
		commit(s, &b);
	}
}

static void put_name(struct buf *b, size_t i)
{
	char name[32];
	struct record r = {.kind = RECORD_NAME, .name = {.first = 1, .last = 1, .used = 1}};

	snprintf(name, sizeof(name), "n%zu", i);
	r.name.name = slice_of(name, strlen(name));
	snprintf((char *)r.name.owner, OWNER_BYTES, "owner %zu", i);
	record_put(b, &r);
}

void fill_names(struct store *s, size_t names)
{
	static uint8_t bytes[FILL_BYTES];

	for (size_t i = 0; i < names;) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		for (; i < names && buf_room(&b) >= RECORD_MAX; i++)
			put_name(&b, i);
		commit(s, &b);
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
