/* Nothing is seen before it is kept: a hub on a store that is late, fails, and comes back. */
#include "hub_store_scene.h"

/* ---- in time --------------------------------------------------------------------------------- */

static void nothing_is_seen_before_it_is_kept(void **state)
{
	struct hub_client *alice = session(0, 'A');

	(void)state;
	uint64_t id = ask_join(alice, "alice", 9);
	assert_true(hub_due(hub, now) && !hub_idle(hub));
	take_off();
	assert_false(hub_due(hub, now));
	assert_int_equal(ear.replies + ear.follows + ear.wakes, 0);
	assert_int_equal(head(), 0);
	assert_int_equal(told, 0);
	land(ERR_NONE);
	assert_answered(alice, id, CODE_OK);
	assert_true(ear.reply.seq == 1 && ear.reply.first == 1 && ear.reply.epoch == EPOCH);
	assert_words(ear.reply.text, "alice");
	assert_int_equal(ear.follows, 1);
	assert_true(ear.first == 1 && ear.wakes > 0);
	expect(1, EVENT_JOIN, "alice");
	assert_true(hub_idle(hub));
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
}

static size_t who_count(struct hub_client *c, uint32_t room)
{
	struct command command = {.id = ++asked, .kind = COMMAND_WHO, .room = room};
	enum member_state m;
	struct slice name;
	size_t n = 0;

	hub_command(hub, c, &command, now);
	assert_answered(c, asked, CODE_OK);
	for (struct slice page = ear.reply.text; who_get(&page, &name, &m);)
		n++;
	return n;
}

static void who_comes_is_told_of_when_that_is_kept(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice"), *bob = session(1, 'B');

	(void)state;
	ask_join(bob, "bob", 1);
	take_off();
	assert_int_equal(who_count(alice, WIRE_LOBBY), 1);
	land(ERR_NONE);
	assert_int_equal(who_count(alice, WIRE_LOBBY), 2);
	ask(alice, (struct command){.kind = COMMAND_ENTER, .text = words("#room")});
	keep();
	uint32_t room = ear.reply.room;
	ask(bob, (struct command){.kind = COMMAND_ENTER, .text = words("#room")});
	take_off();
	assert_int_equal(who_count(alice, room), 1);
	land(ERR_NONE);
	assert_int_equal(who_count(alice, room), 2);
}

static void what_comes_meanwhile_is_the_next_batch(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	uint64_t first = ask_talk(alice, "one", 1);
	take_off();
	uint64_t second = ask_talk(alice, "two", 2);
	hub_turn(hub, now);
	hub_turn(hub, now);
	assert_int_equal(fake.batches, 2); /* still the same */
	assert_int_equal(ask_talk(alice, "three", 3), second + 1);
	land(ERR_NONE);
	assert_answered(alice, first, CODE_OK);
	expect(2, EVENT_TALK, "alice");
	assert_words(newest().text, "one");
	keep();
	assert_int_equal(fake.batches, 3);
	assert_answered(alice, second + 1, CODE_OK);
	assert_true(ear.reply.seq == 4);
	expect(4, EVENT_TALK, "alice");
	assert_words(newest().text, "three");
}

static void who_joins_and_goes_on_need_not_wait(void **state)
{
	struct hub_client *alice = session(0, 'A');

	(void)state;
	ask_join(alice, "alice", 9);
	ask_talk(alice, "hello", 1);
	ask_nick(alice, "rose");
	ask_talk(alice, "again", 2);
	uint64_t id = ask_quit(alice);
	assert_true(hub_holds(alice));
	keep();
	assert_int_equal(ear.replies, 5);
	assert_answered(alice, id, CODE_OK);
	assert_int_equal(ear.closes, 1);
	assert_int_equal(ear.code, CODE_LEFT);
	expect(4, EVENT_TALK, "rose"); /* whether she was there at all had to be settled first */
	keep();
	expect_quit(5, "rose", LEAVE_QUIT);
	assert_words(newest().text, "bye");
	assert_int_equal(roster_count(hub_roster(hub)), 0);
}

/* ---- what is written down -------------------------------------------------------------------- */

