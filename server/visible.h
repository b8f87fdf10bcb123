/*
 * What of this server is found on the local network by clients that were given no address: collected
 * while it begins to listen, then told by core/announce through net/beacon.
 */
#ifndef SERVER_VISIBLE_H
#define SERVER_VISIBLE_H

#include "core/announce.h"
#include "core/hub.h"
#include "net/beacon.h"
#include "options.h"

struct visible {
	struct announce_config config; /* zero-initialise */
	struct hub *hub;
	struct beacon *beacon; /* NULL: it is not found */
};

/* A listener of UDP or TCP is there. */
void visible_add(struct visible *v, const struct address *listener);

/* Borrows the hub, and *v where it lies.  What cannot be is said, and the server does without. */
void visible_open(struct visible *v, const struct server_options *o, const uint8_t key[KEY_BYTES],
		  struct reactor *reactor, struct hub *hub);
void visible_close(struct visible *v);

#endif
