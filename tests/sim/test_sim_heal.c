/*
 * How soon a member has everything again: bounds in virtual time, which are the same on every machine.
 * chat-sim-heal prints the figures themselves, of more seeds.
 */
#include "heal.h"

static const struct bound {
	const char *name;
	struct heal_setup setup;
	uint64_t max_us;
} bounds[] = {
	{"50 ms, 60 s cut off, 100 talks a minute",
	 {.path = {.delay_us = 25000}, .talks_per_minute = 100, .outage_seconds = 60},
	 HEAL_OUTAGE_MAX_US},
	{"50 ms, 60 s cut off, 5 talks a second",
	 {.path = {.delay_us = 25000}, .talks_per_minute = 300, .outage_seconds = 60},
	 HEAL_OUTAGE_MAX_US},
	{"200 ms, 60 s cut off, 10 % lost, 5 talks a second",
	 {.path = {.delay_us = 100000, .loss = 10}, .talks_per_minute = 300, .outage_seconds = 60},
	 HEAL_OUTAGE_MAX_US},
	{"10 ms, moved",
	 {.path = {.delay_us = 5000}, .talks_per_minute = 60},
	 2 * 10000 + HEAL_MOVE_MAX_US},
	{"50 ms, moved",
	 {.path = {.delay_us = 25000}, .talks_per_minute = 60},
	 2 * 50000 + HEAL_MOVE_MAX_US},
	{"50 ms, moved, and knows",
	 {.path = {.delay_us = 25000}, .talks_per_minute = 60, .told = true},
	 2 * 50000 + HEAL_MOVE_MAX_US},
	{"200 ms, moved",
	 {.path = {.delay_us = 100000}, .talks_per_minute = 60},
	 2 * 200000 + HEAL_MOVE_MAX_US},
};

static void all_is_there_in_time(void **state)
{
	const struct bound *b = *state;
	struct heal_setup setup = b->setup;

	setup.seeds = 10;
	struct heal_figures f = heal_measure(&setup);
	print_message("median %llu us, at most %llu us; %.1f were missing\n",
		      (unsigned long long)f.median_us, (unsigned long long)f.max_us, f.events);
	assert_true(f.events >= 1); /* or there was nothing to heal */
	assert_true(f.max_us >= 2 * setup.path.delay_us);
	assert_true(f.max_us <= b->max_us);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(bounds)] = {0};

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		tests[i].name = bounds[i].name;
		tests[i].test_func = all_is_there_in_time;
		tests[i].initial_state = (void *)(uintptr_t)&bounds[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
