/* Records: the same ones come out however the stream was cut; bad lengths are refused for good. */
#include "proto/record.h"

#include "check.h"
#include "wire_samples.h"

enum { RECORDS = 12, STREAM = 128 * 1024 };

static uint8_t stream[STREAM];
static size_t stream_len;
static size_t lengths[RECORDS] = {
	1, 2, 3, 255, 256, 1, 1200, WIRE_RECORD_MAX - 1, WIRE_RECORD_MAX, 77, 4096, 5};

static uint8_t byte_of(size_t record, size_t at)
{
	return (uint8_t)(record * 31 + at * 7);
}

static int setup(void **state)
{
	(void)state;
	struct buf b = buf_of(stream, sizeof(stream));

	for (size_t r = 0; r < RECORDS; r++) {
		size_t at = record_open(&b);
		for (size_t i = 0; i < lengths[r]; i++)
			buf_put_u8(&b, byte_of(r, i));
		record_close(&b, at);
	}
	assert_false(b.failed);
	stream_len = b.len;
	return samples_setup(state);
}

/* Takes what a piece completes; returns the number of the next record. */
static size_t feed_piece(struct records *r, const uint8_t *piece, size_t n, size_t next)
{
	uint8_t *copy = exactly(piece, n);
	struct slice feed = slice_of(copy, n), record;
	enum err e;

	while ((e = records_next(r, &feed, &record)) == ERR_NONE) {
		assert_true(next < RECORDS);
		assert_int_equal(record.len, lengths[next]);
		for (size_t i = 0; i < record.len; i++)
			assert_int_equal(record.data[i], byte_of(next, i));
		next++;
	}
	assert_int_equal(e, ERR_TRUNCATED);
	assert_int_equal(feed.len, 0);
	free(copy);
	return next;
}

/* The record that a place in the stream is inside of, or RECORDS at a border. */
static bool inside(size_t at)
{
	for (size_t r = 0, start = 0; r < RECORDS; start += WIRE_RECORD_HEADER + lengths[r++])
		if (at == start)
			return false;
	return at < stream_len;
}

static void cut_by(size_t (*size)(size_t round))
{
	struct records r = {0};
	size_t next = 0;

	for (size_t at = 0, round = 0; at < stream_len; round++) {
		size_t n = size(round);
		n = n < stream_len - at ? n : stream_len - at;
		next = feed_piece(&r, stream + at, n, next);
		at += n;
		assert_int_equal(records_partial(&r), inside(at));
	}
	assert_int_equal(next, RECORDS);
	records_wipe(&r);
}

static size_t in_one(size_t round)
{
	(void)round;
	return STREAM;
}

static size_t byte_by_byte(size_t round)
{
	(void)round;
	return 1;
}

static size_t by_two(size_t round)
{
	(void)round;
	return 2;
}

static size_t by_three(size_t round)
{
	(void)round;
	return 3;
}

static size_t with_empty_pieces(size_t round)
{
	return round % 3 ? 1000 : 0;
}

static size_t growing(size_t round)
{
	return round;
}

static uint64_t random_state = 20261123;

static size_t at_random(size_t round)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	size_t n = random_state >> 40;
	(void)round;
	return random_state >> 63 ? n % 5 : n % 20000;
}

static void records_are_the_same_however_they_are_cut(void **state)
{
	(void)state;
	cut_by(in_one);
	cut_by(byte_by_byte);
	cut_by(by_two);
	cut_by(by_three);
	cut_by(with_empty_pieces);
	cut_by(growing);
	print_message("seed %llu\n", (unsigned long long)random_state);
	for (int round = 0; round < 50; round++)
		cut_by(at_random);
}

/* Every place where one cut can be, of two records. */
static void one_cut_anywhere(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= stream_len; cut += cut > 600 ? 997 : 1) {
		struct records r = {0};
		size_t next = feed_piece(&r, stream, cut, 0);
		next = feed_piece(&r, stream + cut, stream_len - cut, next);
		assert_int_equal(next, RECORDS);
		records_wipe(&r);
	}
}

static void a_record_in_one_piece_is_used_where_it_lies(void **state)
{
	struct records r = {0};
	struct slice feed = slice_of(stream, stream_len), record;

	(void)state;
	assert_int_equal(records_next(&r, &feed, &record), ERR_NONE);
	assert_ptr_equal(record.data, stream + WIRE_RECORD_HEADER);
	assert_false(records_partial(&r));
	assert_null(r.split);
	records_wipe(&r);
}

static void a_split_record_lives_until_the_next_call(void **state)
{
	struct records r = {0};
	struct slice feed = slice_of(stream, 7), record; /* 1, 2 bytes with their headers */
	uint8_t *copy = exactly(stream + 7, 4);
	struct slice half = slice_of(copy, 4), none = slice_of(NULL, 0);

	(void)state;
	assert_int_equal(records_next(&r, &feed, &record), ERR_NONE);
	assert_int_equal(records_next(&r, &feed, &record), ERR_NONE);
	assert_int_equal(records_next(&r, &half, &record), ERR_TRUNCATED);
	free(copy);
	struct slice rest = slice_of(stream + 11, 1);
	assert_int_equal(records_next(&r, &rest, &record), ERR_NONE);
	assert_int_equal(record.len, 3);
	assert_int_equal(record.data[0], byte_of(2, 0));
	assert_int_equal(records_next(&r, &none, &record), ERR_TRUNCATED);
	assert_null(r.split);
	records_wipe(&r);
}

