/* SQLite's calls, with our errors; the contract is in db.h. */
#include "store/db.h"

#include "store/tokenizer.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void db_say(struct db_why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static bool no_space(const struct db *db)
{
	int number = db->sql ? sqlite3_system_errno(db->sql) : 0;

	return number == ENOSPC || number == EDQUOT;
}

static enum err kind_of(const struct db *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return ERR_NONE;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_NOMEM:
		return ERR_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_MALFORMED;
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_NOMEM ? ERR_MEMORY : no_space(db) ? ERR_FULL : ERR_SYSTEM;
	case SQLITE_CANTOPEN:
		return no_space(db) ? ERR_FULL : ERR_SYSTEM;
	default:
		return ERR_SYSTEM;
	}
}

enum err db_error(struct db *db, int rc)
{
	enum err e = kind_of(db, rc);
	int number;

	if (e == ERR_NONE)
		return e;
	db->code = rc;
	number = db->sql ? sqlite3_system_errno(db->sql) : 0;
	db_say(&db->why, "%s (%d%s%s)", sqlite3_errstr(rc), rc, number ? ": " : "",
	       number ? strerror(number) : "");
	return e;
}

/* ---- the connection -------------------------------------------------------------------------- */

/*
 * The checkpoints are the writer's, at its time (wal_autocheckpoint).  What is deleted is overwritten,
 * in pages that are free then, too (secure_delete).
 */
static enum err set_up(struct db *db, const struct db_options *o)
{
	char text[512];
	int n = snprintf(
		text, sizeof(text),
		"PRAGMA cache_size = -%d; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
		"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
		"PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0;"
		"PRAGMA journal_size_limit = %d; PRAGMA synchronous = %s;"
		"PRAGMA query_only = %s",
		DB_CACHE_KIB, DB_WAL_BYTES, o->lazy ? "NORMAL" : "FULL",
		o->use == DB_READ ? "ON" : "OFF");

	if (n < 0 || (size_t)n >= sizeof(text))
		return ERR_TOO_BIG;
	return db_exec(db, text);
}

enum err db_open(struct db *db, const struct db_options *o)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		    (o->use == DB_WRITE ? SQLITE_OPEN_CREATE : 0);
	enum err e;

	db->why.text[0] = '\0';
	e = db_error(db, sqlite3_open_v2(o->path, &db->sql, flags, o->vfs));
	if (e == ERR_NONE) {
		(void)sqlite3_extended_result_codes(db->sql, 1);
		(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		e = db_error(db, sqlite3_busy_timeout(db->sql, DB_BUSY_MS));
	}
	if (e == ERR_NONE)
		e = set_up(db, o);
	if (e == ERR_NONE && o->words)
		e = tokenizer_install(db, o->words);
	if (e != ERR_NONE)
		db_close(db);
	return e;
}

void db_close(struct db *db)
{
	if (db->sql)
		(void)sqlite3_close_v2(db->sql);
	db->sql = NULL;
}

void db_end(struct db *db)
{
	if (!db->sql)
		return;
	(void)sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	db_close(db);
}

/* ---- statements ------------------------------------------------------------------------------ */

enum err db_exec(struct db *db, const char *text)
{
	return db_error(db, sqlite3_exec(db->sql, text, NULL, NULL, NULL));
}

enum err db_prepare(struct db *db, const char *text, sqlite3_stmt **out)
{
	return db_error(
		db, sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL));
}

enum err db_prepare_all(struct db *db, const char *const *texts, size_t n, sqlite3_stmt **out)
{
	enum err e = ERR_NONE;

	for (size_t i = 0; i < n; i++)
		out[i] = NULL;
	for (size_t i = 0; i < n && e == ERR_NONE; i++)
		e = db_prepare(db, texts[i], &out[i]);
	if (e != ERR_NONE)
		db_finish(out, n);
	return e;
}

void db_finish(sqlite3_stmt **all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)sqlite3_finalize(all[i]);
		all[i] = NULL;
	}
}

enum err db_next(struct db *db, sqlite3_stmt *s, bool *row)
{
	int rc = sqlite3_step(s);

	*row = rc == SQLITE_ROW;
	if (*row)
		return ERR_NONE;
	enum err e = db_error(db, rc);
	db_reset(s);
	return e;
}

enum err db_run(struct db *db, sqlite3_stmt *s)
{
	bool row;
	enum err e;

	do
		e = db_next(db, s, &row);
	while (e == ERR_NONE && row);
	return e;
}

void db_reset(sqlite3_stmt *s)
{
	(void)sqlite3_reset(s); /* tells again what the step told */
	(void)sqlite3_clear_bindings(s);
}

/* A bind fails only for a place that the text does not have, or too many bytes: ours to get right. */
static void bound(int rc)
{
	assert(rc == SQLITE_OK);
}

void db_bind_int(sqlite3_stmt *s, int at, int64_t v)
{
	bound(sqlite3_bind_int64(s, at, v));
}

void db_bind_bytes(sqlite3_stmt *s, int at, struct slice bytes)
{
	bound(sqlite3_bind_blob64(s, at, bytes.len ? (const void *)bytes.data : "", bytes.len,
				  SQLITE_STATIC));
}

void db_bind_text(sqlite3_stmt *s, int at, struct slice text)
{
	bound(sqlite3_bind_text64(s, at, text.len ? (const char *)text.data : "", text.len,
				  SQLITE_STATIC, SQLITE_UTF8));
}

struct slice db_bytes(sqlite3_stmt *s, int column)
{
	const void *bytes = sqlite3_column_blob(s, column);

	return slice_of(bytes, (size_t)sqlite3_column_bytes(s, column));
}

enum err db_value(struct db *db, sqlite3_stmt *s, int64_t none, int64_t *out)
{
	bool row;
	enum err e = db_next(db, s, &row);

	*out = none;
	if (e != ERR_NONE || !row)
		return e;
	if (sqlite3_column_type(s, 0) != SQLITE_NULL)
		*out = sqlite3_column_int64(s, 0);
	db_reset(s);
	return ERR_NONE;
}

/* ---- transactions ---------------------------------------------------------------------------- */

enum err db_begin(struct db *db)
{
	return db_exec(db, "BEGIN IMMEDIATE");
}

enum err db_commit(struct db *db)
{
	enum err e = db_exec(db, "COMMIT");

	if (e != ERR_NONE)
		db_rollback(db);
	return e;
}

/* Many errors have ended it already.  The sentence about what failed stays. */
void db_rollback(struct db *db)
{
	if (db->sql && !sqlite3_get_autocommit(db->sql))
		(void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}