static void a_batch_says_who_said_it(void **state)
{
	struct hub_client *alice = session(0, 'A');
	struct record r;

	(void)state;
	ask_join(alice, "alice", 9);
	take_off();
	assert_int_equal(records_of(fake.batch, RECORD_EVENT, &r), 1);
	assert_true(r.event.room == WIRE_LOBBY && r.event.seq == 1);
	assert_memory_equal(r.event.author, alice->bearer->identity, OWNER_BYTES);
	assert_int_equal(records_of(fake.batch, RECORD_PRESENT, &r), 1);
	assert_true(r.present.room == WIRE_LOBBY && r.present.instance == 9);
	assert_words(r.present.name, "alice");
	assert_memory_equal(r.present.owner, alice->bearer->identity, OWNER_BYTES);
	land(ERR_NONE);
	struct slice kept = room_frame(hub_room(hub, WIRE_LOBBY), 1);
	assert_int_equal(records_of(fake_kept(), RECORD_EVENT, &r), 1);
	assert_int_equal(r.event.frame.len, kept.len);
	assert_memory_equal(r.event.frame.data, kept.data, kept.len);
	assert_int_equal(hub_announce(hub, words("all"), now), ERR_NONE);
	take_off();
	assert_int_equal(records_of(fake.batch, RECORD_EVENT, &r), 1);
	assert_false(owner_known(r.event.author));
	land(ERR_NONE);
}

static void a_batch_says_what_was_said_already(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct record r;

	(void)state;
	ask_talk(alice, "one", 1);
	ask_talk(alice, "unnumbered", 0);
	ask_talk(alice, "three", 3);
	take_off();
	ask_talk(alice, "four", 4); /* not in this one */
	assert_int_equal(records_of(fake.batch, RECORD_SENDER, &r), 1);
	assert_true(r.sender.newest == 4 || r.sender.newest == 3);
	assert_true(r.sender.instance == 100 && !r.sender.left);
	assert_memory_equal(r.sender.owner, alice->bearer->identity, OWNER_BYTES);
	uint64_t shift = r.sender.newest - 3;
	assert_true(r.sender.seqs[shift] == 4 && r.sender.seqs[shift + 1] == 0 &&
		    r.sender.seqs[shift + 2] == 2);
	land(ERR_NONE);
	ask_quit(alice);
	take_off();
	assert_int_equal(records_of(fake.batch, RECORD_SENDER, &r), 1);
	assert_true(r.sender.left && r.sender.newest == 4 && r.sender.seqs[0] == 5);
	assert_int_equal(records_of(fake.batch, RECORD_ABSENT, &r), 1);
	assert_words(r.present.name, "alice");
	land(ERR_NONE);
}

static void a_change_of_name_is_of_who_is_present(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct record r;

	(void)state;
	ask_nick(alice, "rose");
	take_off();
	assert_int_equal(records_of(fake.batch, RECORD_ABSENT, &r), 1);
	assert_words(r.present.name, "alice");
	assert_int_equal(records_of(fake.batch, RECORD_PRESENT, &r), 1);
	assert_words(r.present.name, "rose");
	land(ERR_NONE);
}

/* ---- not kept -------------------------------------------------------------------------------- */

static void what_is_not_kept_never_was(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct hub_client *bob = session(1, 'B');

	(void)state;
	ask_talk(alice, "lost", 1);
	ask_nick(alice, "rose");
	ask_join(bob, "bob", 7);
	ask_talk(bob, "lost, too", 1);
	assert_int_equal(hub_announce(hub, words("as this"), now), ERR_NONE);
	size_t before = ear.replies;
	break_down();
	assert_int_equal(ear.replies, before + 4);
	assert_answered(bob, asked, CODE_NOT_WRITTEN);
	assert_int_equal(head(), 1);
	assert_null(bob->member);
	assert_null(member("bob"));
	assert_string_equal(spelling_text(alice->member->spelling), "alice");
	assert_non_null(member("alice"));
	assert_null(member("rose"));
	assert_int_equal(names_count(hub_names(hub)), 1);
	recover();
	ask_join(bob, "rose", 7); /* the name is free */
	keep();
	assert_answered(bob, asked, CODE_OK);
}

