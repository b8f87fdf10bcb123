/*
 * Memory for many objects of one size that come and go one by one: they lie side by side in chunks, with
 * nothing between them, and apart from what lives shorter.
 *
 * An object that is put back is the next to be taken of its chunk; a chunk without any goes back to the
 * system, but for one.  Where addresses are sanitized, nobody may touch what is not taken, nor what is
 * between two objects.
 */
#ifndef CORE_SLAB_H
#define CORE_SLAB_H

#include <stddef.h>

enum {
	SLAB_CHUNK = 64 * 1024, /* bytes, with what the allocator itself keeps of one */
	SLAB_OBJECT_MAX = 4096,
	SLAB_LINE = 64,
};

struct slab_chunk;

struct slab {
	size_t size, count; /* of an object; how many are taken */
	/* its own */
	size_t in_chunk;	    /* how many fit */
	struct slab_chunk **chunks; /* in order of their addresses */
	size_t chunk_count, cap;
	struct slab_chunk *roomy; /* the first of those with room, by `next`; NULL: none */
};

/* For objects of that many bytes, at least 1. */
void slab_init(struct slab *s, size_t size);
void slab_wipe(struct slab *s); /* all of them are put back */

/*
 * An object, all zeros.  NULL: no memory.  It is aligned as its size allows: to the largest power of two
 * that divides it, but at least for a pointer, and for no more than SLAB_LINE.
 */
void *slab_take(struct slab *s);
void slab_put(struct slab *s, void *object); /* one that was taken here; NULL: nothing */

#endif
