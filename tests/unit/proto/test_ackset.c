/* The packet numbers that arrived: a window that slides, and what it says in ranges. */
#include "proto/ackset.h"

#include "check.h"

#include <string.h>

static uint64_t random_state = 20261122;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return random_state >> 33;
}

static void add_new(struct ackset *s, uint64_t number)
{
	assert_false(ackset_has(s, number));
	ackset_add(s, number);
	assert_true(ackset_has(s, number));
}

static void assert_ranges(const struct ackset *s, size_t max, size_t count,
			  const struct ack_range *want)
{
	struct ack a = {.delay_us = 77};

	assert_true(ackset_ranges(s, &a, max));
	assert_int_equal(a.count, count);
	assert_int_equal(a.delay_us, 77);
	for (size_t i = 0; i < count; i++) {
		assert_true(a.ranges[i].first == want[i].first);
		assert_true(a.ranges[i].last == want[i].last);
	}
}

static void nothing_arrived_yet(void **state)
{
	struct ackset s = {0};
	struct ack a;

	(void)state;
	assert_false(ackset_ranges(&s, &a, WIRE_ACK_RANGES_MAX));
	assert_int_equal(a.count, 0);
	assert_false(ackset_has(&s, 0));
	assert_false(ackset_has(&s, BUF_VARINT_MAX));
}

static void numbers_in_order_are_one_range(void **state)
{
	struct ackset s = {0};

	(void)state;
	for (uint64_t n = 0; n < 3 * ACKSET_WINDOW; n++) {
		add_new(&s, n);
		uint64_t first = n < ACKSET_WINDOW ? 0 : n - ACKSET_WINDOW + 1;
		assert_ranges(&s, 4, 1, &(struct ack_range){first, n});
		assert_false(ackset_has(&s, n + 1));
	}
	assert_true(ackset_has(&s, 0));
}

static void gaps_part_ranges_and_close_again(void **state)
{
	struct ackset s = {0};

	(void)state;
	add_new(&s, 9);
	add_new(&s, 2);
	add_new(&s, 5);
	add_new(&s, 8);
	add_new(&s, 0);
	add_new(&s, 1);
	assert_ranges(&s, 8, 3, (struct ack_range[]){{8, 9}, {5, 5}, {0, 2}});
	assert_ranges(&s, 3, 3, (struct ack_range[]){{8, 9}, {5, 5}, {0, 2}});
	assert_ranges(&s, 2, 2, (struct ack_range[]){{8, 9}, {5, 5}});
	assert_ranges(&s, 1, 1, (struct ack_range[]){{8, 9}});
	add_new(&s, 7);
	add_new(&s, 6);
	assert_ranges(&s, 8, 2, (struct ack_range[]){{5, 9}, {0, 2}});
	add_new(&s, 4);
	add_new(&s, 3);
	assert_ranges(&s, 8, 1, (struct ack_range[]){{0, 9}});
}

static void what_is_older_than_the_window_counts_as_seen(void **state)
{
	struct ackset s = {0};

	(void)state;
	add_new(&s, 5000);
	assert_true(ackset_has(&s, 5000 - ACKSET_WINDOW));
	assert_false(ackset_has(&s, 5000 - ACKSET_WINDOW + 1));
	add_new(&s, 5000 - ACKSET_WINDOW + 1);
	assert_ranges(&s, 8, 2,
		      (struct ack_range[]){{5000, 5000},
					   {5000 - ACKSET_WINDOW + 1, 5000 - ACKSET_WINDOW + 1}});
	add_new(&s, 5001);
	assert_true(ackset_has(&s, 5000 - ACKSET_WINDOW + 1)); /* now by age */
	assert_ranges(&s, 8, 1, (struct ack_range[]){{5000, 5001}});
}

/* Places are used again: nothing of the former numbers may show through. */
static void a_jump_leaves_nothing_behind(void **state)
{
	static const uint64_t jumps[] = {1,
					 2,
					 63,
					 64,
					 65,
					 ACKSET_WINDOW - 1,
					 ACKSET_WINDOW,
					 ACKSET_WINDOW + 1,
					 2 * ACKSET_WINDOW,
					 UINT64_C(1) << 40};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(jumps); i++) {
		struct ackset s = {0};
		for (uint64_t n = 0; n < ACKSET_WINDOW; n++)
			add_new(&s, n);
		uint64_t to = ACKSET_WINDOW - 1 + jumps[i];
		add_new(&s, to);
		for (uint64_t n = ACKSET_WINDOW; n < to && n < 4 * ACKSET_WINDOW; n++)
			assert_true(ackset_has(&s, n) == (n + ACKSET_WINDOW <= to));
		for (uint64_t back = 1; back < ACKSET_WINDOW; back++)
			assert_true(ackset_has(&s, to - back) == (to - back < ACKSET_WINDOW));
	}
}

