/* Peers coming, speaking and going, over datagrams and streams. */
#include "peers_rig.h"

#include "sealed.h"

#include "proto/record.h"

enum { RESP_SIZE = 1 + 1 + 8 + WIRE_MESSAGE2 + 8 };

static struct rig r;

static void begin(void)
{
	rig_begin(&r, 100);
}

/* ---- coming in ------------------------------------------------------------------------------- */

static void members_of_all_links_are_in_one_room(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", false), *bob = rig_member(&r, "bob", true);
	struct guest *carl = rig_local(&r);
	rig_ask(carl, COMMAND_JOIN, "carl");
	rig_turn(&r);
	assert_int_equal(peers_count(r.peers), 3);
	uint64_t id = rig_ask(alice, COMMAND_TALK, "hello");
	rig_turn(&r);
	assert_int_equal(rig_answer(alice, id), CODE_OK);
	assert_true(alice->heard == 4 && bob->heard == 4 && carl->heard == 4);
	assert_true(address_equal(roster_find(hub_roster(r.hub), "alice", 5)->address,
				  &alice->address));
	assert_int_equal(rig_answer(bob, rig_ask(bob, COMMAND_JOIN, "bob2")), 255);
	rig_turn(&r);
	assert_int_equal(rig_answer(bob, 2), CODE_ALREADY_JOINED);
	rig_end(&r);
}

static void answers_go_by_the_socket_that_was_asked(void **state)
{
	(void)state;
	for (int via = 3; via < 6; via++) {
		begin();
		r.via = via;
		rig_member(&r, "alice", false);
		assert_int_equal(r.last_via, via);
		rig_end(&r);
	}
}

static void a_taken_name_is_refused_and_another_taken_at_once(void **state)
{
	(void)state;
	begin();
	rig_member(&r, "alice", true);
	struct guest *g = rig_guest(&r, false);
	uint64_t first = rig_ask(g, COMMAND_JOIN, "ALICE"), second = rig_ask(g, COMMAND_JOIN, "al");
	rig_turn(&r);
	assert_int_equal(rig_answer(g, first), CODE_NAME_TAKEN);
	assert_int_equal(rig_answer(g, second), CODE_OK);
	rig_end(&r);
}

static void a_full_table_takes_nobody(void **state)
{
	(void)state;
	rig_begin(&r, 2);
	struct guest *alice = rig_member(&r, "alice", false);
	rig_member(&r, "bob", true);
	struct guest *carl = rig_guest(&r, true), *dora = rig_guest(&r, false);
	assert_true(carl->closed);
	rig_run(&r, 5 * SECOND);
	assert_int_equal(dora->place->sent, 0);
	assert_int_equal(peers_count(r.peers), 2);
	rig_ask(alice, COMMAND_QUIT, "");
	rig_run(&r, SECOND);
	assert_true(alice->ended);
	rig_run(&r, 2 * SECOND); /* dora's next INIT */
	assert_true(dora->opened);
	rig_end(&r);
}

/* ---- going ----------------------------------------------------------------------------------- */

static void leave_by_quit(struct guest *g)
{
	rig_ask(g, COMMAND_QUIT, "");
}

static void leave_by_goodbye(struct guest *g)
{
	session_close(g->session, r.now, CODE_LEFT, "");
}

static void leave_by_kick(struct guest *g)
{
	(void)g;
	assert_int_equal(peers_kick(r.peers, rig_now(&r), slice_of("ALICE", 5), slice_of("", 0)),
			 ERR_NONE);
}

static void leave_by_hangup(struct guest *g)
{
	if (g->stream)
		rig_hang_up(&r, g);
	else
		leave_by_quit(g);
}

static void leave_by_silence(struct guest *g)
{
	session_free(g->session);
	g->session = NULL;
}

static const struct {
	void (*leave)(struct guest *g);
	enum leave_reason datagram, stream;
	uint64_t within;
} ways[] = {
	{leave_by_quit, LEAVE_QUIT, LEAVE_QUIT, SECOND},
	{leave_by_goodbye, LEAVE_QUIT, LEAVE_QUIT, SECOND},
	{leave_by_kick, LEAVE_KICKED, LEAVE_KICKED, SECOND},
	{leave_by_hangup, LEAVE_QUIT, LEAVE_LOST, SECOND},
	{leave_by_silence, LEAVE_TIMED_OUT, LEAVE_TIMED_OUT, 46 * SECOND},
};

