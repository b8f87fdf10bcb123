/*
 * How a turn is divided: among many, among rooms, and among shards.  A pump does so much and no more,
 * whoever is served in it; and nobody is forgotten over it.
 */
#include "peers_rig.h"

#include "core/audiences.h"

#include <stdio.h>

enum { MANY = 1150, CATCHING_UP = 300 };

static struct rig r;

static void many_come(unsigned shards, size_t together)
{
	char name[16];

	rig_begin_sharded(&r, 2000, shards, together);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		rig_ask(rig_local(&r), COMMAND_JOIN, name);
	}
	rig_turn(&r);
	for (size_t i = 0; i < MANY; i++)
		assert_true(r.guests[i].heard == rig_head(&r));
}

/* What they have to say comes in; nothing goes out yet. */
static void comes_in(struct guest *g)
{
	uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf out = buf_of(bytes, sizeof(bytes));

	assert_true(session_output(g->session, r.now, &out));
	peers_stream(r.peers, rig_now(&r), g->peer, bytes, out.len);
}

static void says(struct guest *g, uint32_t room, const char *text)
{
	struct command c = {
		.kind = COMMAND_TALK, .room = room, .text = slice_of(text, strlen(text))};

	assert_int_equal(session_command(g->session, &c), ERR_NONE);
	comes_in(g);
}

static size_t count_served(void)
{
	size_t served = 0;

	for (size_t i = 0; i < r.count; i++)
		served += r.guests[i].len > 0;
	return served;
}

/* Everybody who is there has all there is; that each came once and in order the rig has seen. */
static void all_have_all(void)
{
	rig_turn(&r);
	for (size_t i = 0; i < r.count; i++)
		if (!r.guests[i].closed)
			assert_true(r.guests[i].heard == rig_head(&r));
}

static void a_pump_serves_so_many_in_order_of_their_slots(void **state)
{
	(void)state;
	many_come(1, 0);
	says(&r.guests[0], WIRE_LOBBY, "hello");
	assert_true(peers_pump(r.peers, rig_now(&r)));
	/* the talker has an answer, too */
	assert_in_range(count_served(), PEERS_TURN_PEERS, PEERS_TURN_PEERS + 1);
	for (size_t i = 0; i < PEERS_TURN_PEERS; i++)
		assert_true(r.guests[i].len > 0);
	assert_int_equal(r.guests[MANY - 1].len, 0);
	assert_false(peers_pump(r.peers, rig_now(&r)));
	assert_int_equal(count_served(), MANY);
	all_have_all();
	rig_end(&r);
}

/* What was said while the walk was under way reaches those that it had passed already, too. */
static void a_walk_goes_on_until_all_have_all(void **state)
{
	(void)state;
	many_come(1, 0);
	for (int i = 0; i < 10; i++) {
		says(&r.guests[i], WIRE_LOBBY, "hello");
		(void)peers_pump(r.peers, rig_now(&r));
	}
	rig_run(&r, AUDIENCES_ROUND_MAX);
	all_have_all();
	rig_end(&r);
}

/* A large room that is stirred again and again rests between two walks through it. */
static void a_large_room_is_walked_through_at_leisure(void **state)
{
	(void)state;
	many_come(1, 0);
	rig_run(&r, SECOND);
	says(&r.guests[0], WIRE_LOBBY, "one");
	assert_true(peers_pump(r.peers, rig_now(&r)));
	says(&r.guests[1], WIRE_LOBBY, "two");
	r.now += 5000;
	assert_false(peers_pump(r.peers, rig_now(&r)));
	uint64_t at = peers_deadline(r.peers);
	assert_int_equal(at, r.now + 5000 * AUDIENCES_REST);
	rig_run(&r, at - 1 - r.now);
	assert_true(r.guests[2].heard < rig_head(&r));
	assert_true(r.guests[MANY - 1].heard ==
		    rig_head(&r)); /* it was its turn after the second */
	rig_run(&r, 1);
	all_have_all();
	rig_end(&r);
}

