/* What sessions are told, and when, on a store that takes its time: protocol.md §4, §8. */
#include "fake_store.h"
#include "peers_rig.h"

#include "core/peers_internal.h"
#include "proto/timerq.h"

#include <stdio.h>

enum { GRACE = 90 * SECOND, NOT_YET = 255 };

static struct rig r;

static void begin(void)
{
	fake_begin();
	rig_begin_stored(&r, 100, GRACE, &fake_port);
}

static void end(void)
{
	rig_end(&r);
	fake_end();
}

/* What was under way is kept, or not, and all that comes of it is heard; a batch may be under way then. */
static void landed(enum err e)
{
	fake_done(r.hub, e, rig_now(&r));
	rig_turn(&r);
}

static void all_kept(void)
{
	rig_turn(&r);
	while (fake.busy)
		landed(ERR_NONE);
	assert_true(hub_idle(r.hub));
}

static struct guest *member(const char *name, bool stream)
{
	struct guest *g = rig_guest(&r, stream);
	uint64_t id = rig_ask(g, COMMAND_JOIN, name);

	all_kept();
	assert_int_equal(rig_answer(g, id), CODE_OK);
	return g;
}

static void nobody_hears_what_is_not_kept(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *alice = rig_guest(&r, stream);
		uint64_t id = rig_ask(alice, COMMAND_JOIN, "alice");
		rig_run(&r, 3 * SECOND);
		assert_int_equal(rig_answer(alice, id), NOT_YET);
		assert_int_equal(alice->heard, 0);
		landed(ERR_NONE);
		assert_int_equal(rig_answer(alice, id), CODE_OK);
		assert_int_equal(alice->heard, 1);
		struct guest *bob = member("bob", !stream);
		id = rig_ask(alice, COMMAND_TALK, "hello");
		rig_turn(&r);
		uint64_t who = rig_ask(alice, COMMAND_WHO, "");
		rig_run(&r, 3 * SECOND);
		assert_int_equal(rig_answer(alice, id), NOT_YET);
		assert_int_equal(rig_answer(alice, who), CODE_OK); /* need not wait */
		assert_int_equal(bob->heard, 2);
		landed(ERR_NONE);
		assert_int_equal(rig_answer(alice, id), CODE_OK);
		assert_true(alice->heard == 3 && bob->heard == 3);
		end();
	}
}

static void what_cannot_be_kept_is_refused(void **state)
{
	(void)state;
	begin();
	struct guest *alice = member("alice", false), *bob = member("bob", true);
	uint64_t id = rig_ask(alice, COMMAND_TALK, "hello");
	rig_turn(&r);
	landed(ERR_FULL);
	assert_int_equal(rig_answer(alice, id), CODE_NOT_WRITTEN);
	id = rig_ask(bob, COMMAND_TALK, "hello?");
	rig_turn(&r);
	assert_int_equal(rig_answer(bob, id), CODE_NOT_WRITTEN);
	assert_true(alice->heard == 2 && bob->heard == 2);
	assert_true(peers_deadline(r.peers) <= r.now + HUB_RETRY);
	rig_run(&r, 2 * SECOND);
	all_kept();
	id = rig_ask(bob, COMMAND_TALK, "hello!");
	all_kept();
	assert_int_equal(rig_answer(bob, id), CODE_OK);
	assert_true(alice->heard == 3 && bob->heard == 3);
	end();
}

static void who_quits_is_let_go_when_that_is_kept(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *alice = member("alice", stream);
		uint64_t talk = rig_ask(alice, COMMAND_TALK, "well then");
		uint64_t id = rig_ask(alice, COMMAND_QUIT, "");
		uint64_t late = rig_ask(alice, COMMAND_WHO, "");
		rig_run(&r, SECOND);
		assert_false(alice->ended);
		assert_int_equal(rig_answer(alice, id), NOT_YET);
		all_kept();
		rig_run(&r, SECOND);
		assert_int_equal(rig_answer(alice, talk), CODE_OK);
		assert_int_equal(rig_answer(alice, id), CODE_OK);
		assert_int_equal(rig_answer(alice, late), NOT_YET);
		assert_true(alice->ended && alice->end_code == CODE_LEFT);
		assert_int_equal(alice->heard, 3);
		rig_expect_quit(&r, "alice", LEAVE_QUIT);
		end();
	}
}

static void who_is_kicked_hears_of_it(void **state)
{
	(void)state;
	for (int failing = 0; failing < 2; failing++) {
		begin();
		struct guest *alice = member("alice", false);
		assert_int_equal(peers_kick(r.peers, rig_now(&r), slice_of("alice", 5),
					    slice_of("be kind", 7)),
				 ERR_NONE);
		rig_run(&r, SECOND);
		assert_false(alice->ended);
		landed(failing ? ERR_SYSTEM : ERR_NONE);
		rig_run(&r, SECOND / 2);
		assert_true(alice->ended && alice->end_code == CODE_KICKED);
		assert_string_equal(alice->end_text, "be kind");
		assert_int_equal(alice->heard, failing ? 1 : 2);
		end();
	}
}

/* Whoever goes while something of theirs is under way: it is heard by the others all the same. */
static void who_is_gone_is_not_answered(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *alice = member("alice", stream), *bob = member("bob", !stream);
		rig_ask(alice, COMMAND_TALK, "last words");
		rig_turn(&r);
		assert_true(fake.busy);
		if (stream) {
			rig_hang_up(&r, alice);
		} else {
			alice->deaf = true;
			session_close(alice->session, r.now, CODE_LEFT, "");
		}
		rig_run(&r, 10 * SECOND);
		assert_int_equal(peers_count(r.peers), 1);
		landed(ERR_NONE);
		all_kept();
		assert_int_equal(bob->heard, 4);
		end();
	}
}

