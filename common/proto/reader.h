/*
 * A cursor into one room's log: what of it is due to one session.
 *
 * New events are due from `next` on; events whose packets were lost are due again before any new
 * one.  A reader holds sequence numbers only, never bytes: those are read from the log each time.
 * An event too big for a packet is due part by part.  Nothing is due past confirmed +
 * WIRE_EVENTS_MAX, what the other side is ready to put in order, nor past `last`.
 */
#ifndef PROTO_READER_H
#define PROTO_READER_H

#include "proto/recovery.h"

enum { READER_AGAIN_MAX = 6 };
#define READER_NO_END UINT64_MAX

struct reader_item {
	uint64_t seq;
	uint32_t count; /* events from there on that are due as well, whole, with it */
	uint8_t part;	/* of an event in parts; else 0 */
	bool again;	/* was sent before */
};

/* Events, or parts of one event, that were lost. */
struct reader_range {
	uint64_t first;
	uint32_t parts; /* the set of those of `first`; 0: whole events */
	uint16_t count; /* of events; with parts: 1 */
};

struct reader {
	uint64_t next; /* the next event never sent */
	uint64_t last; /* the last that is to be delivered; READER_NO_END: it goes on */
	uint32_t room; /* 0: follows nothing */
	uint16_t sent; /* before `next`, from the first on that the other side may not have */
	uint16_t next_part : 6;	 /* of `next`, when that is under way in parts */
	uint16_t again_part : 6; /* of the first event that is due again, likewise */
	uint16_t again_count : 4;
	struct reader_range *again; /* what is due again, in this order; there while something is */
};

/* The other side has everything before this. */
static inline uint64_t reader_confirmed(const struct reader *r)
{
	return r->next - r->sent;
}

void reader_wipe(struct reader *r);
void reader_follow(struct reader *r, uint32_t room, uint64_t first);
/* Nothing after `last`; an end that is there already is not put off. */
void reader_end(struct reader *r, uint64_t last);

/* What is due next given the room's newest number `head`; false: nothing. */
bool reader_due(const struct reader *r, uint64_t head, struct reader_item *item);
/* The item of reader_due() was sent, whole (parts = 1) or its part out of `parts`. */
void reader_sent(struct reader *r, const struct reader_item *item, uint8_t parts);
/* So many events were sent, whole, from the item's on; up to its count. */
void reader_sent_run(struct reader *r, const struct reader_item *item, uint32_t count);

/* The event changed: what was sent of it belongs to no whole any more, and all of it is due again. */
void reader_changed(struct reader *r, uint64_t seq);
void reader_lost(struct reader *r, const struct ref *ref);
void reader_confirm(struct reader *r, uint64_t next); /* beyond what was sent: ignored */
/* Everything that was sent has arrived: nothing of it is in flight, and nothing is due again. */
void reader_confirm_sent(struct reader *r);
void reader_skip(struct reader *r); /* it has an end: what is left before that is given up */
/* Nothing more can be sent until something is confirmed, or ever. */
bool reader_waits(const struct reader *r);
bool reader_done(const struct reader *r); /* it has an end, and all up to that is confirmed */

#endif
