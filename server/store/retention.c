/* A sweep over all rooms, every hour; the contract is in retention.h. */
#include "store/retention.h"

#include "core/record.h"
#include "core/registry.h"
#include "proto/wire.h"
#include "store/schema.h"

enum statement { NEXT_ROOM, FRONT, ONE, DROP, NEWEST, PUT_FIRST };
_Static_assert((int)PUT_FIRST + 1 == (int)RETENTION_STATEMENTS, "one text each");

static const char *const texts[RETENTION_STATEMENTS] = {
	[NEXT_ROOM] = "SELECT number, CASE keep WHEN 0 THEN ?3 ELSE keep END AS days FROM rooms"
		      " WHERE number >= ?1 AND number < ?2 AND days < ?4 ORDER BY number LIMIT 1",
	[FRONT] = "SELECT id, time, frame FROM events WHERE id >= ?1 AND id < ?2 ORDER BY id"
		  " LIMIT ?3",
	[ONE] = "SELECT time FROM events WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
	[DROP] = "DELETE FROM events WHERE id >= ?1 AND id < ?2",
	[NEWEST] = "SELECT time FROM events WHERE id < ?1 ORDER BY id DESC LIMIT 1",
	[PUT_FIRST] = "UPDATE rooms SET first = ?2 WHERE number = ?1",
};

/* ---- the time that is believed ------------------------------------------------------------- */

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static bool can_be(const struct retention *r, int64_t time_ms)
{
	return time_ms >= RETENTION_BEGIN_MS && time_ms <= r->believed_ms;
}

static void tell_time(struct retention *r, uint64_t now_us, int64_t wall_ms)
{
	int64_t passed = (int64_t)((now_us - r->told_us) / 1000);

	r->told_us += (uint64_t)passed * 1000;
	r->believed_ms = r->believed_ms > 0 ? r->believed_ms + passed : wall_ms;
	if (distance(wall_ms, r->believed_ms) <= RETENTION_DAY_MS) {
		r->believed_ms = wall_ms;
		r->doubted_ms = 0;
		return;
	}
	r->doubted_ms += passed;
	if (r->doubted_ms < RETENTION_DAY_MS)
		return;
	r->believed_ms = wall_ms;
	r->doubted_ms = 0;
}

static enum err put_time(struct retention *r)
{
	enum err e = schema_put(r->db, "believed", r->believed_ms);

	return e == ERR_NONE ? schema_put(r->db, "doubted", r->doubted_ms) : e;
}

/* Before the first time: when something was written last, if that can be. */
static enum err get_time(struct retention *r)
{
	int64_t written = 0;
	enum err e = schema_get(r->db, "doubted", 0, &r->doubted_ms);

	db_bind_int(r->all[NEWEST], 1, schema_id(WIRE_LOBBY + 1, 0));
	if (e == ERR_NONE)
		e = db_value(r->db, r->all[NEWEST], 0, &written);
	return e == ERR_NONE ? schema_get(r->db, "believed", written, &r->believed_ms) : e;
}

/* ---- opening ------------------------------------------------------------------------------- */

enum err retention_open(struct retention *r, struct db *db, struct indexer *indexer,
			uint32_t keep_days, uint64_t now_us)
{
	enum err e;

	*r = (struct retention){.db = db,
				.indexer = indexer,
				.keep_days = keep_days ? keep_days : RECORD_KEEP_FOREVER,
				.told_us = now_us,
				.sweep_at = now_us};
	e = db_prepare_all(db, texts, RETENTION_STATEMENTS, r->all);
	if (e == ERR_NONE)
		e = get_time(r);
	if (e != ERR_NONE)
		retention_close(r);
	return e;
}

void retention_close(struct retention *r)
{
	db_finish(r->all, RETENTION_STATEMENTS);
}

void retention_changed(struct retention *r)
{
	r->sweeping = false;
	r->sweep_at = 0;
}

uint64_t retention_deadline(const struct retention *r)
{
	return r->sweeping ? 0 : r->sweep_at;
}

/* ---- one room ------------------------------------------------------------------------------ */

/* A beginning of a room's log. */
struct front {
	uint32_t room;
	int64_t cutoff_ms;  /* what is not younger goes */
	int64_t begin, end; /* ids of what goes: begin … end - 1 */
	int64_t last;	    /* that was looked at */
	bool more;	    /* behind it there may be more that goes */
};

static void select_front(struct retention *r, int64_t begin, int64_t end)
{
	db_bind_int(r->all[FRONT], 1, begin);
	db_bind_int(r->all[FRONT], 2, end);
	db_bind_int(r->all[FRONT], 3, RETENTION_STEP);
}

/* Looks at a row.  False: it stays, and so does all that is behind it. */
static bool goes(const struct retention *r, struct front *f, int64_t id, int64_t time_ms)
{
	if (f->begin == 0)
		f->begin = f->end = id;
	f->last = id;
	if (!can_be(r, time_ms))
		return true;
	if (time_ms > f->cutoff_ms)
		return false;
	f->end = id + 1;
	return true;
}

static enum err look_at_front(struct retention *r, struct front *f)
{
	sqlite3_stmt *s = r->all[FRONT];
	unsigned count = 0;
	bool row = true;
	enum err e = ERR_NONE;

