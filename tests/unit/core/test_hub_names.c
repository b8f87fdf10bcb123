/*
 * Whose names are whose, what is said twice, and which client is which.  protocol.md §4.
 */
#include "hub_scene.h"

#include "core/senders.h"

/* ---- whose names are whose ------------------------------------------------------------------- */

/* 'A' was here as alice and has left; who may be called so? */
static const struct {
	const char *name;
	char key;
	enum code code;
} claims[] = {
	{"alice", 'A', CODE_OK},	 {"alice", 'B', CODE_NAME_TAKEN},
	{"alice", 'U', CODE_NAME_TAKEN}, {"alice", '-', CODE_NAME_TAKEN},
	{"ALICE", 'A', CODE_OK},	 {"Аlice", 'B', CODE_NAME_TAKEN}, /* a Cyrillic А */
	{"alice2", 'B', CODE_OK},	 {"bob", '-', CODE_OK},
	{"bob", 'A', CODE_OK},		 {"admin", 'A', CODE_NAME_RESERVED},
	{"a b", 'A', CODE_NAME_BAD},	 {"", 'A', CODE_NAME_BAD},
};

static void a_name_is_kept_for_its_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(claims); i++) {
		begin(GRACE);
		assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
		assert_int_equal(quit(&clients[0]), CODE_OK);
		struct hub_client *c = session(1, claims[i / 2].key);
		enum code code;
		if (i % 2) { /* by another name first */
			assert_int_equal(join_apart(c, "somebody"), CODE_OK);
			code = nick(c, claims[i / 2].name);
		} else {
			code = join_apart(c, claims[i / 2].name);
		}
		if (code != claims[i / 2].code)
			fail_msg("row %zu: %s", i / 2, code_name(code));
		assert_int_equal(head(), 2 + i % 2 + (code == CODE_OK));
		assert_int_equal(roster_count(hub_roster(hub)), i % 2 || code == CODE_OK);
		if (code == CODE_NAME_BAD || code == CODE_NAME_RESERVED)
			assert_int_equal(names_count(hub_names(hub)), 1 + i % 2);
	}
}

