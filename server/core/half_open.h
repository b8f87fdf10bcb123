/*
 * Datagram peers that have not shown yet that they are where they say: found by address and the
 * connection id they chose, in order of age.
 *
 * Bounded: whoever adds to a full table takes the oldest out first.  So a flood of first packets cannot
 * keep others away for longer than it fills the table once, which is longer than an honest handshake
 * takes.  Entries are the caller's, embedded in its peers.
 */
#ifndef CORE_HALF_OPEN_H
#define CORE_HALF_OPEN_H

#include "proto/address.h"

enum { HALF_OPEN_MAX = 1024 };

struct half_open_entry {
	struct address from;
	uint64_t client_cid;
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
void half_open_add(struct half_open *h, struct half_open_entry *e); /* not listed, table not full */
void half_open_remove(struct half_open *h, struct half_open_entry *e); /* not listed: nothing */

#endif
