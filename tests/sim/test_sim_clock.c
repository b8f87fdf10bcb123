/* A wall clock that somebody sets, or that was never set: nothing but the times of events rests on it. */
#include "actor.h"

#include <stdio.h>

static const struct weather calm = {.loss = 5, .delay_us = 20 * 1000, .jitter_us = 5 * 1000};

static const int64_t hour = INT64_C(3600) * 1000, now = INT64_C(1795244400000);

static const struct {
	const char *what;
	int64_t ms;
} clocks[] = {
	{"an hour on", now + hour},
	{"two hours back", now - hour},
	{"1970", 0},
	{"before 1970", -hour},
	{"2038", INT64_C(2147483648000)},
	{"32767", INT64_C(971890963199000)},
	{"now", now},
};

static void nobody_is_lost(struct sim *s, struct actor *const all[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(sim_in_room(all[i]));
		assert_int_equal(sim_heard_count(all[i], EVENT_LOST), 0);
		assert_int_equal(sim_heard_count(all[i], EVENT_QUIT), 0);
	}
	assert_int_equal(peers_count(sim_peers(s)), n);
}

/* The oracle watches the order, as in every run. */
static void order_is_unchanged_and_nobody_is_lost(void **state)
{
	struct sim *s = sim_new(20, &calm);
	struct actor *all[] = {sim_join(s, "alice", VIA_UDP), sim_join(s, "bob", VIA_TCP),
			       sim_join(s, "小明", VIA_UNIX)};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(clocks); i++) {
		sim_set_clock(s, clocks[i].ms);
		for (size_t k = 0; k < COUNT_OF(all); k++) {
			snprintf(text, sizeof(text), "%s, says %zu", clocks[i].what, k);
			sim_say(all[k], text);
		}
		sim_run(s, 20);
		sim_expect_heard(all[0], "小明", text, 5);
		sim_expect_agreement(s, 5);
		nobody_is_lost(s, all, COUNT_OF(all));
	}
	sim_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_unchanged_and_nobody_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
