/*
 * The client as scripts use it: plain and --json output, the end of input, --follow, --since,
 * --history, and its exit statuses.
 */
#include "raw.h"
#include "room.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

static const enum via all_ways[] = {VIA_UDP, VIA_TCP, VIA_UNIX};
/* Who comes by each: a name that was taken on one link is somebody else's on another. */
static const char *const called[] = {"anna", "bea", "cleo"};

/* chat-client with these words; ends with NULL. */
#define CLIENT(...)                                                                                \
	program_start((const char *const[]){CHAT_CLIENT_BIN, __VA_ARGS__, NULL}, NULL, -1)

static void expect_line(struct program *p, const char *line)
{
	const char *got = program_line(p, PROGRAM_OUT, within(SOON));
	assert_non_null(got);
	assert_string_equal(got, line);
}

static int status_of(struct program *p)
{
	return program_wait(p, within(SOON));
}

static const char *errors_of(struct program *p)
{
	return program_rest(p, PROGRAM_ERR, within(SOON));
}

/* Standard streams that are no terminals make it plain by themselves. */
static void test_plain_lines(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct program *p = CLIENT("-n", "alice", s->address[VIA_TCP]);
	(void)state;
	expect_line(p, "* alice joined");
	struct actor *bob = join(s, "bob", VIA_UDP);
	expect_line(p, "* bob joined");
	program_type(p, "你好，bob");
	expect_line(p, "alice: 你好，bob");
	expect_talk(bob, "alice", "你好，bob");
	say(bob, "hello alice");
	expect_line(p, "bob: hello alice");
	leave(bob);
	expect_line(p, "* bob left");
	program_end_input(p);
	assert_int_equal(status_of(p), 0);
}

/* Whatever people send, nothing that a terminal would obey is printed, in either form. */
static void test_nothing_printed_is_obeyed_by_a_terminal(void **state)
{
	static const char nasty[] = "a\033[2Jb\007c\xc2\x9b"
				    "31md\xe2\x80\xae"
				    "e";
	struct server *s = server_start("--io", "auto", NULL);
	struct program *p = CLIENT("--plain", "-n", "alice", s->address[VIA_UNIX]);
	(void)state;
	expect_line(p, "* alice joined");
	struct actor *bob = enter(s, "bob", VIA_TCP, "--since", "now", NULL);
	expect_line(p, "* bob joined");
	say(bob, nasty);
	const char *plain = program_line(p, PROGRAM_OUT, within(SOON));
	expect_join(bob, "bob");
	const char *json = program_line(bob->program, PROGRAM_OUT, within(SOON));
	for (const char *const *at = (const char *const[]){plain, json, NULL}; *at; at++) {
		for (const char *c = *at; *c; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
		assert_null(strstr(*at, "\xc2\x9b"));
		assert_null(strstr(*at, "\xe2\x80\xae"));
	}
}

/* The end of input is not the end of what was typed: all of it is acknowledged first. */
static void test_everything_typed_before_the_end_arrives(void **state)
{
	enum { LINES = 500 };
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char line[32];
		struct actor *alice = enter(s, called[i], all_ways[i], NULL, NULL);
		for (int k = 0; k < LINES; k++) {
			snprintf(line, sizeof(line), "%d", k);
			say(alice, line);
		}
		program_end_input(alice->program);
		gone(alice);
		expect_join(bob, called[i]);
		for (int k = 0; k < LINES; k++) {
			snprintf(line, sizeof(line), "%d", k);
			expect_talk(bob, called[i], line);
		}
		expect_quit(bob, called[i], NULL);
		assert_int_equal(status_of(alice->program), 0);
	}
}

/* Blank lines are nothing to say; they are no error either, and do not stop what follows. */
static void test_blank_lines_say_nothing(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	(void)state;
	say(alice, "");
	say(alice, "   ");
	talk(alice, "something");
	leave(alice);
}

/* A last line without a newline counts. */
static void test_an_unfinished_last_line_is_said(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *alice = join(s, "alice", VIA_UDP);
	(void)state;
	program_write(alice->program, "bye", 3);
	program_end_input(alice->program);
	expect_talk(bob, "alice", "bye");
	expect_quit(bob, "alice", NULL);
	assert_int_equal(status_of(alice->program), 0);
}

static void test_follow_stays_after_the_end_of_input(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = enter(s, "alice", VIA_UDP, "--follow", NULL);
	(void)state;
	expect_join(alice, "alice");
	program_end_input(alice->program);
	struct actor *bob = join(s, "bob", VIA_TCP);
	talk(bob, "are you there?");
	assert_false(program_ended(alice->program));
	program_signal(alice->program, SIGTERM);
	gone(alice);
	expect_quit(bob, "alice", "left");
	assert_int_equal(status_of(alice->program), 0);
}