/* A copy may still come, over an old link, when the refusal was heard already. */
static void what_was_refused_stays_refused(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_talk(alice, "one", 1);
	take_off();
	ask_talk(alice, "two", 2);
	land(ERR_SYSTEM);
	assert_answered(alice, asked, CODE_NOT_WRITTEN);
	recover();
	ask_talk(alice, "one", 1);
	assert_answered(alice, asked, CODE_NOT_WRITTEN);
	ask_talk(alice, "two", 2);
	assert_answered(alice, asked, CODE_NOT_WRITTEN);
	ask_talk(alice, "two", 3); /* said anew */
	keep();
	expect(2, EVENT_TALK, "alice"); /* no number is missing */
	assert_words(newest().text, "two");
	ask_talk(alice, "two", 3);
	assert_answered(alice, asked, CODE_OK);
	assert_true(ear.reply.seq == 2);
}

static void names_go_back_in_order(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct hub_client *bob = member_with(1, 'B', "bob");

	(void)state;
	ask_nick(alice, "rose");
	ask_nick(alice, "ROSE");
	take_off();
	ask_nick(alice, "lily");
	ask_nick(bob, "rosa");
	ask_nick(bob, "robert");
	land(ERR_FULL);
	assert_string_equal(spelling_text(alice->member->spelling), "alice");
	assert_string_equal(spelling_text(bob->member->spelling), "bob");
	assert_int_equal(names_count(hub_names(hub)), 2);
	assert_ptr_equal(member("alice"), alice->member);
	assert_ptr_equal(member("bob"), bob->member);
	assert_int_equal(roster_count(hub_roster(hub)), 2);
	recover();
	ask_nick(alice, "rose");
	keep();
	expect(3, EVENT_NICK, "alice");
	assert_int_equal(hub_release(hub, words("alice")), ERR_NONE);
	assert_int_equal(hub_release(hub, words("rose")), ERR_EXISTS);
}

/* Nobody else can take what may have to be given back. */
static void a_name_is_given_up_when_that_is_kept(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct hub_client *bob = session(1, 'B');

	(void)state;
	ask_nick(alice, "rose");
	take_off();
	assert_int_equal(hub_release(hub, words("alice")), ERR_EXISTS);
	ask_join(bob, "alice", 5);
	assert_answered(bob, asked, CODE_NAME_TAKEN);
	land(ERR_NONE);
	assert_int_equal(hub_release(hub, words("alice")), ERR_NONE);
	ask_join(bob, "alice", 5);
	keep();
	assert_answered(bob, asked, CODE_OK);
}

/* ---- the same again -------------------------------------------------------------------------- */

static void a_repeat_waits_behind_the_first(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice"), *other = session(1, 'A');

	(void)state;
	for (int kept = 1; kept >= 0; kept--) {
		begin_stored(GRACE);
		member_with(0, 'A', "alice");
		session(1, 'A');
		ask_join(other, "alice", 100); /* another session of the same client */
		size_t before = ear.replies;
		ask_talk(alice, "once", 1);
		take_off();
		uint64_t id = ask_talk(other, "once", 1);
		assert_int_equal(ear.replies, before);
		land(kept ? ERR_NONE : ERR_FULL);
		if (kept) {
			keep();
			assert_true(ear.reply.seq == 2);
			assert_int_equal(head(), 2);
		}
		assert_answered(other, id, kept ? CODE_OK : CODE_NOT_WRITTEN);
	}
	recover();
	ask_talk(other, "once", 1);
	assert_answered(other, asked, CODE_NOT_WRITTEN); /* as before */
	ask_talk(other, "once", 2);
	keep();
	ask_talk(alice, "once", 2);
	assert_answered(alice, asked, CODE_OK);
	assert_int_equal(head(), 2);
}

