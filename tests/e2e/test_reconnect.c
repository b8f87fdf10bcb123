/*
 * Servers that die and come back, and clients that stay: what was typed meanwhile arrives once, in
 * order, whichever way the client had come.
 */
#include "check.h"
#include "room.h"

#include "sys/clock.h"

#include <signal.h>
#include <string.h>

static const enum via all_ways[] = {VIA_UDP, VIA_TCP, VIA_UNIX, VIA_CHAT};

/* Hears all that the room has. */
static struct actor *witness(struct server *s)
{
	return enter(s, "witness", VIA_UNIX, "--since", "0", NULL);
}

static void expect_errors(struct actor *a, const char *part)
{
	program_expect(a->program, PROGRAM_ERR, part);
}

/* Over UDP nobody tells of a death: who asks nothing does not know. */
static void end_and_begin(struct server *s, struct actor *alice, void (*end)(struct server *s))
{
	talk(alice, "before");
	end(s);
	say(alice, "one");
	say(alice, "two");
	expect_errors(alice, "connection lost, reconnecting");
	say(alice, "three");
	server_start_again(s);
}

static void expect_what_was_said_meanwhile(struct actor *a)
{
	expect_talk(a, "alice", "one");
	expect_talk(a, "alice", "two");
	expect_talk(a, "alice", "three");
}

/* The room goes on with the next number.  Who was told that it ends has left and comes again; who was
 * not, was never away. */
static void expect_return(struct actor *a, bool told)
{
	if (told) {
		expect_quit(a, "alice", NULL);
		expect_join(a, "alice");
	}
	expect_what_was_said_meanwhile(a);
}

static void survive(enum via via, void (*end)(struct server *s))
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", via), *bob;

	end_and_begin(s, alice, end);
	expect_return(alice, end == server_stop);
	talk(alice, "after");
	bob = witness(s);
	expect_join(bob, "alice");
	expect_talk(bob, "alice", "before");
	expect_return(bob, end == server_stop);
	expect_talk(bob, "alice", "after");
	expect_join(bob, "witness");
	expect_join(alice, "witness");
	leave(alice);
}

/* A server that keeps nothing begins anew, and the client says so. */
static void survive_anew(enum via via, void (*end)(struct server *s))
{
	struct server *s = server_start("-b", "127.0.0.1", "--memory", NULL);
	struct actor *alice = join(s, "alice", via), *bob;

	end_and_begin(s, alice, end);
	expect_errors(alice, "started anew");
	alice->seq = 0; /* numbers begin again, with its own join */
	expect_join(alice, "alice");
	assert_true(alice->heard.seq == 1);
	expect_what_was_said_meanwhile(alice);
	talk(alice, "after");
	bob = witness(s);
	expect_join(bob, "alice");
	expect_what_was_said_meanwhile(bob);
	expect_talk(bob, "alice", "after");
	expect_join(bob, "witness");
	expect_join(alice, "witness");
	leave(alice);
}

static void every_way(void (*survives)(enum via via, void (*end)(struct server *s)),
		      void (*end)(struct server *s))
{
	for (size_t i = 0; i < COUNT_OF(all_ways); i++)
		survives(all_ways[i], end);
}

static void test_a_killed_server_that_comes_back(void **state)
{
	(void)state;
	every_way(survive, server_kill);
}

static void test_a_stopped_server_that_comes_back(void **state)
{
	(void)state;
	every_way(survive, server_stop);
}

static void test_a_killed_server_that_kept_nothing(void **state)
{
	(void)state;
	every_way(survive_anew, server_kill);
}

static void test_a_stopped_server_that_kept_nothing(void **state)
{
	(void)state;
	every_way(survive_anew, server_stop);
}

/* The end of the input is not the end: there is something to be delivered. */
static void test_the_input_ends_while_nobody_is_there(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob, *alice = join(s, "alice", VIA_TCP);

	(void)state;
	server_kill(s);
	expect_errors(alice, "connection lost");
	say(alice, "last words");
	say(alice, "/quit 再见");
	program_end_input(alice->program);
	gone(alice);
	server_start_again(s);
	assert_int_equal(program_wait(alice->program, within(SOON)), 0);
	bob = witness(s);
	expect_join(bob, "alice");
	expect_talk(bob, "alice", "last words");
	expect_quit(bob, "alice", "left");
	assert_string_equal(bob->heard.text, "再见");
}

