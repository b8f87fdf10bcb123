/* One query for each kind of record; the contract is in restore.h. */
#include "store/restore.h"

#include "store/row.h"
#include "store/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct out {
	struct db *db;
	struct buf records;
	sqlite3_stmt *newest; /* events between two ids */
	size_t events;	      /* bytes of them so far */
};

/* ---- writing records ------------------------------------------------------------------------- */

static enum err put(struct out *o, const struct record *r)
{
	size_t cap = o->records.cap ? o->records.cap : (size_t)RECORD_MAX * 4;
	uint8_t *data;

	if (buf_room(&o->records) < RECORD_MAX) {
		if (o->records.cap)
			cap *= 2;
		data = realloc(o->records.data, cap);
		if (!data)
			return db_error(o->db, SQLITE_NOMEM);
		o->records.data = data;
		o->records.cap = cap;
	}
	record_put(&o->records, r);
	assert(!o->records.failed);
	return ERR_NONE;
}

static enum err damaged(struct out *o, const char *what)
{
	db_say(&o->db->why, "%s", what);
	return ERR_MALFORMED;
}

static bool get_owner(sqlite3_stmt *s, int column, uint8_t owner[OWNER_BYTES])
{
	struct slice bytes = db_bytes(s, column);

	if (bytes.len != OWNER_BYTES)
		return false;
	memcpy(owner, bytes.data, OWNER_BYTES);
	return true;
}

typedef enum err row_fn(struct out *o, sqlite3_stmt *s);

/* For every row of the query. */
static enum err each(struct out *o, sqlite3_stmt *s, row_fn *fn)
{
	bool row = true;
	enum err e = ERR_NONE;

	while (e == ERR_NONE && row) {
		e = db_next(o->db, s, &row);
		if (e == ERR_NONE && row)
			e = fn(o, s);
	}
	db_reset(s);
	return e;
}

/* ---- rooms, and their newest events ---------------------------------------------------------- */

#define NEWEST "SELECT " ROW_EVENT " FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id"

static enum err event_row(struct out *o, sqlite3_stmt *s)
{
	struct record r = {.kind = RECORD_EVENT};
	struct row_event event;
	enum err e = row_get_event(o->db, s, &event);

	if (e != ERR_NONE)
		return e;
	r.event.room = schema_room(event.id);
	r.event.seq = schema_seq(event.id);
	memcpy(r.event.author, event.author.data, OWNER_BYTES);
	r.event.frame = event.frame;
	o->events += event.frame.len;
	return put(o, &r);
}

static enum err newest_events(struct out *o, const struct record_room *room)
{
	uint64_t first = room->head >= RESTORE_EVENTS ? room->head - RESTORE_EVENTS + 1 : 1;

	if (o->events >= RESTORE_EVENT_BYTES)
		return ERR_NONE;
	db_bind_int(o->newest, 1, schema_id(room->number, first));
	db_bind_int(o->newest, 2, schema_id(room->number, room->head));
	return each(o, o->newest, event_row);
}

static bool take_room(sqlite3_stmt *s, struct record_room *room)
{
	int64_t number = sqlite3_column_int64(s, 0), first = sqlite3_column_int64(s, 11);

	room->number = (uint32_t)number;
	room->kind = sqlite3_column_int64(s, 1) ? RECORD_DIRECT : RECORD_PUBLIC;
	room->name = db_bytes(s, 2);
	room->topic = db_bytes(s, 3);
	room->password = db_bytes(s, 4);
	room->keep_days = (uint32_t)sqlite3_column_int64(s, 5);
	room->made_ms = sqlite3_column_int64(s, 6);
	room->first = (uint64_t)first;
	for (int i = 0; i < 2; i++) {
		if (!get_owner(s, 7 + 2 * i, room->owners[i]))
			return false;
		room->names[i] = db_bytes(s, 8 + 2 * i);
		if (room->names[i].len > NAME_MAX_BYTES)
			return false;
	}
	return number > 0 && number <= WIRE_MAX_ROOM && first > 0 &&
	       room->name.len <= RECORD_ROOM_NAME_MAX && room->topic.len <= TEXT_MAX_BYTES &&
	       (room->password.len == 0 || room->password.len == KEY_BYTES);
}

#define OF_ROOM "FROM events WHERE id > number << 33 AND id < (number + 1) << 33 ORDER BY id"
_Static_assert(SCHEMA_SEQ_BITS == 33, "as in this query");

