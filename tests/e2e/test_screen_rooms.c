/* chat-client on a terminal, in several rooms: going between them, what was missed, and looking back. */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTER	     "\r"
#define ALT_LEFT     "\033[1;3D"
#define ALT_RIGHT    "\033[1;3C"
#define ALT_LEFT_TOO "\033\033[D"
#define BACKSPACE    "\177"
#define PAGE_UP	     "\033[5~"
#define CTRL_HOME    "\033[1;5H"
#define CTRL_END     "\033[1;5F"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

/* In `dir`, so that somebody can come back there. */
static struct screen *sit_down(struct server *s, int width, int height, const char *name,
			       const char *dir)
{
	const char *argv[] = {CHAT_CLIENT_BIN,	    "--set", "members=off", "-d", dir, "-n", name,
			      s->address[VIA_UNIX], NULL};
	struct screen *c = screen_start(width, height, argv, NULL);

	screen_expect(c, "online");
	return c;
}

static void expect_said(struct screen *c, int row, const char *text)
{
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "??:?? %s", text);
	screen_expect_row(c, row, pattern);
}

/* The row that says where to read on, across the screen. */
static void expect_new_below(struct screen *c, int row, int width)
{
	char rule[512] = "── unread from here ";

	for (int i = 20; i < width; i++)
		strcat(rule, "─");
	screen_expect_row(c, row, rule);
}

static void test_going_between_rooms(void **state)
{
	char dir[48];
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 80, 24, "小明", room_dir(dir));
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "/join #开发" ENTER);
	screen_expect(c, "#开发 | unix:");
	expect_said(c, 2, "* 小明 joined");
	screen_type(c, "/topic 周五发布" ENTER);
	screen_expect(c, "#开发 | 周五发布 | unix:");
	say(bob, "one");
	say(bob, "two");
	screen_expect(c, " 1:#lobby 2");
	say(bob, "/join #开发");
	expect_said(c, 4, "* bob joined");
	screen_expect(c, " 2 here");
	screen_type(c, ALT_LEFT);
	screen_expect(c, "#lobby | unix:");
	expect_new_below(c, 2, 80);
	expect_said(c, 3, "bob: one");
	expect_said(c, 4, "bob: two");
	screen_expect_row(c, -2, "小明 | online (unix)");
	say(bob, "您好");
	screen_expect(c, " 2:#开发 1");
	screen_type(c, ALT_RIGHT);
	expect_new_below(c, 5, 80);
	expect_said(c, 6, "bob: 您好");
	screen_type(c, "嗯" ENTER);
	expect_said(c, 7, "小明: 嗯");
	screen_type(c, ALT_LEFT_TOO);
	screen_expect(c, "#lobby | unix:");
	screen_type(c, ALT_LEFT_TOO "/part 走了" ENTER); /* round again, and out of it */
	screen_expect(c, "#lobby | unix:");
	screen_type(c, ALT_RIGHT);
	screen_expect(c, "#lobby | unix:"); /* there is no other */
}

static void test_a_word_to_one_alone(void **state)
{
	char dir[48];
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明", room_dir(dir));
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "/msg bob 在吗？" ENTER);
	expect_said(c, 2, "to @bob: 在吗？");
	expect_in(bob, "@小明", "open", "小明", NULL);
	expect_in(bob, "@小明", "talk", "小明", "在吗？");
	say(bob, "/msg 小明 yes");
	screen_expect(c, " 2:@bob !1");
	screen_type(c, "/query bob" ENTER);
	screen_expect(c, "@bob | unix:");
	expect_said(c, 2, "小明: 在吗？");
	expect_new_below(c, 3, 60);
	expect_said(c, 4, "bob: yes");
	screen_expect_row(c, -2, "小明 | online (unix)");
}

static void test_a_tombstone(void **state)
{
	char dir[48];
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明", room_dir(dir));
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	say(bob, "that was not meant for you");
	say(bob, "end");
	expect_said(c, 2, "bob: that was not meant for you");
	expect_said(c, 3, "bob: end");
	screen_type(c, "mine" ENTER "/edit my own" ENTER);
	expect_said(c, 4, "小明: my own (edited)");
	do
		hear(bob);
	while (strcmp(bob->heard.kind, "talk") != 0);
	char line[64];
	snprintf(line, sizeof(line), "/recall %d", (int)bob->heard.seq);
	say(bob, line);
	expect_said(c, 2, "* bob recalled a message");
	expect_said(c, 3, "bob: end");
}

