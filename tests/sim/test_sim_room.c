/* The room as its members see it, on a good network. */
#include "actor.h"
#include "heap.h"

#include <stdio.h>
#include <string.h>

static const struct weather calm = {.delay_us = 500};

static const enum via vias[] = {VIA_UDP, VIA_TCP, VIA_UNIX};

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static void alice_and_bob_talk_over(enum via a, enum via b)
{
	struct sim *s = sim_new(1, &calm);
	struct actor *alice = sim_join(s, "alice", a), *bob = sim_join(s, "bob", b);

	sim_expect_event(alice, EVENT_JOIN, "bob", 1);
	sim_say(alice, "hello");
	sim_expect_heard(bob, "alice", "hello", 1);
	sim_say(bob, "你好，爱丽丝");
	sim_expect_heard(alice, "bob", "你好，爱丽丝", 1);
	sim_expect_heard(bob, "bob", "你好，爱丽丝", 1);
	sim_quit(alice, "good night");
	sim_expect_event(bob, EVENT_QUIT, "alice", 1);
	assert_int_equal(sim_leave_reason(bob, "alice"), LEAVE_QUIT);
	assert_true(sim_heard(bob, EVENT_QUIT, "alice", "good night"));
	sim_expect_ended(alice, CODE_LEFT, 1);
	assert_true(sim_heard(alice, EVENT_QUIT, "alice", NULL)); /* one's own, too */
	sim_expect_agreement(s, 5);
	sim_end(s);
}

static void alice_and_bob_talk_over_every_pair_of_transports(void **state)
{
	(void)state;
	for (size_t a = 0; a < COUNT_OF(vias); a++)
		for (size_t b = 0; b < COUNT_OF(vias); b++)
			alice_and_bob_talk_over(vias[a], vias[b]);
}

static void one_seed_reprints_a_run(void **state)
{
	uint64_t prints[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct weather w = {.loss = 30, .duplicate = 10, .reorder = 30, .delay_us = 900};
		struct sim *s = sim_new(i < 2 ? 7 : 8, &w);
		struct actor *alice = sim_join(s, "alice", VIA_UDP);
		sim_join(s, "bob", VIA_TCP);
		for (unsigned line = 0; line < 50; line++)
			sim_say(alice, "the same again");
		sim_expect_answered(alice, 60);
		prints[i] = sim_fingerprint(s);
		sim_end(s);
	}
	assert_true(prints[0] == prints[1]);
	assert_true(prints[0] != prints[2]); /* or the print says nothing */
}

static void a_taken_name_is_refused_and_another_taken_at_once(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		struct sim *s = sim_new(2, &calm);
		struct actor *alice = sim_join(s, "alice", VIA_TCP);
		struct actor *late = sim_connect(s, vias[v]);
		sim_ask_name(late, "Alice", 0); /* the same name in other letters */
		sim_expect_refused(late, CODE_NAME_TAKEN, 1);
		assert_false(sim_in_room(late));
		sim_ask_name(late, "alicia", 0);
		sim_expect_joined(late, 1);
		sim_expect_event(alice, EVENT_JOIN, "alicia", 1);
		assert_int_equal(sim_heard_count(alice, EVENT_JOIN), 2);
		sim_end(s);
	}
}

static void a_name_that_was_left_is_free(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		struct sim *s = sim_new(3, &calm);
		struct actor *alice = sim_join(s, "alice", vias[v]);
		struct actor *bob = sim_join(s, "bob", VIA_UDP);
		sim_quit(alice, "");
		sim_expect_event(bob, EVENT_QUIT, "alice", 1);
		sim_expect_joined(sim_join(s, "alice", vias[v]), 1);
		sim_expect_agreement(s, 2);
		sim_end(s);
	}
}

