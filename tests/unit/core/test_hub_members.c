/*
 * Members with identities: several sessions of one member, who is lost and who comes back.
 * protocol.md §4, §6.
 */
#include "hub_scene.h"

#include "proto/timerq.h"

/* ---- several sessions ------------------------------------------------------------------------ */

static void the_same_name_again_is_one_more_session(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "Alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], "x", 1), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(reply.seq, 0);
	assert_int_equal(reply.first, 3); /* as if its own join were the next event */
	assert_int_equal(reply.epoch, EPOCH);
	assert_words(reply.text, "Alice");
	assert_int_equal(head(), 2);
	assert_int_equal(roster_count(hub_roster(hub)), 1);
	assert_ptr_equal(clients[1].member, clients[0].member);
	assert_true(address_equal(member("alice")->address, &clients[1].address));
	assert_int_equal(join(&clients[1], "alice"), CODE_ALREADY_JOINED);
	assert_int_equal(join(session(2, 'B'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(talk(&clients[0], "by the one", 2), CODE_OK);
	assert_true(address_equal(&told_of, &clients[0].address));
	assert_int_equal(talk(&clients[1], "by the other", 3), CODE_OK);
	assert_true(address_equal(&told_of, &clients[1].address));
	expect(4, EVENT_TALK, "Alice");
}

static void one_more_session_says_where_to_begin(void **state)
{
	static const struct {
		enum since_mode mode;
		uint64_t since, epoch, first;
	} rows[] = {
		{SINCE_SEQ, 0, 0, 1},  {SINCE_SEQ, 3, 0, 4},	 {SINCE_SEQ, 5, 0, 6},
		{SINCE_SEQ, 9, 0, 6},  {SINCE_SEQ, 3, EPOCH, 4}, {SINCE_SEQ, 3, EPOCH + 1, 1},
		{SINCE_LAST, 0, 0, 6}, {SINCE_LAST, 2, 0, 4},	 {SINCE_LAST, 99, 0, 1},
	};

	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	for (uint64_t i = 1; i < 5; i++)
		assert_int_equal(talk(&clients[0], "x", i), CODE_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			give(session(i + 1, 'A'), (struct command){.kind = COMMAND_JOIN,
								   .text = words("alice"),
								   .since_mode = rows[i].mode,
								   .since = rows[i].since,
								   .epoch = rows[i].epoch}),
			CODE_OK);
		assert_int_equal(reply.first, rows[i].first);
	}
	assert_int_equal(head(), 5);
}

static void a_full_room_takes_one_more_session_of_who_is_there(void **state)
{
	char name[16];

	(void)state;
	for (size_t i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		assert_int_equal(join_apart(session(i, 'U'), name), CODE_OK);
	}
	assert_int_equal(join_apart(session(70, 'U'), "new"), CODE_ROOM_FULL);
	assert_int_equal(join_apart(session(70, 'U'), "n3"), CODE_OK);
	gone(&clients[3], LEAVE_LOST);
	gone(&clients[70], LEAVE_LOST);
	assert_int_equal(member("n3")->state, MEMBER_RECONNECTING);
	assert_int_equal(join_apart(session(71, 'U'), "new"), CODE_ROOM_FULL);
	assert_int_equal(join_apart(session(72, 'U'), "n3"), CODE_OK);
}

/* However the others end: it is the last session that counts. */
static void only_the_last_session_s_end_is_the_member_s(void **state)
{
	(void)state;
	for (enum leave_reason reason = LEAVE_QUIT; reason <= LEAVE_SHUTDOWN; reason++) {
		begin(0);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(join_as(session(i, 'A'), "alice", i + 1), CODE_OK);
		gone(&clients[3], reason);
		assert_int_equal(quit(&clients[0]), CODE_OK);
		assert_int_equal(reply.seq, 0);
		assert_null(clients[0].member);
		gone(&clients[0], LEAVE_QUIT); /* its session ends then; it is out already */
		gone(&clients[1], reason);
		expect(1, EVENT_JOIN, "alice");
		assert_true(address_equal(member("alice")->address, &clients[2].address));
		gone(&clients[2], reason);
		expect_quit(2, "alice", reason);
		assert_null(member("alice"));
	}
}

static void the_last_session_s_quit_has_a_number(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_as(session(1, 'A'), "alice", 8), CODE_OK);
	assert_int_equal(quit(&clients[1]), CODE_OK);
	assert_int_equal(reply.seq, 0);
	assert_int_equal(talk(&clients[1], "x", 1), CODE_NOT_JOINED);
	assert_int_equal(quit(&clients[0]), CODE_OK);
	assert_int_equal(reply.seq, 2);
	expect_quit(2, "alice", LEAVE_QUIT);
	assert_words(newest().text, "bye");
}

/* A client that came back over another link: who it was before leaves with it, whenever that ends. */
static void who_quits_takes_along_what_it_gave_up(void **state)
{
	(void)state;
	assert_int_equal(join_as(session(0, 'A'), "alice", 5), CODE_OK);
	assert_int_equal(join_as(session(1, 'A'), "alice", 6), CODE_OK);
	assert_int_equal(join_as(session(2, 'A'), "alice", 5), CODE_OK);
	assert_int_equal(join_as(session(3, 'A'), "alice", 5), CODE_OK);
	assert_int_equal(quit(&clients[2]), CODE_OK);
	assert_int_equal(reply.seq, 0); /* the other client is still here */
	assert_null(clients[0].member);
	assert_null(clients[3].member);
	gone(&clients[0], LEAVE_TIMED_OUT);
	assert_int_equal(quit(&clients[1]), CODE_OK);
	expect_quit(2, "alice", LEAVE_QUIT);
	gone(&clients[3], LEAVE_LOST);
	assert_int_equal(head(), 2);
	for (uint64_t instance = 0; instance < 2; instance++) { /* 0: not told, so not the same */
		assert_int_equal(join_as(session(0, 'A'), "alice", instance), CODE_OK);
		assert_int_equal(join_as(session(1, 'A'), "alice", instance), CODE_OK);
		assert_int_equal(quit(&clients[1]), CODE_OK);
		assert_int_equal(clients[0].member != NULL, instance == 0);
		gone(&clients[0], LEAVE_QUIT);
	}
}

/*
 * A client whose first path died, and that quits over another; a third session of it is on its way, or
 * was dismissed before the client knew that it was open.  Nothing of it stays, or comes later.
 */
static void who_quit_does_not_come_back_by_a_session_that_is_late(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		begin(GRACE);
		assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
		assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
		if (!late)
			assert_int_equal(join(session(2, 'A'), "alice"), CODE_OK);
		assert_int_equal(quit(&clients[1]), CODE_OK);
		assert_int_equal(reply.seq, 2);
		expect_quit(2, "alice", LEAVE_QUIT);
		if (late)
			assert_int_equal(join(session(2, 'A'), "alice"), CODE_LEFT);
		assert_null(clients[2].member);
		assert_int_equal(talk(&clients[2], "x", 1), CODE_NOT_JOINED);
		gone(&clients[1], LEAVE_QUIT);
		gone(&clients[0], LEAVE_TIMED_OUT);
		gone(&clients[2], LEAVE_TIMED_OUT);
		after(GRACE);
		assert_int_equal(head(), 2);
		assert_int_equal(roster_count(hub_roster(hub)), 0);
	}
}

