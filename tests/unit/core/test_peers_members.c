/*
 * What links do to members: one person by several sessions, over whichever link; lost, missed, back;
 * and who a name belongs to, by key or by user.
 */
#include "peers_rig.h"

#include "proto/timerq.h"

enum { GRACE = 90 * SECOND, SILENCE = 46 * SECOND };

static struct rig r;

static void begin(void)
{
	rig_begin_waiting(&r, 100, GRACE);
}

static void expect(uint64_t seq, enum event_kind kind, const char *from)
{
	struct event e = rig_newest(&r);

	assert_int_equal(rig_head(&r), seq);
	assert_int_equal(e.kind, kind);
	assert_int_equal(e.from.len, strlen(from));
	assert_memory_equal(e.from.data, from, e.from.len);
}

static enum code refused(struct guest *g, const char *name)
{
	uint64_t id = rig_ask(g, COMMAND_JOIN, name);

	rig_turn(&r);
	return rig_answer(g, id);
}

/* A key is known over UDP and TCP; it is not the local user's who has it. */
static void a_key_is_one_person_over_both_links(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", false);
	struct guest *more = rig_enter(&r, rig_guest_as(&r, alice, true), "alice");
	assert_int_equal(roster_count(hub_roster(r.hub)), 1);
	assert_int_equal(refused(rig_guest(&r, false), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(refused(rig_guest(&r, true), "Alice"), CODE_NAME_TAKEN);
	assert_int_equal(refused(rig_local_as(&r, alice), "alice"), CODE_NAME_TAKEN);
	rig_ask(alice, COMMAND_TALK, "by UDP");
	rig_ask(more, COMMAND_TALK, "by TCP");
	rig_turn(&r);
	expect(3, EVENT_TALK, "alice");
	assert_true(alice->heard == 3 && more->heard == 3);
	rig_ask(alice, COMMAND_QUIT, "");
	rig_run(&r, SECOND);
	assert_true(alice->ended && alice->end_code == CODE_LEFT && !more->ended);
	expect(3, EVENT_TALK, "alice");
	rig_ask(more, COMMAND_QUIT, "");
	rig_run(&r, SECOND);
	expect(4, EVENT_QUIT, "alice");
	rig_end(&r);
}

static void a_local_user_is_one_person(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_enter(&r, rig_local(&r), "alice");
	assert_int_equal(refused(rig_local(&r), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(refused(rig_guest_as(&r, alice, true), "alice"), CODE_NAME_TAKEN);
	struct guest *more = rig_enter(&r, rig_local_as(&r, alice), "alice");
	struct guest *other = rig_enter(&r, rig_local_as(&r, alice), "rose");
	expect(2, EVENT_JOIN, "rose");
	rig_hang_up(&r, alice);
	rig_hang_up(&r, more);
	rig_turn(&r);
	expect(3, EVENT_LOST, "alice");
	assert_true(other->heard == 3);
	rig_enter(&r, rig_local_as(&r, alice), "alice");
	expect(4, EVENT_BACK, "alice");
	rig_end(&r);
}

static void hang_up(struct guest *g)
{
	if (g->stream)
		rig_hang_up(&r, g);
	g->deaf = true;
	session_free(g->session);
	g->session = NULL;
}

/* How long it takes until the server knows that it was left without a word. */
static uint64_t until_missed(const struct guest *g)
{
	return g->stream ? 0 : SILENCE;
}

static void who_is_lost_is_waited_for(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *bob = rig_member(&r, "bob", true);
		struct guest *alice = rig_member(&r, "alice", stream);
		hang_up(alice);
		rig_run(&r, until_missed(alice));
		expect(3, EVENT_LOST, "alice");
		assert_int_equal(peers_count(r.peers), 1); /* the seat needs no session */
		rig_run(&r, GRACE - 2 * SECOND);
		expect(3, EVENT_LOST, "alice");
		rig_run(&r, 2 * SECOND); /* nobody but the table's deadline wakes it */
		rig_expect_quit(&r, "alice", stream ? LEAVE_LOST : LEAVE_TIMED_OUT);
		assert_true(bob->heard == 4);
		rig_end(&r);
	}
}

/* Whoever is on the way can put that into a stream: it must not cost the seat. */
static void whose_stream_is_spoilt_is_waited_for(void **state)
{
	uint8_t spoilt[22] = {0, 20};

	(void)state;
	begin();
	struct guest *bob = rig_member(&r, "bob", true), *alice = rig_member(&r, "alice", true);
	peers_stream(r.peers, rig_now(&r), alice->peer, spoilt, sizeof(spoilt));
	rig_turn(&r);
	assert_true(alice->closed && !alice->ended);
	expect(3, EVENT_LOST, "alice");
	rig_enter(&r, rig_guest_as(&r, alice, true), "alice");
	expect(4, EVENT_BACK, "alice");
	assert_true(bob->heard == 4);
	rig_end(&r);
}

static void the_last_deadline_may_be_the_hub_s(void **state)
{
	(void)state;
	begin();
	hang_up(rig_member(&r, "alice", true));
	rig_turn(&r);
	assert_int_equal(peers_count(r.peers), 0);
	assert_true(peers_deadline(r.peers) == r.now + GRACE);
	rig_run(&r, GRACE);
	rig_expect_quit(&r, "alice", LEAVE_LOST);
	assert_true(peers_deadline(r.peers) == TIMERQ_NEVER);
	rig_end(&r);
}

/* From any link to any other. */
static void who_comes_back_has_never_left(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		begin();
		struct guest *bob = rig_member(&r, "bob", true);
		struct guest *alice = rig_member(&r, "alice", i & 1);
		hang_up(alice);
		rig_run(&r, until_missed(alice) + 10 * SECOND);
		struct guest *back = rig_enter(&r, rig_guest_as(&r, alice, i & 2), "alice");
		expect(4, EVENT_BACK, "alice");
		rig_run(&r, 2 * GRACE);
		rig_ask(back, COMMAND_TALK, "here");
		rig_turn(&r);
		expect(5, EVENT_TALK, "alice");
		assert_true(bob->heard == 5);
		rig_end(&r);
	}
}

static void a_ghost_s_end_is_not_the_member_s(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", false);
	hang_up(alice);
	rig_enter(&r, rig_guest_as(&r, alice, false), "alice");
	assert_int_equal(peers_count(r.peers), 2);
	rig_run(&r, SILENCE);
	assert_int_equal(peers_count(r.peers), 1);
	expect(1, EVENT_JOIN, "alice");
	rig_end(&r);
}

static void a_kick_ends_all_sessions(void **state)
{
	struct slice alice = slice_of("alice", 5), words = slice_of("enough", 6);
	struct guest *all[3];

	(void)state;
	begin();
	all[0] = rig_member(&r, "alice", false);
	all[1] = rig_enter(&r, rig_guest_as(&r, all[0], true), "alice");
	all[2] = rig_enter(&r, rig_guest_as(&r, all[0], false), "alice");
	struct guest *other = rig_enter(&r, rig_guest_as(&r, all[0], true), "rose");
	assert_int_equal(peers_kick(r.peers, rig_now(&r), alice, words), ERR_NONE);
	rig_run(&r, SECOND);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		assert_true(all[i]->ended && all[i]->by_peer);
		assert_int_equal(all[i]->end_code, CODE_KICKED);
		assert_string_equal(all[i]->end_text, "enough");
	}
	assert_false(other->ended);
	rig_expect_quit(&r, "alice", LEAVE_KICKED);
	assert_int_equal(peers_count(r.peers), 1);
	rig_end(&r);
}

static void who_is_lost_can_be_kicked(void **state)
{
	(void)state;
	begin();
	rig_member(&r, "bob", true);
	hang_up(rig_member(&r, "alice", true));
	rig_turn(&r);
	assert_int_equal(peers_kick(r.peers, rig_now(&r), slice_of("alice", 5), slice_of("", 0)),
			 ERR_NONE);
	rig_run(&r, GRACE);
	rig_expect_quit(&r, "alice", LEAVE_KICKED);
	rig_end(&r);
}

static void a_server_that_ends_waits_for_nobody(void **state)
{
	(void)state;
	begin();
	struct guest *bob = rig_member(&r, "bob", true);
	hang_up(rig_member(&r, "alice", true));
	rig_turn(&r);
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, 10 * SECOND);
	assert_true(bob->ended && bob->heard >= 4); /* that alice is gone was told */
	assert_int_equal(peers_count(r.peers), 0);
	assert_int_equal(roster_count(hub_roster(r.hub)), 0);
	assert_true(peers_deadline(r.peers) == TIMERQ_NEVER);
	rig_end(&r);
}