/* What it repeats is kept, and nothing more can be. */
static void a_repeat_is_answered_as_the_first_was(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice"), *other = session(1, 'A');

	(void)state;
	ask_join(other, "alice", 100);
	ask_talk(alice, "once", 1);
	take_off();
	uint64_t id = ask_talk(other, "once", 1);
	land(ERR_NONE);
	assert_int_equal(head(), 2);
	break_down();
	assert_answered(other, id, CODE_OK);
	assert_int_equal(ear.reply.seq, 2);
	size_t replies = ear.replies;
	recover();
	assert_int_equal(ear.replies, replies);
}

/* ---- while it fails -------------------------------------------------------------------------- */

static void while_it_fails_what_would_be_written_is_refused(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	struct hub_client *bob = session(1, 'B'), *more = session(2, 'A');

	(void)state;
	ask_talk(alice, "said", 1);
	keep();
	ask_talk(alice, "lost", 2);
	break_down();
	ask_talk(alice, "lost", 3);
	assert_answered(alice, asked, CODE_NOT_WRITTEN);
	ask_nick(alice, "rose");
	assert_answered(alice, asked, CODE_NOT_WRITTEN);
	ask_join(bob, "bob", 3);
	assert_answered(bob, asked, CODE_NOT_WRITTEN);
	assert_int_equal(hub_announce(hub, words("help"), now), ERR_CLOSED);
	assert_true(hub_idle(hub));
	/* what is there already, is */
	ask(alice, (struct command){.kind = COMMAND_WHO});
	assert_answered(alice, asked, CODE_OK);
	ask_talk(alice, "said", 1);
	assert_answered(alice, asked, CODE_OK);
	ask_nick(alice, "alice");
	assert_answered(alice, asked, CODE_OK);
	ask_join(more, "alice", 100);
	assert_answered(more, asked, CODE_OK);
	assert_int_equal(head(), 2);
	assert_true(hub_idle(hub));
}

/* Who did not hear of a refusal says it again, and has said something else meanwhile. */
static void what_was_refused_is_not_kept_behind_what_came_later(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_talk(alice, "one", 1);
	break_down();
	ask_talk(alice, "two", 2);
	recover();
	ask_talk(alice, "three", 3);
	keep();
	for (uint64_t mid = 1; mid <= 2; mid++) {
		ask_talk(alice, "again", mid);
		assert_answered(alice, asked, CODE_NOT_WRITTEN);
	}
	assert_true(hub_idle(hub));
	assert_int_equal(head(), 2);
	ask_talk(alice, "three", 3);
	assert_answered(alice, asked, CODE_OK);
	assert_int_equal(ear.reply.seq, 2);
}

static void a_store_that_fails_is_asked_again_and_again(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_talk(alice, "lost", 1);
	break_down();
	assert_true(hub_idle(hub));
	assert_true(hub_deadline(hub) == now.mono_us + HUB_RETRY);
	now.mono_us += HUB_RETRY;
	break_down();
	assert_int_equal(fake.batch.len, 0);
	recover();
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	ask_talk(alice, "kept", 2);
	keep();
	expect(2, EVENT_TALK, "alice");
}

int main(void)
{
#define A_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		A_TEST(nothing_is_seen_before_it_is_kept),
		A_TEST(who_comes_is_told_of_when_that_is_kept),
		A_TEST(what_comes_meanwhile_is_the_next_batch),
		A_TEST(who_joins_and_goes_on_need_not_wait),
		A_TEST(a_batch_says_who_said_it),
		A_TEST(a_batch_says_what_was_said_already),
		A_TEST(a_change_of_name_is_of_who_is_present),
		A_TEST(what_is_not_kept_never_was),
		A_TEST(what_was_refused_stays_refused),
		A_TEST(names_go_back_in_order),
		A_TEST(a_name_is_given_up_when_that_is_kept),
		A_TEST(a_repeat_waits_behind_the_first),
		A_TEST(a_repeat_is_answered_as_the_first_was),
		A_TEST(while_it_fails_what_would_be_written_is_refused),
		A_TEST(what_was_refused_is_not_kept_behind_what_came_later),
		A_TEST(a_store_that_fails_is_asked_again_and_again),
	};

	return cmocka_run_group_tests_name("hub, on a store", tests, NULL, NULL);
}