static void who_has_no_identity_owns_nothing(void **state)
{
	(void)state;
	assert_int_equal(join_apart(session(0, '-'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(1, 'A'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join_apart(session(1, '-'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join_apart(session(2, 'A'), "carol"), CODE_OK);
	assert_int_equal(nick(&clients[2], "alice"), CODE_NAME_TAKEN);
	gone(&clients[0], LEAVE_LOST); /* nobody could come back as alice */
	expect_quit(3, "alice", LEAVE_LOST);
	assert_int_equal(names_count(hub_names(hub)), 1);
	assert_int_equal(nick(&clients[2], "alice"), CODE_OK);
}

static void one_may_own_several_names_and_be_here_under_them(void **state)
{
	(void)state;
	assert_int_equal(join_apart(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(1, 'A'), "rose"), CODE_OK);
	expect(2, EVENT_JOIN, "rose");
	assert_int_equal(roster_count(hub_roster(hub)), 2);
	assert_int_equal(nick(&clients[1], "alice"), CODE_NAME_TAKEN);
	assert_int_equal(nick(&clients[1], "lily"), CODE_OK);
	assert_int_equal(join_apart(session(2, 'B'), "rose"), CODE_NAME_TAKEN); /* still hers */
	assert_int_equal(nick(&clients[0], "rose"), CODE_OK);
	assert_int_equal(names_count(hub_names(hub)), 3);
}

static void a_name_can_be_released_when_nobody_is_here_under_it(void **state)
{
	(void)state;
	assert_int_equal(hub_release(hub, words("alice")), ERR_NOT_FOUND);
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(hub_release(hub, words("alice")), ERR_EXISTS);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(hub_release(hub, words("alice")), ERR_EXISTS); /* may come back */
	after(GRACE);
	assert_int_equal(hub_release(hub, words("ALICE")), ERR_NONE);
	assert_int_equal(join(session(1, 'B'), "alice"), CODE_OK);
	assert_int_equal(nick(&clients[1], "bob"), CODE_OK);
	assert_int_equal(hub_release(hub, words("alice")), ERR_NONE); /* was given up */
	assert_int_equal(hub_release(hub, words("bob")), ERR_EXISTS);
}

/* Not one's first choice, but there is a limit to what one key can take away from the others. */
static void the_oldest_name_of_a_key_gives_way(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i <= NAMES_PER_KEY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		now.wall_ms += NAMES_INTERVAL_MS;
		assert_int_equal(join_as(session(0, 'A'), name, 1 + (uint64_t)i), CODE_OK);
		assert_int_equal(quit(&clients[0]), CODE_OK);
	}
	assert_int_equal(join(session(1, 'B'), "n1"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(1, 'B'), "n0"), CODE_OK);
}

static void expect_borrowed(const char *name)
{
	assert_non_null(member(name));
	assert_null(names_find(hub_names(hub), name, strlen(name)));
}

/*
 * Beyond what it may own, one is called as one likes, but nothing is kept; all else is as for any member.
 */
static void who_owns_too_many_borrows_the_next(void **state)
{
	(void)state;
	for (int i = 0; i < NAMES_AT_ONCE; i++) {
		char name[] = {'n', (char)('0' + i), '\0'};
		assert_int_equal(join_as(session(0, 'A'), name, 1 + (uint64_t)i), CODE_OK);
		assert_int_equal(quit(&clients[0]), CODE_OK);
	}
	assert_int_equal(join_as(session(0, 'A'), "rose", 100), CODE_OK);
	expect_borrowed("rose");
	assert_int_equal(join(session(1, 'B'), "rose"), CODE_NAME_TAKEN);
	assert_int_equal(join_as(session(2, 'A'), "rose", 101), CODE_OK); /* one more session */
	assert_int_equal(reply.seq, 0);
	gone(&clients[0], LEAVE_LOST);
	gone(&clients[2], LEAVE_LOST);
	expect(2 * NAMES_AT_ONCE + 2, EVENT_LOST, "rose");
	assert_int_equal(join(session(1, 'B'), "rose"), CODE_NAME_TAKEN);
	assert_int_equal(join_as(session(3, 'A'), "rose", 102), CODE_OK);
	expect(2 * NAMES_AT_ONCE + 3, EVENT_BACK, "rose");
	assert_int_equal(nick(&clients[3], "lily"), CODE_OK);
	expect_borrowed("lily");
	assert_int_equal(nick(&clients[3], "Lily"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "rose"), CODE_OK); /* it was given up */
	now.wall_ms += NAMES_INTERVAL_MS;
	assert_int_equal(nick(&clients[3], "lilly"), CODE_OK);
	assert_non_null(names_find(hub_names(hub), "lilly", 5));
	assert_int_equal(nick(&clients[3], "n0"), CODE_OK); /* one's own is one's own */
}

/* A registry of 200 names, filled by one key after the other. */
static void a_flood_takes_no_name_from_its_owner(void **state)
{
	char name[16];

	(void)state;
	assert_int_equal(join(session(0, 'A'), "teacher"), CODE_OK);
	gone(&clients[0], LEAVE_QUIT);
	for (uint32_t key = 0; key < 100; key++) {
		session(1, 'M');
		memcpy(bearers[1].identity, &key, sizeof(key));
		for (uint32_t i = 0; i < NAMES_PER_KEY; i++) {
			snprintf(name, sizeof(name), "qq%x", key * NAMES_PER_KEY + i);
			assert_int_equal(i ? nick(&clients[1], name) : join(&clients[1], name),
					 CODE_OK);
		}
		gone(&clients[1], LEAVE_QUIT);
	}
	assert_int_equal(names_count(hub_names(hub)), 200);
	assert_int_equal(join(session(2, 'B'), "teacher"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(2, 'B'), "bob"), CODE_OK); /* newcomers come in */
	expect_borrowed("bob");
	assert_int_equal(nick(&clients[2], "teacher"), CODE_NAME_TAKEN);
	assert_int_equal(join_as(session(3, 'A'), "Teacher", 8), CODE_OK);
	assert_non_null(names_find(hub_names(hub), "teacher", 7));
}

/* ---- said twice ------------------------------------------------------------------------------ */

static void a_talk_that_comes_again_gets_the_first_answer(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], "one", 1), CODE_OK);
	assert_int_equal(talk(&clients[0], "two", 2), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[1], "two", 2), CODE_OK);
	assert_int_equal(reply.seq, 3);
	expect(5, EVENT_BACK, "alice");
	assert_int_equal(talk(&clients[1], "three", 3), CODE_OK);
	assert_int_equal(reply.seq, 6);
	assert_int_equal(talk(&clients[1], "one", 1), CODE_OK);
	assert_int_equal(reply.seq, 2);
	expect(6, EVENT_TALK, "alice");
}

/* It is remembered while the member is away, too, and under whichever name it comes back. */
static void what_was_said_is_remembered_longer_than_the_place(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], "one", 1), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	after(GRACE);
	assert_int_equal(join(session(1, 'A'), "rose"), CODE_OK);
	assert_int_equal(head(), 5);
	assert_int_equal(talk(&clients[1], "one", 1), CODE_OK);
	assert_int_equal(reply.seq, 2);
	assert_int_equal(head(), 5);
}

static void a_refused_talk_was_not_said(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], " ", 1), CODE_TEXT_BAD);
	assert_int_equal(talk(&clients[0], "one", 1), CODE_OK);
	assert_int_equal(reply.seq, 2);
}

