/*
 * Datagram peers that have not shown yet that they are where they say: found by address and the
 * connection id they chose, in order of age.
 *
 * Bounded: whoever adds to a full table takes the oldest out first, but leaves it HALF_OPEN_PATIENCE: in a
 * crowd it is about to go on.  Most in a full table have shown that they are where they say (gate.h), so
 * that forged first packets keep nobody away.  Entries are the caller's, embedded in its peers.
 */
#ifndef CORE_HALF_OPEN_H
#define CORE_HALF_OPEN_H

#include "proto/address.h"

enum {
	HALF_OPEN_MAX = 1024,
	HALF_OPEN_PATIENCE = 3 * 1000 * 1000, /* microseconds */
};

struct half_open_entry {
	struct address from;
	uint64_t client_cid, since;
	bool listed;		      /* zero-initialise; the rest is the table's */
	struct half_open_entry *next; /* in its bucket */
	struct half_open_entry *older, *newer;
};

struct half_open {
	struct half_open_entry *buckets[HALF_OPEN_MAX];
	struct half_open_entry *oldest, *newest;
	size_t count;
	uint64_t seed; /* drawn by the caller: nobody can aim at one bucket */
};

struct half_open_entry *half_open_find(const struct half_open *h, const struct address *from,
				       uint64_t client_cid);
/* There is no place yet for one more. */
bool half_open_crowded(const struct half_open *h, uint64_t now);
void half_open_add(struct half_open *h, struct half_open_entry *e); /* not listed, table not full */
void half_open_remove(struct half_open *h, struct half_open_entry *e); /* not listed: nothing */

#endif
