/*
 * Who a member is, whatever clients come and go: one person by several of them, one who is lost and
 * comes back, and names that stay their owners'.
 */
#include "room.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A client of somebody who is in the room already: nobody hears it come. */
static struct actor *come_too(struct server *s, const char *name, enum via via)
{
	struct actor *a = enter(s, name, via, "--since", "now", NULL);
	talk(a, "here as well");
	return a;
}

/* The end of its input, after which others hear nothing. */
static void leave_unseen(struct actor *a)
{
	gone(a);
	program_end_input(a->program);
	assert_int_equal(program_wait(a->program, within(SOON)), 0);
}

static void crash(struct actor *a)
{
	gone(a);
	program_signal(a->program, SIGKILL);
	assert_int_not_equal(program_wait(a->program, within(SOON)), 0);
}

static void refused(struct actor *a)
{
	gone(a);
	assert_int_equal(program_wait(a->program, within(SOON)), 3);
	expect_error(a, "name-taken");
}

/* By the same key, or by the local socket as the same user. */
static void test_one_name_twice_is_one_member(void **state)
{
	(void)state;
	for (enum via via = VIA_UDP; via <= VIA_UNIX; via++) {
		struct server *s = server_start("-b", "127.0.0.1", NULL);
		struct actor *bob = join(s, "bob", VIA_TCP);
		struct actor *alice = join(s, "alice", via);
		struct actor *more = come_too(s, "alice", via);
		talk(alice, "that is me");
		leave_unseen(alice);
		talk(more, "still here");
		talk(bob, "so I see");
		leave(more);
		leave(bob);
	}
}

static void test_other_links_are_the_same_person(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	(void)state;
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *more = come_too(s, "alice", VIA_TCP);
	leave_unseen(alice);
	leave(more);
}

static void test_who_is_lost_is_back_by_joining_again(void **state)
{
	(void)state;
	for (enum via via = VIA_TCP; via <= VIA_UNIX; via++) {
		struct server *s = server_start("-b", "127.0.0.1", NULL);
		struct actor *bob = join(s, "bob", VIA_UDP);
		struct actor *alice = join(s, "alice", via);
		crash(alice);
		expect(bob, "lost", "alice", NULL);
		refused(enter_stranger(s, "alice", VIA_UDP, NULL, NULL));
		alice = enter(s, "alice", via, "--since", "now", NULL);
		all_expect(s, "back", "alice", NULL);
		talk(alice, "never left");
		leave(alice);
	}
}

static void test_who_does_not_come_back_leaves(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--grace", "1", NULL);
	struct actor *bob = join(s, "bob", VIA_UDP);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	crash(alice);
	expect(bob, "lost", "alice", NULL);
	expect_quit(bob, "alice", "connection lost");
	leave(join(s, "alice", VIA_TCP));
}

/* Plain output is for who reads along: what comes right by itself is not told. */
static void test_plain_output_does_not_tell_of_it(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	const char *const argv[] = {CHAT_CLIENT_BIN,	  "--plain", "--follow", "-n", "reader",
				    s->address[VIA_UNIX], NULL};
	struct program *p = program_start(argv, NULL, -1);
	(void)state;
	assert_string_equal(program_line(p, PROGRAM_OUT, within(SOON)), "* reader joined");
	struct actor *bob = join(s, "bob", VIA_UDP);
	struct actor *alice = join(s, "alice", VIA_TCP);
	crash(alice);
	expect(bob, "lost", "alice", NULL);
	alice = enter(s, "alice", VIA_TCP, "--since", "now", NULL);
	all_expect(s, "back", "alice", NULL);
	talk(alice, "what did I miss?");
	static const char *const lines[] = {"* bob joined", "* alice joined",
					    "alice: what did I miss?"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_string_equal(program_line(p, PROGRAM_OUT, within(SOON)), lines[i]);
}

static void test_who_tells_who_is_reconnecting(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_UDP);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	crash(alice);
	expect(bob, "lost", "alice", NULL);
	say(bob, "/who");
	program_expect(bob->program, PROGRAM_OUT,
		       "{\"kind\":\"who\",\"id\":2,\"name\":\"alice\",\"state\":\"reconnecting\"}");
	program_expect(bob->program, PROGRAM_OUT, "{\"kind\":\"who\",\"id\":2,\"name\":\"bob\"}");
}

/* It is said again to a server that was started anew; a file would be a poor place for it. */
static void test_who_is_away_is_told(void **state)
{
	char data[48];
	struct server *s = server_start("-b", "127.0.0.1", "-d", room_dir(data), NULL);
	struct actor *bob = join(s, "bob", VIA_UDP), *alice = join(s, "alice", VIA_TCP);
	(void)state;
	say(alice, "/away 吃饭");
	all_expect(s, "away", "alice", "吃饭");
	say(bob, "/who");
	program_expect(bob->program, PROGRAM_OUT, "\"name\":\"alice\",\"state\":\"away\"}");
	say(bob, "/whois Alice");
	program_expect(bob->program, PROGRAM_OUT, "{\"kind\":\"whois\",");
	say(bob, "/whois carol");
	expect_error(bob, "no-such-nick");
	server_kill(s);
	server_start_again(s);
	all_expect(s, "away", "alice", "吃饭");
	say(alice, "/away");
	all_expect(s, "away", "alice", "");
	talk(alice, "I am back");
}