/* Only by QUIT, only this client: not by a goodbye of one of its sessions, nor others of the same key. */
static void only_who_quit_is_over(void **state)
{
	static const struct {
		char key;
		uint64_t instance;
		bool over;
	} rows[] = {
		{'A', 9, true},	 {'A', 8, false}, {'A', 0, false},
		{'B', 9, false}, {'U', 9, false}, {'-', 9, false},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		bool by_quit = i % 2, over = rows[i / 2].over && by_quit;
		begin(GRACE);
		assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
		if (by_quit)
			assert_int_equal(quit(&clients[0]), CODE_OK);
		else
			gone(&clients[0], LEAVE_QUIT);
		enum code code = join_as(session(1, rows[i / 2].key), "new", rows[i / 2].instance);
		if (code != (over ? CODE_LEFT : CODE_OK))
			fail_msg("row %zu: %s", i, code_name(code));
		assert_int_equal(head(), over ? 2 : 3);
	}
}

static void a_kick_ends_all_sessions(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(join_apart(session(i, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(3, 'A'), "rose"), CODE_OK);
	assert_int_equal(kick("alice"), 3);
	expect_quit(3, "alice", LEAVE_KICKED);
	for (size_t i = 0; i < 3; i++)
		assert_null(clients[i].member);
	assert_non_null(clients[3].member);
	for (size_t i = 0; i < 3; i++)
		gone(&clients[i], LEAVE_LOST);
	assert_int_equal(head(), 3);
	assert_int_equal(join_apart(session(0, 'A'), "alice"),
			 CODE_OK); /* her name is still hers */
}

/* ---- lost and back --------------------------------------------------------------------------- */

static const struct {
	enum leave_reason reason;
	bool kept;
} ends[] = {
	{LEAVE_QUIT, false},	 {LEAVE_LOST, true},	  {LEAVE_TIMED_OUT, true},
	{LEAVE_KICKED, false},	 {LEAVE_TOO_SLOW, false}, {LEAVE_PROTOCOL, false},
	{LEAVE_SHUTDOWN, false},
};

static void the_place_of_a_lost_member_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		begin(GRACE);
		assert_true(hub_deadline(hub) == TIMERQ_NEVER);
		assert_int_equal(join(session(0, i % 2 ? 'A' : 'U'), "alice"), CODE_OK);
		gone(&clients[0], ends[i].reason);
		assert_null(clients[0].member);
		if (!ends[i].kept) {
			expect_quit(2, "alice", ends[i].reason);
			assert_true(hub_deadline(hub) == TIMERQ_NEVER);
			continue;
		}
		expect(2, EVENT_LOST, "alice");
		assert_true(address_equal(&told_of, &clients[0].address));
		assert_int_equal(member("alice")->state, MEMBER_RECONNECTING);
		assert_true(hub_deadline(hub) == now.mono_us + GRACE);
		after(GRACE - 1);
		expect(2, EVENT_LOST, "alice");
		after(1);
		expect_quit(3, "alice", ends[i].reason);
		assert_null(member("alice"));
		assert_true(hub_deadline(hub) == TIMERQ_NEVER);
		after(GRACE);
		assert_int_equal(head(), 3);
	}
}

