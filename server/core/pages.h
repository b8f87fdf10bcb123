/*
 * Older events, as a store gave them back: what of the rooms' logs is needed again and is no longer in
 * their memory.
 *
 * A page is a run of events of one room without a hole, inside one block of PAGES_BLOCK numbers.  All
 * pages of all rooms share one limit of bytes; the one that was not read for longest goes first.
 */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include "proto/wire.h"

enum {
	PAGES_BLOCK = 256,	  /* numbers that one page may span: from a multiple of it */
	PAGES_BYTES = 128 * 1024, /* of frames to ask for at once; one frame always fits */
};
_Static_assert((int)PAGES_BYTES >= (int)WIRE_ITEM_MAX, "an event fits a page");

struct pages;

/* Keeps the two newest pages, and others while they fit `max_bytes`.  NULL: no memory. */
struct pages *pages_new(size_t max_bytes, uint64_t seed);
void pages_free(struct pages *p);

/* The last number to ask for, from `first` on. */
uint64_t pages_last(uint64_t first);

/*
 * Keeps a copy of EVENT frames from number `first` on, up to a hole or the end of its block.
 * ERR_NOT_FOUND: `first` is not there; ERR_MALFORMED: these are no such frames; ERR_MEMORY.
 */
NODISCARD enum err pages_put(struct pages *p, uint32_t room, uint64_t first, struct slice frames);

/* The frames from that event on, as room_run() has them; data == NULL: it is in no page.  Valid until the
 * next call that changes. */
struct slice pages_run(struct pages *p, uint32_t room, uint64_t seq, size_t max_bytes,
		       uint32_t *count);

/* The event is another one now: what is here of it is forgotten. */
void pages_drop(struct pages *p, uint32_t room, uint64_t seq);

size_t pages_bytes(const struct pages *p);

#endif
