/*
 * chat-client calls a person who does not look: the very bytes that their terminal is told, and the program
 * of their own.
 */
#include "check.h"
#include "room.h"
#include "screen.h"
#include "sys/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTER	  "\r"
#define BACKSPACE "\177"
#define FOCUS_IN  "\033[I"
#define FOCUS_OUT "\033[O"
#define CTRL_L	  "\014"
#define CLEARED	  "\033[2J"
#define BELL	  "\a"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

/* Somebody sits there, whose keys work; more environment and a setting (NULL: none). */
static struct screen *sit_down(struct server *s, const char *env, const char *set)
{
	char address[128], dir[48];
	const char *const envs[] = {env, NULL};
	const char *argv[] = {CHAT_CLIENT_BIN,	    "-d", room_dir(dir), "-n", "小明", address,
			      set ? "--set" : NULL, set,  NULL};
	struct screen *c;

	snprintf(address, sizeof(address), "unix:%s", s->socket);
	c = screen_start(70, 12, argv, envs);
	screen_expect(c, "online");
	screen_type(c, "x");
	screen_expect_row(c, -1, "> x");
	screen_type(c, BACKSPACE);
	screen_expect_cursor(c, -1, 2);
	return c;
}

static void leave_it(struct screen *c)
{
	screen_type(c, FOCUS_IN "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	screen_wait_all(c);
	screen_expect_restored(c);
}

/* … and the client knows it: a redraw, which it is asked for then, has begun. */
static void look(struct screen *c, const char *focus)
{
	size_t cleared = screen_count_bytes(c, CLEARED);

	screen_type(c, focus);
	screen_type(c, CTRL_L);
	screen_expect_bytes(c, CLEARED, cleared + 1);
}

static void expect_told(struct screen *c, const char *bytes)
{
	screen_expect_bytes(c, bytes, 1);
}

/* ---- by which bytes --------------------------------------------------------------------------- */

static void test_a_mention_calls_who_is_away(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	expect_told(c, "\033]2;#lobby - chat\033\\");
	look(c, FOCUS_IN);
	say(bob, "小明: are you there?"); /* they see that */
	screen_expect(c, "are you there?");
	look(c, FOCUS_OUT);
	say(bob, "nobody?");
	expect_told(c, "\033]2;(1) #lobby - chat\033\\");
	assert_int_equal(screen_count_bytes(c, BELL), 0);
	say(bob, "hello @小明");
	expect_told(c, BELL "\033]9;bob in #lobby: hello @小明\033\\");
	expect_told(c, "\033]2;(2 !1) #lobby - chat\033\\");
	look(c, FOCUS_IN);
	screen_expect_bytes(c, "\033]2;#lobby - chat\033\\", 2);
	leave_it(c);
	assert_int_equal(screen_count_bytes(c, BELL), 1);
	assert_int_equal(screen_count_bytes(c, "\033]9;"), 1);
}

static void test_a_room_of_two_calls(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "TERM_PROGRAM=mintty", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	look(c, FOCUS_IN);
	say(bob, "/msg 小明 psst; here");
	expect_told(c, BELL "\033]777;notify;bob;psst; here\033\\");
	expect_told(c, "\033]2;(1 !1) #lobby - chat\033\\");
	screen_type(c, "/query bob" ENTER);
	expect_told(c, "\033]2;@bob - chat\033\\");
	leave_it(c);
}

static void test_past_tmux(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "TMUX=/tmp/tmux-1/default,1,0", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	look(c, FOCUS_OUT);
	say(bob, "@all lunch");
	expect_told(c, BELL "\033Ptmux;\033\033]9;bob in #lobby: @all lunch\033\033\\\033\\");
	expect_told(c, "\033]2;(1 !1) #lobby - chat\033\\");
	leave_it(c);
}

static void test_a_hostile_text_stays_a_text(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, NULL, NULL);
	struct actor *eve = join(s, "eve", VIA_TCP);

	(void)state;
	look(c, FOCUS_OUT);
	say(eve, "小明 \033\\\033]52;c;aGk=\a\033]2;mine\a\xc2\x9d\x32;mine\xc2\x9c");
	expect_told(c, BELL "\033]9;eve in #lobby: 小明 ␛\\␛]52;c;aGk=␇␛]2;mine␇"
			    "<U+009D>2;mine<U+009C>\033\\");
	leave_it(c);
	assert_int_equal(screen_count_bytes(c, "\033]52"), 0);
	assert_int_equal(screen_count_bytes(c, "\033]2;mine"), 0);
	assert_int_equal(screen_count_bytes(c, "\xc2\x9d"), 0);
	assert_int_equal(screen_count_bytes(c, BELL), 1);
}

/* ---- when not ----------------------------------------------------------------------------------- */

static void test_history_and_the_ignored_do_not_call(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP), *eve = join(s, "eve", VIA_TCP);
	struct screen *c;

	(void)state;
	talk(bob, "小明 早上好");
	c = sit_down(s, NULL, NULL);
	screen_expect(c, "bob: 小明 早上好");
	screen_type(c, "/ignore eve" ENTER "小明 is me" ENTER);
	screen_expect(c, "小明: 小明 is me");
	look(c, FOCUS_OUT);
	say(eve, "小明 小明 小明");
	say(bob, "@小明 last");
	expect_told(c, "bob in #lobby: @小明 last\033\\");
	leave_it(c);
	assert_int_equal(screen_count_bytes(c, BELL), 1);
	assert_int_equal(screen_count_bytes(c, "\033]9;"), 1);
}

