/* Whose a datagram is, who is half open, and streams that take less than they are given. */
#include "peers_rig.h"

#include "core/half_open.h"
#include "core/peers_internal.h"
#include "proto/packet.h"
#include "proto/retry.h"
#include "proto/timerq.h"

#include <stdio.h>

static struct rig r;

enum { RESP_SIZE = 1 + 1 + 8 + WIRE_MESSAGE2 + 8, RETRY_SIZE = 1 + 1 + 8 + 1 + RETRY_TOKEN };

static struct command command_of(enum command_kind kind, uint64_t id, const char *text)
{
	return (struct command){
		.id = id, .kind = kind, .room = WIRE_LOBBY, .text = slice_of(text, strlen(text))};
}

/* A packet of the guest's own session. */
static void send_command(struct guest *g, uint64_t number, enum command_kind kind, uint64_t id,
			 const char *text)
{
	struct command c = command_of(kind, id, text);

	rig_forge(&r, g, g->hand, rig_cid(g), number, &c);
}

/* A QUIT under somebody's id, made with what one happens to have. */
static void forge_quit(struct guest *from, const struct session *as, uint64_t cid)
{
	struct command c = command_of(COMMAND_QUIT, 2, "");

	rig_forge(&r, from, as, cid, 1, &c);
}

static void join_by_hand(struct guest *g, uint64_t cid, const char *name)
{
	rig_init(&r, g, cid);
	rig_fin(&r, g, g, name);
}

/* ---- whose a datagram is --------------------------------------------------------------------- */

static void a_datagram_needs_the_id_and_the_seal(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false), *bob = rig_stranger(&r, false);
	struct guest *eve = rig_stranger(&r, false);
	join_by_hand(alice, 1, "alice");
	join_by_hand(bob, 2, "bob");
	assert_true(rig_head(&r) == 2);
	size_t packets = r.packets;
	forge_quit(eve, bob->hand, rig_cid(alice));
	forge_quit(bob, bob->hand, rig_cid(alice));
	forge_quit(alice, bob->hand, rig_cid(alice));
	for (int bit = 0; bit < 64; bit++)
		forge_quit(alice, alice->hand, rig_cid(alice) ^ UINT64_C(1) << bit);
	forge_quit(alice, alice->hand, UINT64_MAX);
	forge_quit(alice, alice->hand, rig_cid(bob));
	assert_true(rig_head(&r) == 2);
	assert_int_equal(r.packets, packets); /* nobody got a word about it */
	forge_quit(alice, alice->hand, rig_cid(alice));
	rig_expect_quit(&r, "alice", LEAVE_QUIT);
	rig_end(&r);
}

/* A client and a server that know each other, and another server in that place. */
static void keys_of_another_server_open_nothing(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false);
	join_by_hand(alice, 1, "alice");
	struct session *before = alice->hand;
	uint64_t cid = rig_cid(alice);
	alice->hand = NULL;
	rig_end(&r);

	rig_begin(&r, 100);
	r.entropy++; /* it draws other things */
	alice = rig_stranger(&r, false);
	join_by_hand(alice, 1, "alice");
	assert_true(rig_cid(alice) != cid);
	size_t packets = r.packets;
	forge_quit(alice, before, cid);
	forge_quit(alice, before, rig_cid(alice));
	assert_true(rig_head(&r) == 1);
	assert_int_equal(r.packets, packets);
	session_free(before);
	rig_end(&r);
}