static void who_goes_during_a_walk_does_not_disturb_it(void **state)
{
	(void)state;
	many_come(1, 0);
	says(&r.guests[MANY - 1], WIRE_LOBBY, "hello");
	assert_true(peers_pump(r.peers, rig_now(&r)));
	for (size_t i = 3; i < MANY - 2; i += 3)
		rig_hang_up(&r, &r.guests[i]);
	rig_ask(rig_local(&r), COMMAND_JOIN, "late");
	all_have_all();
	rig_end(&r);
}

/* The two came last: the walk through the lobby does not reach them in the first turn. */
static void a_busy_room_does_not_delay_a_room_of_two(void **state)
{
	struct guest *a = &r.guests[MANY - 2], *b = &r.guests[MANY - 1];

	(void)state;
	many_come(1, 0);
	rig_ask(a, COMMAND_ENTER, "#two");
	rig_turn(&r);
	rig_ask(b, COMMAND_ENTER, "#two");
	rig_turn(&r);
	assert_true(a->room > WIRE_LOBBY && a->room == b->room);
	says(&r.guests[0], WIRE_LOBBY, "hello, all");
	says(a, a->room, "hello");
	assert_true(peers_pump(r.peers, rig_now(&r)));
	assert_true(a->len > 0 && b->len > 0);
	assert_int_equal(r.guests[MANY - 3].len, 0);
	all_have_all();
	rig_end(&r);
}

/* Who has a long way to go has its part of each turn, and the others' go on meanwhile. */
static void bytes_are_bounded_too(void **state)
{
	static char text[4001];
	size_t sent = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	many_come(1, 0);
	for (size_t i = 0; i < MANY; i++)
		r.guests[i].takes = 0; /* all have to catch up later */
	for (int i = 0; i < 10; i++) {
		says(&r.guests[i], WIRE_LOBBY, text);
		while (peers_pump(r.peers, rig_now(&r)))
			;
	}
	for (size_t i = 0; i < MANY; i++) {
		r.guests[i].takes = SIZE_MAX;
		peers_writable(r.peers, r.guests[i].peer);
	}
	assert_true(peers_pump(r.peers, rig_now(&r)));
	for (size_t i = 0; i < MANY; i++)
		sent += r.guests[i].len;
	assert_in_range(sent, PEERS_TURN_SENT / 2, PEERS_TURN_SENT + PEERS_TURN_BYTES);
	all_have_all();
	rig_end(&r);
}

/* Those that catch up have their parts of many turns; who asks something has its answer in the next. */
static void an_answer_does_not_wait_for_those_who_catch_up(void **state)
{
	static char text[4001];
	struct guest *asks = &r.guests[MANY - 1];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	many_come(1, 0);
	for (size_t i = 0; i < CATCHING_UP; i++)
		r.guests[i].takes = 0;
	for (int i = 0; i < 100; i++) {
		says(asks, WIRE_LOBBY, text);
		rig_turn(&r);
	}
	for (size_t i = 0; i < CATCHING_UP; i++) {
		r.guests[i].takes = SIZE_MAX;
		peers_writable(r.peers, r.guests[i].peer);
	}
	for (size_t i = 0; i * PEERS_TURN_SENT < (size_t)CATCHING_UP * 2 * PEERS_TURN_BYTES; i++)
		assert_true(peers_pump(r.peers, rig_now(&r)));
	assert_int_equal(asks->len, 0);
	rig_ask(asks, COMMAND_WHO, "");
	comes_in(asks);
	assert_true(peers_pump(r.peers, rig_now(&r))); /* and the others are not through */
	assert_true(asks->len > 0);
	all_have_all();
	rig_end(&r);
}

/* ---- shards ---------------------------------------------------------------------------------- */

static void shards_serve_all(void **state)
{
	(void)state;
	for (unsigned shards = 2; shards <= PEERS_SHARDS; shards += 7) {
		many_come(shards, 0);
		assert_true(r.at_work > 0);
		for (int i = 0; i < 20; i++)
			says(&r.guests[7 * i], WIRE_LOBBY, "hello");
		for (size_t i = 3; i < MANY - 2; i += 5)
			rig_hang_up(&r, &r.guests[i]);
		all_have_all();
		rig_end(&r);
	}
}