static void whoever_goes_is_missed_and_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(ways); i++) {
		bool stream = i % 2;
		begin();
		struct guest *bob = rig_member(&r, "bob", !stream);
		struct guest *alice = rig_member(&r, "alice", stream);
		ways[i / 2].leave(alice);
		rig_run(&r, ways[i / 2].within);
		rig_expect_quit(&r, "alice", stream ? ways[i / 2].stream : ways[i / 2].datagram);
		assert_true(bob->heard == rig_head(&r));
		assert_int_equal(peers_count(r.peers), 1);
		assert_true(alice->closed == stream);
		assert_int_equal(roster_count(hub_roster(r.hub)), 1);
		rig_enter(&r, rig_guest_as(&r, alice, stream), "alice"); /* it is hers again */
		rig_end(&r);
	}
}

static void whoever_never_joined_is_not_missed(void **state)
{
	(void)state;
	begin();
	struct guest *a = rig_guest(&r, true), *b = rig_guest(&r, true), *c = rig_guest(&r, false);
	rig_turn(&r);
	assert_true(a->opened && b->opened && c->opened);
	rig_hang_up(&r, a);
	session_close(b->session, r.now, CODE_LEFT, "");
	session_close(c->session, r.now, CODE_LEFT, "");
	rig_run(&r, SECOND);
	assert_true(rig_head(&r) == 0);
	assert_int_equal(peers_count(r.peers), 0);
	rig_end(&r);
}

static void a_hangup_before_a_word_is_nothing(void **state)
{
	(void)state;
	begin();
	struct guest *g = rig_stranger(&r, true);
	rig_hang_up(&r, g);
	rig_turn(&r);
	assert_int_equal(peers_count(r.peers), 0);
	rig_end(&r);
}

/* The end comes in the same bytes as the last words. */
static void what_was_said_before_the_hangup_counts(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", true), *bob = rig_member(&r, "bob", false);
	uint8_t bytes[2000];
	struct buf out = buf_of(bytes, sizeof(bytes));
	rig_ask(alice, COMMAND_TALK, "one more thing");
	assert_true(session_output(alice->session, r.now, &out));
	peers_stream(r.peers, rig_now(&r), alice->peer, bytes, out.len);
	rig_hang_up(&r, alice);
	rig_turn(&r);
	assert_true(rig_head(&r) == 4 && bob->heard == 4);
	rig_expect_quit(&r, "alice", LEAVE_LOST);
	rig_end(&r);
}

static void last_words_of_a_goodbye_are_heard(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *alice = rig_member(&r, "alice", stream);
		session_close(alice->session, r.now, CODE_LEFT, "再见");
		rig_run(&r, SECOND);
		rig_expect_quit(&r, "alice", LEAVE_QUIT);
		struct event e = rig_newest(&r);
		assert_int_equal(e.text.len, strlen("再见"));
		assert_memory_equal(e.text.data, "再见", e.text.len);
		rig_end(&r);
	}
}

/* Whoever goes says why; it cannot say it in the server's name. */
static void a_leaver_does_not_speak_for_the_server(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		begin();
		struct guest *alice = rig_member(&r, "alice", code % 2);
		session_close(alice->session, r.now, code, "");
		rig_run(&r, SECOND);
		rig_expect_quit(&r, "alice",
				code == CODE_PROTOCOL	 ? LEAVE_PROTOCOL
				: code == CODE_TIMED_OUT ? LEAVE_LOST
							 : LEAVE_QUIT);
		assert_int_equal(peers_count(r.peers), 0);
		rig_end(&r);
	}
}

/* A record of a frame that no client sends, as the guest's own session would make it. */
static void break_the_rules(struct guest *g)
{
	uint8_t frame[16], bytes[64];
	struct buf frames = buf_of(frame, sizeof(frame)), out = buf_of(bytes, sizeof(bytes));

	cursor_put(&frames, WIRE_LOBBY, 1);
	if (g->address.transport == TRANSPORT_TCP) {
		sealed_record(g->session, &frames, &out);
	} else {
		buf_put_u16(&out, (uint16_t)frames.len);
		buf_put_bytes(&out, frame, frames.len);
	}
	peers_stream(r.peers, rig_now(&r), g->peer, bytes, out.len);
}

static void who_breaks_the_protocol_is_out(void **state)
{
	(void)state;
	for (int local = 0; local < 2; local++) {
		begin();
		struct guest *alice = local ? rig_local(&r) : rig_guest(&r, true);
		rig_ask(alice, COMMAND_JOIN, "alice");
		struct guest *bob = rig_member(&r, "bob", true);
		break_the_rules(alice);
		rig_run(&r, SECOND);
		rig_expect_quit(&r, "alice", LEAVE_PROTOCOL);
		assert_int_equal(alice->end_code, CODE_PROTOCOL);
		assert_true(alice->closed && !bob->ended);
		assert_int_equal(peers_count(r.peers), 1);
		rig_end(&r);
	}
}

