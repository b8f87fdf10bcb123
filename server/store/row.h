/*
 * What rows hold beside plain values: an event's sum, by which a byte that the disk gave back wrong is
 * noticed, and the talks of a sender.  Both are on disks: they are never changed, only replaced by a
 * step of the schema.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "core/record.h"
#include "store/db.h"

struct row_event {
	int64_t id;    /* schema_id() */
	int64_t place; /* among all events, as they were written */
	int64_t time_ms;
	int64_t kind;
	struct slice author, frame;
};

/* Of all its columns; FNV-1a, 32 bits: one wrong byte is always noticed. */
uint32_t row_sum(const struct row_event *e);

/* The row that a "SELECT " ROW_EVENT " FROM events …" is at; borrowed until the statement goes on.
 * ERR_MALFORMED: it is not what was written. */
#define ROW_EVENT "id, place, time, author, kind, frame, sum"
NODISCARD enum err row_get_event(struct db *db, sqlite3_stmt *s, struct row_event *e);

enum { ROW_SENDER_MAX = 16 + 8 * SENDERS_REMEMBERED };

/* What it said, without whose it is. */
void row_put_sender(struct buf *b, const struct record_sender *s);
/* ERR_MALFORMED: that is none. */
NODISCARD enum err row_get_sender(struct slice bytes, struct record_sender *s);

#endif