/* What was begun here goes on here: until it is open a session has one address. */
static void a_handshake_ends_where_it_began(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false), *eve = rig_stranger(&r, false);
	rig_init(&r, alice, 1);
	size_t packets = r.packets;
	rig_fin(&r, alice, eve, "alice");
	assert_int_equal(r.packets, packets);
	assert_true(rig_head(&r) == 0);
	rig_fin(&r, alice, alice, "alice");
	assert_true(rig_head(&r) == 1);
	packets = r.packets;
	rig_fin(&r, alice, eve, "alice"); /* a copy, later */
	assert_int_equal(r.packets, packets);
	assert_true(address_equal(roster_find(hub_roster(r.hub), "alice", 5)->address,
				  &alice->address));
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
	join_by_hand(alice, 1, "alice");
	struct session *before = alice->hand;
	uint64_t cid = rig_cid(alice);
	send_command(alice, 1, COMMAND_QUIT, 2, "");
	rig_run(&r, 10 * SECOND); /* nobody confirms the goodbye */
	assert_int_equal(peers_count(r.peers), 0);
	alice->hand = NULL;
	join_by_hand(alice, 7, "alice");
	assert_int_equal(cid & 0xffffff, rig_cid(alice) & 0xffffff); /* the same place */
	assert_true(cid != rig_cid(alice));
	uint64_t head = rig_head(&r);
	forge_quit(alice, before, cid);
	forge_quit(alice, before, rig_cid(alice));
	assert_true(rig_head(&r) == head);
	session_free(before);
	rig_end(&r);
}

static void a_datagram_is_not_for_a_stream(void **state)
{
	struct command c = command_of(COMMAND_JOIN, 1, "eve");

	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", true);
	struct guest *eve = rig_stranger(&r, false);
	for (uint64_t slot = 0; slot < 4; slot++)
		rig_forge(&r, eve, alice->session, slot, 1, &c);
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
	rig_send(&r, eve, bytes, WIRE_INIT_SIZE); /* of that size, and no message in it */
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
	uint8_t resp[WIRE_PACKET_MAX];

	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_stranger(&r, false), *other = rig_stranger(&r, false);
	rig_init(&r, alice, 1);
	uint64_t cid = rig_cid(alice);
	assert_int_equal(r.last_len, RESP_SIZE);
	memcpy(resp, r.last, RESP_SIZE);
	for (int i = 0; i < 10; i++) {
		memset(r.last, 0, sizeof(r.last));
		rig_init(&r, alice, 1);
		assert_memory_equal(r.last, resp, RESP_SIZE); /* with the same id in it */
		assert_int_equal(peers_count(r.peers), 1);
	}
	rig_init(&r, alice, 2); /* another client there */
	assert_true(rig_cid(alice) != 0 && rig_cid(alice) != cid);
	rig_init(&r, other, 1); /* that id from elsewhere */
	assert_true(rig_cid(other) != 0 && rig_cid(other) != cid);
	assert_int_equal(peers_count(r.peers), 3);
	rig_run(&r, SESSION_OPEN_TIMEOUT - 1);
	assert_int_equal(peers_count(r.peers), 3);
	rig_run(&r, 1);
	assert_int_equal(peers_count(r.peers), 0);
	rig_end(&r);
}

/* As rig_init(), and once more with the token when one is asked for. */
static void init_with_token(struct guest *g, uint64_t cid)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	rig_init(&r, g, cid);
	if (r.last[0] != PACKET_RETRY)
		return;
	assert_true(session_output(g->hand, r.now, &b));
	rig_send(&r, g, bytes, b.len);
	rig_turn(&r);
}

/* Its INIT once more, when the time has come. */
static void repeat_init(struct guest *g)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	session_tick(g->hand, r.now);
	assert_true(session_output(g->hand, r.now, &b));
	rig_send(&r, g, bytes, b.len);
	rig_turn(&r);
}

