/* Who is gone is gone, whatever could be written of it, and when. */
#include "hub_store_scene.h"

/* ---- facts ----------------------------------------------------------------------------------- */

static void who_quits_has_quit_whatever_is_kept(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	member_with(1, 'B', "bob");
	uint64_t id = ask_quit(alice);
	break_down();
	assert_answered(alice, id, CODE_OK);
	assert_int_equal(ear.closes, 1);
	assert_false(hub_idle(hub));
	assert_null(member("alice"));
	assert_int_equal(head(), 2);
	gone(alice, LEAVE_QUIT); /* its session is over */
	for (int i = 0; i < 3; i++) {
		assert_true(hub_deadline(hub) == now.mono_us + HUB_RETRY);
		now.mono_us += HUB_RETRY - 1;
		assert_false(hub_due(hub, now));
		now.mono_us++;
		break_down();
	}
	recover();
	expect_quit(3, "alice", LEAVE_QUIT);
	assert_words(newest().text, "bye");
	assert_true(hub_idle(hub));
	assert_int_equal(ear.closes, 1);
}

static void facts_are_kept_in_their_order(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct hub_client *bob = member_with(1, 'B', "bob");

	(void)state;
	ask_talk(alice, "not kept", 1);
	gone(alice, LEAVE_LOST);
	assert_true(fake.busy);
	gone(bob, LEAVE_LOST);
	land(ERR_FULL);
	ask_join(alice, "alice", 100); /* back, although that cannot be written */
	assert_answered(alice, asked, CODE_OK);
	now.mono_us += GRACE;
	hub_tick(hub, now);
	take_off();
	land(ERR_NONE);
	assert_int_equal(head(), 6);
	expect_quit(6, "bob", LEAVE_LOST);
	static const struct {
		enum event_kind kind;
		const char *from;
	} want[] = {{EVENT_LOST, "alice"}, {EVENT_LOST, "bob"}, {EVENT_BACK, "alice"}};
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		struct slice s = room_frame(hub_room(hub, WIRE_LOBBY), 3 + i);
		struct frame f;
		assert_int_equal(frame_get(&s, &f), ERR_NONE);
		assert_int_equal(f.event.kind, want[i].kind);
		assert_words(f.event.from, want[i].from);
	}
}

static void who_was_never_seen_is_not_missed(void **state)
{
	struct hub_client *alice = session(0, 'A');

	(void)state;
	for (int how = 0; how < 4; how++) {
		begin_stored(GRACE);
		session(0, 'A');
		ask_join(alice, "alice", 9);
		if (how & 1)
			take_off();
		ask_nick(alice, "rose");
		if (how & 2) {
			uint64_t id = ask_quit(alice);
			if (!fake.busy)
				take_off();
			land(ERR_FULL);
			assert_answered(alice, id, CODE_OK);
		} else {
			hub_gone(hub, alice, LEAVE_LOST, words(""), now);
			if (!fake.busy)
				take_off();
			land(ERR_FULL);
			assert_int_equal(ear.replies, 0); /* there is nobody to be told */
		}
		assert_int_equal(roster_count(hub_roster(hub)), 0);
		assert_int_equal(names_count(hub_names(hub)), 0);
		recover();
		assert_int_equal(head(), 0);
		assert_true(hub_idle(hub));
		assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	}
}

/* However much was refused with it: what is left to be written is small, and the room goes on. */
static void a_fact_keeps_no_room_for_what_was_refused(void **state)
{
	static char text[TEXT_MAX_BYTES + 1];
	struct hub_client *alice = member_with(0, '-', "alice");

	(void)state;
	memset(text, 'x', TEXT_MAX_BYTES);
	assert_int_equal(hub_kick(hub, words("nobody"), words(""), now), ERR_NOT_FOUND);
	member_with(1, 'B', "bob");
	ask_talk(alice, text, 0);
	gone(&clients[1], LEAVE_LOST);
	while (!hub_crowded(hub))
		ask_talk(alice, text, 0);
	assert_int_equal(hub_kick(hub, words("bob"), words("while away"), now), ERR_NONE);
	land(ERR_FULL);
	assert_false(hub_crowded(hub));
	ask(alice, (struct command){.kind = COMMAND_WHO});
	assert_answered(alice, asked, CODE_OK);
	for (int i = 0; i < 3; i++) {
		now.mono_us += HUB_RETRY;
		break_down();
	}
	recover();
	expect_quit(4, "bob", LEAVE_KICKED);
	assert_words(newest().text, "while away");
}

/* ---- gone meanwhile -------------------------------------------------------------------------- */

static void who_is_gone_has_said_it_all_the_same(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	size_t before = ear.replies;

	(void)state;
	ask_talk(alice, "last words", 1);
	take_off();
	ask_talk(alice, "and these", 2);
	hub_gone(hub, alice, LEAVE_QUIT, words(""), now);
	assert_null(alice->pending);
	land(ERR_NONE);
	assert_words(newest().text, "last words");
	keep();
	assert_int_equal(ear.replies, before);
	expect_quit(4, "alice", LEAVE_QUIT);
}

static void who_is_lost_before_it_is_there_is_lost_after_it(void **state)
{
	struct hub_client *alice = session(0, 'A');

	(void)state;
	ask_join(alice, "alice", 9);
	take_off();
	hub_gone(hub, alice, LEAVE_LOST, words(""), now);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	land(ERR_NONE);
	expect(1, EVENT_JOIN, "alice");
	keep();
	expect(2, EVENT_LOST, "alice");
	assert_true(hub_deadline(hub) == now.mono_us + GRACE);
	assert_int_equal(member("alice")->state, MEMBER_RECONNECTING);
}

