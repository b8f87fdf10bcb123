/*
 * The hub's clients, as it sees them, and what it wants done for them: the port to the peers' table, which
 * implements it.
 */
#ifndef CORE_HUB_PORT_H
#define CORE_HUB_PORT_H

#include "core/bearers.h"
#include "proto/address.h"
#include "proto/wire.h"

enum { HUB_BINDING = 32 }; /* bytes of a session's */

/*
 * One session, as the hub sees it.  Zero-initialise, then set the address, and whose it is as soon as
 * that is known.  Who is nobody owns no names, and can neither come back nor repeat itself.
 */
struct hub_client {
	struct address address;
	struct bearer *bearer; /* the hub looks at its identity alone; NULL: nobody */
	/* the hub's own */
	struct member *member;	 /* NULL: not in the room */
	struct hub_client *next; /* of the same member */
	struct sender *sender;	 /* NULL: it has no identity, or told no instance */
	union {
		struct pending *pending; /* what it waits for … */
		struct parked *parked;	 /* … which is listed here, while it is `asking` */
	};
	uint32_t session; /* the port's: one more of the same bearer */
	bool asking;	  /* a command of it needs what the store is asked */
	bool leaving;	  /* it has quit, and is closed once that is kept */
};

/* Zeros: it has none. */
static inline const uint8_t *client_identity(const struct hub_client *c)
{
	static const uint8_t nobody[OWNER_BYTES];

	return c->bearer ? c->bearer->identity : nobody;
}

/* What the hub wants done for clients.  None of these may call the hub. */
struct hub_port {
	void *ctx;
	/* The answer to a command; its text is borrowed for the call. */
	void (*reply)(void *ctx, struct hub_client *c, const struct reply *r);
	void (*follow)(void *ctx, struct hub_client *c, uint32_t room, uint64_t first);
	/* Up to `last` the client still gets what it has not got; then no more. */
	void (*unfollow)(void *ctx, struct hub_client *c, uint32_t room, uint64_t last);
	void (*close)(void *ctx, struct hub_client *c, enum code code, struct slice words);
	/* Who follows the room may have something to read. */
	void (*wake)(void *ctx, uint32_t room);
	/* That event of the room is another one from now on. */
	void (*changed)(void *ctx, uint32_t room, uint64_t seq);
	/* Whether the client follows that room, how many it follows, and the binding of its session. */
	bool (*follows)(void *ctx, struct hub_client *c, uint32_t room);
	size_t (*followed)(void *ctx, struct hub_client *c);
	void (*binding)(void *ctx, struct hub_client *c, uint8_t out[HUB_BINDING]);
};

#endif
