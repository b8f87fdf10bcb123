/* Power cuts and failing disks under the history: what was answered is there, and nothing twice. */
#include "lives.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 50 };

/* CHAT_POWER_SEEDS says how many, CHAT_POWER_FIRST which is the first. */
static uint64_t wanted(const char *name, uint64_t usual)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : usual;
}

static void nothing_is_lost_or_doubled(void **state)
{
	uint64_t first = wanted("CHAT_POWER_FIRST", 1), n = wanted("CHAT_POWER_SEEDS", SEEDS);
	struct lives_figures f = {.lives = 0};

	(void)state;
	for (uint64_t seed = first; seed < first + n; seed++) {
		fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
		lives_run(seed, &f);
	}
	printf("%llu seeds: %llu lives, %llu power cuts, %llu failing disks; %llu talks, %llu "
	       "answered, "
	       "%llu refused, %llu said again; %llu batches lost\n",
	       (unsigned long long)n, (unsigned long long)f.lives, (unsigned long long)f.cuts,
	       (unsigned long long)f.faults, (unsigned long long)f.talks,
	       (unsigned long long)f.answered, (unsigned long long)f.refused,
	       (unsigned long long)f.repeated, (unsigned long long)f.lost_batches);
	assert_true(f.cuts > n && f.answered > 100 * n && f.repeated > n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_doubled)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