/* A name is its owner's while nobody is here under it, and after the server has ended. */
static void test_a_name_is_kept_for_its_owner(void **state)
{
	char data[48], home[48];
	(void)state;
	room_dir(data);
	room_dir(home);
	for (int run = 0; run < 3; run++) {
		struct server *s = server_start("-b", "127.0.0.1", "-d", data, NULL);
		struct actor *bob = join(s, "bob", VIA_UNIX);
		if (run > 0)
			refused(enter_stranger(s, "alice", VIA_TCP, NULL, NULL));
		struct actor *alice =
			enter_stranger(s, "Alice", VIA_UDP, "-d", home, "--since", "now", NULL);
		all_expect(s, "join", "Alice", NULL);
		leave(alice);
		refused(enter_stranger(s, "alice", VIA_TCP, NULL, NULL));
		refused(enter_stranger(s, "ALICE", VIA_UNIX, NULL, NULL));
		refused(enter_stranger(s, "bob", VIA_TCP, NULL, NULL));
		talk(bob, "no impostors here");
		server_stop(s);
	}
}

/* What was seen is kept: whose name it is, too. */
static void test_names_are_kept_when_the_server_is_killed(void **state)
{
	char data[48], home[48];
	(void)state;
	room_dir(data);
	room_dir(home);
	struct server *s = server_start("-b", "127.0.0.1", "-d", data, NULL);
	struct actor *alice =
		enter_stranger(s, "alice", VIA_TCP, "-d", home, "--since", "now", NULL);
	all_expect(s, "join", "alice", NULL);
	program_signal(s->program, SIGKILL);
	assert_int_equal(program_wait(s->program, within(SOON)), 128 + SIGKILL);
	gone(alice);
	program_signal(alice->program, SIGKILL);
	s = server_start("-b", "127.0.0.1", "-d", data, NULL);
	refused(enter_stranger(s, "alice", VIA_TCP, NULL, NULL));
	alice = enter_stranger(s, "alice", VIA_TCP, "-d", home, "--since", "now", NULL);
	say(alice, "that is me");
	expect_talk(alice, "alice", "that is me");
}

/* Of a server that had no history: once it is in the history, the file is out of use. */
static void test_a_list_of_names_is_taken_over(void **state)
{
	char data[48], path[80];
	(void)state;
	snprintf(path, sizeof(path), "%s/names", room_dir(data));
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "chat-room names 2\nunix:%u 1 1 0 小明\n", (unsigned)getuid());
	assert_int_equal(fclose(f), 0);
	for (int life = 0; life < 2; life++) {
		struct server *s = server_start("-b", "127.0.0.1", "-d", data, NULL);
		assert_int_equal(access(path, F_OK), -1);
		refused(enter_stranger(s, "小明", VIA_TCP, NULL, NULL));
		leave(join(s, "小明", VIA_UNIX));
		server_kill(s);
	}
	strcat(path, ".imported");
	assert_int_equal(access(path, F_OK), 0);
}

static void test_a_damaged_list_of_names_is_told(void **state)
{
	char data[48], path[80], line[128];
	(void)state;
	snprintf(path, sizeof(path), "%s/names", room_dir(data));
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("chat-room names 2\nunix:0 1 1 0 alice\nunix:zero 1 1 0 bob\n", f);
	assert_int_equal(fclose(f), 0);
	snprintf(line, sizeof(line), "%s/sock", data);
	const char *const argv[] = {CHAT_SERVER_BIN, "-p", "0", "-u", line, "-d", data, NULL};
	struct program *p = program_start(argv, NULL, -1);
	program_expect(p, PROGRAM_ERR, "line 3: that is no owner");
	assert_int_equal(program_wait(p, within(SOON)), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_one_name_twice_is_one_member),
		SCENE(test_other_links_are_the_same_person),
		SCENE(test_who_is_lost_is_back_by_joining_again),
		SCENE(test_who_does_not_come_back_leaves),
		SCENE(test_plain_output_does_not_tell_of_it),
		SCENE(test_who_tells_who_is_reconnecting),
		SCENE(test_who_is_away_is_told),
		SCENE(test_a_name_is_kept_for_its_owner),
		SCENE(test_names_are_kept_when_the_server_is_killed),
		SCENE(test_a_list_of_names_is_taken_over),
		SCENE(test_a_damaged_list_of_names_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
