/* Whose a datagram is, who is half open, and streams that take less than they are given. */
#include "peers_rig.h"

#include "core/half_open.h"
#include "proto/timerq.h"

#include <stdio.h>

static struct rig r;

static size_t write_init(uint8_t *bytes, uint64_t cid)
{
	struct buf b = buf_of(bytes, WIRE_PACKET_MAX);

	init_put(&b, cid);
	return b.len;
}

static void send_init(struct guest *g, uint64_t cid)
{
	uint8_t bytes[WIRE_PACKET_MAX];

	rig_send(&r, g, bytes, write_init(bytes, cid));
	rig_turn(&r);
}

/* The id that the server gave with its last packet, which was a RESP. */
static uint64_t given_cid(void)
{
	struct packet p;

	assert_int_equal(packet_get(r.last, r.last_len, &p), ERR_NONE);
	assert_int_equal(p.type, PACKET_RESP);
	return p.server_cid;
}

static void send_command(struct guest *g, uint64_t cid, uint64_t number, enum command_kind kind,
			 uint64_t id, const char *text)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct command c = {.id = id, .kind = kind, .room = WIRE_LOBBY};

	c.text = slice_of(text, strlen(text));
	data_header_put(&b, cid, number);
	command_put(&b, &c);
	rig_send(&r, g, bytes, b.len);
	rig_turn(&r);
}

/* ---- whose a datagram is --------------------------------------------------------------------- */

static void a_datagram_needs_the_id_and_the_address(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false), *bob = rig_stranger(&r, false);
	struct guest *eve = rig_stranger(&r, false);
	send_init(alice, 1);
	uint64_t alice_cid = given_cid();
	send_command(alice, alice_cid, 0, COMMAND_JOIN, 1, "alice");
	send_init(bob, 2);
	uint64_t bob_cid = given_cid();
	send_command(bob, bob_cid, 0, COMMAND_JOIN, 1, "bob");
	assert_true(rig_head(&r) == 2);
	size_t packets = r.packets;
	send_command(eve, alice_cid, 1, COMMAND_QUIT, 2, "");
	send_command(bob, alice_cid, 1, COMMAND_QUIT, 2, "");
	for (int bit = 0; bit < 64; bit++)
		send_command(alice, alice_cid ^ UINT64_C(1) << bit, 1, COMMAND_QUIT, 2, "");
	send_command(alice, UINT64_MAX, 1, COMMAND_QUIT, 2, "");
	assert_true(rig_head(&r) == 2);
	assert_int_equal(r.packets, packets); /* nobody got a word about it */
	send_command(alice, alice_cid, 1, COMMAND_QUIT, 2, "");
	rig_expect_quit(&r, "alice", LEAVE_QUIT);
	rig_end(&r);
}

static void a_name_in_a_command_is_nobodys_proof(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", false), *eve = rig_member(&r, "eve", false);
	uint64_t quit = rig_ask(eve, COMMAND_JOIN, "alice"),
		 nick = rig_ask(eve, COMMAND_NICK, "alice");
	rig_turn(&r);
	assert_int_equal(rig_answer(eve, quit), CODE_ALREADY_JOINED);
	assert_int_equal(rig_answer(eve, nick), CODE_NAME_TAKEN);
	rig_ask(eve, COMMAND_QUIT, "alice");
	rig_turn(&r);
	rig_expect_quit(&r, "eve", LEAVE_QUIT);
	assert_false(alice->ended);
	rig_end(&r);
}

/* What was under way to someone who is gone is not for the one who has that place now. */
static void packets_of_before_do_nothing_to_those_of_after(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false);
	send_init(alice, 1);
	uint64_t before = given_cid();
	send_command(alice, before, 0, COMMAND_JOIN, 1, "alice");
	send_command(alice, before, 1, COMMAND_QUIT, 2, "");
	rig_run(&r, 10 * SECOND); /* nobody confirms the goodbye */
	assert_int_equal(peers_count(r.peers), 0);
	send_init(alice, 7);
	uint64_t after = given_cid();
	assert_int_equal(before & 0xffffff, after & 0xffffff); /* the same place */
	assert_true(before != after);
	send_command(alice, after, 0, COMMAND_JOIN, 1, "alice");
	uint64_t head = rig_head(&r);
	send_command(alice, before, 1, COMMAND_QUIT, 2, "");
	assert_true(rig_head(&r) == head);
	rig_end(&r);
}

