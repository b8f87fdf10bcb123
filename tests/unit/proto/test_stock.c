/* Things of one size, in pieces that are given back. */
#include "proto/stock.h"

#include "check.h"

#include <string.h>

enum { THINGS = 5000 };

static void *things[THINGS];

/* Each has its own bytes, all of them. */
static void fill(size_t i, size_t size)
{
	memset(things[i], (int)(i % 251), size);
}

static void assert_filled(size_t i, size_t size)
{
	const uint8_t *p = things[i];

	for (size_t at = 0; at < size; at++)
		assert_int_equal(p[at], i % 251);
}

static void take(struct stock *s, size_t i)
{
	things[i] = stock_take(s);
	assert_non_null(things[i]);
	assert_int_equal((uintptr_t)things[i] % sizeof(void *), 0);
	fill(i, s->size);
}

static void things_do_not_touch(void **state)
{
	static const size_t sizes[] = {1, 8, 17, 352, 500, 5000, 600000};

	(void)state;
	for (size_t n = 0; n < COUNT_OF(sizes); n++) {
		struct stock s = {.size = sizes[n]};
		size_t count = sizes[n] > 1000 ? 10 : THINGS;
		for (size_t i = 0; i < count; i++)
			take(&s, i);
		for (size_t round = 0; round < 3; round++)
			for (size_t i = round; i < count; i += 2 + round) {
				assert_filled(i, s.size);
				stock_give(&s, things[i]);
				take(&s, i);
			}
		for (size_t i = 0; i < count; i++) {
			assert_filled(i, s.size);
			stock_give(&s, things[i]);
		}
		assert_int_equal(s.taken, 0);
		stock_wipe(&s);
	}
}

/* In whatever order they come back. */
static void pieces_are_given_back(void **state)
{
	static const size_t steps[] = {1, 7, 4999};

	(void)state;
	for (size_t n = 0; n < COUNT_OF(steps); n++) {
		struct stock s = {.size = 352};
		for (size_t i = 0; i < THINGS; i++)
			take(&s, i);
		assert_true(s.pieces > 5);
		for (size_t i = 0, at = 0; i < THINGS; i++, at = (at + steps[n]) % THINGS)
			stock_give(&s, things[at]);
		assert_in_range(s.pieces, 0, 1);
		take(&s, 0);
		assert_int_equal(s.pieces, 1);
		stock_give(&s, things[0]);
		stock_give(&s, NULL);
		stock_wipe(&s);
		assert_int_equal(s.pieces, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(things_do_not_touch),
		cmocka_unit_test(pieces_are_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
