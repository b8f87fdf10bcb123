/*
 * Page by page, so that the server's WAL need not wait for whoever reads what comes out; the contract
 * is in export.h.
 */
#include "store/export.h"

#include "core/record.h"
#include "proto/event_json.h"
#include "proto/name.h"
#include "proto/wire.h"
#include "store/beside.h"
#include "store/row.h"
#include "store/schema.h"

#include <errno.h>
#include <string.h>

enum { PAGE = 500, LINE_MAX_BYTES = JSON_SIZE(12, WIRE_ITEM_MAX + 2 * NAME_MAX_BYTES) };

struct export
{
	struct db db;
	const char *dir;
	FILE *out;
	struct db_why *why;
	uint32_t room;
	char name[RECORD_ROOM_NAME_MAX]; /* as it was made */
	size_t name_len;
	sqlite3_stmt *page;
	int64_t last; /* id of the newest event that was written */
};

/* ---- which room ---------------------------------------------------------------------------- */

struct key {
	char bytes[NAME_MAX_KEY];
	size_t len;
};

static bool key_of(struct name_checker *c, struct slice name, struct key *key)
{
	if (name.len > 0 && name.data[0] == '#')
		name = slice_of(name.data + 1, name.len - 1);
	return name_key(c, (const char *)name.data, name.len, key->bytes, &key->len) == ERR_NONE;
}

static bool is_it(struct export *x, struct name_checker *c, sqlite3_stmt *s,
		  const struct key *wanted)
{
	struct slice name = db_bytes(s, 1);
	struct key key;

	if (name.len > sizeof(x->name) || !key_of(c, name, &key) || key.len != wanted->len ||
	    memcmp(key.bytes, wanted->bytes, key.len) != 0)
		return false;
	x->room = (uint32_t)sqlite3_column_int64(s, 0);
	memcpy(x->name, name.data, name.len);
	x->name_len = name.len;
	return true;
}

static enum err look_for(struct export *x, struct name_checker *c, const struct key *wanted)
{
	sqlite3_stmt *s;
	bool row = true;
	enum err e = db_prepare(&x->db, "SELECT number, name FROM rooms WHERE kind = ?1", &s);

	if (e != ERR_NONE)
		return e;
	db_bind_int(s, 1, RECORD_PUBLIC);
	while (e == ERR_NONE && row && x->room == 0) {
		e = db_next(&x->db, s, &row);
		if (e == ERR_NONE && row)
			(void)is_it(x, c, s, wanted);
	}
	(void)sqlite3_finalize(s);
	return e;
}

static enum err find_room(struct export *x, const char *name)
{
	struct name_checker *c = name_checker_new();
	struct key wanted;
	enum err e = ERR_NONE;

	if (!c) {
		db_say(x->why, "no memory, or ICU's data is missing");
		return ERR_MEMORY;
	}
	if (key_of(c, slice_of(name, strlen(name)), &wanted))
		e = look_for(x, c, &wanted);
	name_checker_free(c);
	if (e != ERR_NONE)
		return beside_failed(&x->db, e, x->dir, x->why);
	if (x->room > 0)
		return ERR_NONE;
	if (name[0] == '@')
		db_say(x->why, "what was said between two is in no export");
	else
		db_say(x->why, "the history in %s has no room '%s'", x->dir, name);
	return ERR_NOT_FOUND;
}

/* ---- its events ---------------------------------------------------------------------------- */

static enum err write_event(struct export *x, const struct row_event *row)
{
	static uint8_t line[LINE_MAX_BYTES];
	struct buf b = buf_of(line, sizeof(line));
	struct slice frame = row->frame;
	struct json j = json_open(&b);
	struct frame f;

	if (frame_get(&frame, &f) != ERR_NONE || f.type != FRAME_EVENT) {
		db_say(&x->db.why, "an event is none");
		return ERR_MALFORMED;
	}
	event_json_put(&j, &f.event, slice_of(x->name, x->name_len));
	json_close(&j);
	if (fwrite(b.data, 1, b.len, x->out) == b.len)
		return ERR_NONE;
	db_say(x->why, "what is exported cannot be written: %s", strerror(errno));
	return ERR_CLOSED;
}

/* *count: how many there were. */
static enum err write_page(struct export *x, unsigned *count)
{
	struct row_event row;
	bool there;
	enum err e = ERR_NONE;

	db_bind_int(x->page, 1, x->last);
	db_bind_int(x->page, 2, schema_id(x->room + 1, 0));
	db_bind_int(x->page, 3, PAGE);
	for (*count = 0; e == ERR_NONE; ++*count) {
		e = db_next(&x->db, x->page, &there);
		if (e != ERR_NONE || !there)
			return e;
		e = row_get_event(&x->db, x->page, &row);
		x->last = row.id;
		if (e == ERR_NONE)
			e = write_event(x, &row);
	}
	db_reset(x->page);
	return e;
}

static enum err write_all(struct export *x)
{
	unsigned count = PAGE;
	enum err e = db_prepare(&x->db,
				"SELECT " ROW_EVENT " FROM events WHERE id > ?1 AND id < ?2"
				" ORDER BY id LIMIT ?3",
				&x->page);

	if (e != ERR_NONE)
		return beside_failed(&x->db, e, x->dir, x->why);
	x->last = schema_id(x->room, 0);
	while (e == ERR_NONE && count == PAGE)
		e = write_page(x, &count);
	(void)sqlite3_finalize(x->page);
	if (e != ERR_NONE)
		return e == ERR_CLOSED ? e : beside_failed(&x->db, e, x->dir, x->why);
	if (fflush(x->out) == 0)
		return ERR_NONE;
	db_say(x->why, "what is exported cannot be written: %s", strerror(errno));
	return ERR_CLOSED;
}

enum err export_room(const char *dir, const char *room, FILE *out, struct db_why *why)
{
	struct export x = {.dir = dir, .out = out, .why = why};
	enum err e = beside_open(&x.db, dir, why);

	if (e != ERR_NONE)
		return e;
	e = find_room(&x, room);
	if (e == ERR_NONE)
		e = write_all(&x);
	db_close(&x.db);
	return e;
}