/* To wake helpers up for a few is more than to do it alone. */
static void few_are_served_by_the_caller(void **state)
{
	(void)state;
	rig_begin_sharded(&r, 100, 2, 0);
	struct guest *alice = rig_member(&r, "alice", true);
	(void)rig_member(&r, "bob", false);
	rig_ask(alice, COMMAND_TALK, "hello");
	all_have_all();
	assert_int_equal(r.at_work, 0);
	rig_end(&r);
}

/* Ends, streams that take nothing, and goodbyes, all come upon by shards. */
static void what_shards_leave_is_settled(void **state)
{
	(void)state;
	rig_begin_sharded(&r, 100, 3, 1);
	struct guest *alice = rig_member(&r, "alice", true), *bob = rig_member(&r, "bob", false);
	struct guest *slow = rig_member(&r, "slow", true), *dave = rig_member(&r, "dave", true);
	slow->takes = 5;
	rig_ask(alice, COMMAND_TALK, "hello");
	rig_turn(&r);
	assert_true(slow->heard < rig_head(&r));
	rig_ask(bob, COMMAND_QUIT, "");
	rig_run(&r, SECOND);
	assert_true(bob->ended);
	slow->takes = SIZE_MAX;
	peers_writable(r.peers, slow->peer);
	rig_turn(&r);
	assert_true(slow->heard == rig_head(&r));
	assert_int_equal(peers_kick(r.peers, rig_now(&r), slice_of("dave", 4), slice_of("out", 3)),
			 ERR_NONE);
	rig_turn(&r);
	assert_true(dave->ended && dave->closed);
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, 5 * SECOND);
	assert_int_equal(peers_count(r.peers), 0);
	assert_true(r.at_work > 0);
	rig_end(&r);
}

/* Short turns of streams are filled together; what one of them does not take is only its own matter. */
static void one_stream_that_stands_still_holds_up_no_other(void **state)
{
	enum { MEMBERS = 21 };
	struct guest *all[MEMBERS];

	(void)state;
	for (size_t takes = 0; takes <= 10; takes += 5) {
		rig_begin(&r, 64);
		for (int i = 0; i < MEMBERS; i++)
			all[i] = rig_member(&r, (char[]){(char)('a' + i), '\0'}, i % 7 != 6);
		rig_run(&r, SECOND);
		for (int i = 2; i < MEMBERS; i += 5)
			all[i]->takes = takes;
		rig_ask(all[0], COMMAND_TALK, "one");
		rig_turn(&r);
		rig_ask(all[1], COMMAND_TALK, "two");
		rig_turn(&r);
		for (int i = 0; i < MEMBERS; i++)
			assert_int_equal(all[i]->heard,
					 rig_head(&r) - (i % 5 == 2 && all[i]->stream ? 2 : 0));
		for (int i = 2; i < MEMBERS; i += 5) {
			all[i]->takes = SIZE_MAX;
			if (all[i]->peer)
				peers_writable(r.peers, all[i]->peer);
		}
		rig_turn(&r);
		for (int i = 0; i < MEMBERS; i++)
			assert_true(!all[i]->ended && all[i]->heard == rig_head(&r));
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pump_serves_so_many_in_order_of_their_slots),
		cmocka_unit_test(a_walk_goes_on_until_all_have_all),
		cmocka_unit_test(a_large_room_is_walked_through_at_leisure),
		cmocka_unit_test(who_goes_during_a_walk_does_not_disturb_it),
		cmocka_unit_test(a_busy_room_does_not_delay_a_room_of_two),
		cmocka_unit_test(bytes_are_bounded_too),
		cmocka_unit_test(an_answer_does_not_wait_for_those_who_catch_up),
		cmocka_unit_test(shards_serve_all),
		cmocka_unit_test(few_are_served_by_the_caller),
		cmocka_unit_test(what_shards_leave_is_settled),
		cmocka_unit_test(one_stream_that_stands_still_holds_up_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