/* Who is here already by another client joins without anybody's noticing; that client was called. */
static void test_history_for_a_second_client(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *first = sit_down(s, NULL, NULL), *second;

	(void)state;
	look(first, FOCUS_OUT);
	say(bob, "小明, once");
	expect_told(first, BELL "\033]9;bob in #lobby: 小明, once\033\\");
	second = sit_down(s, NULL, NULL);
	screen_expect(second, "bob: 小明, once");
	look(second, FOCUS_OUT);
	say(bob, "小明, twice");
	expect_told(second, BELL "\033]9;bob in #lobby: 小明, twice\033\\");
	leave_it(second);
	leave_it(first);
	assert_int_equal(screen_count_bytes(second, BELL), 1);
}

static void test_what_was_switched_off_is_silent(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	size_t titles;

	(void)state;
	screen_type(c,
		    "/set title off" ENTER "/set desktop-notify off" ENTER "/set bell off" ENTER);
	screen_expect(c, "bell = off");
	titles = screen_count_bytes(c, "\033]2;");
	look(c, FOCUS_OUT);
	say(bob, "@小明 can you hear me?");
	screen_expect(c, "can you hear me?");
	screen_type(c, "/set bell on" ENTER "/mute-notify all" ENTER);
	screen_expect(c, "what calls you in #lobby: all");
	look(c, FOCUS_OUT);
	say(bob, "now?");
	expect_told(c, BELL);
	leave_it(c);
	assert_int_equal(screen_count_bytes(c, "\033]9;"), 0);
	assert_int_equal(screen_count_bytes(c, "\033]2;"), titles);
	assert_int_equal(screen_count_bytes(c, BELL), 1);
}

/* Lines on a terminal, with no way to know who looks; and no bytes but those, and the bell. */
static void test_lines_ring_on_a_terminal(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char address[128], dir[48];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d",	  room_dir(dir), "-n",
			      "小明",	       "--plain", address,	 NULL};
	struct screen *c;
	struct actor *bob;

	(void)state;
	snprintf(address, sizeof(address), "unix:%s", s->socket);
	c = screen_start(70, 12, argv, NULL);
	screen_expect(c, "小明 joined");
	bob = join(s, "bob", VIA_TCP);
	say(bob, "nobody?");
	say(bob, "小明?");
	expect_told(c, "bob: 小明?");
	expect_told(c, BELL);
	screen_type(c, "\004");
	assert_int_equal(screen_wait(c), 0);
	assert_int_equal(screen_count_bytes(c, BELL), 1);
	assert_int_equal(screen_count_bytes(c, "\033"), 0);
}

/* ---- the program -------------------------------------------------------------------------------- */

static const char *write_hook(const char *dir)
{
	static char set[96];
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/hook", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\ncat >%s/new$$; mv %s/new$$ %s/called\n", dir, dir, dir);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	snprintf(set, sizeof(set), "hook=%s", path);
	return set;
}

static void expect_called(const char *dir, const char *with)
{
	uint64_t deadline = within(SOON);
	char path[80], text[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/called", dir);
	while (access(path, F_OK))
		if (clock_mono_us() > deadline || poll(NULL, 0, 1) != 0)
			fail_msg("nobody was called");
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	unlink(path);
	if (!strstr(text, with))
		fail_msg("%s is not in %s", with, text);
}

static void test_the_hook_gets_it_on_its_input(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	const char *set = write_hook(room_dir(dir));
	struct screen *c = sit_down(s, NULL, set);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	look(c, FOCUS_OUT);
	say(bob, "小明 $(id) \"quoted\"");
	expect_called(dir, "\"from\":\"bob\"");
	leave_it(c);
}

/* Where there is no screen nobody looks. */
static void test_the_hook_without_a_screen(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	const char *set = write_hook(room_dir(dir));
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	enter(s, "ann", VIA_UNIX, "--since", "now", "--set", set, NULL);
	all_expect(s, "join", "ann", NULL);
	talk(bob, "ann, the build is red");
	expect_called(dir, "{\"why\":\"mention\",\"to\":\"ann\",\"server\":\"unix:");
}

static void test_a_hook_that_is_none_is_told(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, NULL, "hook=/nonexistent/program");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	look(c, FOCUS_OUT);
	say(bob, "小明!");
	screen_expect(c, "the hook /nonexistent/program cannot be run");
	leave_it(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_a_mention_calls_who_is_away),
		PICTURE(test_a_room_of_two_calls),
		PICTURE(test_past_tmux),
		PICTURE(test_a_hostile_text_stays_a_text),
		PICTURE(test_history_and_the_ignored_do_not_call),
		PICTURE(test_history_for_a_second_client),
		PICTURE(test_what_was_switched_off_is_silent),
		PICTURE(test_lines_ring_on_a_terminal),
		PICTURE(test_the_hook_gets_it_on_its_input),
		PICTURE(test_the_hook_without_a_screen),
		PICTURE(test_a_hook_that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
