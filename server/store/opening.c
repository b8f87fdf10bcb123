/* One step after the other, each with its sentence; the contract is in opening.h. */
#include "store/opening.h"

#include "store/schema.h"

#include "sys/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* What can be done about a history that is not as it was left. */
#define BEGIN_ANEW                                                                                 \
	"put back a backup, or move room.db* and lock of that directory away and begin without "   \
	"what was said"

static enum err refuse(enum err e, struct db_why *why, const struct opened *o, const char *what)
{
	db_say(why, "the history %s cannot be opened: %s; %s", o->path, o->db.why.text, what);
	return e;
}

/* The sentence for what SQLite said. */
static enum err explain(enum err e, struct db_why *why, const struct opened *o)
{
	switch (e) {
	case ERR_NONE:
		return e;
	case ERR_FULL:
		return refuse(e, why, o, "make room on that disk, and start again");
	case ERR_MEMORY:
		return refuse(e, why, o, "the machine has too little memory");
	case ERR_MALFORMED:
		return refuse(e, why, o, "it is damaged: " BEGIN_ANEW);
	default:
		return refuse(e, why, o,
			      "see to it that the disk works and that this user may write there, "
			      "or choose another directory with -d");
	}
}

/* ---- is it all there? ------------------------------------------------------------------------ */

static enum err gone(const struct opened *o, struct db_why *why)
{
	db_say(why, "there was a history in %s, and it is gone or empty: " BEGIN_ANEW, o->path);
	return ERR_NOT_FOUND;
}

/* SQLite would make an empty one, and throw away what is left beside one that was cut to nothing. */
static enum err is_there(const struct opened *o, const char *vfs, struct db_why *why)
{
	sqlite3_vfs *files = sqlite3_vfs_find(vfs);
	int there = 0;

	if (!o->claim.noted)
		return ERR_NONE;
	if (files && files->xAccess(files, o->path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK &&
	    there)
		return ERR_NONE;
	return gone(o, why);
}

static enum err is_ours(struct opened *o, int *version, struct db_why *why)
{
	enum err e = schema_look(&o->db, schema_ours(), version);

	if (e == ERR_NONE && *version == 0 && o->claim.noted)
		return gone(o, why);
	if (e == ERR_EXISTS)
		db_say(why,
		       "%s is another program's database: move it away, or choose another "
		       "directory with -d",
		       o->path);
	else if (e == ERR_TOO_BIG)
		db_say(why,
		       "the history %s was written by a newer chat-server (its form is %d, this "
		       "one knows %d): start that one, or choose another directory with -d",
		       o->path, *version, schema_ours()->count);
	else
		return explain(e, why, o);
	return e;
}

static enum err size_of(struct db *db, int64_t *bytes)
{
	sqlite3_stmt *s;
	enum err e = db_prepare(
		db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &s);

	if (e != ERR_NONE)
		return e;
	e = db_value(db, s, 0, bytes);
	(void)sqlite3_finalize(s);
	return e;
}

/* SQLite takes what is missing of a last page for zeros. */
static enum err is_uncut(struct db *db, int64_t bytes)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	enum err e =
		db_error(db, sqlite3_file_control(db->sql, NULL, SQLITE_FCNTL_FILE_POINTER, &file));

	if (e == ERR_NONE)
		e = db_error(db, file->pMethods->xFileSize(file, &size));
	if (e != ERR_NONE || size == bytes)
		return e;
	db_say(&db->why, "%lld bytes of %lld are there", (long long)size, (long long)bytes);
	return ERR_MALFORMED;
}

/* The first thing that is found wrong is db->why then. */
static enum err look_through(struct db *db, bool quick)
{
	sqlite3_stmt *s;
	bool row;
	enum err e =
		db_prepare(db, quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", &s);

	if (e != ERR_NONE)
		return e;
	e = db_next(db, s, &row);
	if (e == ERR_NONE && row) {
		struct slice found = db_bytes(s, 0);
		if (found.len != 2 || memcmp(found.data, "ok", 2) != 0) {
			db_say(&db->why, "%.*s", (int)found.len, (const char *)found.data);
			e = ERR_MALFORMED;
		}
	}
	(void)sqlite3_finalize(s);
	return e;
}

static enum err is_sound(struct opened *o, struct db_why *why)
{
	int64_t clean, bytes = 0;
	enum err e = schema_get(&o->db, "clean", 0, &clean);

	if (e == ERR_NONE)
		e = size_of(&o->db, &bytes);
	if (e == ERR_NONE && clean)
		e = is_uncut(&o->db, bytes);
	else if (e == ERR_NONE) {
		log_say(LOG_NOTICE,
			"the server did not end in good order: looking through its history (%lld "
			"MiB)",
			(long long)(bytes >> 20));
		e = look_through(&o->db, bytes > OPENING_QUICK_BYTES);
	}
	return explain(e, why, o);
}

/* ---- is it what was left? -------------------------------------------------------------------- */

/* Whether the database is the one of the note, and goes as far. */
static enum err continues(struct opened *o, uint64_t batch, struct db_why *why, bool *same)
{
	const struct claim_note *note = &o->claim.note;

