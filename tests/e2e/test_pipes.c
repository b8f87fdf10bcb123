/*
 * chat-client without a terminal, where things go wrong: lines that cannot be sent, output that
 * cannot be written or is not read for long, descriptors that are closed, processes that are killed.
 */
#include "check.h"
#include "family.h"
#include "room.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A plain client below a shell that does something to its descriptors. */
static struct program *client_with(struct server *s, const char *redirection)
{
	char command[512];
	const char *argv[] = {"/bin/sh", "-c", command, NULL};

	snprintf(command, sizeof(command),
		 "exec %s -n alice --plain --history 50 -d %s 'unix:%s' %s", CHAT_CLIENT_BIN,
		 s->dir, s->socket, redirection);
	return program_start(argv, NULL, -1);
}

static struct program *plain_client(struct server *s)
{
	struct program *p = client_with(s, "");

	program_expect(p, PROGRAM_OUT, "* alice joined");
	return p;
}

static void test_lines_that_cannot_be_sent_are_named(void **state)
{
	static char big[TEXT_MAX_BYTES + 2];
	struct server *s = server_start(NULL, NULL);
	struct program *p = plain_client(s);

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	program_type(p, "one");
	program_write(p, "a\xff\n", 3);
	program_write(p, "b\0\n", 3);
	program_type(p, big);
	program_type(p, "five");
	program_end_input(p);
	program_expect(p, PROGRAM_OUT, "alice: one");
	program_expect(p, PROGRAM_ERR, "line 2 is not sent: it is not UTF-8 text");
	program_expect(p, PROGRAM_ERR, "line 3 is not sent: it holds a NUL byte");
	program_expect(p, PROGRAM_ERR, "line 4 is not sent: it is longer than 16384 bytes");
	program_expect(p, PROGRAM_OUT, "alice: five");
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

static void test_a_command_that_is_none_is_an_error(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	struct program *p = plain_client(s);

	(void)state;
	expect_join(bob, "alice");
	say(bob, "/nope");
	assert_string_equal(hear(bob)->kind, "error");
	assert_string_equal(bob->heard.reason, "unknown command /nope: type /help");
	program_type(p, "/nick");
	program_expect(p, PROGRAM_ERR, "chat-client: usage: /nick NAME");
	say(bob, "//nope");
	expect_talk(bob, "bob", "/nope");
	program_expect(p, PROGRAM_OUT, "bob: /nope"); /* and nothing of the others */
}

static void test_output_that_cannot_be_written_is_status_1(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct program *p = client_with(s, ">/dev/full");

	(void)state;
	program_end_input(p);
	program_expect(p, PROGRAM_ERR, "standard output cannot be written");
	assert_int_equal(program_wait(p, within(SOON)), 1);
}

static void test_closed_descriptors(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct program *p = client_with(s, "<&-"); /* as an input that has ended */

	(void)state;
	program_expect(p, PROGRAM_OUT, "* alice joined");
	assert_int_equal(program_wait(p, within(SOON)), 0);
	p = client_with(s, ">&-");
	program_end_input(p);
	assert_int_equal(program_wait(p, within(SOON)), 1);
	p = client_with(s, "<&- >&- 2>&-");
	assert_int_equal(program_wait(p, within(SOON)), 1);
}

/* Whoever of them is killed: all of them end, and with them the pipes that they write. */
static void test_a_killed_process_ends_the_others(void **state)
{
	struct server *s = server_start(NULL, NULL);

	(void)state;
	for (int victim = 0; victim < 3; victim++) {
		struct program *p = plain_client(s);
		pid_t pids[3] = {program_pid(p)};
		assert_int_equal(family_of(pids[0], pids + 1, 2), 2);
		kill(pids[victim], SIGKILL);
		int status = program_wait(p, within(SOON));
		/* a child's death is no success: what was to be said or shown is not */
		assert_int_equal(status, victim == 0 ? 128 + SIGKILL : 1);
		program_rest(p, PROGRAM_OUT, within(SOON));
		program_rest(p, PROGRAM_ERR, within(SOON));
	}
}

static void test_a_leaver_by_accident_says_goodbye_too(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct program *p = plain_client(s);
	pid_t children[2];

	(void)state;
	expect_join(bob, "alice");
	assert_int_equal(family_of(program_pid(p), children, 2), 2);
	kill(children[0], SIGKILL);
	kill(children[1], SIGKILL);
	assert_int_equal(program_wait(p, within(SOON)), 1);
	expect_quit(bob, "alice", "left");
}

/* The server stands still, lines are typed, and it dies: how many were for nothing is said. */
static void test_lines_that_were_not_delivered_are_counted(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct program *p = client_with(s, "--give-up 0");

	(void)state;
	program_expect(p, PROGRAM_OUT, "* alice joined");
	program_signal(s->program, SIGSTOP);
	program_type(p, "one");
	program_type(p, "/nope");
	program_type(p, "two");
	program_expect(p, PROGRAM_ERR, "unknown command"); /* so the line before it was taken */
	program_end_input(p);
	program_signal(s->program, SIGKILL);
	assert_int_equal(program_wait(p, within(SOON)), 4);
	program_expect(p, PROGRAM_ERR, " not delivered)");
}

/* SIGTERM for the whole group, as timeout(1) and shells send it, loses nothing that was heard. */
static void test_a_signal_for_all_of_them_is_an_orderly_end(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct program *p = plain_client(s);

	(void)state;
	expect_join(bob, "alice");
	say(bob, "last words");
	program_expect(p, PROGRAM_OUT, "bob: last words");
	assert_int_equal(kill(-program_pid(p), SIGTERM), 0);
	assert_int_equal(program_wait(p, within(SOON)), 0);
	expect_talk(bob, "bob", "last words");
	expect_quit(bob, "alice", "left");
}

/* The receiver stands still, as on a pipe that nobody reads; the room goes on, and nothing is lost. */
static void test_what_was_not_read_comes_later(void **state)
{
	enum { MANY = 3000 };
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct program *p = plain_client(s);
	pid_t children[2];
	char text[64];

	(void)state;
	expect_join(bob, "alice");
	assert_int_equal(family_of(program_pid(p), children, 2), 2);
	kill(children[0], SIGSTOP);
	kill(children[1], SIGSTOP);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "say %d", i);
		say(bob, text);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "say %d", i);
		expect_talk(bob, "bob", text);
	}
	kill(children[0], SIGCONT);
	kill(children[1], SIGCONT);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "bob: say %d", i);
		assert_string_equal(program_line(p, PROGRAM_OUT, within(SOON)), text);
	}
	program_end_input(p);
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_lines_that_cannot_be_sent_are_named),
		SCENE(test_a_command_that_is_none_is_an_error),
		SCENE(test_output_that_cannot_be_written_is_status_1),
		SCENE(test_closed_descriptors),
		SCENE(test_a_killed_process_ends_the_others),
		SCENE(test_a_leaver_by_accident_says_goodbye_too),
		SCENE(test_lines_that_were_not_delivered_are_counted),
		SCENE(test_a_signal_for_all_of_them_is_an_orderly_end),
		SCENE(test_what_was_not_read_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