/* ---- the end --------------------------------------------------------------------------------- */

static void goodbyes_wait_for_what_is_under_way(void **state)
{
	(void)state;
	begin();
	struct guest *alice = member("alice", false), *bob = member("bob", true);
	uint64_t id = rig_ask(alice, COMMAND_TALK, "wait");
	rig_turn(&r);
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, SECOND);
	uint64_t late = rig_ask(bob, COMMAND_TALK, "too late");
	rig_run(&r, SECOND / 2);
	assert_false(alice->ended || bob->ended);
	landed(ERR_NONE);
	rig_run(&r, SECOND);
	assert_int_equal(rig_answer(alice, id), CODE_OK);
	assert_int_equal(rig_answer(bob, late), NOT_YET);
	assert_true(alice->end_code == CODE_SHUTDOWN && bob->end_code == CODE_SHUTDOWN);
	assert_int_equal(peers_count(r.peers), 0);
	assert_false(hub_idle(r.hub)); /* that they have left is to be kept, too */
	all_kept();
	assert_int_equal(rig_head(&r), 5);
	assert_int_equal(roster_count(hub_roster(r.hub)), 0);
	end();
}

static void goodbyes_do_not_wait_for_ever(void **state)
{
	(void)state;
	begin();
	struct guest *alice = member("alice", true);
	uint64_t id = rig_ask(alice, COMMAND_TALK, "wait");
	rig_turn(&r);
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, PEERS_LAST_COMMIT + SECOND);
	assert_int_equal(rig_answer(alice, id), NOT_YET);
	assert_true(alice->ended && alice->end_code == CODE_SHUTDOWN);
	assert_int_equal(peers_count(r.peers), 0);
	end();
}

/* ---- too much -------------------------------------------------------------------------------- */

enum { CROWD = 4, EACH = 60 };

static char longest[TEXT_MAX_BYTES + 1];

static size_t answers(const struct guest *g)
{
	size_t n = 0;

	for (uint64_t id = 2; id < 2 + EACH; id++)
		n += rig_answer(g, id) == CODE_OK;
	return n;
}

/* More than the hub takes at once: the rest waits with those who say it, and nothing is lost. */
static void too_much_waits_its_turn(void **state)
{
	struct guest *crowd[CROWD];
	char name[16];

	(void)state;
	begin();
	memset(longest, 'x', TEXT_MAX_BYTES);
	for (size_t i = 0; i < CROWD; i++) {
		snprintf(name, sizeof(name), "guest%zu", i);
		crowd[i] = member(name, i % 2);
	}
	rig_ask(crowd[0], COMMAND_NICK, "first");
	rig_turn(&r); /* that is under way, and stays so */
	assert_true(fake.busy);
	for (size_t n = 0; n < EACH; n++)
		for (size_t i = 0; i < CROWD; i++)
			rig_ask(crowd[i], COMMAND_TALK, longest);
	rig_run(&r, SECOND);
	assert_true(hub_crowded(r.hub));
	for (int n = 0; n < 400 && rig_head(&r) < CROWD + CROWD * EACH + 1; n++) {
		fake.batch.len = 0; /* what is kept here is not looked at */
		if (fake.busy)
			landed(ERR_NONE);
		rig_run(&r, SECOND / 10);
	}
	rig_run(&r, SECOND);
	assert_false(hub_crowded(r.hub));
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(answers(crowd[i]), EACH);
	assert_int_equal(rig_head(&r), CROWD + CROWD * EACH + 1);
	end();
}

/* Who asks for much and takes none of it, is not given ever more. */
static void answers_wait_for_who_asked(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *alice = member("alice", stream);
		memset(longest, 'x', TEXT_MAX_BYTES);
		uint64_t talk = rig_ask(alice, COMMAND_TALK, longest);
		all_kept();
		assert_int_equal(rig_answer(alice, talk), CODE_OK);
		alice->takes = 0;
		alice->deaf = true;
		struct command page = {.kind = COMMAND_PAGE, .room = WIRE_LOBBY, .count = 1};
		for (size_t n = 0; n < EACH; n++)
			assert_int_equal(session_command(alice->session, &page), ERR_NONE);
		rig_run(&r, SECOND / 10);
		const struct peer *peer = r.peers->slots[0];
		size_t bytes = session_replies_bytes(peer_session(peer));
		assert_in_range(bytes, PEERS_REPLIES_MAX, PEERS_REPLIES_MAX + WIRE_ITEM_MAX);
		assert_true(!stream || !peers_reads(peer, rig_now(&r)));
		alice->takes = SIZE_MAX;
		alice->deaf = false;
		if (stream)
			peers_writable(r.peers, alice->peer);
		rig_run(&r, 30 * SECOND);
		for (uint64_t id = talk + 1; id <= talk + EACH; id++)
			assert_int_equal(rig_answer(alice, id), CODE_OK);
		assert_int_equal(session_replies_bytes(peer_session(peer)), 0);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_hears_what_is_not_kept),
		cmocka_unit_test(what_cannot_be_kept_is_refused),
		cmocka_unit_test(who_quits_is_let_go_when_that_is_kept),
		cmocka_unit_test(who_is_kicked_hears_of_it),
		cmocka_unit_test(who_is_gone_is_not_answered),
		cmocka_unit_test(goodbyes_wait_for_what_is_under_way),
		cmocka_unit_test(goodbyes_do_not_wait_for_ever),
		cmocka_unit_test(too_much_waits_its_turn),
		cmocka_unit_test(answers_wait_for_who_asked),
	};

	return cmocka_run_group_tests_name("peers, on a store", tests, NULL, NULL);
}
