/*
 * One connection to the database of a data directory, and statements on it.
 *
 * A connection belongs to one thread at a time, and locks nothing for others.  There is one that
 * writes; others only read, and see whole commits.  What is in the database is schema.h's to say.
 *
 * Every value that comes from outside is bound to a statement, never put into its text.  What fails is
 * told by an enum err, and a sentence stays in db->why:
 * ERR_FULL: no space; ERR_MEMORY; ERR_MALFORMED: the database is damaged; ERR_SYSTEM: the rest, such
 * as a disk that fails, or a file that may not be written.
 *
 * Nothing is mapped into memory: a page that cannot be read is an error and not a signal.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "proto/buf.h"
#include "proto/err.h"

#include <sqlite3.h>

enum {
	DB_WHY = 1024,
	DB_CACHE_KIB = 16 * 1024,	 /* of each connection, at most */
	DB_WAL_BYTES = 16 * 1024 * 1024, /* the file is cut to, once it could be emptied */
	DB_BUSY_MS = 5000,		 /* for another process, such as a backup */
};

/* What went wrong and what to do, as a sentence. */
struct db_why {
	char text[DB_WHY];
};
__attribute__((format(printf, 2, 3))) void db_say(struct db_why *why, const char *fmt, ...);

enum db_use { DB_WRITE, DB_READ };

struct words;

struct db_options {
	const char *path;
	const char *vfs; /* below SQLite; NULL: the system's files */
	enum db_use use;
	bool lazy; /* a commit may be lost with the machine, though not with the process */
	const struct words *words; /* of the index, which is not touched if NULL; borrowed */
};

struct db {
	sqlite3 *sql; /* NULL: not open */
	struct db_why why;
	int code; /* SQLite's, of the last error */
};

/* Makes the file if it writes and there is none.  db->why tells what failed; nothing is open then. */
NODISCARD enum err db_open(struct db *db, const struct db_options *o);
/*
 * Statements are finished first; nothing is written.  Not open: nothing.  db_end() is for the last
 * connection: all is in the one file then, as far as the disk lets it.
 */
void db_close(struct db *db);
void db_end(struct db *db);

/* What SQLite returned as an error, with db->why; SQLITE_OK, _ROW and _DONE are none. */
enum err db_error(struct db *db, int rc);

/* Text of ours alone, for what is done once. */
NODISCARD enum err db_exec(struct db *db, const char *text);
/* One statement for many times; NULL if that fails.  sqlite3_finalize() is the caller's. */
NODISCARD enum err db_prepare(struct db *db, const char *text, sqlite3_stmt **out);
/* All of them or, after an error, none; db_finish() ends them. */
NODISCARD enum err db_prepare_all(struct db *db, const char *const *texts, size_t n,
				  sqlite3_stmt **out);
void db_finish(sqlite3_stmt **all, size_t n);

/* Runs it to its end, and lets go of what was bound. */
NODISCARD enum err db_run(struct db *db, sqlite3_stmt *s);
/* The next row, if there is one; the last call, or db_reset(), ends it. */
NODISCARD enum err db_next(struct db *db, sqlite3_stmt *s, bool *row);
void db_reset(sqlite3_stmt *s);

/* Bytes are borrowed until the statement has run; none are an empty blob or text, not a NULL. */
void db_bind_int(sqlite3_stmt *s, int at, int64_t v);
void db_bind_bytes(sqlite3_stmt *s, int at, struct slice bytes);
void db_bind_text(sqlite3_stmt *s, int at, struct slice text); /* UTF-8 */
/* Of a blob or a text; borrowed until the next call on the statement. */
struct slice db_bytes(sqlite3_stmt *s, int column);

/* The first column of the first row of a query that was bound; `none` if there is no row, or NULL. */
NODISCARD enum err db_value(struct db *db, sqlite3_stmt *s, int64_t none, int64_t *out);

/* A whole transaction: what was begun is either kept or, after an error, as it was. */
NODISCARD enum err db_begin(struct db *db);
NODISCARD enum err db_commit(struct db *db);
void db_rollback(struct db *db); /* none under way: nothing */

#endif
