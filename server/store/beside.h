/*
 * Looking into a history beside the server whose it is, or without one: nothing is locked, nothing is
 * changed, and nobody waits.
 */
#ifndef STORE_BESIDE_H
#define STORE_BESIDE_H

#include "store/db.h"

/*
 * A connection that reads the history of that directory.  ERR_*: `why` is a sentence, and nothing is
 * open.  db_close() ends it.
 */
NODISCARD enum err beside_open(struct db *db, const char *dir, struct db_why *why);

/* What went wrong with it, as a sentence; returns e. */
enum err beside_failed(const struct db *db, enum err e, const char *dir, struct db_why *why);

#endif
