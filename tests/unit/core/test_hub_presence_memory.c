/* Members whose sessions end while there is no memory: nobody stays who cannot come back. */
#include "hub_store_scene.h"

#include "refuse.h"

static void lose_without_memory(struct hub_client *c, const char *with)
{
	refuse(0, 1);
	hub_gone(hub, c, with ? LEAVE_QUIT : LEAVE_LOST, words(with ? with : ""), now);
	assert_true(refused());
	refuse(0, 0);
}

static void who_cannot_be_waited_for_leaves(void **state)
{
	(void)state;
	begin(GRACE);
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	lose_without_memory(&clients[0], NULL);
	hub_turn(hub, now);
	expect_quit(3, "alice", LEAVE_LOST);
	assert_int_equal(told_of.port, clients[0].address.port);
	assert_null(member("alice"));
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	assert_int_equal(join_as(session(2, 'A'), "alice", 9), CODE_OK); /* she comes anew */
	expect(4, EVENT_JOIN, "alice");
	assert_int_equal(hub_release(hub, words("alice")), ERR_EXISTS);
}

/* Whichever allocation it is that fails: one is lost, or has left. */
static bool is_lost_or_left(uint64_t after)
{
	begin(GRACE);
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	refuse(after, 1);
	hub_gone(hub, &clients[0], LEAVE_LOST, words(""), now);
	bool any = refused();
	refuse(0, 0);
	hub_turn(hub, now);
	const struct member *alice = member("alice");
	if (alice)
		assert_int_equal(alice->state, MEMBER_RECONNECTING);
	assert_true(!alice == (hub_deadline(hub) == TIMERQ_NEVER));
	assert_true(alice || any);
	assert_true(address_equal(member("bob")->address, &clients[1].address));
	assert_int_equal(join_as(session(2, 'A'), "alice", 9), CODE_OK);
	assert_true(address_equal(member("alice")->address, &clients[2].address));
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	return any;
}

static void any_one_allocation_may_fail(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (is_lost_or_left(after))
		after++;
	assert_in_range(after, 2, 20);
}

/* Its coming is under way, and it has gone: it leaves when it has come, or was never here. */
static void who_is_not_settled_leaves_when_it_is(void **state)
{
	(void)state;
	for (int kept = 0; kept < 2; kept++) {
		begin_stored(GRACE);
		ask_join(session(0, 'A'), "alice", 9);
		take_off();
		ask_join(session(1, 'B'), "bob", 9);
		lose_without_memory(&clients[0], NULL);
		lose_without_memory(&clients[1], "bye"); /* there are no words for it */
		assert_int_equal(roster_count(hub_roster(hub)), 2);
		land(kept ? ERR_NONE : ERR_FULL);
		assert_null(kept ? member("alice") : member("bob"));
		if (!kept)
			recover(); /* that nobody owns the names */
		while (kept && !hub_idle(hub))
			keep();
		assert_int_equal(head(), kept ? 4 : 0);
		assert_int_equal(roster_count(hub_roster(hub)), 0);
		assert_int_equal(names_count(hub_names(hub)), kept ? 2 : 0);
		assert_true(hub_deadline(hub) == TIMERQ_NEVER);
		if (kept)
			expect_quit(4, "bob", LEAVE_QUIT);
	}
}

static void who_is_back_before_that_stays(void **state)
{
	struct hub_client *alice = session(0, 'A'), *again = session(1, 'A');

	(void)state;
	begin_stored(GRACE);
	session(0, 'A');
	session(1, 'A');
	ask_join(alice, "alice", 9);
	take_off();
	lose_without_memory(alice, NULL);
	assert_int_equal(member("alice")->state, MEMBER_RECONNECTING);
	ask_join(again, "alice", 9);
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	land(ERR_NONE);
	keep();
	assert_answered(again, asked, CODE_OK);
	assert_ptr_equal(again->member, member("alice"));
	assert_true(address_equal(member("alice")->address, &again->address));
	assert_int_equal(head(), 1);
}

/* The kick says why, also when there was no memory to wait with. */
static void who_is_sent_away_without_memory_is_gone(void **state)
{
	(void)state;
	begin_stored(GRACE);
	ask_join(session(0, 'A'), "alice", 9);
	take_off();
	lose_without_memory(&clients[0], NULL);
	assert_int_equal(hub_kick(hub, words("alice"), words("spam"), now), ERR_NONE);
	land(ERR_NONE);
	keep();
	expect_quit(2, "alice", LEAVE_KICKED);
	assert_int_equal(roster_count(hub_roster(hub)), 0);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void assert_called(const char *name)
{
	assert_string_equal(spelling_text(member(name)->spelling), name);
	assert_int_equal(roster_count(hub_roster(hub)), 1);
}

/* As it is called, so it is written down; or it is not. */
static void assert_known(const char *name)
{
	const struct names_entry *e = names_find(hub_names(hub), name, strlen(name));

	assert_called(name);
	assert_int_equal(names_count(hub_names(hub)), e != NULL);
	if (e)
		assert_string_equal(spelling_text(&e->spelling), name);
}

/* From one to the other, without memory for something, and without a store in the end. */
static bool is_called_as_before(const char *from, const char *to, char key, uint64_t after)
{
	begin_stored(GRACE);
	struct hub_client *alice = member_with(0, key, from);
	refuse(after, 1);
	ask_nick(alice, to);
	bool any = refused();
	refuse(0, 0);
	if (hub_idle(hub)) {
		assert_answered(alice, asked, CODE_SERVER_FULL);
	} else {
		take_off();
		if (ear.reply.id != asked) /* else what remains are facts */
			assert_called(to);
		land(ERR_FULL);
		assert_int_equal(ear.reply.id, asked);
		assert_int_not_equal(ear.reply.code, CODE_OK);
	}
	assert_known(from);
	return any;
}

static void a_name_that_is_not_kept_is_as_before(void **state)
{
	static const char *const ways[][2] = {
		{"alice", "rose"}, {"alice", "Alice"}, {"Alice", "alice"},     {"Alice", "ALICE"},
		{"ALICE", "Rose"}, {"Alice", "аlice"}, {"alice", "ａｌｉｃｅ"}};

	(void)state;
	uint64_t failures = 0; /* there are ways that need no memory */
	for (size_t i = 0; i < 2 * COUNT_OF(ways); i++) {
		const char *const *way = ways[i / 2];
		uint64_t after = 0;
		while (is_called_as_before(way[0], way[1], i % 2 ? 'A' : '-', after))
			after++;
		failures += after;
	}
	assert_in_range(failures, 10, 100);
}

/* What it had, and what it was to have, is given back at the end. */
static void a_name_may_never_be_settled(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		begin_stored(GRACE);
		struct hub_client *alice = member_with(0, i & 1 ? 'A' : '-', "alice");
		ask_nick(alice, "rose");
		if (i & 2)
			take_off();
		ask_nick(alice, "Rose");
		ask_nick(alice, "lily");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
		TEST(who_cannot_be_waited_for_leaves),
		TEST(any_one_allocation_may_fail),
		TEST(who_is_not_settled_leaves_when_it_is),
		TEST(who_is_back_before_that_stays),
		TEST(who_is_sent_away_without_memory_is_gone),
		TEST(a_name_that_is_not_kept_is_as_before),
		TEST(a_name_may_never_be_settled),
	};

	return cmocka_run_group_tests_name("members without memory", tests, NULL, NULL);
}