/* Another instance, another identity, no number, no instance, no identity: nothing is a repeat. */
static void only_counted_talks_can_be_repeats(void **state)
{
	static const struct {
		char key;
		uint64_t instance, mid;
		uint64_t seq, head; /* of what is said again over a second session; at the end */
	} rows[] = {
		{'A', 9, 1, 2, 2}, {'U', 9, 1, 2, 2}, {'A', 9, 0, 3, 3},
		{'A', 0, 1, 4, 4}, {'-', 9, 1, 4, 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(GRACE);
		for (size_t n = 0; n < 2; n++) {
			char name[] = {(char)('m' + n), '\0'};
			assert_int_equal(give(session(n, rows[i].key),
					      (struct command){.kind = COMMAND_JOIN,
							       .text = words(name),
							       .instance = rows[i].instance}),
					 CODE_OK);
			assert_int_equal(talk(&clients[n], "hello", rows[i].mid), CODE_OK);
			assert_int_equal(reply.seq, n ? rows[i].seq : 2);
		}
		assert_int_equal(head(), rows[i].head);
	}
}

/* Comes as that key and instance, says one thing, and is lost. */
static void pass_by(size_t i, uint32_t key, uint64_t instance)
{
	char name[16];

	snprintf(name, sizeof(name), "m%x", key);
	session(i, 'M');
	memcpy(bearers[i].identity, &key, sizeof(key));
	assert_int_equal(join_as(&clients[i], name, instance), CODE_OK);
	assert_int_equal(talk(&clients[i], "x", 1), CODE_OK);
	gone(&clients[i], LEAVE_QUIT);
}

/* By one key that begins anew all the time, or by many; while alice has a session or is awaited. */
static void nobody_is_made_forgotten_while_they_are_here(void **state)
{
	(void)state;
	for (int lost = 0; lost < 2; lost++)
		for (uint32_t keys = 1; keys <= SENDERS_MAX; keys += SENDERS_MAX - 1) {
			begin(GRACE);
			assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
			assert_int_equal(talk(&clients[0], "once", 1), CODE_OK);
			if (lost)
				gone(&clients[0], LEAVE_LOST);
			for (uint32_t i = 1; i <= SENDERS_MAX + 1; i++)
				pass_by(1, i % keys, i);
			uint64_t before = head();
			assert_int_equal(join(session(2, 'A'), "alice"), CODE_OK);
			assert_int_equal(talk(&clients[2], "once", 1), CODE_OK);
			assert_int_equal(reply.seq, 2);
			assert_int_equal(head(), before + (lost ? 1 : 0));
		}
}

static void other_instances_and_identities_count_for_themselves(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	assert_int_equal(
		give(session(2, 'A'),
		     (struct command){.kind = COMMAND_JOIN, .text = words("rose"), .instance = 10}),
		CODE_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(talk(&clients[i], "hello", 1), CODE_OK);
		assert_int_equal(reply.seq, 4 + i);
	}
}

/* ---- names ----------------------------------------------------------------------------------- */

static void one_s_present_name_is_no_news(void **state)
{
	(void)state;
	for (const char *key = "A-"; *key; key++) {
		begin(GRACE);
		assert_int_equal(join(session(0, *key), "alice"), CODE_OK);
		assert_int_equal(nick(&clients[0], "alice"), CODE_OK);
		assert_int_equal(reply.seq, 0);
		assert_words(reply.text, "alice");
		assert_int_equal(head(), 1);
		assert_int_equal(nick(&clients[0], "Alice"), CODE_OK); /* in other letters it is */
		assert_int_equal(reply.seq, 2);
		expect(2, EVENT_NICK, "alice");
	}
}

static void a_rename_is_the_member_s_not_the_session_s(void **state)
{
	(void)state;
	assert_int_equal(join_apart(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(nick(&clients[0], "rose"), CODE_OK);
	assert_int_equal(talk(&clients[1], "me too", 1), CODE_OK);
	expect(3, EVENT_TALK, "rose");
	assert_int_equal(join_apart(session(2, 'A'), "alice"), CODE_OK); /* another member */
	expect(4, EVENT_JOIN, "alice");
	gone(&clients[0], LEAVE_LOST);
	gone(&clients[1], LEAVE_LOST);
	expect(5, EVENT_LOST, "rose");
	assert_int_equal(join_apart(session(3, 'A'), "rose"), CODE_OK);
	expect(6, EVENT_BACK, "rose");
}

/*
 * One client: as which name it came first, which it took then (so many times as it has answers lost), and
 * by which it comes back.
 */
static void who_was_renamed_comes_back_as_that_member(void **state)
{
	static const struct {
		const char *asks;
		uint64_t instance;
		bool same; /* member as before */
	} rows[] = {
		{"bob", 9, true},   {"robert", 9, true}, {"rob", 9, true},  {"admin", 9, true},
		{"carol", 9, true}, {"", 9, true},	 {"bob", 8, false}, {"robert", 8, true},
		{"bob", 0, false},  {"robert", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		bool lost = i % 2;
		begin(GRACE);
		assert_int_equal(join(session(0, 'B'), "bob"), CODE_OK);
		assert_int_equal(join(session(2, 'C'), "carol"), CODE_OK);
		assert_int_equal(nick(&clients[0], "robert"), CODE_OK);
		if (lost)
			gone(&clients[0], LEAVE_LOST);
		assert_int_equal(join_as(session(1, 'B'), rows[i / 2].asks, rows[i / 2].instance),
				 CODE_OK);
		assert_words(reply.text, rows[i / 2].same ? "robert" : rows[i / 2].asks);
		if ((roster_count(hub_roster(hub)) == 2) != rows[i / 2].same)
			fail_msg("row %zu", i / 2);
		if (!rows[i / 2].same)
			continue;
		uint64_t before = head();
		assert_int_equal(before, lost ? 5 : 3);
		assert_int_equal(nick(&clients[1], "robert"), CODE_OK); /* again */
		assert_int_equal(reply.seq, 0);
		assert_words(reply.text, "robert");
		assert_int_equal(head(), before);
		assert_int_equal(member("robert")->state, MEMBER_HERE);
	}
}

/* Another identity that guessed the number is somebody else. */
static void an_instance_is_its_identity_s(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'B'), "bob"), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "bob"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(2, '-'), "eve"), CODE_OK);
	assert_int_equal(join(session(3, '-'), "mallory"), CODE_OK);
	assert_int_equal(roster_count(hub_roster(hub)), 4);
}

