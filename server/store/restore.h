/*
 * What a hub has to know when it starts, as records: of every room what it is and how far it goes, whose
 * names are whose, what was said already, who was there.
 *
 * Events are not gone through: a room's ends are found by the index, and only its newest events are
 * read, and those of the first rooms alone, so that a start takes no longer with a longer history.
 */
#ifndef STORE_RESTORE_H
#define STORE_RESTORE_H

#include "core/record.h"
#include "store/db.h"

enum {
	RESTORE_EVENTS = 64,		       /* of one room, at most */
	RESTORE_EVENT_BYTES = 4 * 1024 * 1024, /* of all rooms, about */
};

/*
 * Everything that hub_restore() wants, in a buffer that is the caller's to free.  ERR_MALFORMED: the
 * history is damaged; or as db.h, with db->why.
 */
NODISCARD enum err restore_read(struct db *db, uint64_t epoch, uint8_t **records, size_t *len);

#endif