/* Whose key did not seal it is nobody: nothing is said to it, and it costs the member no more than a
 * broken connection does. */
static void a_sealed_stream_that_is_spoilt_is_a_broken_one(void **state)
{
	uint8_t spoilt[64] = {0, 20};

	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", true), *bob = rig_member(&r, "bob", true);
	peers_stream(r.peers, rig_now(&r), alice->peer, spoilt, 22);
	rig_run(&r, SECOND);
	rig_expect_quit(&r, "alice", LEAVE_LOST);
	assert_true(alice->closed && !alice->ended && !bob->ended);
	assert_true(alice->heard == 2);
	assert_int_equal(peers_count(r.peers), 1);
	rig_end(&r);
}

static void a_stream_in_the_clear_is_closed_without_a_byte(void **state)
{
	uint8_t bytes[32];
	struct buf b = buf_of(bytes, sizeof(bytes));

	(void)state;
	begin();
	struct guest *eve = rig_stranger(&r, true);
	size_t at = record_open(&b);
	hello_put(&b);
	record_close(&b, at);
	peers_stream(r.peers, rig_now(&r), eve->peer, bytes, b.len);
	rig_turn(&r);
	assert_true(eve->closed);
	assert_int_equal(eve->len, 0);
	assert_int_equal(peers_count(r.peers), 0);
	rig_end(&r);
}

/* Who does not know the password gets RESP, or the second message, and not one byte more. */
static void who_lacks_the_password_hears_nothing_of_the_room(void **state)
{
	static const uint8_t wrong[NOISE_KEY] = {'w', 'r', 'o', 'n', 'g'};
	static const uint8_t secret[NOISE_KEY] = {'e', 'v', 'e'};
	struct secure_identity identity;

	(void)state;
	secure_identity_from(&identity, secret, wrong);
	begin();
	rig_member(&r, "alice", false);
	struct session_config config = sealed_client(7, SESSION_DGRAM, 7);
	config.identity = &identity;
	struct guest *udp = rig_stranger(&r, false), *tcp = rig_stranger(&r, true);
	udp->session = session_new(&config, r.now);
	config.link = SESSION_STREAM;
	tcp->session = session_new(&config, r.now);
	assert_true(udp->session && tcp->session);
	rig_ask(udp, COMMAND_JOIN, "eve");
	rig_ask(tcp, COMMAND_JOIN, "eve");
	rig_turn(&r);
	assert_true(tcp->closed && !tcp->opened);
	session_hangup(tcp->session, r.now);
	rig_run(&r, SESSION_OPEN_TIMEOUT);
	assert_int_equal(udp->place->packets, 1);
	assert_int_equal(udp->place->sent, RESP_SIZE);
	assert_false(udp->opened);
	assert_int_equal(udp->end_code, CODE_NOT_ACCEPTED);
	assert_int_equal(tcp->end_code, CODE_NOT_ACCEPTED);
	assert_true(rig_head(&r) == 1);
	assert_int_equal(peers_count(r.peers), 1);
	rig_end(&r);
}

/* ---- kicking --------------------------------------------------------------------------------- */

static void whoever_is_kicked_is_told_why(void **state)
{
	static char longest[2 * WIRE_REASON_MAX];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	for (int stream = 0; stream < 2; stream++) {
		begin();
		struct guest *alice = rig_member(&r, "alice", stream);
		assert_int_equal(
			peers_kick(r.peers, rig_now(&r), slice_of("bob", 3), slice_of("", 0)),
			ERR_NOT_FOUND);
		assert_int_equal(peers_kick(r.peers, rig_now(&r), slice_of("alice", 5),
					    slice_of(longest, sizeof(longest))),
				 ERR_NONE);
		assert_int_equal(
			peers_kick(r.peers, rig_now(&r), slice_of("alice", 5), slice_of("", 0)),
			ERR_NOT_FOUND);
		rig_run(&r, SECOND);
		assert_true(alice->ended && alice->by_peer);
		assert_int_equal(alice->end_code, CODE_KICKED);
		assert_int_equal(strlen(alice->end_text), WIRE_REASON_MAX);
		rig_expect_quit(&r, "alice", LEAVE_KICKED);
		assert_true(alice->heard == rig_head(&r)); /* of its own going as well */
		assert_int_equal(peers_count(r.peers), 0);
		rig_end(&r);
	}
}

