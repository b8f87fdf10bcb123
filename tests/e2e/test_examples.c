/* The bots of client/examples, as README.md shows them, in a real room. */
#include "check.h"
#include "room.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define EXAMPLES CHAT_SOURCE_DIR "/client/examples/"

enum { ARGS = 16 };

/* `words` end with NULL; %DIR and %SERVER among them are the bot's directory and the server's address. */
static struct program *bot(struct server *s, const char *const words[])
{
	static const char *const env[] = {"CHAT_CLIENT=" CHAT_CLIENT_BIN, NULL};
	const char *argv[ARGS] = {NULL};
	char dir[48];

	room_dir(dir);
	for (size_t i = 0; words[i]; i++) {
		assert_true(i + 1 < ARGS);
		argv[i] = strcmp(words[i], "%DIR") == 0	     ? dir
			  : strcmp(words[i], "%SERVER") == 0 ? s->address[VIA_TCP]
							     : words[i];
	}
	return program_start(argv, env, -1);
}

/* ---- echo.sh --------------------------------------------------------------------------------- */

static struct program *echo_bot(struct server *s, const char *name)
{
	return bot(s, (const char *[]){EXAMPLES "echo.sh", name, "-d", "%DIR", "%SERVER", NULL});
}

static void test_echo_answers_those_who_speak_to_it(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	echo_bot(s, "echo");
	expect_join(alice, "echo");
	say(alice, "echo: hello");
	expect_talk(alice, "alice", "echo: hello");
	expect_talk(alice, "echo", "alice said: hello");
	say(alice, "hello, echo");
	expect_talk(alice, "alice", "hello, echo");
	say(alice, "/topic echo: is it me?");
	expect(alice, "topic", "alice", "echo: is it me?");
	say(alice, "echo: 你好  \\n %s $(id)");
	expect_talk(alice, "alice", "echo: 你好  \\n %s $(id)");
	expect_talk(alice, "echo", "alice said: 你好  \\n %s $(id)");
}

/* What it is told to repeat does nothing else. */
static void test_echo_obeys_nobody(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	echo_bot(s, "echo");
	expect_join(alice, "echo");
	say(alice, "echo: /quit");
	expect_talk(alice, "alice", "echo: /quit");
	expect_talk(alice, "echo", "alice said: /quit");
}

static void test_two_echoes_fall_silent(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	echo_bot(s, "one");
	expect_join(alice, "one");
	echo_bot(s, "two");
	expect_join(alice, "two");
	say(alice, "one: two: one: hello");
	expect_talk(alice, "alice", "one: two: one: hello");
	expect_talk(alice, "one", "alice said: two: one: hello");
	say(alice, "two: and you?");
	expect_talk(alice, "alice", "two: and you?");
	expect_talk(alice, "two", "alice said: and you?");
}

static void test_echo_leaves_with_its_shell(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct program *p = echo_bot(s, "echo");

	(void)state;
	expect_join(alice, "echo");
	program_signal(p, SIGTERM);
	assert_int_equal(program_wait(p, within(SOON)), 128 + SIGTERM);
	expect_quit(alice, "echo", "left");
}

static void test_echo_ends_with_its_client(void **state)
{
	struct server *s = server_start(NULL, NULL);

	(void)state;
	struct program *p = echo_bot(s, "a:b"); /* no name */
	assert_int_equal(program_wait(p, within(SOON)), 3);
	p = bot(s, (const char *[]){EXAMPLES "echo.sh", NULL});
	assert_int_equal(program_wait(p, within(SOON)), 1);
	program_expect(p, PROGRAM_ERR, "usage: echo.sh");
}

/* ---- build.sh -------------------------------------------------------------------------------- */

static struct program *build(struct server *s, const char *script)
{
	return bot(s, (const char *[]){EXAMPLES "build.sh", "-n", "builder", "-d", "%DIR",
				       "%SERVER", "--", "sh", "-c", script, NULL});
}

/* The times are of no concern here: "OK after 0 s: sh -c …". */
static void expect_verdict(struct actor *a, const char *begin, const char *end)
{
	size_t n = strlen(begin), m = strlen(end);

	expect_join(a, "builder");
	const struct heard *h = hear(a);
	assert_string_equal(h->from, "builder");
	size_t len = strlen(h->text);
	if (len < n + m || strncmp(h->text, begin, n) != 0 || strcmp(h->text + len - m, end) != 0)
		fail_msg("\"%s\" is not \"%s … %s\"", h->text, begin, end);
	expect_quit(a, "builder", "left");
}

static void test_a_build_that_succeeds(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	struct program *p = build(s, "echo one; echo 全部通过 >&2; echo");
	expect_verdict(alice, "OK after ",
		       " s: sh -c echo one; echo 全部通过 >&2; echo: 全部通过 ");
	assert_int_equal(program_wait(p, within(SOON)), 0);
	assert_string_equal(program_line(p, PROGRAM_ERR, within(SOON)), "one");
	assert_string_equal(program_line(p, PROGRAM_ERR, within(SOON)), "全部通过");
}

static void test_a_build_that_fails(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	struct program *p = build(s, "exit 3");
	expect_verdict(alice, "failed (3) after ", " s: sh -c exit 3: ");
	assert_int_equal(program_wait(p, within(SOON)), 3);
}

/* Whatever a compiler prints: one line of text. */
static void test_a_build_that_prints_no_text(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	struct program *p = build(s, "printf 'a\\033[31m\\000b\\377\\tc'; exit 1");
	expect_verdict(alice, "failed (1) after ", "exit 1: a [31mb c ");
	assert_int_equal(program_wait(p, within(SOON)), 1);
}

static void test_a_build_that_nobody_hears_of(void **state)
{
	struct server *s = server_start(NULL, NULL);

	(void)state;
	server_stop(s);
	struct program *p = build(s, "true");
	assert_int_equal(program_wait(p, within(SOON)), 0);
	program_expect(p, PROGRAM_ERR, "build.sh: the room was not told");
	p = bot(s, (const char *[]){EXAMPLES "build.sh", "-n", "builder", "--", NULL});
	assert_int_equal(program_wait(p, within(SOON)), 1);
	program_expect(p, PROGRAM_ERR, "usage: build.sh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_echo_answers_those_who_speak_to_it),
		SCENE(test_echo_obeys_nobody),
		SCENE(test_two_echoes_fall_silent),
		SCENE(test_echo_leaves_with_its_shell),
		SCENE(test_echo_ends_with_its_client),
		SCENE(test_a_build_that_succeeds),
		SCENE(test_a_build_that_fails),
		SCENE(test_a_build_that_prints_no_text),
		SCENE(test_a_build_that_nobody_hears_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
