/* protocol.md §2.2. */
#include "proto/record.h"

#include <stdlib.h>
#include <string.h>

void records_wipe(struct records *r)
{
	free(r->split);
	*r = (struct records){.limit = r->limit, .sealed = r->sealed};
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum err header_next(struct records *r, struct slice *feed)
{
	size_t n = smaller(WIRE_RECORD_HEADER - r->header_len, feed->len);
	struct slice got = slice_bytes(feed, n);

	if (n > 0)
		memcpy(r->header + r->header_len, got.data, n);
	r->header_len = (r->header_len + n) & 3;
	if (r->header_len < WIRE_RECORD_HEADER)
		return ERR_TRUNCATED;
	r->split_len = (uint16_t)(r->header[0] << 8 | r->header[1]);
	if (r->sealed)
		r->split_len &= (uint16_t) ~(RECORD_PHASE_BIT << 8);
	return ERR_NONE;
}

static enum err split_next(struct records *r, struct slice *feed, struct slice *record)
{
	if (!r->split && !(r->split = malloc(r->split_len)))
		return ERR_MEMORY;
	size_t n = smaller(r->split_len - r->split_have, feed->len);
	struct slice got = slice_bytes(feed, n);
	if (n > 0)
		memcpy(r->split + r->split_have, got.data, n);
	r->split_have += (uint16_t)n;
	if (r->split_have < r->split_len)
		return ERR_TRUNCATED;
	*record = slice_of(r->split, r->split_len);
	r->header_len = 0;
	return ERR_NONE;
}

enum err records_next(struct records *r, struct slice *feed, struct slice *record)
{
	if (r->split && r->split_have == r->split_len) {
		free(r->split); /* the record that was given out last */
		r->split = NULL;
		r->split_have = 0;
	}
	if (r->header_len < WIRE_RECORD_HEADER) {
		enum err e = header_next(r, feed);
		if (e != ERR_NONE)
			return e;
	}
	if (r->split_len == 0 || r->split_len > (r->limit ? r->limit : WIRE_RECORD_MAX))
		return ERR_MALFORMED; /* and again: where the next record begins, nobody knows */
	if (!r->split && feed->len >= r->split_len) {
		*record = slice_bytes(feed, r->split_len);
		r->header_len = 0;
		return ERR_NONE;
	}
	return split_next(r, feed, record);
}

bool records_phase(const struct records *r)
{
	return r->header[0] & RECORD_PHASE_BIT;
}

bool records_partial(const struct records *r)
{
	return r->header_len > 0;
}

size_t record_open(struct buf *b)
{
	size_t at = b->len;

	buf_put_u16(b, 0);
	return at;
}

void record_close(struct buf *b, size_t at)
{
	size_t n = b->len - at - WIRE_RECORD_HEADER;

	assert(n <= WIRE_RECORD_MAX);
	if (n == 0) {
		b->len = at;
		return;
	}
	b->data[at] = (uint8_t)(n >> 8);
	b->data[at + 1] = (uint8_t)n;
}