/* Who was taken out, or was waited for in vain, comes anew, as whoever it wants to be. */
static void a_member_that_is_gone_is_no_more_come_back_to(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'B'), "bob"), CODE_OK);
	assert_int_equal(kick("bob"), 1);
	assert_int_equal(join(&clients[0], "bert"), CODE_OK);
	expect(3, EVENT_JOIN, "bert");
	gone(&clients[0], LEAVE_TIMED_OUT);
	after(GRACE);
	assert_int_equal(join(session(1, 'B'), "rob"), CODE_OK);
	expect(6, EVENT_JOIN, "rob");
	gone(&clients[1], LEAVE_QUIT);
	assert_int_equal(join(session(2, 'B'), "robert"), CODE_OK);
	expect(8, EVENT_JOIN, "robert");
}

/* Nobody hears a room, and is not in it: whom one cannot see, one cannot send away. */
static void who_quits_ends_with_all_its_sessions(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(quit(&clients[1]), CODE_OK);
	expect_quit(2, "alice", LEAVE_QUIT);
	assert_int_equal(ear.closes, 2);
	assert_int_equal(ear.code, CODE_LEFT);
	assert_ptr_equal(ear.closed, &clients[1]); /* the last one, after its answer */
}

static void who_quits_leaves_another_client_of_the_same_member_here(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_as(session(1, 'A'), "alice", 10), CODE_OK);
	assert_int_equal(quit(&clients[1]), CODE_OK);
	assert_int_equal(ear.closes, 1);
	assert_ptr_equal(ear.closed, &clients[1]);
	assert_int_equal(talk(&clients[0], "still here", 1), CODE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(a_name_is_kept_for_its_owner),
		TEST(who_has_no_identity_owns_nothing),
		TEST(one_may_own_several_names_and_be_here_under_them),
		TEST(a_name_can_be_released_when_nobody_is_here_under_it),
		TEST(the_oldest_name_of_a_key_gives_way),
		TEST(who_owns_too_many_borrows_the_next),
		TEST(a_flood_takes_no_name_from_its_owner),
		TEST(a_talk_that_comes_again_gets_the_first_answer),
		TEST(what_was_said_is_remembered_longer_than_the_place),
		TEST(a_refused_talk_was_not_said),
		TEST(only_counted_talks_can_be_repeats),
		TEST(nobody_is_made_forgotten_while_they_are_here),
		TEST(other_instances_and_identities_count_for_themselves),
		TEST(one_s_present_name_is_no_news),
		TEST(a_rename_is_the_member_s_not_the_session_s),
		TEST(who_was_renamed_comes_back_as_that_member),
		TEST(an_instance_is_its_identity_s),
		TEST(a_member_that_is_gone_is_no_more_come_back_to),
		TEST(who_quits_ends_with_all_its_sessions),
		TEST(who_quits_leaves_another_client_of_the_same_member_here),
	};

	return cmocka_run_group_tests_name("hub names", tests, NULL, NULL);
}
