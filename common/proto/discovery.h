/*
 * How a client without an address finds rooms: a PROBE to everybody on the local network, and a FOUND
 * from each server there.  protocol.md §2.5.
 *
 * Both are UDP payloads on a port of their own, which all servers of a machine share; whatever port a
 * room has, it is found.  A FOUND is a quarter of a PROBE at most, so nobody gets more out of servers
 * than they put in.  Nothing here is authentic: who answers is known once a session is open.
 */
#ifndef PROTO_DISCOVERY_H
#define PROTO_DISCOVERY_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/key.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* The first byte; packets of sessions (proto/wire.h) have others. */
enum lan_packet { LAN_PROBE = 8, LAN_FOUND = 9 };

enum {
	DISCOVERY_PORT = 8889,
	DISCOVERY_PROBE_SIZE = 512, /* no more and no less */
	DISCOVERY_NAME_MAX = 64,    /* bytes of a room's name */
	DISCOVERY_FOUND_MAX = 1 + 1 + 8 + KEY_BYTES + 2 + 2 + 2 + DISCOVERY_NAME_MAX + 8,
};
_Static_assert(DISCOVERY_FOUND_MAX * 4 <= DISCOVERY_PROBE_SIZE, "an answer is smaller");

/* The IPv6 group that servers are in: of this link, not assigned by anybody (RFC 4291, RFC 3307). */
#define DISCOVERY_GROUP "ff12::c4a7:8889"

struct found {
	uint64_t nonce;		/* the probe's */
	uint8_t key[KEY_BYTES]; /* the server's */
	uint16_t udp_port;	/* 0: not over UDP; one of the two is not 0 */
	uint16_t tcp_port;
	struct slice
		name; /* of the room: 1 to DISCOVERY_NAME_MAX bytes of UTF-8; not safe to show */
	uint64_t members; /* who are in it now */
};

/* Whether a room may be called so: nothing in it that would have to be marked, something to see. */
bool discovery_name_ok(const char *name, size_t n);

void discovery_probe_put(struct buf *b, uint64_t nonce);
void discovery_found_put(struct buf *b, const struct found *f); /* f->name is fine, asserted */

/* ERR_MALFORMED: anything else; the output is as it was.  f->name borrows from p. */
NODISCARD enum err discovery_probe_get(const void *p, size_t n, uint64_t *nonce);
NODISCARD enum err discovery_found_get(const void *p, size_t n, struct found *f);

#endif