static void fill_room(struct server *s, struct actor *alice)
{
	(void)s;
	talk(alice, "two");
	talk(alice, "three");
	talk(alice, "four");
}

/* The first event a newcomer hears is `first`; all up to its own join follow. */
static void expect_from(struct server *s, const char *option, const char *value, uint64_t first)
{
	for (size_t i = 0; i < 3; i++) {
		struct actor *a = enter(s, called[i], all_ways[i], option, value, NULL);
		gone(a);
		all_expect(s, "join", called[i], NULL);
		assert_int_equal(hear(a)->seq, first);
		while (a->seq < s->present->seq)
			hear(a);
		assert_string_equal(a->heard.kind, "join");
		assert_string_equal(a->heard.from, called[i]);
		leave(a);
	}
}

static void test_since_zero_is_everything(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	(void)state;
	fill_room(s, join(s, "alice", VIA_TCP));
	expect_from(s, "--since", "0", 1);
}

static void test_since_a_number_is_what_came_after(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	(void)state;
	fill_room(s, join(s, "alice", VIA_TCP));
	expect_from(s, "--since", "2", 3);
}

static void test_history_is_the_last_ones(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	fill_room(s, alice);
	struct actor *bob = enter(s, "bob", VIA_UDP, "--history", "2", NULL);
	gone(bob);
	expect_talk(bob, "alice", "three");
	expect_talk(bob, "alice", "four");
	expect_join(bob, "bob");
	expect_join(alice, "bob");
	/* More than there is: all there is. */
	struct actor *ming = enter(s, "小明", VIA_UNIX, "--history", "100000", NULL);
	gone(ming);
	assert_int_equal(hear(ming)->seq, 1);
}

static void test_since_now_is_nothing_old(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	(void)state;
	fill_room(s, bob);
	for (size_t i = 0; i < 3; i++) {
		struct actor *late = enter(s, called[i], all_ways[i], "--since", "now", NULL);
		all_expect(s, "join", called[i], NULL);
		assert_int_equal(late->seq, bob->seq);
		leave(late);
	}
}

static void test_by_default_the_last_fifty_are_heard(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	for (int i = 0; i < 60; i++)
		talk(alice, "blah");
	struct actor *bob = enter(s, "bob", VIA_UDP, NULL, NULL);
	for (int i = 0; i < 50; i++)
		expect_talk(bob, "alice", "blah");
	expect_join(bob, "bob");
}

static void test_json_has_every_member(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	say(alice, "a \"quoted\" \\ 龙");
	const char *line = program_expect(alice->program, PROGRAM_OUT, "\"talk\"");
	assert_non_null(strstr(line,
			       "{\"seq\":2,\"room\":\"lobby\",\"kind\":\"talk\",\"from\":\"alice\","
			       "\"time\":\"2"));
	assert_non_null(strstr(line, "Z\",\"text\":\"a \\\"quoted\\\" \\\\ 龙\"}"));
}

/* ---- what cannot work ------------------------------------------------------------------------ */

static uint16_t free_port(int type, int *fd)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	*fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

/* Bound but not listening, or never answering: nobody else can take the port meanwhile. */
static void test_no_server_is_status_2(void **state)
{
	char dir[48], addresses[3][128];
	int udp, tcp;
	(void)state;
	snprintf(addresses[0], sizeof(*addresses), "udp://127.0.0.1:%u",
		 free_port(SOCK_DGRAM, &udp));
	snprintf(addresses[1], sizeof(*addresses), "tcp://127.0.0.1:%u",
		 free_port(SOCK_STREAM, &tcp));
	snprintf(addresses[2], sizeof(*addresses), "unix:%s/none.sock", room_dir(dir));
	for (size_t i = 0; i < 3; i++) {
		struct program *p = CLIENT("--plain", "-n", "alice", addresses[i]);
		assert_int_equal(status_of(p), 2);
		assert_string_not_equal(errors_of(p), "");
		assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	}
	close(udp);
	close(tcp);
}

static void test_a_host_that_is_none_is_named(void **state)
{
	static const char *const addresses[] = {"udp://nosuch.invalid", "tcp://nosuch.invalid:99",
						"chat://nosuch.invalid"};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct program *p = CLIENT("--plain", "-n", "alice", addresses[i]);
		assert_int_equal(status_of(p), 2);
		const char *words = strstr(errors_of(p), "nosuch.invalid");
		assert_non_null(words);
		assert_non_null(strstr(words + 1, "nosuch.invalid")); /* where, and then why */
	}
}

