/* The steps, and who takes them; the contract is in schema.h. */
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

/*
 * A row of names or senders that is replaced gets the highest rowid: so they are in the order in which
 * they were written last.  The sum of an event is of its other columns: see row.h.
 */
static const char *const steps[] = {
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE rooms(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL,"
	"  topic TEXT NOT NULL, password BLOB NOT NULL, keep INTEGER NOT NULL, made INTEGER NOT "
	"NULL,"
	"  owner_a BLOB NOT NULL, name_a TEXT NOT NULL, owner_b BLOB NOT NULL, name_b TEXT NOT "
	"NULL,"
	"  first INTEGER NOT NULL DEFAULT 1);"
	"CREATE TABLE events(id INTEGER PRIMARY KEY, place INTEGER NOT NULL, time INTEGER NOT NULL,"
	"  author BLOB NOT NULL, kind INTEGER NOT NULL, frame BLOB NOT NULL, sum INTEGER NOT NULL);"
	"CREATE TABLE names(name TEXT PRIMARY KEY, owner BLOB NOT NULL, first INTEGER NOT NULL,"
	"  last INTEGER NOT NULL, used INTEGER NOT NULL);"
	"CREATE TABLE senders(owner BLOB NOT NULL, instance INTEGER NOT NULL, state BLOB NOT NULL,"
	"  PRIMARY KEY(owner, instance));"
	"CREATE TABLE present(room INTEGER NOT NULL, name TEXT NOT NULL, owner BLOB NOT NULL,"
	"  instance INTEGER NOT NULL, lost INTEGER NOT NULL,"
	"  PRIMARY KEY(room, name)) WITHOUT ROWID;",
};

const struct schema *schema_ours(void)
{
	static const struct schema ours = {steps, sizeof(steps) / sizeof(steps[0])};

	return &ours;
}

static enum err number_of(struct db *db, const char *query, int64_t *out)
{
	sqlite3_stmt *s;
	enum err e = db_prepare(db, query, &s);

	if (e != ERR_NONE)
		return e;
	e = db_value(db, s, 0, out);
	(void)sqlite3_finalize(s);
	return e;
}

static enum err look(struct db *db, const struct schema *s, int *version)
{
	int64_t application, steps_taken, tables;
	enum err e = number_of(db, "PRAGMA application_id", &application);

	if (e == ERR_NONE)
		e = number_of(db, "PRAGMA user_version", &steps_taken);
	if (e == ERR_NONE)
		e = number_of(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (e != ERR_NONE)
		return e;
	*version = (int)steps_taken;
	if (application == 0 && steps_taken == 0 && tables == 0)
		return ERR_NONE;
	if (application != SCHEMA_APPLICATION || steps_taken < 1)
		return ERR_EXISTS;
	return steps_taken > s->count ? ERR_TOO_BIG : ERR_NONE;
}

enum err schema_look(struct db *db, const struct schema *s, int *version)
{
	*version = 0;
	return look(db, s, version);
}

static enum err take_steps(struct db *db, const struct schema *s, int from)
{
	char text[128];
	enum err e = ERR_NONE;

	for (int i = from; i < s->count && e == ERR_NONE; i++)
		e = db_exec(db, s->steps[i]);
	(void)snprintf(text, sizeof(text), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       SCHEMA_APPLICATION, s->count);
	return e == ERR_NONE ? db_exec(db, text) : e;
}

enum err schema_bring_up(struct db *db, const struct schema *s)
{
	int version;
	enum err e = db_begin(db);

	if (e != ERR_NONE)
		return e;
	e = schema_look(db, s, &version);
	if (e == ERR_NONE && version < s->count)
		e = take_steps(db, s, version);
	if (e == ERR_NONE)
		return db_commit(db);
	db_rollback(db);
	return e;
}

enum err schema_get(struct db *db, const char *name, int64_t none, int64_t *out)
{
	sqlite3_stmt *s;
	enum err e = db_prepare(db, "SELECT value FROM meta WHERE name = ?1", &s);

	if (e != ERR_NONE)
		return e;
	db_bind_text(s, 1, slice_of(name, strlen(name)));
	e = db_value(db, s, none, out);
	(void)sqlite3_finalize(s);
	return e;
}

enum err schema_put(struct db *db, const char *name, int64_t value)
{
	sqlite3_stmt *s;
	enum err e = db_prepare(db, "REPLACE INTO meta VALUES(?1, ?2)", &s);

	if (e != ERR_NONE)
		return e;
	db_bind_text(s, 1, slice_of(name, strlen(name)));
	db_bind_int(s, 2, value);
	e = db_run(db, s);
	(void)sqlite3_finalize(s);
	return e;
}
