/* The contract is in beside.h. */
#include "store/beside.h"

#include "store/opening.h"
#include "store/schema.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum err beside_failed(const struct db *db, enum err e, const char *dir, struct db_why *why)
{
	db_say(why, "the history in %s cannot be read: %s", dir, db->why.text);
	return e;
}

static enum err is_there(const char *dir, char path[DATADIR_MAX], struct db_why *why)
{
	if (datadir_file(dir, OPENING_FILE, path) != ERR_NONE) {
		db_say(why, "%s: %s", dir, strerror(ENAMETOOLONG));
		return ERR_TOO_BIG;
	}
	if (access(path, F_OK) == 0)
		return ERR_NONE;
	db_say(why, "there is no history in %s: %s", dir, strerror(errno));
	return ERR_NOT_FOUND;
}

static enum err is_ours(struct db *db, const char *dir, struct db_why *why)
{
	int version;
	enum err e = schema_look(db, schema_ours(), &version);

	if (e == ERR_TOO_BIG)
		db_say(why, "the history in %s was written by a newer chat-server", dir);
	else if (e == ERR_EXISTS || (e == ERR_NONE && version == 0))
		db_say(why, "%s/%s is no history of a chat-server", dir, OPENING_FILE);
	else if (e != ERR_NONE)
		return beside_failed(db, e, dir, why);
	return e == ERR_NONE && version == 0 ? ERR_EXISTS : e;
}

enum err beside_open(struct db *db, const char *dir, struct db_why *why)
{
	char path[DATADIR_MAX];
	const struct db_options options = {.path = path, .use = DB_READ};
	enum err e = is_there(dir, path, why);

	if (e != ERR_NONE)
		return e;
	e = db_open(db, &options);
	if (e != ERR_NONE)
		return beside_failed(db, e, dir, why);
	e = is_ours(db, dir, why);
	if (e != ERR_NONE)
		db_close(db);
	return e;
}
