/*
 * Records on a stream: a u16 length (big-endian, 1..WIRE_RECORD_MAX), then that many bytes.  The length
 * of a sealed record has the phase of its key in the highest bit.
 *
 * Cuts a stream that arrives in any pieces back into records.  A record that lies whole in one piece
 * is used where it lies; only one that is split is copied, into a buffer of just its size.
 */
#ifndef PROTO_RECORD_H
#define PROTO_RECORD_H

#include "proto/wire.h"

struct records {
	uint8_t *split; /* a record that is not complete yet, or was given out last */
	uint16_t split_len, split_have;
	uint16_t limit : 13;	 /* of a length; 0: WIRE_RECORD_MAX */
	uint16_t header_len : 2; /* bytes of a split header so far */
	bool sealed : 1;
	uint8_t header[WIRE_RECORD_HEADER];
};

void records_wipe(struct records *r);

/*
 * The next record out of `feed`, which is advanced.  ERR_TRUNCATED: all of feed was taken and more is
 * needed; ERR_MALFORMED: a length of 0 or over the limit, and every call after it; ERR_MEMORY.
 * `record` is valid until the next call or until feed's bytes go.
 */
NODISCARD enum err records_next(struct records *r, struct slice *feed, struct slice *record);
bool records_phase(const struct records *r);   /* of the record that was given out last */
bool records_partial(const struct records *r); /* the stream stopped inside a record */

/* Writing: reserve the header, put frames, then close; an empty record is taken back. */
enum { RECORD_PHASE_BIT = 0x80 }; /* of the header's first byte */
size_t record_open(struct buf *b);
void record_close(struct buf *b, size_t opened_at);

#endif
