/*
 * chat-client --plain on a terminal, as somebody uses it who listens to a screen reader: what stands there,
 * which bytes were written for it, and that the terminal is as before.
 */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ENTER	  "\r"
#define CTRL_A	  "\001"
#define CTRL_C	  "\003"
#define CTRL_D	  "\004"
#define CTRL_N	  "\016"
#define CTRL_Z	  "\032"
#define TAB	  "\t"
#define BACKSPACE "\177"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define SPOKEN(test) cmocka_unit_test_teardown(test, end_all)

/* On a terminal that can do nothing. */
static struct screen *listen(struct server *s, const char *name, int width, const char *option)
{
	char dir[48], address[160], config[80];
	const char *const env[] = {"TERM=dumb", config, NULL};
	const char *argv[] = {CHAT_CLIENT_BIN, "-d",	room_dir(dir), "-n", name,
			      option,	       address, NULL};

	snprintf(address, sizeof(address), "unix:%s", s->socket);
	snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s/config", dir);
	return screen_start(width, 16, argv, env);
}

static struct screen *sit_down(struct server *s, const char *name)
{
	struct screen *c = listen(s, name, 60, "--plain");

	screen_expect(c, "alice joined");
	return c;
}

static void test_what_happens_is_told_in_words(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c = sit_down(s, "alice");

	(void)state;
	expect_join(bob, "alice");
	say(bob, "hello");
	say(bob, "/me waves");
	say(bob, "/topic tea");
	screen_expect_row(c, 0, "you are in #lobby as alice");
	screen_expect_row(c, 1, "type a line, Enter says it; /help lists the commands");
	screen_expect_row(c, 2, "bob joined");
	screen_expect_row(c, 3, "alice joined");
	screen_expect_row(c, 4, "bob: hello");
	screen_expect_row(c, 5, "bob, waves");
	screen_expect_row(c, 6, "bob set the topic: tea");
	screen_type(c, "/nope" ENTER);
	screen_expect_row(c, 7, "unknown command /nope: type /help");
	screen_expect_cursor(c, 8, 0);
	screen_type(c, "/join #dev" ENTER);
	screen_expect(c, "you are in #dev");
	screen_type(c, "here" ENTER);
	screen_expect(c, "in #dev, alice: here");
	screen_type(c, CTRL_N);
	screen_expect(c, "you are in #lobby");
	assert_false(screen_has_colour(c));
}

static void test_the_line_stays_below_what_comes(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c = sit_down(s, "alice");

	(void)state;
	expect_join(bob, "alice");
	screen_type(c, "half a 好");
	screen_expect_row(c, 4, "half a 好");
	say(bob, "hello");
	screen_expect_row(c, 4, "bob: hello");
	screen_expect_row(c, 5, "half a 好");
	screen_expect_cursor(c, 5, 9);
	screen_type(c, BACKSPACE "line" CTRL_A "a ");
	screen_expect_row(c, 5, "a half a line");
	screen_expect_cursor(c, 5, 2);
	screen_type(c, ENTER);
	expect_talk(bob, "bob", "hello");
	expect_talk(bob, "alice", "a half a line");
	screen_expect_row(c, 5, "alice: a half a line");
	screen_expect_cursor(c, 6, 0);
	screen_type(c, "no" CTRL_C);
	screen_type(c, "yes");
	screen_expect_row(c, 6, "yes");
}

static void test_a_long_line_on_a_narrow_terminal(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c = listen(s, "al", 21, "--plain");

	(void)state;
	expect_join(bob, "al");
	screen_expect_row(c, 5, "bob joined");
	screen_type(c, "0123456789abcdefghij");
	screen_expect_row(c, 7, "abcdefghij");
	say(bob, "!");
	screen_expect_row(c, 7, "bob: !");
	screen_expect_row(c, 8, "abcdefghij");
	screen_resize(c, 40, 16);
	screen_expect(c, "0123456789abcdefghij");
	screen_type(c, ENTER);
	expect_talk(bob, "bob", "!");
	expect_talk(bob, "al", "0123456789abcdefghij");
}