#define ROOMS                                                                                      \
	"SELECT number, kind, name, topic, password, keep, made, owner_a, name_a, owner_b, "       \
	"name_b,"                                                                                  \
	" first, (SELECT id " OF_ROOM " LIMIT 1), (SELECT id " OF_ROOM " DESC LIMIT 1)"            \
	" FROM rooms ORDER BY number"

/* Its oldest and its newest event are columns of the query: NULL, if there is none any more. */
static enum err room_row(struct out *o, sqlite3_stmt *s)
{
	struct record r = {.kind = RECORD_ROOM};
	bool empty = sqlite3_column_type(s, 12) == SQLITE_NULL;
	enum err e;

	if (!take_room(s, &r.room))
		return damaged(o, "a room is not what was written");
	if (!empty && schema_seq(sqlite3_column_int64(s, 12)) != r.room.first)
		return damaged(o, "the oldest events of a room are gone");
	r.room.head = empty ? r.room.first - 1 : schema_seq(sqlite3_column_int64(s, 13));
	e = put(o, &r);
	return e == ERR_NONE ? newest_events(o, &r.room) : e;
}

/* ---- people ---------------------------------------------------------------------------------- */

static enum err name_row(struct out *o, sqlite3_stmt *s)
{
	struct record r = {.kind = RECORD_NAME};

	r.name.name = db_bytes(s, 0);
	if (!get_owner(s, 1, r.name.owner) || r.name.name.len > NAME_MAX_BYTES)
		return damaged(o, "a name is not what was written");
	r.name.first = sqlite3_column_int64(s, 2);
	r.name.last = sqlite3_column_int64(s, 3);
	r.name.used = sqlite3_column_int64(s, 4);
	return put(o, &r);
}

static enum err sender_row(struct out *o, sqlite3_stmt *s)
{
	struct record r = {.kind = RECORD_SENDER};

	if (!get_owner(s, 0, r.sender.owner) ||
	    row_get_sender(db_bytes(s, 2), &r.sender) != ERR_NONE)
		return damaged(o, "a sender is not what was written");
	r.sender.instance = (uint64_t)sqlite3_column_int64(s, 1);
	return put(o, &r);
}

static enum err present_row(struct out *o, sqlite3_stmt *s)
{
	struct record r = {.kind = RECORD_PRESENT};
	int64_t room = sqlite3_column_int64(s, 0);

	r.present.room = (uint32_t)room;
	r.present.name = db_bytes(s, 1);
	if (room <= 0 || room > WIRE_MAX_ROOM || r.present.name.len > NAME_MAX_BYTES ||
	    !get_owner(s, 2, r.present.owner))
		return damaged(o, "a member is not what was written");
	r.present.instance = (uint64_t)sqlite3_column_int64(s, 3);
	r.present.lost = sqlite3_column_int64(s, 4) != 0;
	return put(o, &r);
}

/* ---- all together ---------------------------------------------------------------------------- */

static const struct {
	const char *query;
	row_fn *row;
} kinds[] = {
	{ROOMS, room_row},
	{"SELECT name, owner, first, last, used FROM names ORDER BY rowid", name_row},
	{"SELECT owner, instance, state FROM senders ORDER BY rowid", sender_row},
	{"SELECT room, name, owner, instance, lost FROM present", present_row},
};

static enum err read_all(struct out *o, uint64_t epoch)
{
	struct record meta = {.kind = RECORD_META, .epoch = epoch};
	sqlite3_stmt *s;
	enum err e = put(o, &meta);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && e == ERR_NONE; i++) {
		e = db_prepare(o->db, kinds[i].query, &s);
		if (e != ERR_NONE)
			return e;
		e = each(o, s, kinds[i].row);
		(void)sqlite3_finalize(s);
	}
	return e;
}

enum err restore_read(struct db *db, uint64_t epoch, uint8_t **records, size_t *len)
{
	struct out o = {.db = db};
	enum err e = db_prepare(db, NEWEST, &o.newest);

	if (e == ERR_NONE)
		e = read_all(&o, epoch);
	(void)sqlite3_finalize(o.newest);
	if (e != ERR_NONE) {
		free(o.records.data);
		o.records = buf_of(NULL, 0);
	}
	*records = o.records.data;
	*len = o.records.len;
	return e;
}