	select_front(r, schema_id(f->room, 0), schema_id(f->room + 1, 0));
	while (e == ERR_NONE && count < RETENTION_STEP) {
		e = db_next(r->db, s, &row);
		if (e != ERR_NONE || !row)
			return e;
		if (!goes(r, f, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)))
			break;
		count++;
	}
	f->more = count == RETENTION_STEP;
	db_reset(s);
	return e;
}

/* A time that can be, of a row behind that id, in ever larger strides; none: INT64_MAX. */
static enum err time_behind(struct retention *r, int64_t id, int64_t *time_ms)
{
	int64_t end = schema_id(schema_room(id) + 1, 0);
	enum err e = ERR_NONE;

	for (int64_t stride = 1; e == ERR_NONE && end - id > stride; stride *= 2) {
		db_bind_int(r->all[ONE], 1, id + stride);
		db_bind_int(r->all[ONE], 2, end);
		e = db_value(r->db, r->all[ONE], INT64_MAX, time_ms);
		if (*time_ms == INT64_MAX || can_be(r, *time_ms))
			return e;
	}
	*time_ms = INT64_MAX;
	return e;
}

static enum err find_front(struct retention *r, struct front *f)
{
	int64_t time_ms;
	enum err e = look_at_front(r, f);

	if (e != ERR_NONE || !f->more || f->last < f->end)
		return e;
	e = time_behind(r, f->last, &time_ms);
	if (e == ERR_NONE && time_ms <= f->cutoff_ms)
		f->end = f->last + 1;
	return e;
}

static enum err take_out_of_index(struct retention *r, const struct front *f)
{
	sqlite3_stmt *s = r->all[FRONT];
	bool row = true;
	enum err e = ERR_NONE;

	select_front(r, f->begin, f->end);
	while (e == ERR_NONE) {
		e = db_next(r->db, s, &row);
		if (e != ERR_NONE || !row)
			return e;
		e = indexer_replace(r->indexer, sqlite3_column_int64(s, 0), db_bytes(s, 2),
				    slice_of(NULL, 0));
	}
	db_reset(s);
	return e;
}

static enum err forget(struct retention *r, const struct front *f)
{
	enum err e = r->indexer ? take_out_of_index(r, f) : ERR_NONE;

	if (e != ERR_NONE)
		return e;
	db_bind_int(r->all[DROP], 1, f->begin);
	db_bind_int(r->all[DROP], 2, f->end);
	e = db_run(r->db, r->all[DROP]);
	if (e != ERR_NONE)
		return e;
	db_bind_int(r->all[PUT_FIRST], 1, f->room);
	db_bind_int(r->all[PUT_FIRST], 2, (int64_t)schema_seq(f->end));
	return db_run(r->db, r->all[PUT_FIRST]);
}

static enum err trim_room(struct retention *r, struct front *f)
{
	enum err e = db_begin(r->db);

	if (e == ERR_NONE)
		e = find_front(r, f);
	if (e == ERR_NONE && f->end > f->begin)
		e = forget(r, f);
	if (e == ERR_NONE)
		return db_commit(r->db);
	db_rollback(r->db);
	return e;
}

/* ---- the sweep ----------------------------------------------------------------------------- */

/* The next room that does not keep everything; 0: none of those that were passed by. */
static enum err next_room(struct retention *r, uint32_t *room, int64_t *days)
{
	sqlite3_stmt *s = r->all[NEXT_ROOM];
	bool row;
	enum err e;

	db_bind_int(s, 1, r->next);
	db_bind_int(s, 2, r->next + RETENTION_ROOMS);
	db_bind_int(s, 3, r->keep_days);
	db_bind_int(s, 4, RECORD_KEEP_FOREVER);
	*room = 0;
	e = db_next(r->db, s, &row);
	if (e != ERR_NONE || !row)
		return e;
	*room = (uint32_t)sqlite3_column_int64(s, 0);
	*days = sqlite3_column_int64(s, 1);
	db_reset(s);
	return ERR_NONE;
}

static enum err pass_by(struct retention *r, uint64_t now_us)
{
	r->next += RETENTION_ROOMS;
	if (r->next <= REGISTRY_MAX)
		return ERR_NONE;
	r->sweeping = false;
	r->sweep_at = now_us + RETENTION_SWEEP_US;
	return r->any ? put_time(r) : ERR_NONE;
}

static enum err sweep(struct retention *r, uint64_t now_us, int64_t wall_ms,
		      struct retention_trim *trim)
{
	int64_t now_ms = wall_ms < r->believed_ms ? wall_ms : r->believed_ms, days;
	struct front f = {.room = 0};
	enum err e = next_room(r, &f.room, &days);

	if (e != ERR_NONE || f.room == 0)
		return e == ERR_NONE ? pass_by(r, now_us) : e;
	r->any = true;
	f.cutoff_ms = now_ms - days * RETENTION_DAY_MS;
	e = trim_room(r, &f);
	if (e != ERR_NONE)
		return e;
	if (f.end > f.begin)
		*trim = (struct retention_trim){f.room, schema_seq(f.end)};
	if (!f.more || f.end == f.begin)
		r->next = f.room + 1;
	return ERR_NONE;
}

enum err retention_step(struct retention *r, uint64_t now_us, int64_t wall_ms,
			struct retention_trim *trim)
{
	*trim = (struct retention_trim){0};
	tell_time(r, now_us, wall_ms);
	if (r->sweeping)
		return sweep(r, now_us, wall_ms, trim);
	r->sweeping = true;
	r->any = false;
	r->next = 1;
	return ERR_NONE;
}
