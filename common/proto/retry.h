/*
 * The token of a RETRY packet (protocol.md §2.1): it shows that who sends it got a packet at the
 * address that it was made for, a short time ago, and the server that made it remembers nothing.
 *
 * Who calls: the server's table of peers, while more ask for sessions than it will remember.  A token
 * is the time and an HMAC-SHA256 of time, address and the client's connection id, under a secret that
 * the server draws at its start; to the client it is just bytes.  It may be used again as long as it
 * is valid: what that costs is bounded elsewhere (one client id is one half-open session).
 */
#ifndef PROTO_RETRY_H
#define PROTO_RETRY_H

#include "proto/address.h"
#include "proto/buf.h"

enum {
	RETRY_SECRET = 32,
	RETRY_TOKEN = 8 + 32,		   /* bytes: time, HMAC */
	RETRY_LIFETIME = 15 * 1000 * 1000, /* microseconds */
};

/* `now` is a clock that grows, in microseconds; tokens are worth nothing under another one. */
void retry_make(uint8_t token[RETRY_TOKEN], const uint8_t secret[RETRY_SECRET],
		const struct address *from, uint64_t client_cid, uint64_t now);
/* Whether retry_make() made it for these, less than RETRY_LIFETIME ago.  In constant time. */
bool retry_check(struct slice token, const uint8_t secret[RETRY_SECRET], const struct address *from,
		 uint64_t client_cid, uint64_t now);

#endif
