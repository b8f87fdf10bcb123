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

static size_t open_now(struct guest *const guests[], size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !guests[i]->ended;
	return count;
}

/* Over whichever link they come, and in the room or not. */
static void of_too_many_sessions_the_oldest_goes(void **state)
{
	struct guest *all[3 * PEERS_SESSIONS];

	(void)state;
	rig_begin_at_rate(&r, 1000, 0);
	struct guest *bob = rig_member(&r, "bob", true);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		all[i] = i ? rig_guest_as(&r, all[0], i % 2) : rig_guest(&r, false);
		if (i % 3)
			rig_enter(&r, all[i], "alice");
		rig_run(&r, SECOND);
		size_t most = i + 1 < PEERS_SESSIONS ? i + 1 : PEERS_SESSIONS;
		assert_int_equal(open_now(all, i + 1), most);
		assert_int_equal(peers_count(r.peers), 1 + most);
	}
	for (size_t i = 0; i < 2 * PEERS_SESSIONS; i++) {
		assert_true(all[i]->ended && all[i]->by_peer);
		assert_int_equal(all[i]->end_code, CODE_TOO_MANY);
	}
	assert_true(rig_head(&r) == 2 && bob->heard == 2); /* alice was here all the time */
	rig_end(&r);
}

static void others_and_local_ones_are_not_counted(void **state)
{
	(void)state;
	rig_begin_at_rate(&r, 1000, 0);
	struct guest *local = rig_enter(&r, rig_local(&r), "rose"),
		     *alice = rig_member(&r, "alice", true);
	for (int i = 0; i < 2 * PEERS_SESSIONS; i++) {
		rig_enter(&r, rig_local_as(&r, local), "rose");
		rig_turn(&r);
		rig_guest(&r, i % 2);
	}
	rig_run(&r, SECOND);
	assert_int_equal(peers_count(r.peers), 2 + 4 * PEERS_SESSIONS);
	assert_true(!local->ended && !alice->ended);
	rig_end(&r);
}

/* One that is closing already is not closed once more in the place of one that is not. */
static void those_that_went_make_room(void **state)
{
	struct guest *all[PEERS_SESSIONS];

	(void)state;
	rig_begin_at_rate(&r, 1000, 0);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		all[i] = rig_enter(&r, i ? rig_guest_as(&r, all[0], i % 2) : rig_guest(&r, true),
				   "alice");
	session_close(all[5]->session, r.now, CODE_LEFT, "");
	rig_run(&r, SECOND);
	rig_enter(&r, rig_guest_as(&r, all[1], false), "alice");
	rig_run(&r, SECOND);
	assert_int_equal(open_now(all, COUNT_OF(all)), COUNT_OF(all) - 1);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_lasts_as_long_as_it_is_worked_off),
		cmocka_unit_test(a_silent_one_in_packets_does_not),
		cmocka_unit_test(of_too_many_sessions_the_oldest_goes),
		cmocka_unit_test(others_and_local_ones_are_not_counted),
		cmocka_unit_test(those_that_went_make_room),
	};

	return cmocka_run_group_tests_name("peers' sessions", tests, NULL, NULL);
}