static void a_member_is_away_and_back(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		struct sim *s = sim_new(14, &calm);
		struct actor *alice = sim_join(s, "alice", vias[v]);
		struct actor *bob = sim_join(s, "bob", VIA_UDP);
		uint64_t gone = sim_command(alice, COMMAND_AWAY, "lunch", 5);
		sim_expect_event(bob, EVENT_AWAY, "alice", 1);
		assert_true(sim_heard(bob, EVENT_AWAY, "alice", "lunch"));
		uint64_t whois = sim_command(bob, COMMAND_WHOIS, "alice", 5);
		uint64_t nobody = sim_command(bob, COMMAND_WHOIS, "carol", 5);
		uint64_t again = sim_command(alice, COMMAND_AWAY, "lunch", 5);
		uint64_t back = sim_command(alice, COMMAND_AWAY, "", 0);
		sim_expect_code(alice, gone, CODE_OK, 1);
		sim_expect_code(alice, again, CODE_OK, 1);
		sim_expect_code(alice, back, CODE_OK, 1);
		sim_expect_code(bob, whois, CODE_OK, 1);
		sim_expect_code(bob, nobody, CODE_NO_SUCH_NICK, 1);
		assert_true(sim_heard(bob, EVENT_AWAY, "alice", ""));
		sim_expect_agreement(s, 2);
		sim_end(s);
	}
}

static void a_member_takes_another_name(void **state)
{
	struct sim *s = sim_new(4, &calm);
	struct actor *alice = sim_join(s, "alice", VIA_UDP), *bob = sim_join(s, "bob", VIA_TCP);

	(void)state;
	uint64_t taken = sim_command(alice, COMMAND_NICK, "bob", 3);
	uint64_t fine = sim_command(alice, COMMAND_NICK, "爱丽丝", 9);
	uint64_t bad = sim_command(alice, COMMAND_NICK, "a b", 3);
	uint64_t staff = sim_command(alice, COMMAND_NICK, "管理员", 9);
	sim_say(alice, "it is me");
	sim_expect_code(alice, taken, CODE_NAME_TAKEN, 1);
	sim_expect_code(alice, fine, CODE_OK, 1);
	sim_expect_code(alice, bad, CODE_NAME_BAD, 1);
	sim_expect_code(alice, staff, CODE_NAME_RESERVED, 1);
	sim_expect_heard(bob, "爱丽丝", "it is me", 1);
	assert_true(sim_heard(bob, EVENT_NICK, "alice", "爱丽丝"));
	struct actor *other = sim_connect(s, VIA_TCP), *more = sim_connect_as(alice, VIA_TCP);
	sim_ask_name(other, "alice", 0); /* is still hers */
	sim_expect_refused(other, CODE_NAME_TAKEN, 1);
	sim_ask_name(more, "alice", 0);
	sim_expect_joined(more, 1);
	sim_expect_agreement(s, 2);
	sim_end(s);
}

static void a_kicked_member_is_told_why_and_its_name_is_free(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		struct sim *s = sim_new(5, &calm);
		struct actor *mallory = sim_join(s, "mallory", vias[v]);
		struct actor *bob = sim_join(s, "bob", VIA_UDP);
		assert_int_equal(
			peers_kick(sim_peers(s), sim_now(s), words("MALLORY"), words("be kind")),
			ERR_NONE);
		sim_expect_ended(mallory, CODE_KICKED, 1);
		assert_true(sim_heard(mallory, EVENT_QUIT, "mallory", "be kind"));
		sim_expect_event(bob, EVENT_QUIT, "mallory", 1);
		assert_int_equal(sim_leave_reason(bob, "mallory"), LEAVE_KICKED);
		sim_join(s, "mallory", vias[v]);
		assert_int_equal(peers_kick(sim_peers(s), sim_now(s), words("nobody"), words("")),
				 ERR_NOT_FOUND);
		sim_end(s);
	}
}

static void an_announcement_reaches_everybody(void **state)
{
	struct sim *s = sim_new(6, &calm);
	struct actor *all[] = {sim_join(s, "u", VIA_UDP), sim_join(s, "t", VIA_TCP),
			       sim_join(s, "x", VIA_UNIX)};
	static const char text[] = "十点关门";

	(void)state;
	assert_int_equal(hub_announce(sim_hub(s), words(text), sim_now(s)), ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		sim_expect_event(all[i], EVENT_ANNOUNCE, NULL, 1);
		assert_true(sim_heard(all[i], EVENT_ANNOUNCE, NULL, text));
	}
	sim_end(s);
}

