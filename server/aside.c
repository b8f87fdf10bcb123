/* The contract is in aside.h. */
#include "aside.h"

#include "store/backup.h"
#include "store/export.h"
#include "sys/datadir.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>

bool aside_wanted(const struct server_options *o)
{
	return o->export_room || o->backup_file;
}

static int ended(enum err e, const struct db_why *why)
{
	if (e != ERR_NONE)
		log_say(LOG_ERROR, "%s", why->text);
	return e == ERR_NONE ? 0 : 1;
}

static int back_up(const struct server_options *o, const char *dir)
{
	struct db_why why;
	int64_t bytes;
	enum err e = backup_make(dir, o->backup_file, &bytes, &why);

	if (e == ERR_NONE)
		log_say(LOG_NOTICE, "the history in %s is backed up to %s (%lld KiB)", dir,
			o->backup_file, (long long)((bytes + 1023) / 1024));
	return ended(e, &why);
}

int aside_run(const struct server_options *o)
{
	char home[DATADIR_MAX];
	const char *dir = o->data_dir; /* which is not made here */
	struct db_why why;

	if (!dir && datadir_open(NULL, home) == ERR_NONE)
		dir = home;
	if (!dir) {
		log_say(LOG_ERROR, "there is no data directory: %s", strerror(errno));
		return 1;
	}
	if (o->backup_file)
		return back_up(o, dir);
	return ended(export_room(dir, o->export_room, stdout, &why), &why);
}
