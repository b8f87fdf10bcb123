/* One function for each kind of record; the contract is in batch.h. */
#include "store/batch.h"

#include "store/row.h"
#include "store/schema.h"
#include "sys/clock.h"

#include <assert.h>
#include <string.h>

enum statement {
	PUT_NUMBER,
	PUT_PLACE,
	PUT_EPOCH,
	PUT_ROOM,
	PUT_EVENT,
	GET_EVENT,
	REWRITE_EVENT,
	PUT_NAME,
	DROP_NAME,
	PUT_SENDER,
	DROP_SENDER,
	PUT_PRESENT,
	DROP_PRESENT,
};
_Static_assert((int)DROP_PRESENT + 1 == (int)BATCH_STATEMENTS, "one text each");

static const char *const texts[BATCH_STATEMENTS] = {
	[PUT_NUMBER] = "REPLACE INTO meta VALUES('batch', ?1)",
	[PUT_PLACE] = "REPLACE INTO meta VALUES('place', ?1)",
	[PUT_EPOCH] = "REPLACE INTO meta VALUES('epoch', ?1)",
	[PUT_ROOM] = "INSERT INTO rooms(number, kind, name, topic, password, keep, made,"
		     " owner_a, name_a, owner_b, name_b)"
		     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		     " ON CONFLICT(number) DO UPDATE SET kind = ?2, name = ?3, topic = ?4,"
		     " password = ?5, keep = ?6, made = ?7, owner_a = ?8, name_a = ?9,"
		     " owner_b = ?10, name_b = ?11",
	[PUT_EVENT] = "INSERT INTO events(id, place, time, author, kind, frame, sum)"
		      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[GET_EVENT] = "SELECT " ROW_EVENT " FROM events WHERE id = ?1",
	[REWRITE_EVENT] = "UPDATE events SET time = ?2, kind = ?3, frame = ?4, sum = ?5"
			  " WHERE id = ?1",
	[PUT_NAME] = "REPLACE INTO names(name, owner, first, last, used)"
		     " VALUES(?1, ?2, ?3, ?4, ?5)",
	[DROP_NAME] = "DELETE FROM names WHERE name = ?1",
	[PUT_SENDER] = "REPLACE INTO senders(owner, instance, state) VALUES(?1, ?2, ?3)",
	[DROP_SENDER] = "DELETE FROM senders WHERE owner = ?1 AND instance = ?2",
	[PUT_PRESENT] = "REPLACE INTO present(room, name, owner, instance, lost)"
			" VALUES(?1, ?2, ?3, ?4, ?5)",
	[DROP_PRESENT] = "DELETE FROM present WHERE room = ?1 AND name = ?2",
};

enum err batch_init(struct batch *b, struct db *db, struct indexer *indexer)
{
	enum err e;

	*b = (struct batch){.indexer = indexer};
	e = schema_get(db, "place", 0, &b->place);
	return e == ERR_NONE ? db_prepare_all(db, texts, BATCH_STATEMENTS, b->all) : e;
}

void batch_wipe(struct batch *b)
{
	db_finish(b->all, BATCH_STATEMENTS);
}

/* ---- each kind ------------------------------------------------------------------------------- */

typedef enum err keep_fn(struct batch *b, struct db *db, const struct record *r);

static enum err keep_meta(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[PUT_EPOCH];

	db_bind_int(s, 1, (int64_t)r->epoch);
	return db_run(db, s);
}

static enum err keep_room(struct batch *b, struct db *db, const struct record *r)
{
	const struct record_room *room = &r->room;
	sqlite3_stmt *s = b->all[PUT_ROOM];

	db_bind_int(s, 1, room->number);
	db_bind_int(s, 2, room->kind);
	db_bind_text(s, 3, room->name);
	db_bind_text(s, 4, room->topic);
	db_bind_bytes(s, 5, room->password);
	db_bind_int(s, 6, room->keep_days);
	b->keeps = b->keeps || (room->keep_days > 0 && room->keep_days < RECORD_KEEP_FOREVER);
	db_bind_int(s, 7, room->made_ms);
	for (int i = 0; i < 2; i++) {
		db_bind_bytes(s, 8 + 2 * i, slice_of(room->owners[i], OWNER_BYTES));
		db_bind_text(s, 9 + 2 * i, room->names[i]);
	}
	return db_run(db, s);
}

/* The columns of an EVENT or REWRITE that are in its frame. */
static enum err row_of(struct db *db, const struct record_event *e, struct row_event *row)
{
	struct slice bytes = e->frame;
	struct frame f;

	if (frame_get(&bytes, &f) != ERR_NONE || f.type != FRAME_EVENT || bytes.len > 0) {
		db_say(&db->why, "event %llu of room %u is none", (unsigned long long)e->seq,
		       (unsigned)e->room);
		return ERR_MALFORMED;
	}
	row->id = schema_id(e->room, e->seq);
	row->time_ms = f.event.time_ms;
	row->kind = f.event.kind;
	row->frame = e->frame;
	return ERR_NONE;
}

static enum err keep_event(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[PUT_EVENT];
	struct row_event row = {.place = b->place + 1,
				.author = slice_of(r->event.author, OWNER_BYTES)};
	enum err e = row_of(db, &r->event, &row);

	if (e != ERR_NONE)
		return e;
	db_bind_int(s, 1, row.id);
	db_bind_int(s, 2, row.place);
	db_bind_int(s, 3, row.time_ms);
	db_bind_bytes(s, 4, row.author);
	db_bind_int(s, 5, row.kind);
	db_bind_bytes(s, 6, row.frame);
	db_bind_int(s, 7, row_sum(&row));
	b->place++;
	if (b->indexer) /* if this batch is not kept, there is nothing to be found */
		indexer_appended(b->indexer, r->event.room, b->now_us);
	return db_run(db, s);
}