static void without_grace_who_is_lost_leaves(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	expect_quit(2, "alice", LEAVE_LOST);
}

static void who_comes_back_in_time_has_never_left(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "Alice"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	after(GRACE - 1);
	assert_int_equal(join(session(1, 'B'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(1, '-'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(2, 'A'), "alice"), CODE_OK);
	assert_int_equal(reply.seq, 0);
	assert_int_equal(reply.first, 3); /* its own BACK is the first that it hears */
	assert_words(reply.text, "Alice");
	expect(3, EVENT_BACK, "Alice");
	assert_true(address_equal(&told_of, &clients[2].address));
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	after(10 * GRACE);
	assert_int_equal(head(), 3);
	gone(&clients[2], LEAVE_TIMED_OUT); /* and again */
	expect(4, EVENT_LOST, "Alice");
	after(GRACE);
	expect_quit(5, "Alice", LEAVE_TIMED_OUT);
}

/* The new session is there before the server knows that the old one is dead. */
static void who_rejoins_before_being_missed_is_not_lost(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	gone(&clients[0], LEAVE_TIMED_OUT);
	assert_int_equal(head(), 1);
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	gone(&clients[1], LEAVE_LOST);
	expect(2, EVENT_LOST, "alice");
}

static void each_has_its_own_time(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	after(10 * SECOND);
	gone(&clients[1], LEAVE_LOST);
	assert_int_equal(head(), 4);
	after(GRACE - 10 * SECOND);
	expect_quit(5, "alice", LEAVE_LOST);
	after(10 * SECOND);
	expect_quit(6, "bob", LEAVE_LOST);
}

static void who_is_lost_can_be_kicked(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(kick("alice"), 0); /* there is no session to end */
	expect_quit(3, "alice", LEAVE_KICKED);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	after(GRACE);
	assert_int_equal(head(), 3);
}

static void at_the_end_nobody_is_waited_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[] = {(char)('a' + i), '\0'};
		assert_int_equal(join_apart(session(i, 'A'), name), CODE_OK);
	}
	gone(&clients[0], LEAVE_LOST);
	gone(&clients[1], LEAVE_LOST);
	hub_end(hub, now);
	hub_turn(hub, now);
	assert_int_equal(head(), 7);
	expect_quit(7, newest().from.data[0] == 'a' ? "a" : "b", LEAVE_SHUTDOWN);
	gone(&clients[2], LEAVE_LOST); /* too late for grace */
	expect_quit(8, "c", LEAVE_LOST);
	assert_int_equal(roster_count(hub_roster(hub)), 0);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
}

static void who_tells_who_is_there(void **state)
{
	enum member_state there;
	struct slice name, page;

	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(give(&clients[1], (struct command){.kind = COMMAND_WHO}), CODE_OK);
	page = reply.text;
	assert_true(who_get(&page, &name, &there));
	assert_words(name, "alice");
	assert_int_equal(there, MEMBER_RECONNECTING);
	assert_true(who_get(&page, &name, &there));
	assert_words(name, "bob");
	assert_int_equal(there, MEMBER_HERE);
	assert_false(who_get(&page, &name, &there));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(the_same_name_again_is_one_more_session),
		TEST(one_more_session_says_where_to_begin),
		TEST(a_full_room_takes_one_more_session_of_who_is_there),
		TEST(only_the_last_session_s_end_is_the_member_s),
		TEST(the_last_session_s_quit_has_a_number),
		TEST(who_quits_takes_along_what_it_gave_up),
		TEST(who_quit_does_not_come_back_by_a_session_that_is_late),
		TEST(only_who_quit_is_over),
		TEST(a_kick_ends_all_sessions),
		TEST(the_place_of_a_lost_member_is_kept),
		TEST(without_grace_who_is_lost_leaves),
		TEST(who_comes_back_in_time_has_never_left),
		TEST(who_rejoins_before_being_missed_is_not_lost),
		TEST(each_has_its_own_time),
		TEST(who_is_lost_can_be_kicked),
		TEST(at_the_end_nobody_is_waited_for),
		TEST(who_tells_who_is_there),
	};

	return cmocka_run_group_tests_name("hub members", tests, NULL, NULL);
}