/* Also where nobody said --plain: by the setting, or since the terminal can do no more. */
static void test_ways_to_it(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = listen(s, "alice", 60, "--set=reader=on");

	(void)state;
	screen_expect(c, "you are in #lobby as alice");
	c = listen(s, "bob", 60, "--follow");
	screen_expect(c, "cannot be drawn on");
	screen_expect(c, "you are in #lobby as bob");
}

static void test_a_name_is_asked_for(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c = listen(s, "bob", 60, "--plain");

	(void)state;
	screen_expect_row(c, 0, "bob: that name belongs to another key: choose another");
	screen_expect_row(c, 1, "name:");
	screen_type(c, "bobby" ENTER);
	expect_join(bob, "bobby");
	screen_expect(c, "you are in #lobby as bobby");
}

/* What is not shown is known: who is here, who came, where one is. */
static void test_completing(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c = sit_down(s, "alice");

	(void)state;
	expect_join(bob, "alice");
	join(s, "carol", VIA_TCP);
	screen_expect(c, "carol joined");
	screen_type(c, "ca" TAB "hi" ENTER);
	expect_talk(bob, "alice", "carol: hi");
	screen_type(c, "bo" TAB "hi" ENTER);
	expect_talk(bob, "alice", "bob: hi");
	screen_type(c, "/top" TAB "tea" ENTER);
	expect(bob, "topic", "alice", "tea");
	screen_type(c, "nobody" TAB "!" ENTER);
	expect_talk(bob, "alice", "nobody!");
}

static void test_suspending(void **state)
{
	struct server *s = server_start(NULL, NULL);
	const char *argv[] = {"/bin/bash", "--norc", "--noprofile", "-i", NULL};
	const char *env[] = {"PS1=shell> ", "INPUTRC=/dev/null", NULL};
	struct screen *c = screen_start(80, 24, argv, env);
	char line[512], dir[48];

	(void)state;
	screen_expect(c, "shell>");
	snprintf(line, sizeof(line), "%s --plain -d %s -n alice unix:%s" ENTER, CHAT_CLIENT_BIN,
		 room_dir(dir), s->socket);
	screen_type(c, line);
	screen_expect(c, "alice joined");
	screen_type(c, "half");
	screen_expect(c, "half");
	screen_type(c, CTRL_Z);
	screen_expect(c, "Stopped");
	screen_type(
		c,
		"clear; echo mode $(stty -a | tr ' ' '\\n' | grep -c -e ^icanon -e ^echo$)" ENTER);
	screen_expect(c, "mode 2");
	screen_type(c, "clear; fg" ENTER);
	screen_expect(c, "half");
	screen_type(c, " a line" ENTER);
	screen_expect(c, "alice: half a line");
	screen_type(c, "/quit" ENTER);
	screen_expect(c, "shell>");
	screen_type(c, "exit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
}

static void test_leaving(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice");

	(void)state;
	screen_type(c, "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
	c = sit_down(s, "alice");
	screen_type(c, CTRL_D);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
}

static void test_whoever_is_killed(void **state)
{
	static const enum screen_role roles[] = {SCREEN_SESSION, SCREEN_SENDER, SCREEN_RECEIVER};
	struct server *s = server_start(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		struct screen *c = sit_down(s, "alice");
		screen_type(c, "half");
		screen_expect(c, "half");
		screen_kill(c, roles[i], SIGKILL);
		assert_int_equal(screen_wait(c), roles[i] == SCREEN_SESSION ? 128 + SIGKILL : 1);
		screen_wait_all(c);
		screen_expect_restored(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOKEN(test_what_happens_is_told_in_words),
		SPOKEN(test_the_line_stays_below_what_comes),
		SPOKEN(test_a_long_line_on_a_narrow_terminal),
		SPOKEN(test_ways_to_it),
		SPOKEN(test_a_name_is_asked_for),
		SPOKEN(test_completing),
		SPOKEN(test_suspending),
		SPOKEN(test_leaving),
		SPOKEN(test_whoever_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
