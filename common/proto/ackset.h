/*
 * The packet numbers that arrived: what is a duplicate, and what to acknowledge (RFC 9000 §13.2.3).
 *
 * A window of the newest ACKSET_WINDOW numbers, one bit each.  What is older counts as seen: a
 * packet that late is worth nothing, and a replayed one must do nothing.
 */
#ifndef PROTO_ACKSET_H
#define PROTO_ACKSET_H

#include "proto/wire.h"

enum { ACKSET_WINDOW = 1024 };

struct ackset {
	bool any;
	uint64_t largest;		   /* once `any` */
	uint64_t from;			   /* what is below that is too old to tell, too */
	uint64_t bits[ACKSET_WINDOW / 64]; /* bit n % ACKSET_WINDOW: number n arrived */
};

bool ackset_has(const struct ackset *s, uint64_t number); /* arrived already, or too old to tell */
void ackset_add(struct ackset *s, uint64_t number);	  /* not ackset_has() */

/* The newest ranges, at most `max`; false when nothing arrived.  delay_us is left alone. */
bool ackset_ranges(const struct ackset *s, struct ack *out, size_t max);

/* What is kept of it where nothing arrives for a while: all but the newest numbers are too old then. */
enum { ACKSET_NEWEST = 16 };

struct ackset_rest {
	uint64_t largest : 48;
	uint64_t newest : ACKSET_NEWEST; /* bit i: largest - i arrived; 0: nothing did */
};

bool ackset_fits(const struct ackset *s); /* its numbers are not too large for that */
struct ackset_rest ackset_rest(const struct ackset *s);
void ackset_wake(struct ackset *s, const struct ackset_rest *r); /* zero-initialised */

#endif