static void the_largest_numbers_work_too(void **state)
{
	struct ackset s = {0};

	(void)state;
	add_new(&s, BUF_VARINT_MAX - 1);
	add_new(&s, BUF_VARINT_MAX);
	add_new(&s, BUF_VARINT_MAX - 3);
	assert_ranges(&s, 8, 2,
		      (struct ack_range[]){{BUF_VARINT_MAX - 1, BUF_VARINT_MAX},
					   {BUF_VARINT_MAX - 3, BUF_VARINT_MAX - 3}});
}

/* ---- against a plain table ------------------------------------------------------------------- */

enum { NUMBERS = 20000 };

static bool model[NUMBERS + 1];

static void assert_like_model(const struct ackset *s, uint64_t largest)
{
	uint64_t start = largest < ACKSET_WINDOW ? 0 : largest - ACKSET_WINDOW + 1;
	size_t max = 1 + next_random() % WIRE_ACK_RANGES_MAX, at = 0;
	struct ack a;

	assert_true(ackset_ranges(s, &a, max));
	for (uint64_t n = largest + 1; n-- > start;) {
		assert_true(ackset_has(s, n) == model[n]);
		if (at < a.count && n < a.ranges[at].first)
			at++;
		bool told = at < a.count && n <= a.ranges[at].last;
		assert_true(told == (model[n] && (at < a.count || a.count < max)));
		if (at == max)
			return;
	}
}

static void a_random_walk_is_like_a_plain_table(void **state)
{
	struct ackset s = {0};
	uint64_t largest = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	memset(model, 0, sizeof(model));
	while (largest < NUMBERS - 2000) {
		uint64_t step = next_random() % 8 ? next_random() % 4 : next_random() % 1500;
		uint64_t number = largest + step;
		if (next_random() % 2)
			number = largest < 1100 ? next_random() % (largest + 1)
						: largest - next_random() % 1100;
		if (ackset_has(&s, number))
			continue;
		assert_false(model[number]);
		ackset_add(&s, number);
		model[number] = true;
		largest = number > largest ? number : largest;
		assert_like_model(&s, largest);
	}
}

static void every_range_survives_the_wire(void **state)
{
	struct ackset s = {0};
	uint8_t bytes[1024];
	struct frame f;
	struct ack a = {.delay_us = 3};

	(void)state;
	for (uint64_t n = 0; n < 200; n += 2 + n % 3)
		add_new(&s, n);
	assert_true(ackset_ranges(&s, &a, WIRE_ACK_RANGES_MAX));
	struct buf b = buf_of(bytes, sizeof(bytes));
	ack_put(&b, &a);
	struct slice in = slice_of(bytes, b.len);
	assert_int_equal(frame_get(&in, &f), ERR_NONE);
	assert_int_equal(f.ack.count, a.count);
	assert_memory_equal(f.ack.ranges, a.ranges, a.count * sizeof(a.ranges[0]));
}

/* After a rest the newest are as they were, and the others too old to tell. */
static void a_rest_keeps_the_newest(void **state)
{
	(void)state;
	for (uint64_t newest = 0; newest < 300; newest += 7) {
		struct ackset before = {0}, after = {0};
		for (uint64_t n = 0; n <= newest; n++)
			if (n % 5 != 3 || n == newest)
				add_new(&before, n);
		struct ackset_rest rest = ackset_rest(&before);
		ackset_wake(&after, &rest);
		struct ack a = {.delay_us = 0};
		assert_true(ackset_ranges(&after, &a, WIRE_ACK_RANGES_MAX));
		for (size_t i = 0; i < a.count; i++)
			for (uint64_t n = a.ranges[i].first; n <= a.ranges[i].last; n++)
				assert_true(n % 5 != 3 || n == newest);
		for (uint64_t n = 0; n <= newest + 70; n++)
			assert_true(ackset_has(&after, n) ==
				    (n + ACKSET_NEWEST <= newest || ackset_has(&before, n)));
		add_new(&after, newest + 2);
		assert_false(ackset_has(&after, newest + 1));
	}
	struct ackset nothing = {0}, still = {0};
	struct ackset_rest rest = ackset_rest(&nothing);
	ackset_wake(&still, &rest);
	assert_false(still.any || ackset_has(&still, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_arrived_yet),
		cmocka_unit_test(numbers_in_order_are_one_range),
		cmocka_unit_test(gaps_part_ranges_and_close_again),
		cmocka_unit_test(what_is_older_than_the_window_counts_as_seen),
		cmocka_unit_test(a_jump_leaves_nothing_behind),
		cmocka_unit_test(the_largest_numbers_work_too),
		cmocka_unit_test(a_random_walk_is_like_a_plain_table),
		cmocka_unit_test(a_rest_keeps_the_newest),
		cmocka_unit_test(every_range_survives_the_wire),
	};

	return cmocka_run_group_tests_name("ackset", tests, NULL, NULL);
}
