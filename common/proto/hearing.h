/*
 * The rooms that a client's session hears: how far each is heard, and what of it came early.
 *
 * Within a session no event of a room is given out twice, whatever is left and entered again: a room's
 * place only moves forward.  Rooms that were left are kept for that, as long as there is room for them.
 * What all rooms hold together has one bound.
 */
#ifndef PROTO_HEARING_H
#define PROTO_HEARING_H

#include "proto/assembly.h"

enum {
	HEARING_ROOMS_MAX = 2 * WIRE_ROOMS_MAX, /* with those that were left */
	HEARING_EARLY_MAX = 4 * 1024 * 1024,	/* bytes that came early, of all rooms */
};

enum hearing_news {
	NEWS_NONE,
	NEWS_DUE,    /* something came, and no CURSOR says so */
	NEWS_PACKED, /* one does, in what may go out next */
};

struct heard_room {
	uint32_t room;
	bool left; /* it may give its place to another */
	enum hearing_news news;
	uint64_t asked; /* the newest command that its state is owed to */
	struct assembly incoming;
};

struct hearing {
	struct heard_room *rooms; /* pointers into it are good until hearing_open() */
	uint32_t count, cap;
	uint32_t told; /* whose CURSOR is next, about */
	uint32_t at;   /* where the next event's room probably is: that of the last one */
	struct assembly_pool pool;
};

void hearing_init(struct hearing *h);
void hearing_wipe(struct hearing *h);

struct heard_room *hearing_look_for(const struct hearing *h, uint32_t room);

/* NULL: not heard. */
static inline struct heard_room *hearing_find(const struct hearing *h, uint32_t room)
{
	if (h->at < h->count && h->rooms[h->at].room == room)
		return &h->rooms[h->at];
	return hearing_look_for(h, room);
}

/* More events of that one may follow. */
static inline void hearing_turn_to(struct hearing *h, const struct heard_room *r)
{
	h->at = (uint32_t)(r - h->rooms);
}

/* Room for so many more, as far as there may be so many.  ERR_MEMORY. */
NODISCARD enum err hearing_reserve(struct hearing *h, uint32_t more);
/* A room that was not heard, from `first` on.  ERR_MEMORY; ERR_FULL: too many, and none was left. */
NODISCARD enum err hearing_open(struct hearing *h, uint32_t room, uint64_t first);
/* Nothing before `first` is given out any more. */
void hearing_skip(struct heard_room *r, uint64_t first);
/* A room whose news are due, each in its turn; they are packed then.  False: there is none. */
bool hearing_pack(struct hearing *h, uint32_t *room, uint64_t *next);
void hearing_packed(struct hearing *h, bool sent); /* what became of that */

#endif
