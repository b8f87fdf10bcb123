/*
 * The receiving end of numbered items (events of a room, commands of a session): puts parts together
 * and items in order, and gives each out once.
 *
 * What arrives in its turn is used where it lies; only what comes early, or in parts, is copied and
 * held.  At most `window` items from `next` on and `held_max` bytes are held, and by all that share a
 * pool not more than it has; an item that has no place is ASSEMBLY_NO_ROOM, and its packet is then
 * treated as if it had not arrived.
 */
#ifndef PROTO_ASSEMBLY_H
#define PROTO_ASSEMBLY_H

#include "proto/pieces.h"

enum assembly_verdict {
	ASSEMBLY_NOW,  /* the very next item: use the bytes as they are, then assembly_advance() */
	ASSEMBLY_KEPT, /* copied; may have made `next` ready */
	ASSEMBLY_OLD,  /* had it */
	ASSEMBLY_NO_ROOM, /* past the window or the byte limit, or no memory */
	ASSEMBLY_BROKEN,  /* parts of one item that do not belong together */
};

/* What all assemblies that share it may hold, with what it takes to hold it.  Early items have the first
 * half of it; the rest is for items whose turn it is.  Set `max`. */
struct assembly_pool {
	size_t held, max; /* bytes */
};

struct assembly {
	uint64_t next; /* 0: not open, everything is ASSEMBLY_NO_ROOM */
	uint32_t window;
	uint32_t count; /* items held */
	size_t held, held_max;
	struct pieces **slots;	    /* by id % window; allocated while anything is held */
	struct assembly_pool *pool; /* borrowed; NULL: none */
};

void assembly_open(struct assembly *a, uint64_t next, uint32_t window, size_t held_max);
void assembly_wipe(struct assembly *a);

enum assembly_verdict assembly_whole(struct assembly *a, uint64_t id, struct slice bytes);
/* The same, but the very next item is kept, too. */
enum assembly_verdict assembly_keep(struct assembly *a, uint64_t id, struct slice bytes);
enum assembly_verdict assembly_part(struct assembly *a, const struct part *p);

/* The next item, if it is held and complete: valid until assembly_advance(). */
bool assembly_ready(const struct assembly *a, struct slice *bytes);
void assembly_advance(struct assembly *a); /* `next` was used */
/* What comes before `next` is not wanted any more; what is held from there on is. */
void assembly_skip(struct assembly *a, uint64_t next);

#endif
