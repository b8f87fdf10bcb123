/*
 * Events that change while they are on their way: whoever hears one hears it as it was or as it is, and
 * never a mixture (rig_expect_frame()); and all the others after it.
 */
#include "session_rig.h"

#include <stdio.h>
#include <stdlib.h>

static struct rig r;

static void expect_heard_all(uint64_t patience)
{
	uint64_t until = r.now + patience;

	while (r.heard < r.head)
		assert_true(rig_step(&r, until));
	rig_expect_whole_log(&r);
}

static enum fate bad(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	uint64_t dice = rig_random(rig) % 100;

	(void)to, (void)bytes, (void)n;
	return dice < 30 ? IS_LOST : dice < 40 ? IS_LATE : dice < 45 ? IS_DOUBLED : PASSES;
}

/* Its parts are in the air, some are lost: long to long of the same size, to another, to a short one. */
static void an_event_changes_while_its_parts_are_in_the_air(void **state)
{
	static const size_t sizes[] = {16000, 15990, 8000, 3000, 16384, 100, 0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		rig_joined(&r, SESSION_DGRAM);
		rig_happen(&r, 16000);
		rig_work(&r);
		assert_non_null(rig_under_way(&r, CLIENT, 3));
		rig_lose(&r, CLIENT); /* all that went */
		rig_run(&r, r.delay / 2);
		rig_change(&r, r.head, sizes[i]);
		expect_heard_all(30 * (uint64_t)SECOND);
		rig_end(&r);
	}
}

static void only_some_of_its_parts_arrived(void **state)
{
	static const size_t sizes[] = {16000, 15990, 3000, 16384, 100, 0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		rig_joined(&r, SESSION_DGRAM);
		rig_happen(&r, 16000);
		uint64_t seq = r.head;
		rig_run(&r, r.delay + r.delay / 4); /* the first ones are there */
		rig_lose(&r, CLIENT);
		rig_change(&r, seq, sizes[i]);
		rig_run(&r, r.delay / 3);
		rig_lose(&r, CLIENT);
		if (sizes[i] > 0)
			rig_change(&r, seq, 12000);
		expect_heard_all(30 * (uint64_t)SECOND);
		rig_end(&r);
	}
}

/* Whatever is lost, late or doubled, and however often it changes. */
static void anything_changes_at_any_time(void **state)
{
	const char *given = getenv("CHANGED_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 20261121;

	(void)state;
	for (int runs = given ? 1 : 40; runs > 0; runs--, seed++) {
		printf("CHANGED_SEED=%llu\n", (unsigned long long)seed);
		rig_begin_at(&r, SESSION_DGRAM, seed);
		rig_join(&r);
		r.weather = bad;
		for (int i = 0; i < 60; i++) {
			uint64_t dice = rig_random(&r);
			if (dice % 3 == 0)
				rig_happen(&r, 1 + dice / 7 % (dice % 2 ? TEXT_MAX_BYTES : 200));
			else
				rig_change(&r, r.head - dice % (r.head < 4 ? r.head : 4),
					   dice % 11 ? 1 + dice / 5 % TEXT_MAX_BYTES : 0);
			rig_run(&r, dice / 3 % (2 * r.delay));
		}
		expect_heard_all(600 * (uint64_t)SECOND);
		rig_end(&r);
	}
}

static void on_a_stream_there_are_no_parts(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_STREAM);
	for (int i = 0; i < 20; i++) {
		rig_happen(&r, 16000);
		if (i % 3 == 0)
			rig_work(&r);
		rig_change(&r, r.head, i % 2 ? 15000 : 0);
		rig_work(&r);
	}
	expect_heard_all(SECOND);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_changes_while_its_parts_are_in_the_air),
		cmocka_unit_test(only_some_of_its_parts_arrived),
		cmocka_unit_test(anything_changes_at_any_time),
		cmocka_unit_test(on_a_stream_there_are_no_parts),
	};

	return cmocka_run_group_tests_name("session, changed events", tests, NULL, NULL);
}
