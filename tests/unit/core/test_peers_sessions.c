/* How many sessions somebody has, and how long they last: commands that wait, and too many of them. */
#include "peers_rig.h"

enum { TALKS = 60, SILENCE = 46 * SECOND };

static struct rig r;

/* It says all at once, and then is gone without a word. */
static void say_much_and_vanish(struct guest *g)
{
	for (int i = 0; i < TALKS; i++)
		rig_ask(g, COMMAND_TALK, "hurry");
	rig_turn(&r);
	session_free(g->session);
	g->session = NULL;
	g->deaf = true;
}

/* The server itself does not read the stream while something waits. */
static void a_stream_lasts_as_long_as_it_is_worked_off(void **state)
{
	(void)state;
	rig_begin_at_rate(&r, 10, 1);
	say_much_and_vanish(rig_member(&r, "alice", true));
	rig_run(&r, TALKS * (uint64_t)SECOND);
	assert_true(rig_head(&r) == 1 + TALKS);
	assert_int_equal(peers_count(r.peers), 1);
	rig_run(&r, SILENCE);
	assert_int_equal(peers_count(r.peers), 0);
	rig_expect_quit(&r, "alice", LEAVE_TIMED_OUT);
	rig_end(&r);
}

static void a_silent_one_in_packets_does_not(void **state)
{
	(void)state;
	rig_begin_at_rate(&r, 10, 1);
	say_much_and_vanish(rig_member(&r, "alice", false));
	rig_run(&r, SILENCE);
	assert_int_equal(peers_count(r.peers), 0);
	rig_expect_quit(&r, "alice", LEAVE_TIMED_OUT);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_lasts_as_long_as_it_is_worked_off),
		cmocka_unit_test(a_silent_one_in_packets_does_not),
	};

	return cmocka_run_group_tests_name("peers' sessions", tests, NULL, NULL);
}