static enum err rewrite(struct batch *b, struct db *db, const struct row_event *row)
{
	sqlite3_stmt *s = b->all[REWRITE_EVENT];

	db_bind_int(s, 1, row->id);
	db_bind_int(s, 2, row->time_ms);
	db_bind_int(s, 3, row->kind);
	db_bind_bytes(s, 4, row->frame);
	db_bind_int(s, 5, row_sum(row));
	return db_run(db, s);
}

/* Its author and place stay. */
static enum err replace(struct batch *b, struct db *db, const struct record_event *r,
			struct row_event *row)
{
	struct slice old = row->frame;
	enum err e = row_of(db, r, row);

	b->replaces = true;
	if (e == ERR_NONE && b->indexer)
		e = indexer_replace(b->indexer, row->id, old, row->frame);
	return e == ERR_NONE ? rewrite(b, db, row) : e;
}

/* One that is no longer kept needs no other frame. */
static enum err keep_rewrite(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[GET_EVENT];
	struct row_event row;
	bool there;
	enum err e;

	db_bind_int(s, 1, schema_id(r->event.room, r->event.seq));
	e = db_next(db, s, &there);
	if (e != ERR_NONE || !there)
		return e;
	e = row_get_event(db, s, &row);
	if (e == ERR_NONE)
		e = replace(b, db, &r->event, &row);
	db_reset(s);
	return e;
}

static enum err keep_name(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[PUT_NAME];

	db_bind_text(s, 1, r->name.name);
	db_bind_bytes(s, 2, slice_of(r->name.owner, OWNER_BYTES));
	db_bind_int(s, 3, r->name.first);
	db_bind_int(s, 4, r->name.last);
	db_bind_int(s, 5, r->name.used);
	return db_run(db, s);
}

static enum err drop_name(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[DROP_NAME];

	db_bind_text(s, 1, r->name.name);
	return db_run(db, s);
}

static enum err keep_sender(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[PUT_SENDER];
	uint8_t storage[ROW_SENDER_MAX];
	struct buf state = buf_of(storage, sizeof(storage));

	row_put_sender(&state, &r->sender);
	assert(!state.failed);
	db_bind_bytes(s, 1, slice_of(r->sender.owner, OWNER_BYTES));
	db_bind_int(s, 2, (int64_t)r->sender.instance);
	db_bind_bytes(s, 3, slice_of(state.data, state.len));
	return db_run(db, s);
}

static enum err drop_sender(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[DROP_SENDER];

	db_bind_bytes(s, 1, slice_of(r->sender.owner, OWNER_BYTES));
	db_bind_int(s, 2, (int64_t)r->sender.instance);
	return db_run(db, s);
}

static enum err keep_present(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[PUT_PRESENT];

	db_bind_int(s, 1, r->present.room);
	db_bind_text(s, 2, r->present.name);
	db_bind_bytes(s, 3, slice_of(r->present.owner, OWNER_BYTES));
	db_bind_int(s, 4, (int64_t)r->present.instance);
	db_bind_int(s, 5, r->present.lost);
	return db_run(db, s);
}

static enum err drop_present(struct batch *b, struct db *db, const struct record *r)
{
	sqlite3_stmt *s = b->all[DROP_PRESENT];

	db_bind_int(s, 1, r->present.room);
	db_bind_text(s, 2, r->present.name);
	return db_run(db, s);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static keep_fn *const kinds[] = {
	[RECORD_META] = keep_meta,	 [RECORD_ROOM] = keep_room,
	[RECORD_EVENT] = keep_event,	 [RECORD_REWRITE] = keep_rewrite,
	[RECORD_NAME] = keep_name,	 [RECORD_NAME_GONE] = drop_name,
	[RECORD_SENDER] = keep_sender,	 [RECORD_SENDER_GONE] = drop_sender,
	[RECORD_PRESENT] = keep_present, [RECORD_ABSENT] = drop_present,
};

static enum err keep_number(struct batch *b, struct db *db, uint64_t number)
{
	db_bind_int(b->all[PUT_NUMBER], 1, (int64_t)number);
	return db_run(db, b->all[PUT_NUMBER]);
}

static enum err keep_place(struct batch *b, struct db *db)
{
	db_bind_int(b->all[PUT_PLACE], 1, b->place);
	return db_run(db, b->all[PUT_PLACE]);
}

static enum err keep_all(struct batch *b, struct db *db, struct slice records)
{
	struct record r;
	enum err e = ERR_NONE;

	while (e == ERR_NONE && records.len > 0) {
		e = record_get(&records, &r);
		if (e == ERR_NONE)
			e = kinds[r.kind](b, db, &r);
		else
			db_say(&db->why, "a batch holds what is no record");
	}
	return e;
}

enum err batch_keep(struct batch *b, struct db *db, struct slice records, uint64_t number)
{
	int64_t place = b->place;
	enum err e = db_begin(db);

	b->now_us = clock_mono_us();
	if (e == ERR_NONE)
		e = keep_number(b, db, number);
	if (e == ERR_NONE)
		e = keep_all(b, db, records);
	if (e == ERR_NONE && b->place != place)
		e = keep_place(b, db);
	if (e == ERR_NONE)
		e = db_commit(db);
	if (e == ERR_NONE)
		return e;
	db_rollback(db);
	b->place = place;
	return e;
}