/* However many ask and never go on: there is a place for the next, at the cost of the oldest, in time. */
static void so_many_may_be_half_open(void **state)
{
	(void)state;
	rig_begin(&r, 5000);
	uint64_t first = r.now + 1000;
	for (int i = 0; i < HALF_OPEN_MAX; i++) {
		r.now += 1000;
		init_with_token(rig_stranger(&r, false), 1);
	}
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX);
	struct guest *late = rig_stranger(&r, false), *oldest = &r.guests[0];
	struct guest *second = &r.guests[1], *third = &r.guests[2];
	init_with_token(late, 1);
	assert_int_equal(late->place->sent, RETRY_SIZE);
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX);
	r.now = first + HALF_OPEN_PATIENCE - SECOND;
	repeat_init(late);
	assert_int_equal(late->place->sent, RETRY_SIZE);
	r.now += SECOND;
	repeat_init(late);
	assert_int_equal(late->place->sent, RETRY_SIZE + RESP_SIZE);
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX);
	join_by_hand(second, 1, "second"); /* who is in is answered, and may go on */
	assert_true(rig_head(&r) == 1);
	uint64_t gone = rig_cid(oldest);
	init_with_token(oldest, 2); /* takes the place that is free now, a new one */
	assert_true(rig_cid(oldest) != gone);
	assert_int_equal(peers_count(r.peers), HALF_OPEN_MAX + 1);
	join_by_hand(third, 1, "third");
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
		rig_init(&r, victim, (uint64_t)i % 10);
	rig_run(&r, 60 * SECOND);
	assert_int_equal(victim->place->sent, 100 * RESP_SIZE);
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
	rig_init(&r, victim, 1);
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

/* Who was visited by the first pump of all is not taken for visited by one of that number. */
static void pumps_that_begin_anew_leave_nobody_out(void **state)
{
	(void)state;
	rig_begin(&r, 100);
	struct guest *bob = rig_member(&r, "bob", true);
	rig_turn(&r);
	bob->peer->visited = 1;
	r.peers->pumps = UINT32_MAX;
	assert_false(peers_pump(r.peers, rig_now(&r)));
	assert_int_equal(r.peers->pumps, 1);
	assert_int_equal(bob->peer->visited, 0);
	rig_end(&r);
}

/* Whatever is due to it: one record, once it is known to be slow. */
static void little_is_kept_for_a_slow_stream(void **state)
{
	size_t most = 0;

	(void)state;
	rig_begin(&r, 100);
	struct guest *alice = rig_member(&r, "alice", false), *slow = rig_member(&r, "slow", true);
	slow->takes = 0;
	say_much(alice, 30);
	for (int i = 0; i < 40; i++) {
		slow->takes = 1000 + next_random() % 30000;
		peers_writable(r.peers, slow->peer);
		rig_turn(&r);
		if (slow->peer->stall && i > 10)
			most = slow->peer->stall->len > most ? slow->peer->stall->len : most;
	}
	assert_in_range(most, 1, WIRE_RECORD_HEADER + WIRE_RECORD_MAX);
	slow->takes = SIZE_MAX;
	peers_writable(r.peers, slow->peer);
	rig_turn(&r);
	assert_true(slow->heard == rig_head(&r));
	assert_null(slow->peer->stall);
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
		cmocka_unit_test(a_datagram_needs_the_id_and_the_seal),
		cmocka_unit_test(keys_of_another_server_open_nothing),
		cmocka_unit_test(a_handshake_ends_where_it_began),
		cmocka_unit_test(a_name_in_a_command_is_nobodys_proof),
		cmocka_unit_test(packets_of_before_do_nothing_to_those_of_after),
		cmocka_unit_test(a_datagram_is_not_for_a_stream),
		cmocka_unit_test(what_is_no_packet_does_nothing),
		cmocka_unit_test(a_repeated_init_makes_no_second_peer),
		cmocka_unit_test(so_many_may_be_half_open),
		cmocka_unit_test(whoever_never_answers_gets_less_than_it_sends),
		cmocka_unit_test(a_shutdown_says_nothing_to_the_half_open),
		cmocka_unit_test(a_stream_may_take_any_part_of_what_it_is_given),
		cmocka_unit_test(pumps_that_begin_anew_leave_nobody_out),
		cmocka_unit_test(little_is_kept_for_a_slow_stream),
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