static void test_an_interrupt_does_not_wait(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	server_kill(s);
	say(alice, "not delivered");
	expect_errors(alice, "connection lost");
	program_signal(alice->program, SIGINT);
	assert_int_equal(program_wait(alice->program, within(SOON)), 0);
}

static void test_giving_up_is_status_4(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = enter(s, "alice", VIA_TCP, "--give-up", "1", NULL);

	(void)state;
	expect_join(alice, "alice");
	server_kill(s);
	expect_errors(alice, "connection lost");
	say(alice, "one");
	say(alice, "two");
	assert_int_equal(program_wait(alice->program, within(SOON)), 4);
	expect_errors(alice, "(2 lines were not delivered)");
}

/* The server has forgotten whose names are whose, and who has taken this one meanwhile keeps it. */
static void test_a_name_that_is_gone_is_status_3(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--memory", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);

	(void)state;
	server_kill(s);
	expect_errors(alice, "connection lost");
	program_signal(alice->program, SIGSTOP);
	gone(alice);
	server_start_again(s);
	join(s, "Alice", VIA_UNIX);
	program_signal(alice->program, SIGCONT);
	assert_int_equal(program_wait(alice->program, within(SOON)), 3);
	expect_errors(alice, "that name belongs to another key");
}

/* ---- networks -------------------------------------------------------------------------------- */

/* Nothing passes over UDP any more: it goes on over TCP, and nobody else sees more than that. */
static void test_udp_is_blocked(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);

	(void)state;
	server_spoil(s, "0", "0", "0", 1);
	struct actor *alice = join(s, "alice", VIA_CHAT_LOSSY);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	talk(alice, "over udp");
	server_block(s);
	say(alice, "one");
	say(alice, "two");
	expect_errors(alice, "connection lost");
	say(bob, "where are you?");
	expect_talk(bob, "bob", "where are you?");
	expect_errors(alice, "back, over tcp");
	expect_talk(alice, "bob", "where are you?");
	all_expect(s, "talk", "alice", "one");
	all_expect(s, "talk", "alice", "two");
	talk(alice, "over tcp");
	leave(alice);
}

/* An outage of all that there is, and the same way back. */
static void test_an_outage_passes(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);

	(void)state;
	server_spoil(s, "0", "0", "0", 2);
	struct actor *alice = join(s, "alice", VIA_LOSSY);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	server_block(s);
	say(alice, "one");
	say(bob, "and I?");
	expect_talk(bob, "bob", "and I?");
	expect_errors(alice, "connection lost");
	say(alice, "two");
	server_unblock(s);
	expect_errors(alice, "back, over udp");
	expect_talk(alice, "bob", "and I?");
	all_expect(s, "talk", "alice", "one");
	all_expect(s, "talk", "alice", "two");
	leave(alice);
}

/* Says it, and everybody hears it; true: so soon that nobody had a reason to look for another way. */
static bool talk_at_once(struct actor *a, const char *text)
{
	uint64_t begin = clock_mono_us();

	talk(a, text);
	return clock_mono_us() < begin + 1000 * 1000;
}

/* The server sees its packets come from elsewhere, and follows: the client does not even notice. */
static void test_the_address_changes(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);

	(void)state;
	server_spoil(s, "0", "0", "0", 3);
	struct actor *alice = join(s, "alice", VIA_LOSSY);
	struct actor *bob = join(s, "bob", VIA_TCP);
	bool quick = true;
	for (int i = 0; i < 5; i++) {
		server_rebind(s);
		quick &= talk_at_once(alice, "from elsewhere");
		quick &= talk_at_once(bob, "to there");
	}
	leave(alice);
	if (quick)
		assert_null(
			strstr(program_rest(alice->program, PROGRAM_ERR, within(SOON)), "lost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_a_killed_server_that_comes_back),
		SCENE(test_a_stopped_server_that_comes_back),
		SCENE(test_a_killed_server_that_kept_nothing),
		SCENE(test_a_stopped_server_that_kept_nothing),
		SCENE(test_the_input_ends_while_nobody_is_there),
		SCENE(test_an_interrupt_does_not_wait),
		SCENE(test_giving_up_is_status_4),
		SCENE(test_a_name_that_is_gone_is_status_3),
		SCENE(test_udp_is_blocked),
		SCENE(test_an_outage_passes),
		SCENE(test_the_address_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
