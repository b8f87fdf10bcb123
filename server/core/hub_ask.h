/* What the hub asks of the store, and who waits for the answer.  For the files hub*.c alone. */
#ifndef CORE_HUB_ASK_H
#define CORE_HUB_ASK_H

#include "core/hub.h"
#include "core/table.h"

/* A question under way: embedded in whatever its answer is for. */
struct asked {
	struct table_entry by_ticket; /* first member */
	uint64_t ticket;
	/* Called once, when it is no more under way.  Whoever asked frees what it is embedded in. */
	void (*answered)(struct hub *h, struct asked *a, const struct store_answer *answer,
			 struct instant now);
};

/* Asks, under a ticket of its own.  There has to be a store.  ERR_FULL, ERR_MEMORY: not asked. */
NODISCARD enum err hub_ask(struct hub *h, struct asked *a, struct store_query *q);

/*
 * The command waits for the answer, and the client's next ones behind it; then `resume` goes on with it
 * (in x->command is what was there, in memory of its own) and returns as any command does.
 */
struct context;
enum code hub_park(struct context *x, struct store_query *q,
		   enum code (*resume)(struct context *x, const struct store_answer *answer));
void parked_forget_client(struct hub_client *c);
/* The first of what the client has pending, wherever that hangs. */
struct pending **parked_pending(struct hub_client *c);

void hub_init_asked(struct hub *h);
void hub_wipe_asked(struct hub *h); /* at the end: nobody is answered */

#endif