static void a_newcomer_hears_what_it_asks_for(void **state)
{
	struct sim *s = sim_new(7, &calm);
	struct actor *alice = sim_join(s, "alice", VIA_UDP);

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		sim_say(alice, "before you came");
	sim_expect_answered(alice, 5);
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		struct actor *late = sim_connect(s, vias[v]);
		const char name[] = {'l', 'a', 't', 'e', (char)('1' + v), '\0'};
		sim_ask_name(late, name, 20);
		sim_expect_joined(late, 1);
		assert_int_equal(sim_first(late), 21);
		sim_expect_agreement(s, 1);
		sim_quit(late, "");
		sim_expect_ended(late, CODE_LEFT, 1);
	}
	struct actor *ahead = sim_connect(s, VIA_UDP);
	sim_ask_name(ahead, "ahead", 1000000); /* of another life of the server */
	sim_expect_joined(ahead, 1);
	assert_true(sim_first(ahead) == sim_head(s));
	sim_end(s);
}

/* What a session needed for its talk is given back: a quiet member costs the same every hour. */
static void talk_leaves_no_memory_behind(void **state)
{
	static const struct weather rough = {
		.loss = 20, .duplicate = 10, .reorder = 20, .delay_us = 5000, .jitter_us = 5000};
	struct sim *s = sim_new(8, &rough);
	struct actor *all[] = {sim_join(s, "a", VIA_UDP), sim_join(s, "b", VIA_UDP),
			       sim_join(s, "c", VIA_TCP), sim_join(s, "d", VIA_UNIX)};

	(void)state;
	sim_run(s, 120);
	size_t before = sim_memory(s);
	for (unsigned line = 0; line < 40; line++)
		for (size_t i = 0; i < COUNT_OF(all); i++)
			sim_say(all[i], "words");
	sim_run(s, 120);
	assert_true(sim_head(s) == 164);
	assert_in_range(sim_memory(s), before, before + 64); /* the allocator rounds up */
	sim_end(s);
}

/* The server waits for nothing more once its goodbye has arrived. */
static void who_leaves_is_forgotten_at_once(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		struct sim *s = sim_new(13, &calm);
		struct actor *alice = sim_join(s, "alice", vias[v]);
		sim_quit(alice, "");
		sim_expect_ended(alice, CODE_LEFT, 0.1);
		sim_run(s, 0.1);
		assert_int_equal(peers_count(sim_peers(s)), 0);
		sim_end(s);
	}
}

/* What the server has of one more, by what it came. */
static size_t cost_of_a_quiet_one(enum via via)
{
	enum { MEMBERS = 300 };
	struct sim *s = sim_new(12, &calm);
	size_t before = 0;

	for (unsigned i = 0; i < 2 * MEMBERS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "m%u", i);
		struct command join = {.kind = COMMAND_JOIN,
				       .room = WIRE_LOBBY,
				       .since_mode = SINCE_LAST,
				       .instance = i + 1,
				       .text = slice_of(name, strlen(name))};
		struct actor *a = sim_connect(s, via);
		sim_give(a, &join);
		sim_expect_joined(a, 10);
		if (i + 1 == MEMBERS) {
			sim_run(s, 20);
			before = heap_bytes();
		}
	}
	sim_run(s, 20);
	size_t cost = (heap_bytes() - before) / MEMBERS;
	sim_end(s);
	return cost;
}

/* A session that kept what it needs to send would cost half as much again. */
static void a_quiet_member_costs_little(void **state)
{
	static const size_t most[] = {[VIA_UDP] = 775, [VIA_TCP] = 740, [VIA_UNIX] = 615};

	(void)state;
	heap_watch();
	for (size_t v = 0; v < COUNT_OF(vias); v++) {
		size_t cost = cost_of_a_quiet_one(vias[v]);
		print_message("# %zu bytes a member\n", cost);
		assert_in_range(cost, 1, most[vias[v]]);
	}
}

