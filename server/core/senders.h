/*
 * What has been said already: talks that come again over another session are answered as they were
 * the first time, and make no second event.
 *
 * A client draws a number for itself when it starts (`instance`) and counts its talks (`mid`).  For
 * each identity and instance the newest talks are remembered, as many as a client has without an
 * answer at the most; an older one counts as said.  The number of senders is bounded: who has been
 * silent for longest is forgotten.
 */
#ifndef CORE_SENDERS_H
#define CORE_SENDERS_H

#include "core/owner.h"
#include "proto/wire.h"

enum {
	SENDERS_MAX = 16384,
	SENDERS_REMEMBERED = WIRE_COMMANDS_MAX, /* talks of each */
};

struct senders;
struct sender;

struct senders *senders_new(size_t max, uint64_t seed); /* max at least 1.  NULL: no memory */
void senders_free(struct senders *s);

/* The sender of that identity and instance (not 0), until the next call.  NULL: no memory. */
struct sender *senders_of(struct senders *s, const uint8_t owner[OWNER_BYTES], uint64_t instance);

/* Was it said?  Then `seq` is its event's number, 0 when that is forgotten.  `mid` is not 0. */
bool sender_said(const struct sender *s, uint64_t mid, uint64_t *seq);
void sender_says(struct sender *s, uint64_t mid, uint64_t seq); /* was not said, became event seq */

size_t senders_count(const struct senders *s);

#endif
