/*
 * SQLite's online backup; the contract is in backup.h.
 *
 * The copy is made within one transaction that reads: so it is of one moment, and what is said
 * meanwhile neither gets into it nor makes it begin again.  The server goes on; only its WAL grows, as
 * it cannot begin anew while somebody reads.
 */
#include "store/backup.h"

#include "store/beside.h"
#include "sys/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct copying {
	struct db from, to;
	const char *dir, *file;
	char part[DATADIR_MAX]; /* the copy, until it is whole */
	struct db_why *why;
};

static enum err failed(struct copying *c, enum err e, const char *what)
{
	db_say(c->why, "no backup was made to %s: %s", c->file, what);
	return e;
}

/* ---- the copy ------------------------------------------------------------------------------ */

static enum err make_part(struct copying *c)
{
	int n = snprintf(c->part, sizeof(c->part), "%s.XXXXXX", c->file), fd;

	if (n < 0 || (size_t)n >= sizeof(c->part))
		return failed(c, ERR_TOO_BIG, strerror(ENAMETOOLONG));
	if (access(c->file, F_OK) == 0)
		return failed(c, ERR_EXISTS, "it is there already; choose another name");
	fd = mkstemp(c->part); /* for the owner alone */
	if (fd < 0)
		return failed(c, ERR_SYSTEM, strerror(errno));
	(void)close(fd);
	return ERR_NONE;
}

/* All of it, or what went wrong, on either side. */
static enum err copy_pages(struct copying *c)
{
	sqlite3_backup *b = sqlite3_backup_init(c->to.sql, "main", c->from.sql, "main");
	int rc = SQLITE_OK;

	if (!b)
		return db_error(&c->to, sqlite3_errcode(c->to.sql));
	while (rc == SQLITE_OK)
		rc = sqlite3_backup_step(b, BACKUP_PAGES);
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	int finished = sqlite3_backup_finish(b);
	return db_error(&c->to, rc == SQLITE_OK ? finished : rc);
}

static enum err copy(struct copying *c)
{
	/* The first read is when the moment is. */
	enum err e = db_exec(&c->from, "BEGIN; SELECT 1 FROM meta LIMIT 1");

	if (e != ERR_NONE)
		return failed(c, e, c->from.why.text);
	e = copy_pages(c);
	db_rollback(&c->from); /* nothing was written */
	return e == ERR_NONE ? e : failed(c, e, c->to.why.text);
}

static enum err look_through(struct copying *c)
{
	sqlite3_stmt *s;
	bool row = false;
	enum err e = db_prepare(&c->to, "PRAGMA quick_check(1)", &s);

	if (e != ERR_NONE)
		return failed(c, e, c->to.why.text);
	e = db_next(&c->to, s, &row);
	if (e == ERR_NONE && row) {
		struct slice found = db_bytes(s, 0);
		if (found.len != 2 || memcmp(found.data, "ok", 2) != 0) {
			db_say(&c->to.why, "the history is damaged: %.*s", (int)found.len,
			       (const char *)found.data);
			e = ERR_MALFORMED;
		}
	}
	(void)sqlite3_finalize(s);
	return e == ERR_NONE ? e : failed(c, e, c->to.why.text);
}

/* Its own connection is the only one: with its end, all is in the one file. */
static enum err fill_part(struct copying *c)
{
	const struct db_options options = {.path = c->part, .use = DB_WRITE};
	enum err e = db_open(&c->to, &options);

	if (e != ERR_NONE)
		return failed(c, e, c->to.why.text);
	e = copy(c);
	if (e == ERR_NONE)
		e = look_through(c);
	db_end(&c->to);
	return e;
}

/* ---- its name ------------------------------------------------------------------------------ */

static bool sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return fine;
}

/* A name outlives the machine when its directory is on the disk. */
static bool sync_directory(const char *file)
{
	char path[DATADIR_MAX];
	const char *slash = strrchr(file, '/');
	int n = slash ? (int)(slash - file) + (slash == file) : 1;

	(void)snprintf(path, sizeof(path), "%.*s", n, slash ? file : ".");
	return sync_path(path);
}

/* Never in the place of another one. */
static enum err give_name(struct copying *c, int64_t *bytes)
{
	struct stat s;

	if (stat(c->part, &s) != 0 || !sync_path(c->part) || link(c->part, c->file) != 0) {
		int number = errno;
		return failed(c, number == EEXIST ? ERR_EXISTS : ERR_SYSTEM, strerror(number));
	}
	*bytes = s.st_size;
	if (sync_directory(c->file))
		return ERR_NONE;
	return failed(c, ERR_SYSTEM, strerror(errno));
}

enum err backup_make(const char *dir, const char *file, int64_t *bytes, struct db_why *why)
{
	struct copying c = {.dir = dir, .file = file, .why = why};
	enum err e = beside_open(&c.from, dir, why);

	if (e != ERR_NONE)
		return e;
	e = make_part(&c);
	if (e == ERR_NONE) {
		e = fill_part(&c);
		if (e == ERR_NONE)
			e = give_name(&c, bytes);
		(void)unlink(c.part);
	}
	db_close(&c.from);
	return e;
}
