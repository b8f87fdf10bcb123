/*
 * The socket by which the room is found on the local network: questions in go to core/announce, its
 * answers go out.  It knows no session, and shares its port with other servers of this machine.
 */
#ifndef NET_BEACON_H
#define NET_BEACON_H

#include "core/announce.h"
#include "sys/reactor.h"

struct beacon;

struct beacon_port {
	void *ctx;
	uint64_t (*members)(void *ctx); /* how many there are in the room now */
};

/*
 * Borrows the reactor; takes the announce, also if it fails.  ERR_SYSTEM and errno: the port cannot be
 * shared or watched; ERR_MEMORY.
 */
NODISCARD enum err beacon_open(struct reactor *reactor, struct announce *announce,
			       const struct beacon_port *port, struct beacon **out);
void beacon_close(struct beacon *b);

#endif
