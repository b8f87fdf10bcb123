/* timerq: order, moving, taking out, against a plain array that is searched. */
#include "proto/timerq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { ENTRIES = 300, STEPS = 20000 };

static uint64_t seed = 20261;

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static void test_empty(void **state)
{
	struct timerq q;
	struct timerq_entry e = {0};

	(void)state;
	timerq_init(&q);
	assert_int_equal(timerq_next(&q), TIMERQ_NEVER);
	assert_null(timerq_pop(&q, TIMERQ_NEVER));
	timerq_remove(&q, &e);
	timerq_wipe(&q);
}

static void test_pops_in_order_and_not_before_time(void **state)
{
	static const uint64_t deadlines[] = {50, 10, 40, 10, 0, 30};
	static const uint64_t sorted[] = {0, 10, 10, 30, 40, 50};
	struct timerq_entry e[6] = {0};
	struct timerq q;

	(void)state;
	timerq_init(&q);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(timerq_set(&q, &e[i], deadlines[i]), ERR_NONE);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(timerq_next(&q), sorted[i]);
		if (sorted[i] > 0)
			assert_null(timerq_pop(&q, sorted[i] - 1));

		struct timerq_entry *got = timerq_pop(&q, sorted[i]);

		assert_non_null(got);
		assert_int_equal(got->deadline, sorted[i]);
		assert_int_equal(got->slot, 0);
	}
	assert_null(timerq_pop(&q, TIMERQ_NEVER));
	timerq_wipe(&q);
}

static void test_never_takes_out(void **state)
{
	struct timerq_entry e = {0};
	struct timerq q;

	(void)state;
	timerq_init(&q);
	assert_int_equal(timerq_set(&q, &e, 5), ERR_NONE);
	assert_int_equal(timerq_set(&q, &e, TIMERQ_NEVER), ERR_NONE);
	assert_int_equal(e.slot, 0);
	assert_int_equal(timerq_next(&q), TIMERQ_NEVER);
	assert_int_equal(timerq_set(&q, &e, TIMERQ_NEVER), ERR_NONE);
	assert_int_equal(timerq_set(&q, &e, 7), ERR_NONE);
	assert_ptr_equal(timerq_pop(&q, 7), &e);
	timerq_wipe(&q);
}

static uint64_t nearest(const struct timerq_entry *e)
{
	uint64_t min = TIMERQ_NEVER;

	for (size_t i = 0; i < ENTRIES; i++)
		if (e[i].slot && e[i].deadline < min)
			min = e[i].deadline;
	return min;
}

static void assert_heap(const struct timerq *q)
{
	for (size_t i = 1; i <= q->len; i++) {
		assert_int_equal(q->heap[i - 1]->slot, i);
		assert_true(i == 1 || q->heap[i / 2 - 1]->deadline <= q->heap[i - 1]->deadline);
	}
}

/* Sets, moves, removals and pops at random; after each, what is nearest is what a search finds. */
static void test_random_walk(void **state)
{
	static struct timerq_entry e[ENTRIES];
	struct timerq q;

	(void)state;
	timerq_init(&q);
	for (size_t step = 0; step < STEPS; step++) {
		struct timerq_entry *one = &e[next_random(&seed) % ENTRIES];
		uint64_t deadline = next_random(&seed) % 1000;

		switch (next_random(&seed) % 8) {
		case 0:
			timerq_remove(&q, one);
			assert_int_equal(one->slot, 0);
			break;
		case 1:
			one = timerq_pop(&q, deadline);
			assert_true(!one || (one->slot == 0 && one->deadline <= nearest(e)));
			assert_true(one || nearest(e) > deadline);
			break;
		default:
			assert_int_equal(timerq_set(&q, one, deadline), ERR_NONE);
			assert_int_equal(one->deadline, deadline);
		}
		assert_int_equal(timerq_next(&q), nearest(e));
		if (step % 64 == 0)
			assert_heap(&q);
	}
	assert_heap(&q);
	timerq_wipe(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_pops_in_order_and_not_before_time),
		cmocka_unit_test(test_never_takes_out),
		cmocka_unit_test(test_random_walk),
	};

	printf("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("timerq", tests, NULL, NULL);
}
