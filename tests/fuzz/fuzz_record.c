/*
 * Records: a stream gives the same ones, and fails at the same place, in whatever pieces it comes.
 * The first byte of the input says of what kind they are, those after it are the plan for the pieces,
 * the rest is the stream.
 */
#include "fuzz.h"

#include "proto/record.h"

enum { PLAN = 8, SEALED = 1, LIMITED = 2, LIMIT = 40 };

/* What came of a stream: all records one behind the other, each after its header; then how it ended. */
struct outcome {
	uint8_t *bytes;
	size_t len;
	enum err end;
	bool partial;
};

static void take(struct outcome *o, const struct records *r, struct slice record)
{
	bool phase = r->sealed && records_phase(r);

	CHECK(record.len >= 1 && record.len <= (r->limit ? r->limit : WIRE_RECORD_MAX));
	o->bytes[o->len++] = (uint8_t)(record.len >> 8 | (phase ? RECORD_PHASE_BIT : 0));
	o->bytes[o->len++] = (uint8_t)record.len;
	memcpy(o->bytes + o->len, record.data, record.len);
	o->len += record.len;
}

static enum err feed_piece(struct records *r, const uint8_t *bytes, size_t n, struct outcome *o)
{
	uint8_t *copy = malloc(n ? n : 1); /* so that it is gone, and seen to be, afterwards */
	struct slice feed, record;
	enum err e;

	CHECK(copy);
	memcpy(copy, bytes, n);
	feed = slice_of(copy, n);
	while ((e = records_next(r, &feed, &record)) == ERR_NONE)
		take(o, r, record);
	CHECK(e == ERR_MALFORMED || (e == ERR_TRUNCATED && feed.len == 0));
	free(copy);
	return e;
}

static struct outcome feed_in_pieces(const uint8_t *bytes, size_t n, uint8_t kind,
				     struct script plan)
{
	struct outcome o = {.bytes = malloc(n + 1), .end = ERR_TRUNCATED};
	struct records r = {.sealed = kind & SEALED, .limit = kind & LIMITED ? LIMIT : 0};
	struct script again = plan;

	CHECK(o.bytes);
	while (n > 0 && o.end == ERR_TRUNCATED) {
		size_t piece = (size_t)script_u8(&again) + 1;
		if (again.len == 0)
			again = plan;
		if (piece == 256 || piece > n)
			piece = n;
		o.end = feed_piece(&r, bytes, piece, &o);
		bytes += piece;
		n -= piece;
	}
	o.partial = records_partial(&r);
	records_wipe(&r);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint8_t plan[PLAN];
	struct script s = {bytes, n};
	uint8_t kind = script_u8(&s);
	size_t planned = script_take(&s, plan, sizeof(plan));

	struct outcome whole =
		feed_in_pieces(s.bytes, s.len, kind, (struct script){(uint8_t[]){255}, 1});
	struct outcome cut = feed_in_pieces(s.bytes, s.len, kind, (struct script){plan, planned});
	CHECK(whole.end == cut.end && whole.len == cut.len);
	CHECK(memcmp(whole.bytes, cut.bytes, cut.len) == 0);
	CHECK(whole.end == ERR_MALFORMED || whole.partial == cut.partial);
	CHECK(whole.len <= s.len && memcmp(whole.bytes, s.bytes, whole.len) == 0);
	free(whole.bytes);
	free(cut.bytes);
	return 0;
}