/* Who says goodbye, breaks the rules or is too slow, is not waited for. */
static void only_the_lost_are_waited_for(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", false);
	session_close(alice->session, r.now, CODE_LEFT, "bye");
	rig_run(&r, SECOND);
	rig_expect_quit(&r, "alice", LEAVE_QUIT);
	struct guest *bob = rig_enter(&r, rig_local(&r), "bob");
	uint8_t no_record[2] = {0};
	peers_stream(r.peers, rig_now(&r), bob->peer, no_record, sizeof(no_record));
	rig_run(&r, SECOND);
	rig_expect_quit(&r, "bob", LEAVE_PROTOCOL);
	struct guest *carl = rig_member(&r, "carl", false);
	session_close(carl->session, r.now, CODE_TIMED_OUT, ""); /* it hears nothing: it is lost */
	rig_run(&r, SECOND);
	expect(6, EVENT_LOST, "carl");
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_one_person_over_both_links),
		cmocka_unit_test(a_local_user_is_one_person),
		cmocka_unit_test(who_is_lost_is_waited_for),
		cmocka_unit_test(whose_stream_is_spoilt_is_waited_for),
		cmocka_unit_test(the_last_deadline_may_be_the_hub_s),
		cmocka_unit_test(who_comes_back_has_never_left),
		cmocka_unit_test(a_ghost_s_end_is_not_the_member_s),
		cmocka_unit_test(a_kick_ends_all_sessions),
		cmocka_unit_test(who_is_lost_can_be_kicked),
		cmocka_unit_test(a_server_that_ends_waits_for_nobody),
		cmocka_unit_test(only_the_lost_are_waited_for),
	};

	return cmocka_run_group_tests_name("peers' members", tests, NULL, NULL);
}
