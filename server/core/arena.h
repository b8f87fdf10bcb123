/*
 * Memory for things that come one by one and go all together: taken in order, given back as a whole.
 *
 * Chunks are kept for the next time, up to ARENA_SPARE bytes: who fills and clears an arena again and
 * again allocates nothing.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

enum {
	ARENA_CHUNK = 64 * 1024,
	ARENA_TAKE_MAX = ARENA_CHUNK - 64, /* bytes at once */
	ARENA_SPARE = 1024 * 1024,
};

struct arena_chunk;

/* Zero-initialise. */
struct arena {
	struct arena_chunk *newest; /* in use, by `older` */
	struct arena_chunk *spare;
	size_t bytes, spare_bytes; /* taken; of spare chunks */
};

void arena_wipe(struct arena *a);

/* Aligned for anything, not cleared; valid until the arena is cleared.  NULL: no memory. */
void *arena_take(struct arena *a, size_t n);
void *arena_copy(struct arena *a, const void *bytes, size_t n); /* n may be 0 */
void arena_clear(struct arena *a);
void arena_lend(struct arena *a,
		struct arena *other); /* our spare chunks, to be taken from there */
/* What was taken from the other one is valid as long as this one's now; the other is clear. */
void arena_join(struct arena *a, struct arena *other);

#endif