static void test_wrong_use_is_status_1(void **state)
{
	static const char *const wrong[][4] = {
		{"--no-such-option"},	   {"-n"},
		{"--since", "x"},	   {"--history", "-1"},
		{"--plain", "--json"},	   {"--since", "1", "--history", "1"},
		{"ftp://localhost/"},	   {"udp://127.0.0.1:0"},
		{"udp://127.0.0.1:65536"}, {"unix:"},
		{"unix:/a", "unix:/b"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const char *const argv[] = {CHAT_CLIENT_BIN, wrong[i][0], wrong[i][1],
					    wrong[i][2],     wrong[i][3], NULL};
		struct program *p = program_start(argv, NULL, -1);
		if (status_of(p) != 1)
			fail_msg("%s %s: status %d", wrong[i][0], wrong[i][1] ? wrong[i][1] : "",
				 status_of(p));
		assert_string_not_equal(errors_of(p), "");
	}
}

static void test_help_and_version_are_status_0(void **state)
{
	(void)state;
	for (const char *const *option = (const char *const[]){"--help", "--version", NULL};
	     *option; option++) {
		struct program *p = CLIENT(*option);
		assert_int_equal(status_of(p), 0);
		assert_string_not_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	}
}

static void test_a_taken_name_is_status_3(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct program *p = CLIENT("--plain", "-n", "alice", s->address[all_ways[i]]);
		assert_int_equal(status_of(p), 3);
		assert_non_null(strstr(errors_of(p), "alice"));
		assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	}
	talk(alice, "mine");
}

/* Names that no room takes. */
static void test_a_bad_name_is_status_3(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	static const char *const names[] = {"two words", "admin",    "管理员",
					    "a\033[2J",	 "\xff\xfe", ""};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct program *p = CLIENT("--plain", "-n", names[i], s->address[all_ways[i % 3]]);
		int status = status_of(p);
		if (status != 3 && status != 1)
			fail_msg("name \"%s\": status %d", names[i], status);
		assert_string_not_equal(errors_of(p), "");
	}
}

/* Who is told not to wait for it. */
static struct actor *join_for_now(struct server *s, const char *name, enum via via)
{
	struct actor *a = enter(s, name, via, "--since", "now", "--give-up", "0", NULL);
	all_expect(s, "join", name, NULL);
	return a;
}

/* A port that nobody has any more answers so, on UDP too. */
static void test_a_killed_server_is_status_4(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *alice = join_for_now(s, "alice", VIA_TCP);
	struct actor *bob = join_for_now(s, "bob", VIA_UNIX);
	struct actor *ming = join_for_now(s, "小明", VIA_UDP);
	(void)state;
	program_signal(s->program, SIGKILL);
	assert_int_equal(status_of(alice->program), 4);
	assert_int_equal(status_of(bob->program), 4);
	say(ming, "anybody there?"); /* who asks nothing is told nothing */
	assert_int_equal(status_of(ming->program), 4);
}

static void test_interrupt_leaves_in_good_order(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct actor *alice = join(s, called[i], all_ways[i]);
		program_signal(alice->program, signals[i]);
		gone(alice);
		expect_quit(bob, called[i], "left");
		assert_int_equal(status_of(alice->program), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_plain_lines),
		SCENE(test_nothing_printed_is_obeyed_by_a_terminal),
		SCENE(test_everything_typed_before_the_end_arrives),
		SCENE(test_blank_lines_say_nothing),
		SCENE(test_an_unfinished_last_line_is_said),
		SCENE(test_follow_stays_after_the_end_of_input),
		SCENE(test_since_zero_is_everything),
		SCENE(test_since_a_number_is_what_came_after),
		SCENE(test_history_is_the_last_ones),
		SCENE(test_since_now_is_nothing_old),
		SCENE(test_by_default_the_last_fifty_are_heard),
		SCENE(test_json_has_every_member),
		SCENE(test_no_server_is_status_2),
		SCENE(test_a_host_that_is_none_is_named),
		SCENE(test_wrong_use_is_status_1),
		SCENE(test_help_and_version_are_status_0),
		SCENE(test_a_taken_name_is_status_3),
		SCENE(test_a_bad_name_is_status_3),
		SCENE(test_a_killed_server_is_status_4),
		SCENE(test_interrupt_leaves_in_good_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