	*same = o->claim.noted && note->epoch == o->epoch && note->batch <= batch;
	if (*same || !o->claim.noted || note->epoch != o->epoch)
		return ERR_NONE;
	if (note->lazy) {
		log_say(LOG_WARNING,
			"the machine went down with what was said last: %llu writes "
			"are lost, as --durability normal allows",
			(unsigned long long)(note->batch - batch));
		return ERR_NONE;
	}
	db_say(why,
	       "the last %llu writes of the history %s are missing: a file beside it was cut "
	       "short or damaged, or an older copy was put back; to go on with what is there, "
	       "remove the file lock of that directory",
	       (unsigned long long)(note->batch - batch), o->path);
	return ERR_MALFORMED;
}

/* Its readers have to notice that numbers may mean other events than before. */
static enum err new_epoch(struct opened *o, uint64_t epoch, bool first)
{
	if (!first)
		log_say(LOG_WARNING,
			"the history goes on under a new epoch: clients fetch it again");
	o->epoch = epoch;
	return schema_put(&o->db, "epoch", (int64_t)epoch);
}

/* The note says what is on the disk for certain, even in a lazy log.  Others may be reading. */
static enum err settle(struct db *db)
{
	int rc = sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	return rc == SQLITE_BUSY ? ERR_NONE : db_error(db, rc);
}

/* From now on it counts as unfinished, until opening_end(). */
static enum err begin_writing(struct opened *o, const struct opening *wanted, bool first,
			      struct db_why *why)
{
	struct claim_note note = {.lazy = wanted->lazy};
	int64_t epoch, batch;
	bool same;
	enum err e = schema_get(&o->db, "epoch", 0, &epoch);

	if (e == ERR_NONE)
		e = schema_get(&o->db, "batch", 0, &batch);
	if (e != ERR_NONE)
		return explain(e, why, o);
	o->epoch = (uint64_t)epoch;
	e = continues(o, (uint64_t)batch, why, &same);
	if (e != ERR_NONE)
		return e;
	if (!same)
		e = new_epoch(o, wanted->new_epoch, first);
	if (e == ERR_NONE)
		e = schema_put(&o->db, "clean", 0);
	if (e == ERR_NONE)
		e = settle(&o->db);
	note.epoch = o->epoch;
	note.batch = (uint64_t)batch;
	if (e == ERR_NONE && claim_begin(&o->claim, &note) != ERR_NONE) {
		db_say(&o->db.why, "its lock: %s", strerror(errno));
		e = ERR_SYSTEM;
	}
	return explain(e, why, o);
}

/* ---- all together ---------------------------------------------------------------------------- */

static enum err set_journal(struct db *db)
{
	sqlite3_stmt *s;
	bool row;
	enum err e = db_prepare(db, "PRAGMA journal_mode = WAL", &s);

	if (e != ERR_NONE)
		return e;
	e = db_next(db, s, &row);
	if (e == ERR_NONE &&
	    (!row || strcmp((const char *)sqlite3_column_text(s, 0), "wal") != 0)) {
		db_say(&db->why, "this file system has no shared memory");
		e = ERR_SYSTEM;
	}
	(void)sqlite3_finalize(s);
	return e;
}

static enum err open_file(struct opened *o, const struct opening *wanted, struct db_why *why)
{
	struct db_options options = {
		.path = o->path,
		.vfs = wanted->vfs,
		.use = DB_WRITE,
		.lazy = wanted->lazy,
		.words = wanted->words,
	};
	mode_t before = umask(077);
	enum err e = db_open(&o->db, &options);

	umask(before);
	return explain(e, why, o);
}

static enum err make_ready(struct opened *o, const struct opening *wanted, struct db_why *why)
{
	int version;
	enum err e = is_ours(o, &version, why);

	if (e == ERR_NONE && version > 0)
		e = is_sound(o, why);
	if (e != ERR_NONE)
		return e;
	e = set_journal(&o->db);
	if (e == ERR_NONE)
		e = schema_bring_up(&o->db, schema_ours());
	if (e != ERR_NONE)
		return explain(e, why, o);
	return begin_writing(o, wanted, version == 0, why);
}

enum err opening_begin(struct opened *o, const struct opening *wanted, struct db_why *why)
{
	enum err e = claim_take(&o->claim, wanted->dir, why);

	o->db.sql = NULL;
	if (e != ERR_NONE)
		return e;
	e = datadir_file(wanted->dir, OPENING_FILE, o->path);
	if (e != ERR_NONE)
		db_say(why, "%s: %s", wanted->dir, strerror(ENAMETOOLONG));
	if (e == ERR_NONE)
		e = is_there(o, wanted->vfs, why);
	if (e == ERR_NONE)
		e = open_file(o, wanted, why);
	if (e == ERR_NONE)
		e = make_ready(o, wanted, why);
	if (e != ERR_NONE)
		opening_drop(o);
	return e;
}

void opening_end(struct opened *o)
{
	if (o->db.sql && schema_put(&o->db, "clean", 1) == ERR_NONE)
		db_end(&o->db);
	opening_drop(o);
}

void opening_drop(struct opened *o)
{
	db_close(&o->db);
	claim_drop(&o->claim);
}
