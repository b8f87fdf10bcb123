/*
 * What is done with a history beside the server whose it is, or while there is none: --export and
 * --backup.  Nothing of the server is needed for it, nor disturbed.
 */
#ifndef SERVER_ASIDE_H
#define SERVER_ASIDE_H

#include "options.h"

bool aside_wanted(const struct server_options *o);

/* Does it, and says on standard error what became of it.  The exit status. */
int aside_run(const struct server_options *o);

#endif
