/* row: one wrong byte is noticed, and what a sender said comes back. */
#include "store/row.h"

#include "store_rig.h"

#include <string.h>

static struct row_event some_event(uint8_t author[OWNER_BYTES], uint8_t *frame, size_t len)
{
	return (struct row_event){.id = 77,
				  .place = 99,
				  .time_ms = 88,
				  .kind = 2,
				  .author = slice_of(author, OWNER_BYTES),
				  .frame = slice_of(frame, len)};
}

/* The one that disks have: FNV-1a of the columns, each number in eight bytes. */
static void the_sum_is_what_it_was(void **state)
{
	uint8_t author[OWNER_BYTES] = {0}, frame[] = "frame";
	struct row_event e = some_event(author, frame, 5);

	(void)state;
	assert_int_equal(row_sum(&e), UINT32_C(0x5f0d2b3a));
}

static void every_byte_counts(void **state)
{
	uint8_t author[OWNER_BYTES] = {1, 2, 3}, frame[40] = "some frame";
	struct row_event e = some_event(author, frame, sizeof(frame)), other;
	uint32_t sum = row_sum(&e);

	(void)state;
	for (size_t i = 0; i < sizeof(frame); i++)
		for (unsigned bits = 1; bits < 256; bits++) {
			frame[i] ^= (uint8_t)bits;
			assert_int_not_equal(row_sum(&e), sum);
			frame[i] ^= (uint8_t)bits;
		}
	for (size_t i = 0; i < OWNER_BYTES; i++) {
		author[i] ^= 0x80;
		assert_int_not_equal(row_sum(&e), sum);
		author[i] ^= 0x80;
	}
	other = e;
	other.id++;
	assert_int_not_equal(row_sum(&other), sum);
	other = e;
	other.kind++;
	assert_int_not_equal(row_sum(&other), sum);
	other = e;
	other.time_ms++;
	assert_int_not_equal(row_sum(&other), sum);
	other = e;
	other.place++;
	assert_int_not_equal(row_sum(&other), sum);
}

static void roundtrip(const struct record_sender *s)
{
	uint8_t bytes[ROW_SENDER_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct record_sender got;

	memset(&got, 0xff, sizeof(got));
	row_put_sender(&b, s);
	assert_false(b.failed);
	assert_int_equal(row_get_sender(slice_of(b.data, b.len), &got), ERR_NONE);
	assert_int_equal(got.left, s->left);
	assert_int_equal(got.newest, s->newest);
	assert_memory_equal(got.seqs, s->seqs, sizeof(got.seqs));
}

static void what_a_sender_said_comes_back(void **state)
{
	struct record_sender s = {.newest = 9};

	(void)state;
	roundtrip(&s);
	s.left = true;
	s.seqs[0] = 100;
	s.seqs[3] = 97;
	roundtrip(&s);
	s.newest = BUF_VARINT_MAX;
	for (size_t i = 0; i < SENDERS_REMEMBERED; i++)
		s.seqs[i] = BUF_VARINT_MAX;
	roundtrip(&s);
}

static void what_is_no_sender_is_refused(void **state)
{
	uint8_t bytes[ROW_SENDER_MAX + 1];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct record_sender s = {.newest = 900, .seqs = {100, 2000}}, got;

	(void)state;
	row_put_sender(&b, &s);
	assert_int_equal(row_get_sender(slice_of(bytes, 0), &got), ERR_MALFORMED);
	assert_int_equal(row_get_sender(slice_of(bytes, 2), &got), ERR_MALFORMED);
	assert_int_equal(row_get_sender(slice_of(bytes, b.len - 1), &got), ERR_MALFORMED);
	bytes[0] = 2;
	assert_int_equal(row_get_sender(slice_of(bytes, b.len), &got), ERR_MALFORMED);
	memset(bytes, 1, sizeof(bytes));
	assert_int_equal(row_get_sender(slice_of(bytes, 2 + SENDERS_REMEMBERED), &got), ERR_NONE);
	assert_int_equal(row_get_sender(slice_of(bytes, 3 + SENDERS_REMEMBERED), &got),
			 ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_is_what_it_was),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(what_a_sender_said_comes_back),
		cmocka_unit_test(what_is_no_sender_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
