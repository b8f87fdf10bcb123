/*
 * The readers of one session, one for each room that it follows, and whose turn it is.
 *
 * The first is here, others in an array that exists only while there are others: most sessions are in
 * one room.  Adding and removing move readers, so pointers to them are good until then.
 */
#ifndef PROTO_READERS_H
#define PROTO_READERS_H

#include "proto/err.h"
#include "proto/reader.h"

struct readers {
	struct reader first;
	struct reader *more; /* all but the first */
	uint16_t count, cap; /* of all, at most WIRE_ROOMS_MAX; of `more` */
	uint16_t turn;	     /* whose is next, below count */
};

void readers_wipe(struct readers *r);

struct reader *readers_at(struct readers *r, uint32_t i);      /* i < count */
struct reader *readers_find(struct readers *r, uint32_t room); /* NULL: not followed */
/* The room's reader begins at `first`; anew, if there is one.  Where all places are taken, one that comes
 * to its end gives its own, and what was left for it goes unsent.  ERR_FULL, ERR_MEMORY. */
NODISCARD enum err readers_follow(struct readers *r, uint32_t room, uint64_t first);
void readers_remove(struct readers *r, struct reader *reader);

#endif
