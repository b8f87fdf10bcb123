/*
 * What is in the database: tables, and the steps by which they came to be what they are.
 *
 * The database's user_version is the number of steps that it has behind it; its application_id says
 * that it is a chat room's.  An older one takes the steps that it lacks, all in one transaction; a
 * newer one is not touched.  A step that was once released is never changed: what has to be different
 * is another step.
 *
 *     meta     numbers by name: epoch, batch, place, clean; of the index, its rules
 *     rooms    one row each; `first` is the number of the oldest event that is kept
 *     events   id = room << 33 | seq.  A room's newest number is that of its newest row or, when
 *              there is none any more, the one before `first`.  `place` counts the events of all
 *              rooms, in the order of their writing: it tells what is newer whatever the clock says
 *     names    whose names are whose
 *     senders  which talks were said
 *     present  who is in which room, should the server end now
 *
 * The index (store/indexer.h) has tables of its own, which are no step: it can be made anew.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

enum { SCHEMA_APPLICATION = 0x43484154 /* "CHAT" */, SCHEMA_SEQ_BITS = 33 };

struct schema {
	const char *const *steps;
	int count;
};

const struct schema *schema_ours(void);

/* The number of steps behind it; 0: it is empty.  ERR_EXISTS: it is another program's; ERR_TOO_BIG:
 * it has steps behind it that this program does not know; or as db.h. */
NODISCARD enum err schema_look(struct db *db, const struct schema *s, int *version);

/* All steps that it lacks, or none.  Errors as schema_look(). */
NODISCARD enum err schema_bring_up(struct db *db, const struct schema *s);

/* Numbers of the table meta; `none`: it is not there. */
NODISCARD enum err schema_get(struct db *db, const char *name, int64_t none, int64_t *out);
NODISCARD enum err schema_put(struct db *db, const char *name, int64_t value);

/* The events' ids.  Numbers of rooms and events are below 2^30 and 2^33. */
static inline int64_t schema_id(uint32_t room, uint64_t seq)
{
	return (int64_t)((uint64_t)room << SCHEMA_SEQ_BITS | seq);
}

static inline uint32_t schema_room(int64_t id)
{
	return (uint32_t)((uint64_t)id >> SCHEMA_SEQ_BITS);
}

static inline uint64_t schema_seq(int64_t id)
{
	return (uint64_t)id & ((UINT64_C(1) << SCHEMA_SEQ_BITS) - 1);
}

#endif
