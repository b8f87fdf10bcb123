/*
 * A public room's whole log as JSON, an event a line, exactly as chat-client --json prints it
 * (proto/event_json.h).  What was said between two is for these two: it is in no export.
 */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H

#include "store/db.h"

#include <stdio.h>

/*
 * Of the history in `dir`, beside a running server or without one.  The room is found by its name as
 * everywhere, with or without "#".  ERR_*: `why` is a sentence; what was written by then is right.
 */
NODISCARD enum err export_room(const char *dir, const char *room, FILE *out, struct db_why *why);

#endif
