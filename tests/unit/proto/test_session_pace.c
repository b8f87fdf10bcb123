/* What is much leaves in trains, spread over the round trip (protocol.md §5); what is little, at once. */
#include "session_rig.h"

#include "proto/recovery.h"

enum {
	MS = 1000,
	ROUND_TRIP = 100 * MS,
	EVENTS = 200,
	BURST = 12 /* of less than the full size */
};

static struct rig r;

static void expect_heard_all(uint64_t patience)
{
	uint64_t until = r.now + patience;

	while (r.heard < r.head)
		assert_true(rig_step(&r, until));
	rig_expect_whole_log(&r);
}

/* In the room, with a wide window and nothing to do. */
static void begin_wide(void)
{
	rig_begin(&r, SESSION_DGRAM);
	r.delay = ROUND_TRIP / 2;
	rig_join(&r);
	for (int i = 0; i < 400; i++)
		rig_happen(&r, 1000);
	expect_heard_all(5 * SECOND);
	rig_run(&r, SECOND);
}

/* How many packets went to the client within the next so many microseconds. */
static size_t sent_within(uint64_t us)
{
	size_t before = r.sent[CLIENT];

	rig_run(&r, us);
	return r.sent[CLIENT] - before;
}

static void a_backlog_leaves_in_trains(void **state)
{
	size_t sent, trains = 0, largest = 0;

	(void)state;
	begin_wide();
	size_t before = r.sent[CLIENT];
	for (int i = 0; i < EVENTS; i++)
		rig_happen(&r, 1000);
	rig_work(&r);
	assert_int_equal(r.sent[CLIENT] - before, BURST);
	assert_in_range(session_deadline(r.end[SERVER]) - r.now, MS, 10 * MS); /* the next train */
	for (uint64_t us = 0; us < ROUND_TRIP; us += 100) {
		sent = sent_within(100);
		trains += sent > 0;
		largest = sent > largest ? sent : largest;
	}
	sent = r.sent[CLIENT] - before;
	assert_in_range(sent, 60, EVENTS); /* the window, and a quarter more */
	assert_in_range(largest, 5, BURST);
	assert_in_range(trains, 2, sent / 5);
	expect_heard_all(4 * ROUND_TRIP);
	rig_end(&r);
}

/* Others' pauses are not for them. */
static void acknowledgements_are_not_held_back(void **state)
{
	(void)state;
	begin_wide();
	for (int i = 0; i < EVENTS; i++)
		rig_happen(&r, 1000);
	rig_work(&r);
	size_t before = r.sent[SERVER];
	rig_run(&r, ROUND_TRIP / 2);
	assert_int_equal(r.sent[SERVER] - before, 2); /* for the first packet and for eight more */
	rig_end(&r);
}

static void a_few_events_wait_for_nothing(void **state)
{
	(void)state;
	begin_wide();
	for (int i = 0; i < 10; i++) {
		rig_happen(&r, 1000);
		assert_int_equal(sent_within(2 * MS), 1);
	}
	expect_heard_all(ROUND_TRIP / 2);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backlog_leaves_in_trains),
		cmocka_unit_test(acknowledgements_are_not_held_back),
		cmocka_unit_test(a_few_events_wait_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