static void a_datagram_is_not_for_a_stream(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", true);
	struct guest *eve = rig_stranger(&r, false);
	for (uint64_t slot = 0; slot < 4; slot++)
		send_command(eve, slot, 0, COMMAND_JOIN, 1, "eve");
	assert_true(rig_head(&r) == 1);
	assert_false(alice->ended);
	rig_end(&r);
}

static void what_is_no_packet_does_nothing(void **state)
{
	uint8_t bytes[2 * WIRE_PACKET_MAX] = {PACKET_INIT, WIRE_VERSION};

	(void)state;
	rig_begin(&r, 100);
	struct guest *eve = rig_stranger(&r, false);
	for (unsigned type = 0; type < 256; type++) {
		bytes[0] = (uint8_t)type;
		for (size_t n = 0; n < sizeof(bytes); n += n < 40 ? 1 : 379)
			rig_send(&r, eve, bytes, n);
	}
	bytes[0] = PACKET_INIT;
	rig_send(&r, eve, bytes, WIRE_INIT_SIZE - 1);
	rig_send(&r, eve, bytes, WIRE_INIT_SIZE + 1);
	bytes[1] = WIRE_VERSION + 1;
	rig_send(&r, eve, bytes, WIRE_INIT_SIZE);
	rig_turn(&r);
	assert_int_equal(peers_count(r.peers), 0);
	assert_int_equal(r.packets, 0);
	rig_end(&r);
}

/* ---- half open ------------------------------------------------------------------------------- */

static void a_repeated_init_makes_no_second_peer(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false), *other = rig_stranger(&r, false);
	send_init(alice, 1);
	uint64_t cid = given_cid();
	for (int i = 0; i < 10; i++) {
		send_init(alice, 1);
		assert_true(given_cid() == cid);
		assert_int_equal(peers_count(r.peers), 1);
	}
	send_init(alice, 2); /* another client there */
	assert_true(given_cid() != cid);
	send_init(other, 1); /* that id from elsewhere */
	assert_true(given_cid() != cid);
	assert_int_equal(peers_count(r.peers), 3);
	rig_run(&r, SESSION_OPEN_TIMEOUT - 1);
	assert_int_equal(peers_count(r.peers), 3);
	rig_run(&r, 1);
	assert_int_equal(peers_count(r.peers), 0);
	rig_end(&r);
}

/* However many ask and never go on: there is a place for the next, at the cost of the oldest. */
static void so_many_may_be_half_open(void **state)
{
	(void)state;
	rig_begin(&r, 5000);
	for (int i = 0; i < HALF_OPEN_MAX; i++) {
		r.now += 1000;
		send_init(rig_stranger(&r, false), 1);
	}
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX);
	struct guest *late = rig_stranger(&r, false), *oldest = &r.guests[0];
	struct guest *second = &r.guests[1], *third = &r.guests[2];
	send_init(late, 1);
	assert_int_equal(late->place->sent, 18);
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX);
	send_init(second, 1); /* who is in is answered, and may go on */
	send_command(second, given_cid(), 0, COMMAND_JOIN, 1, "second");
	assert_true(rig_head(&r) == 1);
	send_init(oldest, 1); /* takes the place that is free now, a new one */
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX + 1);
	send_init(third, 1);
	send_command(third, given_cid(), 0, COMMAND_JOIN, 1, "third");
	assert_true(rig_head(&r) == 2);
	assert_false(rig_stranger(&r, true)->closed); /* streams are not kept out */
	rig_run(&r, SESSION_OPEN_TIMEOUT);
	assert_int_equal(peers_count(r.peers), 2);
	rig_end(&r);
}

/* The rig checks it with each packet; here is somebody who only ever asks. */
static void whoever_never_answers_gets_less_than_it_sends(void **state)
{
	(void)state;
	rig_begin(&r, 5000);
	struct guest *victim = rig_stranger(&r, false);
	for (uint64_t i = 0; i < 100; i++)
		send_init(victim, i % 10);
	rig_run(&r, 60 * SECOND);
	assert_int_equal(victim->place->sent, 100 * 18);
	assert_int_equal(victim->place->received, 100 * WIRE_INIT_SIZE);
	assert_int_equal(peers_count(r.peers), 0);
	peers_shutdown(r.peers, rig_now(&r));
	rig_end(&r);
}

