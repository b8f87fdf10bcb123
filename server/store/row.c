/* Bytes of columns; the contract is in row.h. */
#include "store/row.h"

#include "store/schema.h"

static uint32_t add_bytes(uint32_t sum, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ bytes[i]) * UINT32_C(16777619);
	return sum;
}

static uint32_t add_number(uint32_t sum, int64_t v)
{
	uint8_t bytes[8];
	struct buf b = buf_of(bytes, sizeof(bytes));

	buf_put_u64(&b, (uint64_t)v);
	return add_bytes(sum, bytes, sizeof(bytes));
}

uint32_t row_sum(const struct row_event *e)
{
	uint32_t sum = UINT32_C(2166136261);

	sum = add_number(sum, e->id);
	sum = add_number(sum, e->place);
	sum = add_number(sum, e->time_ms);
	sum = add_number(sum, e->kind);
	sum = add_bytes(sum, e->author.data, e->author.len);
	return add_bytes(sum, e->frame.data, e->frame.len);
}

enum err row_get_event(struct db *db, sqlite3_stmt *s, struct row_event *e)
{
	*e = (struct row_event){.id = sqlite3_column_int64(s, 0),
				.place = sqlite3_column_int64(s, 1),
				.time_ms = sqlite3_column_int64(s, 2),
				.author = db_bytes(s, 3),
				.kind = sqlite3_column_int64(s, 4),
				.frame = db_bytes(s, 5)};
	if (e->author.len == OWNER_BYTES && sqlite3_column_int64(s, 6) == row_sum(e))
		return ERR_NONE;
	db_say(&db->why, "event %llu of room %u is not what was written",
	       (unsigned long long)schema_seq(e->id), (unsigned)schema_room(e->id));
	return ERR_MALFORMED;
}

void row_put_sender(struct buf *b, const struct record_sender *s)
{
	size_t count = SENDERS_REMEMBERED;

	while (count > 0 && s->seqs[count - 1] == 0)
		count--;
	buf_put_u8(b, s->left);
	buf_put_varint(b, s->newest);
	for (size_t i = 0; i < count; i++)
		buf_put_varint(b, s->seqs[i]);
}

enum err row_get_sender(struct slice bytes, struct record_sender *s)
{
	uint8_t left = slice_u8(&bytes);
	size_t count = 0;

	s->left = left == 1;
	s->newest = slice_varint(&bytes);
	while (bytes.len > 0 && !bytes.failed && count < SENDERS_REMEMBERED)
		s->seqs[count++] = slice_varint(&bytes);
	if (bytes.failed || bytes.len > 0 || left > 1)
		return ERR_MALFORMED;
	while (count < SENDERS_REMEMBERED)
		s->seqs[count++] = 0;
	return ERR_NONE;
}
