/*
 * The store behind the hub: begun before it, ended after it, and between them its results brought to
 * the hub, on the loop.  Or none (--memory): then all of this does nothing.
 *
 * Says to whoever runs the server when what is said can no longer be kept, and when it can again.
 */
#ifndef SERVER_HISTORY_H
#define SERVER_HISTORY_H

#include "core/hub.h"
#include "options.h"
#include "store/store.h"

struct history {
	struct store *store; /* NULL: none */
	struct hub *hub;
	struct reactor *reactor;
	bool failing; /* and that was said */
	bool unread;  /* reading has failed, and that was said */
};

/*
 * Opens the history in `dir` ("": there is nowhere to keep one, which is said unless --memory is).
 * False: it was said what is wrong.
 */
bool history_open(struct history *h, const struct server_options *o, const char *dir);

uint64_t history_epoch(const struct history *h);		/* of the log; without one: drawn */
const struct store_port *history_port(const struct history *h); /* NULL: none */

/* Tells the hub what there was, and serves it from now on.  Borrows both.  False: it was said why. */
bool history_serve(struct history *h, struct hub *hub, struct reactor *reactor);

/* Waits until all that is pending in the hub is kept, or until then.  False: it is not. */
bool history_settle(struct history *h, uint64_t until_us);

/* The end; before the hub is freed, whose batch may be under way. */
void history_close(struct history *h);

#endif
