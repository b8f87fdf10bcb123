/* buf and slice: bounds, stickiness, and one encoding per value. */
#include "proto/buf.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static void integers_are_big_endian(void **state)
{
	static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t bytes[sizeof(want)];
	struct buf b = buf_of(bytes, sizeof(bytes));

	(void)state;
	buf_put_u8(&b, 0x01);
	buf_put_u16(&b, 0x0203);
	buf_put_u32(&b, 0x04050607);
	buf_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(b.failed);
	assert_int_equal(buf_room(&b), 0);
	assert_memory_equal(bytes, want, sizeof(want));

	struct slice s = slice_of(bytes, b.len);
	assert_int_equal(slice_u8(&s), 0x01);
	assert_int_equal(slice_u16(&s), 0x0203);
	assert_int_equal(slice_u32(&s), 0x04050607);
	assert_true(slice_u64(&s) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(s.failed);
	assert_int_equal(s.len, 0);
}

/* RFC 9000 appendix A.1 gives these. */
static void varints_follow_rfc_9000(void **state)
{
	static const struct {
		uint64_t value;
		size_t len;
		uint8_t bytes[8];
	} rows[] = {
		{37, 1, {0x25}},
		{15293, 2, {0x7b, 0xbd}},
		{494878333, 4, {0x9d, 0x7f, 0x3e, 0x7d}},
		{UINT64_C(151288809941952652), 8, {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}},
		{0, 1, {0}},
		{63, 1, {0x3f}},
		{64, 2, {0x40, 0x40}},
		{16383, 2, {0x7f, 0xff}},
		{16384, 4, {0x80, 0, 0x40, 0}},
		{BUF_VARINT_MAX, 8, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t out[8];
		struct buf b = buf_of(out, sizeof(out));
		buf_put_varint(&b, rows[i].value);
		assert_int_equal(b.len, rows[i].len);
		assert_int_equal(buf_varint_size(rows[i].value), rows[i].len);
		assert_memory_equal(out, rows[i].bytes, b.len);
		struct slice s = slice_of(out, b.len);
		assert_true(slice_varint(&s) == rows[i].value);
		assert_false(s.failed);
	}
}

static void a_varint_has_one_form(void **state)
{
	static const uint8_t longer[][8] = {
		{0x40, 0x25}, {0x80, 0, 0, 1}, {0xc0, 0, 0, 0, 0, 0, 0, 1}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct slice s = slice_of(longer[i], 8);
		slice_varint(&s);
		assert_true(s.failed);
		assert_int_equal(s.len, 8);
	}
}

static void a_write_that_does_not_fit_changes_nothing(void **state)
{
	uint8_t bytes[4] = {9, 9, 9, 9};
	struct buf b = buf_of(bytes, 3);

	(void)state;
	buf_put_u16(&b, 0);
	buf_put_string(&b, "ab", 2);
	assert_true(b.failed);
	assert_int_equal(b.len, 2);
	buf_put_u8(&b, 1); /* would fit, but failure sticks */
	assert_int_equal(b.len, 2);
	assert_int_equal(bytes[3], 9);
	assert_int_equal(buf_room(&b), 0);
}

static void every_short_read_fails_and_sticks(void **state)
{
	static const uint8_t bytes[16] = {0};

	(void)state;
	for (size_t n = 0; n < 8; n++) {
		struct slice s = slice_of(bytes, n);
		assert_int_equal(slice_u64(&s), 0);
		assert_true(s.failed);
		assert_int_equal(s.len, n);
		assert_int_equal(slice_u8(&s), 0);
		assert_true(slice_bytes(&s, 0).failed);
	}
}

static void strings_are_bounded(void **state)
{
	uint8_t bytes[16];
	struct buf b = buf_of(bytes, sizeof(bytes));

	(void)state;
	buf_put_string(&b, "hello", 5);
	for (size_t cut = 0; cut < b.len; cut++) {
		struct slice s = slice_of(bytes, cut);
		assert_true(slice_string(&s, 100).failed);
		assert_int_equal(s.len, cut);
	}
	struct slice s = slice_of(bytes, b.len);
	assert_true(slice_string(&s, 4).failed);
	s = slice_of(bytes, b.len);
	struct slice text = slice_string(&s, 5);
	assert_int_equal(text.len, 5);
	assert_memory_equal(text.data, "hello", 5);
}

/* Written without knowing their length, they are the same bytes. */
static void a_string_may_be_opened_and_closed(void **state)
{
	static const size_t sizes[] = {0, 1, 63, 64, 16383, 16384, 20000};
	static uint8_t text[20000], known[20010], opened[20010];

	(void)state;
	memset(text, 't', sizeof(text));
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct buf a = buf_of(known, sizeof(known)), b = buf_of(opened, sizeof(opened));
		buf_put_u8(&a, 7);
		buf_put_string(&a, text, sizes[i]);
		buf_put_u8(&b, 7);
		size_t at = buf_open_string(&b);
		buf_put_bytes(&b, text, sizes[i]);
		buf_close_string(&b, at);
		assert_false(b.failed);
		assert_int_equal(b.len, a.len);
		assert_memory_equal(known, opened, a.len);

		b = buf_of(opened, a.len - 1); /* one byte too few, wherever it is missing */
		buf_put_u8(&b, 7);
		at = buf_open_string(&b);
		buf_put_bytes(&b, text, sizes[i]);
		buf_close_string(&b, at);
		assert_true(b.failed);
	}
}

static void opened_strings_nest(void **state)
{
	uint8_t bytes[80];
	struct buf b = buf_of(bytes, sizeof(bytes));
	size_t outer = buf_open_string(&b), inner = buf_open_string(&b);

	(void)state;
	for (int i = 0; i < 64; i++)
		buf_put_u8(&b, 'x');
	buf_close_string(&b, inner);
	buf_put_u8(&b, '!');
	buf_close_string(&b, outer);
	struct slice all = slice_of(bytes, b.len), in = slice_string(&all, 100);
	assert_int_equal(all.len, 0);
	assert_int_equal(slice_string(&in, 100).len, 64);
	assert_int_equal(slice_u8(&in), '!');
	assert_int_equal(in.len, 0);
}

/* To their end, and no further. */
static void zeros_are_passed_over(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 40; n++) {
		for (size_t at = 0; at <= n; at++) {
			uint8_t *bytes = calloc(n + (n == 0), 1);
			struct slice s = slice_of(bytes, n);
			assert_non_null(bytes);
			if (at < n)
				bytes[at] = 1;
			slice_skip_zeros(&s);
			assert_int_equal(s.len, n - at);
			assert_ptr_equal(s.data, bytes + at);
			free(bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(varints_follow_rfc_9000),
		cmocka_unit_test(a_varint_has_one_form),
		cmocka_unit_test(a_write_that_does_not_fit_changes_nothing),
		cmocka_unit_test(every_short_read_fails_and_sticks),
		cmocka_unit_test(zeros_are_passed_over),
		cmocka_unit_test(strings_are_bounded),
		cmocka_unit_test(a_string_may_be_opened_and_closed),
		cmocka_unit_test(opened_strings_nest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