static void who_is_back_before_that_was_never_lost(void **state)
{
	struct hub_client *alice = session(0, 'A'), *again = session(1, 'A');

	(void)state;
	for (int kept = 0; kept < 2; kept++) {
		begin_stored(GRACE);
		session(0, 'A');
		session(1, 'A');
		ask_join(alice, "alice", 9);
		take_off();
		hub_gone(hub, alice, LEAVE_LOST, words(""), now);
		uint64_t id = ask_join(again, "alice", 9);
		assert_int_equal(ear.replies, 0);
		land(kept ? ERR_NONE : ERR_FULL);
		if (kept)
			keep();
		assert_answered(again, id, kept ? CODE_OK : CODE_NOT_WRITTEN);
		assert_int_equal(head(), kept);
		if (!kept)
			recover(); /* that nobody owns the name */
		assert_true(hub_idle(hub));
		assert_int_equal(roster_count(hub_roster(hub)), kept);
		assert_true(!again->member == !kept);
		if (kept)
			assert_int_equal(again->member->state, MEMBER_HERE);
	}
}

static void a_second_session_outlives_a_name_that_was_not_kept(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice"), *again = session(1, 'A');

	(void)state;
	ask_nick(alice, "rose");
	take_off();
	uint64_t id = ask_join(again, "rose", 100); /* the same client, on another way */
	hub_gone(hub, alice, LEAVE_LOST, words(""), now);
	land(ERR_FULL);
	assert_answered(again, id, CODE_NOT_WRITTEN);
	assert_null(again->member);
	recover();
	expect(2, EVENT_LOST, "alice"); /* not rose: nobody knows her */
	ask_join(again, "alice", 100);
	assert_answered(again, asked, CODE_OK);
	keep();
	expect(3, EVENT_BACK, "alice");
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void who_is_kicked_hears_it_last(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_talk(alice, "one more", 1);
	assert_int_equal(hub_kick(hub, words("alice"), words("spam"), now), ERR_NONE);
	assert_null(alice->member);
	assert_true(hub_holds(alice));
	assert_int_equal(ear.closes, 0);
	keep();
	expect_quit(3, "alice", LEAVE_KICKED);
	assert_int_equal(ear.closes, 1);
	assert_ptr_equal(ear.closed, alice);
	assert_string_equal(ear.words, "spam");
}

static void who_is_kicked_is_out_whatever_is_kept(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	assert_int_equal(hub_kick(hub, words("alice"), words("spam"), now), ERR_NONE);
	break_down();
	assert_int_equal(ear.closes, 1);
	recover();
	expect_quit(2, "alice", LEAVE_KICKED);
	assert_int_equal(ear.closes, 1);
	ask_nick(member_with(0, 'A', "alice"), "rose");
	take_off();
	assert_int_equal(hub_kick(hub, words("rose"), words("spam"), now), ERR_NONE);
	ask_join(session(1, 'A'), "rose", 1); /* she is not back that easily */
	assert_answered(&clients[1], asked, CODE_NAME_TAKEN);
	land(ERR_FULL);
	assert_int_equal(ear.closes, 2);
	recover();
	expect_quit(4, "alice", LEAVE_KICKED);
	assert_null(alice->member);
}

static void at_the_end_all_is_kept_first(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	gone(member_with(1, 'B', "bob"), LEAVE_LOST);
	land(ERR_NONE);
	ask_talk(alice, "wait", 1);
	take_off();
	ask_nick(alice, "rose");
	hub_end(hub, now);
	assert_false(hub_idle(hub));
	land(ERR_NONE);
	hub_gone(hub, alice, LEAVE_SHUTDOWN, words(""), now);
	keep();
	assert_false(hub_idle(hub));
	keep();
	expect_quit(7, "rose", LEAVE_SHUTDOWN);
	assert_true(hub_idle(hub));
}

static void too_much_at_once_waits(void **state)
{
	static char text[TEXT_MAX_BYTES + 1];
	struct hub_client *alice = member_with(0, '-', "alice");
	size_t n = 0;

	(void)state;
	memset(text, 'x', TEXT_MAX_BYTES);
	ask_talk(alice, text, 0);
	take_off();
	for (; !hub_crowded(hub); n++)
		ask_talk(alice, text, 0);
	assert_in_range(n, HUB_PENDING_MAX / TEXT_MAX_BYTES / 2, HUB_PENDING_MAX / TEXT_MAX_BYTES);
	land(ERR_NONE);
	take_off();
	fake.batch.len = 0; /* that much need not be kept here */
	land(ERR_NONE);
	assert_false(hub_crowded(hub));
	assert_int_equal(head(), 2 + n);
}

int main(void)
{
#define A_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		A_TEST(who_quits_has_quit_whatever_is_kept),
		A_TEST(facts_are_kept_in_their_order),
		A_TEST(who_was_never_seen_is_not_missed),
		A_TEST(a_fact_keeps_no_room_for_what_was_refused),
		A_TEST(who_is_gone_has_said_it_all_the_same),
		A_TEST(who_is_lost_before_it_is_there_is_lost_after_it),
		A_TEST(who_is_back_before_that_was_never_lost),
		A_TEST(a_second_session_outlives_a_name_that_was_not_kept),
		A_TEST(who_is_kicked_hears_it_last),
		A_TEST(who_is_kicked_is_out_whatever_is_kept),
		A_TEST(at_the_end_all_is_kept_first),
		A_TEST(too_much_at_once_waits),
	};

	return cmocka_run_group_tests_name("hub, facts", tests, NULL, NULL);
}
