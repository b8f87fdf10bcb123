/*
 * The gate: which first packets and new connections are worth a handshake (protocol.md §2.1).
 *
 * Who calls: the table of peers, before it remembers anything.  A handshake costs four curve
 * operations and a place, and whoever asks for one may have written any address on the packet.  So,
 *
 * - in quiet times everybody is let in at once;
 * - with GATE_HALF_OPEN handshakes half open, or more than GATE_INITS a second, or more from one
 *   address than it is good for, a client has to show first that it is where it says, by a token
 *   that it gets there (RETRY), which costs the server no memory and next to no time;
 * - who has shown that, or has a connection, is counted by address: GATE_BURST at once and
 *   GATE_PER_SECOND from then on.  Nobody can use up another's share, since it is taken only from
 *   who is really there.  All of them together get GATE_PROVEN: who owns a whole network has more
 *   addresses than can be counted, but a handshake's work is bounded for those who are inside.  The
 *   machine's own addresses have no such limits.
 *
 * Pure: the secret and the seed are drawn by the caller.
 */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include "core/throttle.h"
#include "proto/err.h"
#include "proto/retry.h"

enum {
	GATE_HALF_OPEN = 256,
	GATE_INITS = 500,      /* a second … */
	GATE_INITS_BURST = 64, /* … and at once: a class that comes in is no storm */
	GATE_BURST = 120,
	GATE_PER_SECOND = 12,
	GATE_PLACES = 4096, /* addresses that are counted at a time */
	GATE_PROVEN = 2000, /* handshakes with a good token, a second and at once, from anywhere */
};

enum gate_verdict {
	GATE_ENTER,
	GATE_RETRY,  /* answer with gate_token() and remember nothing */
	GATE_SILENT, /* no answer */
};

struct gate {
	uint8_t secret[RETRY_SECRET];	     /* drawn by the caller, and so is: */
	uint64_t clock;			     /* what tokens tell the time from, below 2^62 */
	struct throttle_bucket inits;	     /* without a token, from anywhere */
	struct throttle_bucket proven;	     /* with one, from anywhere */
	struct throttle *unproven, *present; /* by address */
};

/* `g->secret` and `g->clock` are set.  ERR_MEMORY. */
NODISCARD enum err gate_init(struct gate *g, uint64_t seed);
void gate_wipe(struct gate *g);

/* An INIT that asks for a new handshake, while so many are half open. */
enum gate_verdict gate_knock(struct gate *g, uint64_t now, const struct address *from,
			     uint64_t client_cid, struct slice token, size_t half_open);
void gate_token(const struct gate *g, uint64_t now, const struct address *from, uint64_t client_cid,
		uint8_t token[RETRY_TOKEN]);

/* A connection.  False: close it. */
bool gate_connect(struct gate *g, uint64_t now, const struct address *from);

#endif