static void storm_of_joins_and_quits(enum via via)
{
	struct sim *s = sim_new(9, &calm);
	struct actor *witness = sim_join(s, "witness", VIA_TCP);
	size_t before = 0;

	for (unsigned i = 0; i < 200; i++) {
		struct actor *a = sim_join(s, "visitor", via);
		sim_quit(a, "bye");
		sim_expect_ended(a, CODE_LEFT, 2);
		sim_expect_event(witness, EVENT_QUIT, "visitor", 2);
		if (i == 0)
			before = peers_count(sim_peers(s));
	}
	sim_run(s, 10);
	assert_int_equal(sim_heard_count(witness, EVENT_QUIT), 200);
	assert_int_equal(sim_heard_count(witness, EVENT_JOIN), 201);
	assert_in_range(before, 1, 2);
	assert_int_equal(peers_count(sim_peers(s)), 1);
	sim_end(s);
}

static void two_hundred_joins_and_quits_leave_nothing(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vias); v++)
		storm_of_joins_and_quits(vias[v]);
}

/* Everybody for one name at once: one gets it, the others are told. */
static void fifty_want_one_name(void **state)
{
	struct sim *s = sim_new(10, &calm);
	struct actor *all[50];
	unsigned joined = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		all[i] = sim_connect(s, vias[i % 3]);
		sim_ask_name(all[i], "highlander", 0);
	}
	for (unsigned i = 0; i < 50; i++) {
		sim_expect_answered(all[i], 5);
		joined += sim_in_room(all[i]);
	}
	assert_int_equal(joined, 1);
	sim_end(s);
}

static void a_server_that_ends_tells_everybody(void **state)
{
	static const struct weather rough = {.loss = 10, .delay_us = 5000};
	struct sim *s = sim_new(11, &rough);
	struct actor *all[] = {sim_join(s, "a", VIA_UDP), sim_join(s, "b", VIA_TCP),
			       sim_join(s, "c", VIA_UNIX)};

	(void)state;
	sim_connect(s, VIA_UDP); /* still at the door */
	sim_dial(s, VIA_TCP);
	sim_run(s, 0.001);
	sim_say(all[0], "last words");
	sim_expect_answered(all[0], 5);
	peers_shutdown(sim_peers(s), sim_now(s));
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		sim_expect_ended(all[i], CODE_SHUTDOWN, 5);
		assert_true(sim_heard(all[i], EVENT_TALK, "a", "last words"));
	}
	sim_run(s, 8);
	assert_int_equal(peers_count(sim_peers(s)), 0);
	struct actor *late = sim_connect(s, VIA_UDP);
	sim_run(s, 5);
	assert_false(session_open(sim_session(late)));
	sim_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alice_and_bob_talk_over_every_pair_of_transports),
		cmocka_unit_test(one_seed_reprints_a_run),
		cmocka_unit_test(a_taken_name_is_refused_and_another_taken_at_once),
		cmocka_unit_test(a_name_that_was_left_is_free),
		cmocka_unit_test(a_member_is_away_and_back),
		cmocka_unit_test(a_member_takes_another_name),
		cmocka_unit_test(a_kicked_member_is_told_why_and_its_name_is_free),
		cmocka_unit_test(an_announcement_reaches_everybody),
		cmocka_unit_test(a_newcomer_hears_what_it_asks_for),
		cmocka_unit_test(talk_leaves_no_memory_behind),
		cmocka_unit_test(who_leaves_is_forgotten_at_once),
		cmocka_unit_test(a_quiet_member_costs_little),
		cmocka_unit_test(two_hundred_joins_and_quits_leave_nothing),
		cmocka_unit_test(fifty_want_one_name),
		cmocka_unit_test(a_server_that_ends_tells_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
