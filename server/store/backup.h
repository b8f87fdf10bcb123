/*
 * A copy of a history as it is at one moment, in one file, beside a running server.
 *
 * Put into an empty data directory as room.db it is that history: the server looks through it, and goes
 * on under another epoch.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/db.h"

enum { BACKUP_PAGES = 1024 /* that are copied at once */ };

/*
 * `file` has its name only when it is whole, on the disk, and looked through; one that has it already is
 * left alone (ERR_EXISTS).  *bytes: its size.  ERR_*: `why` is a sentence, and there is no file.
 */
NODISCARD enum err backup_make(const char *dir, const char *file, int64_t *bytes,
			       struct db_why *why);

#endif
