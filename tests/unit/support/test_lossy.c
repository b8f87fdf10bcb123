/* tests/support/lossy: as bad as asked, never worse, and the same for the same seed. */
#include "lossy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS = 10000 };

/* What came out: the numbers that went in, in the order of leaving. */
struct outcome {
	unsigned numbers[4 * PACKETS];
	size_t count;
	struct lossy_counts counts;
};

static void take_due(struct lossy *l, uint64_t now, struct outcome *o)
{
	struct lossy_packet *p;
	while ((p = lossy_take(l, now))) {
		assert_int_equal(p->len, sizeof(unsigned));
		memcpy(&o->numbers[o->count++], p->data, sizeof(unsigned));
		free(p);
	}
}

static void run(const struct lossy_rates *rates, uint64_t seed, struct outcome *o)
{
	struct lossy l;
	uint64_t now = 1000;
	memset(o, 0, sizeof(*o));
	lossy_init(&l, rates, seed);
	for (unsigned i = 0; i < PACKETS; i++, now += 10) {
		lossy_put(&l, now, &i, sizeof(i));
		take_due(&l, now, o);
	}
	while (lossy_deadline(&l) != UINT64_MAX) {
		now = lossy_deadline(&l);
		take_due(&l, now, o);
	}
	o->counts = l.counts;
	lossy_wipe(&l);
}

static struct outcome first, second;

static void test_a_good_network_changes_nothing(void **state)
{
	(void)state;
	run(&(struct lossy_rates){.delay_us = 25}, 1, &first);
	assert_int_equal(first.count, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++)
		assert_int_equal(first.numbers[i], i);
}

static void assert_percent(uint64_t n, unsigned percent)
{
	assert_in_range(n, PACKETS * (percent - 2) / 100, PACKETS * (percent + 2) / 100);
}

static void test_as_bad_as_asked(void **state)
{
	uint64_t disorder = 0;
	(void)state;
	run(&(struct lossy_rates){.loss = 20, .dup = 10, .reorder = 15}, 7, &first);
	assert_int_equal(first.counts.taken, PACKETS);
	assert_percent(first.counts.lost, 20);
	assert_percent(first.counts.doubled, 8); /* of what was not lost */
	assert_int_equal(first.count, PACKETS - first.counts.lost + first.counts.doubled);
	for (size_t i = 1; i < first.count; i++)
		disorder += first.numbers[i] < first.numbers[i - 1];
	assert_percent(disorder, 11);
}

/* Behind five others, some of them doubled or held themselves, but not for ever. */
static void test_held_ones_come_soon(void **state)
{
	(void)state;
	run(&(struct lossy_rates){.reorder = 30}, 11, &first);
	assert_int_equal(first.count, PACKETS);
	for (size_t i = 0; i < first.count; i++)
		assert_in_range(first.numbers[i] + 40, i, i + 80);
}

static void test_same_seed_same_fate(void **state)
{
	const struct lossy_rates rates = {.loss = 20, .dup = 10, .reorder = 15};
	(void)state;
	run(&rates, 42, &first);
	run(&rates, 42, &second);
	assert_memory_equal(&first, &second, sizeof(first));
	run(&rates, 43, &second);
	assert_memory_not_equal(&first, &second, sizeof(first));
}

static void test_wiping_frees_what_waits(void **state)
{
	struct lossy l;
	(void)state;
	lossy_init(&l, &(struct lossy_rates){.reorder = 50, .delay_us = 1000}, 3);
	for (unsigned i = 0; i < 100; i++)
		lossy_put(&l, 0, &i, sizeof(i));
	assert_null(lossy_take(&l, 999));
	lossy_wipe(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_network_changes_nothing),
		cmocka_unit_test(test_as_bad_as_asked),
		cmocka_unit_test(test_held_ones_come_soon),
		cmocka_unit_test(test_same_seed_same_fate),
		cmocka_unit_test(test_wiping_frees_what_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
