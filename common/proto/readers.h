/*
 * The readers of one session, one for each room that it follows, and whose turn it is.
 *
 * A single one is here, several are in an array: most sessions are in one room.  Adding and removing
 * move readers, so pointers to them are good until then.
 */
#ifndef PROTO_READERS_H
#define PROTO_READERS_H

#include "proto/err.h"
#include "proto/reader.h"

struct readers {
	uint16_t count; /* at most WIRE_ROOMS_MAX */
	uint16_t cap;	/* of `all`; 0: up to one, and here */
	uint16_t turn;	/* whose is next, below count */
	union {
		struct reader one;
		struct reader *all;
	};
};

void readers_wipe(struct readers *r);

struct reader *readers_at(struct readers *r, uint32_t i);      /* i < count */
struct reader *readers_find(struct readers *r, uint32_t room); /* NULL: not followed */
/* The room's reader begins at `first`; anew, if there is one.  Where all places are taken, one that comes
 * to its end gives its own, and what was left for it goes unsent.  ERR_FULL, ERR_MEMORY. */
NODISCARD enum err readers_follow(struct readers *r, uint32_t room, uint64_t first);
void readers_remove(struct readers *r, struct reader *reader);

#endif
