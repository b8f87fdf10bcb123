#include "search_rig.h"

#include "proto/timerq.h"
#include "store/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000 * 1000 };

static void fine(struct db *db, enum err e)
{
	if (e != ERR_NONE)
		fail_msg("%d: %s", (int)e, db->why.text);
}

static void open_db(struct db *db, enum db_use use, const struct words *words)
{
	const struct db_options options = {.path = rig_path("it.db"), .use = use, .words = words};

	fine(db, db_open(db, &options));
}

void search_rig_open(struct search_rig *r)
{
	open_db(&r->db, DB_WRITE, r->words);
	fine(&r->db, db_exec(&r->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF"));
	fine(&r->db, schema_bring_up(&r->db, schema_ours()));
	fine(&r->db, indexer_open(&r->indexer, &r->db, r->said[0], r->now_us));
	open_db(&r->reading, DB_READ, r->words);
	fine(&r->reading, search_open(&r->search, &r->reading, r->said[1]));
}

void search_rig_close(struct search_rig *r)
{
	search_close(&r->search);
	db_close(&r->reading);
	indexer_close(&r->indexer);
	db_end(&r->db);
}

int search_rig_setup(void **state)
{
	struct search_rig *r = calloc(1, sizeof(*r));

	if (!r || rig_setup(state) != 0)
		return -1;
	*state = r;
	r->words = words_new();
	r->said[0] = said_new(r->words);
	r->said[1] = said_new(r->words);
	assert_true(r->words && r->said[0] && r->said[1]);
	r->now_us = UINT64_C(1000) * SECOND;
	r->time_ms = RIG_NOON;
	search_rig_open(r);
	return 0;
}

int search_rig_teardown(void **state)
{
	struct search_rig *r = *state;

	search_rig_close(r);
	said_free(r->said[0]);
	said_free(r->said[1]);
	words_free(r->words);
	free(r);
	return rig_teardown(state);
}

/* ---- the log --------------------------------------------------------------------------------- */

static int64_t number(struct search_rig *r, const char *query, int64_t a, int64_t b)
{
	sqlite3_stmt *s;
	int64_t v;

	fine(&r->db, db_prepare(&r->db, query, &s));
	if (sqlite3_bind_parameter_count(s) > 0) {
		db_bind_int(s, 1, a);
		db_bind_int(s, 2, b);
	}
	fine(&r->db, db_value(&r->db, s, 0, &v));
	sqlite3_finalize(s);
	return v;
}

static void put_row(struct search_rig *r, const struct row_event *row)
{
	sqlite3_stmt *s;

	fine(&r->db, db_prepare(&r->db,
				"REPLACE INTO events(id, place, time, kind, author, frame, sum)"
				" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
				&s));
	db_bind_int(s, 1, row->id);
	db_bind_int(s, 2, row->place);
	db_bind_int(s, 3, row->time_ms);
	db_bind_int(s, 4, row->kind);
	db_bind_bytes(s, 5, row->author);
	db_bind_bytes(s, 6, row->frame);
	db_bind_int(s, 7, row_sum(row));
	fine(&r->db, db_run(&r->db, s));
	sqlite3_finalize(s);
}

static struct slice frame_of(const struct event *e, uint8_t *storage, size_t cap)
{
	struct buf b = buf_of(storage, cap);

	event_put(&b, e);
	assert_false(b.failed);
	return slice_of(b.data, b.len);
}

uint64_t put(struct search_rig *r, uint32_t room, enum event_kind kind, const char *who,
	     const char *text)
{
	static uint8_t storage[WIRE_ITEM_MAX];
	int64_t last = number(r, "SELECT max(id) FROM events WHERE id >= ?1 AND id < ?2",
			      schema_id(room, 0), schema_id(room + 1, 0));
	uint64_t seq = last ? schema_seq(last) + 1 : 1;
	const struct event e = {.room = room,
				.seq = seq,
				.kind = kind,
				.time_ms = r->time_ms,
				.target = kind == EVENT_EDITED ? seq + 1 : 1,
				.from = slice_of(who, strlen(who)),
				.text = slice_of(text, strlen(text))};
	const struct row_event row = {.id = schema_id(room, e.seq),
				      .place = ++r->place,
				      .time_ms = e.time_ms,
				      .kind = kind,
				      .author = slice_of(rig_alice, OWNER_BYTES),
				      .frame = frame_of(&e, storage, sizeof(storage))};

	put_row(r, &row);
	indexer_appended(&r->indexer, room, r->now_us);
	r->now_us++;
	r->time_ms += 1000;
	return e.seq;
}

uint64_t say(struct search_rig *r, uint32_t room, const char *who, const char *text)
{
	return put(r, room, EVENT_TALK, who, text);
}

static void change(struct search_rig *r, struct row_event *row, const struct event *e)
{
	static uint8_t storage[WIRE_ITEM_MAX];
	struct slice frame = slice_of(NULL, 0);

	if (e->kind)
		frame = frame_of(e, storage, sizeof(storage));
	fine(&r->db, db_begin(&r->db));
	fine(&r->db, indexer_replace(&r->indexer, row->id, row->frame, frame));
	row->kind = e->kind;
	row->frame = frame;
	put_row(r, row);
	if (!e->kind) {
		char text[64];
		(void)snprintf(text, sizeof(text), "DELETE FROM events WHERE id = %lld",
			       (long long)row->id);
		fine(&r->db, db_exec(&r->db, text));
	}
	fine(&r->db, db_commit(&r->db));
}

void rewrite(struct search_rig *r, uint32_t room, uint64_t seq, enum event_kind kind,
	     const char *who, const char *text)
{
	struct row_event row = {.id = schema_id(room, seq)};
	struct event e = {.room = room,
			  .seq = seq,
			  .kind = kind,
			  .target = seq + 1,
			  .from = slice_of(who, strlen(who)),
			  .text = slice_of(text, strlen(text))};
	sqlite3_stmt *s;
	bool there;

	fine(&r->db,
	     db_prepare(&r->db, "SELECT place, time, author, frame FROM events WHERE id = ?1", &s));
	db_bind_int(s, 1, row.id);
	fine(&r->db, db_next(&r->db, s, &there));
	assert_true(there);
	row.place = sqlite3_column_int64(s, 0);
	row.time_ms = e.time_ms = sqlite3_column_int64(s, 1);
	row.author = db_bytes(s, 2);
	row.frame = db_bytes(s, 3);
	change(r, &row, &e);
	sqlite3_finalize(s);
}

/* ---- the index ------------------------------------------------------------------------------- */

void index_what_is_due(struct search_rig *r)
{
	while (indexer_deadline(&r->indexer) <= r->now_us)
		fine(&r->db, indexer_step(&r->indexer, r->now_us));
}

void index_all(struct search_rig *r)
{
	while (indexer_deadline(&r->indexer) != TIMERQ_NEVER) {
		if (indexer_deadline(&r->indexer) > r->now_us)
			r->now_us = indexer_deadline(&r->indexer);
		index_what_is_due(r);
	}
}

/* ---- queries --------------------------------------------------------------------------------- */

struct store_query query_of(const char *words, const char *from)
{
	static const uint32_t rooms[] = {1, 2, 3};

	return (struct store_query){.kind = QUERY_SEARCH,
				    .max_bytes = 256 * 1024,
				    .rooms = rooms,
				    .room_count = 3,
				    .words = slice_of(words, strlen(words)),
				    .from = slice_of(from, strlen(from)),
				    .count = SEARCH_MAX_EVENTS};
}

static void note(struct found *f, const struct event *e)
{
	assert_true(f->count < SEARCH_MAX_EVENTS);
	f->at[f->count].room = e->room;
	f->at[f->count].seq = e->seq;
	(void)snprintf(f->at[f->count].text, sizeof(f->at[0].text), "%.*s", (int)e->text.len,
		       (const char *)e->text.data);
	f->count++;
}

struct found find(struct search_rig *r, const struct store_query *q)
{
	static uint8_t storage[256 * 1024];
	struct buf frames = buf_of(storage, q->max_bytes);
	struct found f = {.count = 0};
	struct slice page, raw;
	struct event e;

	assert_true(q->max_bytes <= sizeof(storage));
	f.error = search_run(&r->search, q, &frames, &f.page);
	assert_false(frames.failed);
	page = slice_of(frames.data, f.error == ERR_NONE ? frames.len : 0);
	while (page_get(&page, &e, &raw))
		note(&f, &e);
	assert_false(page.failed);
	return f;
}

const char *found_text(const struct found *f)
{
	static char out[SEARCH_MAX_EVENTS * 16];
	int n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < f->count; i++)
		n += snprintf(out + n, sizeof(out) - (size_t)n, "%u:%llu ", (unsigned)f->at[i].room,
			      (unsigned long long)f->at[i].seq);
	return out;
}

const char *found_by(struct search_rig *r, const char *words)
{
	struct store_query q = query_of(words, "");
	struct found f = find(r, &q);

	fine(&r->reading, f.error);
	return found_text(&f);
}
