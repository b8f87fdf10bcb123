/*
 * Who follows which room, and who of them is to look into its log: all, once something was published.
 *
 * Followers are slots of the peers' table, in order of their numbers.  They belong to shards (slot modulo
 * the number of shards), and each shard walks through its own, on its own.  A room that was stirred is
 * marked, whatever its followers are; a walk visits all of them once from then on, in pieces: rooms that
 * are stirred have their turns one after the other, so that a large one does not keep a small one
 * waiting.  Who comes and goes between two visits does not disturb the walk.
 *
 * A large room that is stirred again while it is walked through would be walked through without end,
 * and each visit cost more than what it brings.  So after a round of that walk the room rests for as long
 * again as it took, a few times: what has happened meanwhile goes out together.  A round that nothing
 * happened in is the last one, and what happens after it is brought at once.
 */
#ifndef CORE_AUDIENCES_H
#define CORE_AUDIENCES_H

#include "core/ring.h"
#include "core/table.h"

#include <stdbool.h>

enum {
	AUDIENCES_SHARDS = 16,
	AUDIENCES_PIECE = 64,	/* visits in one room, before another one has its turn */
	AUDIENCES_LARGE = 1024, /* followers in a shard: more of them rest after a round, … */
	AUDIENCES_REST = 2,	/* … so many times as long as it took, … */
	AUDIENCES_ROUND_MAX = 100 * 1000, /* … until so many microseconds after it began at most */
};

/* The walk of one shard. */
struct walk {
	struct ring stirred; /* crowds that are to be visited … */
	struct ring resting; /* … and those whose next round is not yet to begin */
	uint32_t piece;	     /* visits that the first of them has had in its turn */
};

struct audiences {
	struct table table; /* by room */
	uint64_t seed;
	unsigned shards;
	struct walk walks[AUDIENCES_SHARDS];
};

struct audience;

void audiences_init(struct audiences *all, unsigned shards, uint64_t seed);
void audiences_wipe(struct audiences *all);

/* A slot that does not follow the room yet.  ERR_MEMORY: nothing has changed. */
NODISCARD enum err audiences_add(struct audiences *all, uint32_t room, uint32_t slot);
/* One that does. */
void audiences_remove(struct audiences *all, uint32_t room, uint32_t slot);

/* All of the room's followers are to be visited. */
void audiences_stir(struct audiences *all, uint32_t room);
/* Rounds whose time has come begin; when the next does, TIMERQ_NEVER: none waits. */
void audiences_wake(struct audiences *all, uint64_t now);
uint64_t audiences_deadline(const struct audiences *all);
/* How many visits are due in a shard, at the most; it is not counted further than to `enough`. */
size_t audiences_due(const struct audiences *all, unsigned shard, size_t enough);
/* The next one.  Shards may be asked at the same time; but for that, no two calls. */
bool audiences_next(struct audiences *all, unsigned shard, uint64_t now, uint32_t *slot);
/* Who is visited `after` more visits, if nobody comes or goes; false: not known yet. */
bool audiences_ahead(const struct audiences *all, unsigned shard, uint32_t after, uint32_t *slot);
/* The room that is visited has had its turn. */
void audiences_pass(struct audiences *all, unsigned shard);

/* Followers one after the other: `at` counts from 0. */
bool audiences_follower(const struct audiences *all, uint32_t room, size_t at, uint32_t *slot);

#endif