static void a_kick_without_words(void **state)
{
	(void)state;
	begin();
	struct guest *alice = rig_member(&r, "alice", false);
	assert_int_equal(peers_kick(r.peers, rig_now(&r), slice_of("alice", 5), slice_of(NULL, 0)),
			 ERR_NONE);
	rig_ask(alice, COMMAND_TALK, "what?"); /* before it knows */
	rig_run(&r, SECOND);
	assert_int_equal(alice->end_code, CODE_KICKED);
	rig_expect_quit(&r, "alice", LEAVE_KICKED);
	rig_end(&r);
}

/* ---- the end of the server ------------------------------------------------------------------- */

static void a_server_that_ends_says_goodbye_to_all(void **state)
{
	(void)state;
	begin();
	struct guest *guests[4];
	for (int i = 0; i < 4; i++)
		guests[i] = rig_member(&r, (char[]){(char)('a' + i), '\0'}, i % 2);
	struct guest *waiting = rig_guest(&r, true), *half_open = rig_guest(&r, false);
	half_open->deaf = true;
	rig_turn(&r);
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, SECOND);
	for (int i = 0; i < 4; i++) {
		assert_true(guests[i]->ended && guests[i]->by_peer);
		assert_int_equal(guests[i]->end_code, CODE_SHUTDOWN);
	}
	assert_int_equal(waiting->end_code, CODE_SHUTDOWN);
	assert_int_equal(peers_count(r.peers), 0);
	assert_int_equal(rig_newest(&r).reason, LEAVE_SHUTDOWN);
	assert_true(rig_stranger(&r, true)->closed); /* nobody else is let in */
	struct guest *late = rig_guest(&r, false);
	rig_run(&r, SECOND);
	assert_int_equal(late->place->sent, 0);
	rig_end(&r);
}

/* Nobody can hold it up: not the one who is gone, not the one who reads nothing. */
static void a_server_ends_in_time(void **state)
{
	(void)state;
	begin();
	struct guest *gone = rig_member(&r, "gone", false), *stuck = rig_member(&r, "stuck", true);
	struct guest *alice = rig_member(&r, "alice", false);
	gone->deaf = true;
	stuck->takes = 0;
	rig_ask(alice, COMMAND_TALK, "last call");
	rig_turn(&r);
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, SECOND);
	assert_true(alice->ended);
	rig_run(&r, SESSION_DRAIN_TIMEOUT + 2 * SECOND + 1);
	assert_int_equal(peers_count(r.peers), 0);
	assert_true(stuck->closed);
	rig_end(&r);
}

static void a_table_can_be_freed_at_any_time(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 10; i++) {
		struct guest *g = rig_member(&r, (char[]){(char)('a' + i), '\0'}, i % 2);
		rig_ask(g, COMMAND_TALK, "x");
		g->takes = i == 3 ? 5 : g->takes;
	}
	rig_guest(&r, true);
	rig_guest(&r, false);
	rig_turn(&r);
	rig_end(&r); /* with eleven streams and datagram peers in it */
	peers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_all_links_are_in_one_room),
		cmocka_unit_test(answers_go_by_the_socket_that_was_asked),
		cmocka_unit_test(a_taken_name_is_refused_and_another_taken_at_once),
		cmocka_unit_test(a_full_table_takes_nobody),
		cmocka_unit_test(whoever_goes_is_missed_and_forgotten),
		cmocka_unit_test(whoever_never_joined_is_not_missed),
		cmocka_unit_test(a_hangup_before_a_word_is_nothing),
		cmocka_unit_test(what_was_said_before_the_hangup_counts),
		cmocka_unit_test(last_words_of_a_goodbye_are_heard),
		cmocka_unit_test(a_leaver_does_not_speak_for_the_server),
		cmocka_unit_test(who_breaks_the_protocol_is_out),
		cmocka_unit_test(a_sealed_stream_that_is_spoilt_is_a_broken_one),
		cmocka_unit_test(a_stream_in_the_clear_is_closed_without_a_byte),
		cmocka_unit_test(who_lacks_the_password_hears_nothing_of_the_room),
		cmocka_unit_test(whoever_is_kicked_is_told_why),
		cmocka_unit_test(a_kick_without_words),
		cmocka_unit_test(a_server_that_ends_says_goodbye_to_all),
		cmocka_unit_test(a_server_ends_in_time),
		cmocka_unit_test(a_table_can_be_freed_at_any_time),
	};

	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