static void a_shutdown_says_nothing_to_the_half_open(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *victim = rig_stranger(&r, false);
	send_init(victim, 1);
	size_t sent = victim->place->sent;
	peers_shutdown(r.peers, rig_now(&r));
	rig_turn(&r);
	assert_int_equal(victim->place->sent, sent);
	assert_int_equal(peers_count(r.peers), 0);
	rig_end(&r);
}

/* ---- streams --------------------------------------------------------------------------------- */

static uint64_t next_random(void)
{
	static uint64_t state = 20261201;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> 33;
}

static void say_much(struct guest *g, size_t lines)
{
	static char text[TEXT_MAX_BYTES + 1];

	memset(text, 'x', TEXT_MAX_BYTES);
	while (lines-- > 0) {
		rig_ask(g, COMMAND_TALK, text);
		rig_turn(&r);
	}
}

static void a_stream_may_take_any_part_of_what_it_is_given(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", false), *slow = rig_member(&r, "slow", true);
	for (int round = 0; round < 300; round++) {
		if (round % 10 == 0)
			say_much(alice, 1);
		slow->takes = next_random() % 4 ? next_random() % 3000 : 0;
		peers_writable(r.peers, slow->peer);
		rig_turn(&r);
	}
	assert_true(slow->heard < rig_head(&r));
	slow->takes = SIZE_MAX;
	peers_writable(r.peers, slow->peer);
	rig_turn(&r);
	assert_true(slow->heard == rig_head(&r)); /* in order, without holes: see the rig */
	assert_true(alice->heard == rig_head(&r));
	rig_end(&r);
}

static void a_stream_that_takes_byte_by_byte(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *slow = rig_guest(&r, true), *alice = rig_member(&r, "alice", false);
	rig_ask(slow, COMMAND_JOIN, "slow");
	slow->takes = 0;
	for (int i = 0; i < 5; i++)
		rig_ask(alice, COMMAND_TALK, "hello");
	for (int i = 0; i < 2000 && slow->heard < 7; i++) {
		rig_turn(&r);
		slow->takes = 1;
		if (slow->peer)
			peers_writable(r.peers, slow->peer);
	}
	assert_true(slow->heard == 7);
	rig_end(&r);
}

static void a_stream_that_stands_still_stalls_nobody(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *stuck = rig_member(&r, "stuck", true), *alice = rig_member(&r, "alice", true);
	struct guest *bob = rig_member(&r, "bob", false);
	stuck->takes = 0;
	say_much(alice, 20);
	assert_true(alice->heard == rig_head(&r) && bob->heard == rig_head(&r));
	uint64_t start = r.now;
	while (!stuck->closed)
		rig_run(&r, SECOND);
	assert_in_range(r.now - start, 60 * SECOND, 61 * SECOND);
	rig_expect_quit(&r, "stuck", LEAVE_TOO_SLOW);
	rig_turn(&r);
	assert_int_equal(peers_count(r.peers), 2);
	rig_end(&r);
}

static void a_stream_that_takes_a_little_now_and_then_stays(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *slow = rig_member(&r, "slow", true), *alice = rig_member(&r, "alice", true);
	slow->takes = 0;
	say_much(alice, 10);
	for (int i = 0; i < 8; i++) { /* a record within the 30 s that it may take */
		rig_run(&r, 25 * SECOND);
		slow->takes = 17000;
		peers_writable(r.peers, slow->peer);
		rig_turn(&r);
		assert_false(slow->closed);
	}
	assert_true(slow->heard < rig_head(&r));
	slow->takes = SIZE_MAX;
	peers_writable(r.peers, slow->peer);
	rig_turn(&r);
	assert_true(slow->heard == rig_head(&r));
	rig_run(&r, 200 * SECOND); /* and is not blamed for it later */
	assert_false(slow->closed);
	rig_end(&r);
}

/* Somebody far behind gets its share of a turn, not all of it. */
static void one_turn_is_not_for_one_peer(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", true);
	say_much(alice, 60);
	for (int stream = 0; stream < 2; stream++) {
		r.turn_bytes = 0;
		struct guest *late = rig_member(&r, stream ? "late" : "later", stream);
		rig_run(&r, 5 * SECOND);
		assert_true(late->heard == rig_head(&r));
		assert_in_range(r.turn_bytes, 1, PEERS_TURN_BYTES + WIRE_RECORD_MAX + 2);
	}
	rig_end(&r);
}