/* Nothing that comes after it makes sense of a stream again. */
static void assert_refused_for_good(size_t length, size_t cut)
{
	struct records r = {0};
	uint8_t *bytes = calloc(1, 70000);
	struct slice record;

	assert_non_null(bytes);
	bytes[0] = (uint8_t)(length >> 8);
	bytes[1] = (uint8_t)length;
	struct slice feed = slice_of(bytes, cut);
	assert_int_equal(records_next(&r, &feed, &record), ERR_TRUNCATED);
	feed = slice_of(bytes + cut, 70000 - cut);
	for (int i = 0; i < 5; i++)
		assert_int_equal(records_next(&r, &feed, &record), ERR_MALFORMED);
	free(bytes);
	records_wipe(&r);
}

static void lengths_have_limits(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= 1; cut++) {
		assert_refused_for_good(0, cut);
		assert_refused_for_good(WIRE_RECORD_MAX + 1, cut);
		assert_refused_for_good(UINT16_MAX, cut);
	}
}

/* Of a sealed record the length has 15 bits, and the phase is told apart. */
static void a_sealed_record_has_a_phase(void **state)
{
	static const uint8_t bytes[] = {0x80, 3, 1, 2, 3, 0, 2, 4, 5};

	(void)state;
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		struct records r = {.sealed = true};
		struct slice pieces[] = {slice_of(bytes, cut),
					 slice_of(bytes + cut, sizeof(bytes) - cut)};
		struct slice record;
		size_t count = 0;
		for (size_t i = 0; i < COUNT_OF(pieces); i++) {
			while (records_next(&r, &pieces[i], &record) == ERR_NONE) {
				assert_int_equal(record.len, 3 - count);
				assert_int_equal(record.data[0], count == 0 ? 1 : 4);
				assert_int_equal(records_phase(&r), count == 0);
				count++;
			}
		}
		assert_int_equal(count, 2);
		records_wipe(&r);
	}
	struct records clear = {0}; /* there that bit is one of the length's */
	struct slice feed = slice_of(bytes, sizeof(bytes)), record;
	assert_int_equal(records_next(&clear, &feed, &record), ERR_MALFORMED);
}

static void a_length_may_have_a_smaller_limit(void **state)
{
	static uint8_t bytes[WIRE_RECORD_HEADER + 301];

	(void)state;
	for (size_t length = 299; length <= 301; length++) {
		struct records r = {.limit = 300};
		struct slice feed = slice_of(bytes, sizeof(bytes)), record;
		bytes[0] = 1;
		bytes[1] = (uint8_t)(length - 256);
		enum err want = length > 300 ? ERR_MALFORMED : ERR_NONE;
		assert_int_equal(records_next(&r, &feed, &record), want);
		records_wipe(&r);
		assert_int_equal(r.limit, 300); /* it outlives a fault */
	}
}

static void an_empty_record_is_taken_back(void **state)
{
	uint8_t bytes[8];
	struct buf b = buf_of(bytes, sizeof(bytes));

	(void)state;
	buf_put_u8(&b, 9);
	size_t at = record_open(&b);
	record_close(&b, at);
	assert_int_equal(b.len, 1);
	at = record_open(&b);
	buf_put_u8(&b, 7);
	record_close(&b, at);
	assert_int_equal(b.len, 4);
	assert_memory_equal(bytes, ((uint8_t[]){9, 0, 1, 7}), 4);
}

/* Real messages, each in its record: what frame_get() finds does not depend on the cuts. */
static void messages_survive_every_cut(void **state)
{
	static uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(samples); i++) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		size_t at = record_open(&b);
		sample_put(&b, &samples[i / 2], i % 2);
		record_close(&b, at);
		for (size_t cut = 0; cut<b.len; cut += b.len> 2000 ? 1013 : 1) {
			struct records r = {0};
			struct slice first = slice_of(bytes, cut), record;
			struct slice second = slice_of(bytes + cut, b.len - cut);
			struct frame f;
			assert_int_equal(records_next(&r, &first, &record), ERR_TRUNCATED);
			assert_int_equal(records_next(&r, &second, &record), ERR_NONE);
			assert_int_equal(frame_get(&record, &f), ERR_NONE);
			assert_int_equal(f.type, samples[i / 2].type);
			assert_int_equal(record.len, 0);
			records_wipe(&r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_the_same_however_they_are_cut),
		cmocka_unit_test(one_cut_anywhere),
		cmocka_unit_test(a_record_in_one_piece_is_used_where_it_lies),
		cmocka_unit_test(a_split_record_lives_until_the_next_call),
		cmocka_unit_test(lengths_have_limits),
		cmocka_unit_test(a_sealed_record_has_a_phase),
		cmocka_unit_test(a_length_may_have_a_smaller_limit),
		cmocka_unit_test(an_empty_record_is_taken_back),
		cmocka_unit_test(messages_survive_every_cut),
	};

	return cmocka_run_group_tests_name("records", tests, setup, NULL);
}