/* Up, and the key has been acted on: what is typed after it is there. */
static void page_up(struct screen *c)
{
	screen_type(c, PAGE_UP "x");
	screen_expect_row(c, -1, "> x");
	screen_type(c, BACKSPACE);
	screen_expect_row(c, -1, ">");
}

static void test_scrolling_past_the_top_loads_more(void **state)
{
	char dir[48], words[32];
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c;

	(void)state;
	for (int i = 2; i <= 200; i++) {
		snprintf(words, sizeof(words), "number %d", i);
		say(bob, words);
	}
	for (int i = 2; i <= 200; i++)
		expect_talk(bob, "bob", NULL);
	c = sit_down(s, 40, 12, "小明", room_dir(dir));
	expect_said(c, 9, "* 小明 joined");
	screen_type(c, CTRL_HOME);
	expect_said(c, 1, "bob: number 151"); /* the last fifty */
	page_up(c);
	expect_said(c, 1, "bob: number 151"); /* what is loaded is above it, and the pane stays … */
	screen_resize(c, 40, 20);
	expect_said(c, 1, "bob: number 143"); /* … as can be seen where there is place for more */
	say(bob, "meanwhile");
	screen_expect(c, " 1 new below");
	expect_said(c, 1, "bob: number 143");
	screen_type(c, CTRL_HOME);
	expect_said(c, 1, "bob: number 101");
	page_up(c);
	screen_resize(c, 40, 24);
	expect_said(c, 1, "bob: number 97");
	screen_type(c, CTRL_HOME);
	expect_said(c, 1, "bob: number 51");
	page_up(c);
	screen_resize(c, 40, 28);
	expect_said(c, 1, "bob: number 47");
	screen_type(c, CTRL_HOME PAGE_UP PAGE_UP);
	expect_said(c, 1, "* bob joined"); /* number 1: there is nothing before it */
	expect_said(c, 2, "bob: number 2");
	screen_type(c, CTRL_END);
	expect_said(c, 25, "bob: meanwhile");
}

/* Each answer is a line, also when there is nothing to be had. */
static void test_what_is_looked_up_is_answered(void **state)
{
	char dir[48];
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明", room_dir(dir));

	(void)state;
	expect_said(c, 1, "* 小明 joined");
	screen_type(c, "/history" ENTER);
	expect_said(c, 2, "there is nothing older");
	screen_type(c, "/search 天气" ENTER);
	expect_said(c, 3, "nothing was found");
	screen_type(c, "今天天气很好" ENTER);
	expect_said(c, 4, "小明: 今天天气很好");
	screen_type(c, "/search 天气" ENTER);
	screen_expect(c, " #lobby 2 (2");
	screen_expect(c, ") 小明: 今天天气很好");
	screen_type(c, "/search" ENTER);
	expect_said(c, 6, "! there is no more: say what to search for");
}

/* What was said in all rooms while the client was not running. */
static void test_coming_back(void **state)
{
	char dir[48];
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明", room_dir(dir));
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "/join #dev" ENTER);
	screen_expect(c, "#dev | unix:");
	expect_said(c, 2, "* 小明 joined");
	say(bob, "/join #dev");
	expect_said(c, 2, "* 小明 and bob joined");
	screen_type(c, "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	say(bob, "while you were away");
	say(bob, "/msg 小明 me too");
	do
		hear(bob);
	while (strcmp(bob->heard.text, "me too") != 0);
	c = sit_down(s, 60, 12, "小明", dir);
	screen_expect(c, "2:#dev 1");
	screen_expect(c, "3:@bob !1");
	screen_type(c, "/join #dev" ENTER);
	screen_expect(c, "bob: while you were away");
}

/* Lines are kept from one time to the next, in a file; not those that hold a password. */
static void test_a_password_is_not_remembered(void **state)
{
	char dir[48], path[64], lines[1024];
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明", room_dir(dir));
	FILE *f;

	(void)state;
	screen_type(c, "/join #safe open sesame" ENTER);
	screen_expect(c, "#safe | unix:");
	expect_said(c, 2, "* 小明 joined");
	screen_type(c, "/join #lobby" ENTER "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	snprintf(path, sizeof(path), "%s/history", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	lines[fread(lines, 1, sizeof(lines) - 1, f)] = '\0';
	fclose(f);
	assert_non_null(strstr(lines, "/join #lobby"));
	assert_null(strstr(lines, "sesame"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_going_between_rooms),
		PICTURE(test_a_word_to_one_alone),
		PICTURE(test_a_tombstone),
		PICTURE(test_scrolling_past_the_top_loads_more),
		PICTURE(test_coming_back),
		PICTURE(test_a_password_is_not_remembered),
		PICTURE(test_what_is_looked_up_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