/* It ended, and its last bytes are not taken: they are waited for, but not for long. */
static void last_bytes_have_their_time(void **state)
{
	(void)state;
	for (int taken = 0; taken < 2; taken++) {
		rig_begin(&r, 100);
		struct guest *alice = rig_member(&r, "alice", true);
		alice->takes = 10;
		assert_int_equal(
			peers_kick(r.peers, rig_now(&r), slice_of("alice", 5), slice_of("out", 3)),
			ERR_NONE);
		rig_run(&r, SECOND);
		assert_false(alice->closed);
		if (taken) {
			alice->takes = SIZE_MAX;
			peers_writable(r.peers, alice->peer);
		}
		rig_run(&r, taken ? 0 : 2 * SECOND);
		assert_true(alice->closed);
		assert_int_equal(alice->ended, taken);
		assert_int_equal(peers_count(r.peers), 0);
		rig_end(&r);
	}
}

static void a_blocked_stream_may_hang_up(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", true), *bob = rig_member(&r, "bob", true);
	alice->takes = 3;
	say_much(bob, 2);
	rig_hang_up(&r, alice);
	rig_turn(&r);
	rig_expect_quit(&r, "alice", LEAVE_LOST);
	assert_int_equal(peers_count(r.peers), 1);
	rig_end(&r);
}

/* What it says while it takes nothing is heard; its answers wait. */
static void a_blocked_stream_may_speak(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", true), *bob = rig_member(&r, "bob", false);
	alice->takes = 0;
	uint64_t id = rig_ask(alice, COMMAND_TALK, "can you hear me?");
	rig_turn(&r);
	assert_true(bob->heard == 3);
	assert_int_equal(rig_answer(alice, id), 255);
	alice->takes = SIZE_MAX;
	peers_writable(r.peers, alice->peer);
	rig_turn(&r);
	assert_int_equal(rig_answer(alice, id), CODE_OK);
	rig_end(&r);
}

/* ---- many ------------------------------------------------------------------------------------ */

static void many_come_and_go(void **state)
{
	char name[16];

	(void)state;
	rig_begin(&r, 1000);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		struct guest *g = rig_member(&r, name, i % 3 == 0);
		if (next_random() % 3 == 0)
			rig_ask(g, COMMAND_QUIT, "");
		else if (next_random() % 4 == 0 && g->stream)
			rig_hang_up(&r, g);
		rig_turn(&r);
	}
	rig_run(&r, SECOND);
	size_t there = roster_count(hub_roster(r.hub));
	assert_int_equal(peers_count(r.peers), there);
	for (size_t i = 0; i < r.count; i++)
		if (!r.guests[i].ended && !r.guests[i].closed)
			assert_true(r.guests[i].heard == rig_head(&r));
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, SECOND);
	assert_int_equal(peers_count(r.peers), 0);
	assert_true(peers_deadline(r.peers) == TIMERQ_NEVER);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_needs_the_id_and_the_address),
		cmocka_unit_test(a_name_in_a_command_is_nobodys_proof),
		cmocka_unit_test(packets_of_before_do_nothing_to_those_of_after),
		cmocka_unit_test(a_datagram_is_not_for_a_stream),
		cmocka_unit_test(what_is_no_packet_does_nothing),
		cmocka_unit_test(a_repeated_init_makes_no_second_peer),
		cmocka_unit_test(so_many_may_be_half_open),
		cmocka_unit_test(whoever_never_answers_gets_less_than_it_sends),
		cmocka_unit_test(a_shutdown_says_nothing_to_the_half_open),
		cmocka_unit_test(a_stream_may_take_any_part_of_what_it_is_given),
		cmocka_unit_test(a_stream_that_takes_byte_by_byte),
		cmocka_unit_test(a_stream_that_stands_still_stalls_nobody),
		cmocka_unit_test(a_stream_that_takes_a_little_now_and_then_stays),
		cmocka_unit_test(one_turn_is_not_for_one_peer),
		cmocka_unit_test(last_bytes_have_their_time),
		cmocka_unit_test(a_blocked_stream_may_hang_up),
		cmocka_unit_test(a_blocked_stream_may_speak),
		cmocka_unit_test(many_come_and_go),
	};

	return cmocka_run_group_tests_name("peers, links", tests, NULL, NULL);
}
