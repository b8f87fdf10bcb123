/*
 * chat-client on a terminal: what is seen at three sizes, what keys do, and that the terminal is
 * given back whatever happens to whichever of the three processes.
 */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTER	  "\r"
#define CTRL_C	  "\003"
#define CTRL_D	  "\004"
#define CTRL_R	  "\022"
#define BACKSPACE "\177"
#define LEFT	  "\033[D"
#define UP	  "\033[A"
#define PAGE_UP	  "\033[5~"
#define PAGE_DOWN "\033[6~"
#define CTRL_END  "\033[1;5F"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

/* A client on a terminal, with a data directory of its own and more environment (NULL: none). */
static struct screen *open_screen(struct server *s, int width, int height, const char *name,
				  const char *const env[])
{
	char address[128], dir[48];
	const char *argv[] = {
		CHAT_CLIENT_BIN, "--set", "members=off", "-d", room_dir(dir), "-n", name,
		address,	 NULL};

	snprintf(address, sizeof(address), "unix:%s", s->socket);
	return screen_start(width, height, argv, env);
}

/* The same, once it is in the room and its keys work. */
static struct screen *sit_down(struct server *s, int width, int height, const char *name)
{
	struct screen *c = open_screen(s, width, height, name, NULL);

	screen_expect(c, "online");
	screen_type(c, "x");
	screen_expect_row(c, -1, "> x");
	screen_type(c, BACKSPACE);
	screen_expect_cursor(c, -1, 2);
	return c;
}

/* ---- a conversation ------------------------------------------------------------------------- */

static void expect_said(struct screen *c, int row, const char *text)
{
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "??:?? %s", text);
	screen_expect_row(c, row, pattern);
}

static void expect_below(struct screen *c, int row, const char *text)
{
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "      %s", text);
	screen_expect_row(c, row, pattern);
}

static void test_conversation_at_80x24(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 80, 24, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	say(bob, "你们好！今天天气不错 🙂");
	expect_said(c, 1, "* 小明 and bob joined");
	expect_said(c, 2, "bob: 你们好！今天天气不错 🙂");
	screen_type(c, "是的，我们去爬山吧" ENTER);
	expect_said(c, 3, "小明: 是的，我们去爬山吧");
	say(bob, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七");
	expect_below(c, 5, "     五六七");
	leave(bob);
	expect_said(c, 6, "* bob left");
	screen_expect(c, "#lobby | unix:/tmp/");
	screen_expect(c, " 1 here");
	screen_expect_row(c, -2, "小明 | online (unix)");
	screen_expect_row(c, -1, ">");
}

static void test_conversation_at_20x5(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 20, 5, "小明");
	struct actor *bob = join(s, "bob", VIA_UDP);

	(void)state;
	say(bob, "今天天气不错，我们去爬山");
	screen_expect_row(c, 1, "bob: 今天天气不错，");
	screen_expect_row(c, 2, "     我们去爬山");
	screen_type(c, "好的好的好的好的好的好的");
	screen_expect_row(c, -1, ">  的好的好的好的");
	screen_type(c, ENTER);
	screen_expect_row(c, 1, "小明: 好的好的好的好");
	screen_expect_row(c, 2, "      的好的好的");
	screen_expect_row(c, -1, ">");
}

static void test_conversation_at_200x60(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 200, 60, "小明");
	struct actor *bob = join(s, "bob", VIA_UNIX);
	char text[200] = "", row[256];

	(void)state;
	for (int i = 0; i < 63; i++)
		memcpy(text + 3 * i, "好", 4);
	say(bob, text);
	snprintf(row, sizeof(row), "bob: %s", text);
	expect_said(c, 2, row);
	screen_type(c, "🙂🙂" ENTER);
	expect_said(c, 3, "小明: 🙂🙂");
	screen_expect_row(c, 58, "小明 | online (unix)");
	screen_expect_row(c, 59, ">");
}

static void test_two_terminals_talk(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *a = sit_down(s, 60, 10, "小红");
	struct screen *b = sit_down(s, 40, 8, "小明");

	(void)state;
	screen_type(a, "晚饭吃什么？" ENTER);
	screen_expect(b, "小红: 晚饭吃什么？");
	screen_type(b, "饺子 🥟" ENTER);
	screen_expect(a, "小明: 饺子 🥟");
	screen_type(b, "/quit 再见" ENTER);
	assert_int_equal(screen_wait(b), 0);
	screen_expect(a, "* 小明 left: 再见");
}

/* A wide character that does not fit goes to the next row; one that just fits stays. */
static void test_wide_characters_at_the_edge(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 20, 7, "小明");
	struct actor *bob = join(s, "bob", VIA_UNIX);

	(void)state;
	say(bob, "a一二三四五六七八九");
	screen_expect_row(c, 3, "bob: a一二三四五六七");
	screen_expect_row(c, 4, "     八九");
	say(bob, "一二三四五六七八九");
	screen_expect_row(c, 3, "bob: 一二三四五六七");
	screen_expect_row(c, 4, "     八九");
}

/* ---- typing --------------------------------------------------------------------------------- */

static void test_incoming_lines_leave_the_typed_one_alone(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "半句 half" LEFT LEFT);
	screen_expect_cursor(c, -1, 9);
	for (int i = 0; i < 30; i++)
		say(bob, "来了很多消息");
	say(bob, "最后一条");
	screen_expect(c, "bob: 最后一条");
	screen_expect_row(c, -1, "> 半句 half");
	screen_expect_cursor(c, -1, 9);
	screen_type(c, "!" ENTER);
	screen_expect(c, "小明: 半句 ha!lf");
}

static void test_editing_chinese_and_emoji(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 8, "小明");

	(void)state;
	screen_type(c, "你好🙂x");
	screen_expect_row(c, -1, "> 你好🙂x");
	screen_expect_cursor(c, -1, 9);
	screen_type(c, BACKSPACE BACKSPACE);
	screen_expect_row(c, -1, "> 你好");
	screen_expect_cursor(c, -1, 6);
	screen_type(c, LEFT);
	screen_expect_cursor(c, -1, 4);
	screen_type(c, "们" ENTER);
	screen_expect(c, "小明: 你们好");
}

static void test_a_paste_of_several_lines_is_one_talk(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 10, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "\033[200~第一行\r第二行\033[201~");
	screen_expect_row(c, -2, "> 第一行");
	screen_expect_row(c, -1, "  第二行");
	screen_type(c, ENTER);
	expect_talk(bob, "小明", "第一行\n第二行");
	expect_below(c, 3, "      第二行");
}

static void test_lines_come_back_from_the_history(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48], address[128];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d", room_dir(dir), "-n", "小明", address, NULL};
	struct screen *c;

	(void)state;
	snprintf(address, sizeof(address), "unix:%s", s->socket);
	c = screen_start(60, 8, argv, NULL);
	screen_expect(c, "online");
	screen_type(c, "第一句" ENTER "two\n" CTRL_D);
	assert_int_equal(screen_wait(c), 0);

	c = screen_start(60, 8, argv, NULL);
	screen_expect(c, "online");
	screen_type(c, UP UP);
	screen_expect_row(c, -1, "> 第一句");
	screen_type(c, CTRL_C CTRL_R "tw");
	screen_expect_row(c, -1, "(reverse-i-search)`tw': two");
	screen_type(c, ENTER);
	screen_expect(c, "小明: two");
}

static void test_commands(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 70, 16, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "/who" ENTER);
	screen_expect(c, "in the room (2): bob, 小明");
	screen_type(c, "/nope" ENTER);
	screen_expect(c, "! unknown command /nope: type /help");
	screen_type(c, "/help nick" ENTER);
	screen_expect(c, "/nick NAME");
	screen_type(c, "/nick 小强" ENTER);
	screen_expect(c, "* 小明 is now known as 小强");
	screen_expect_row(c, -2, "小强 | online (unix)");
	expect(bob, "nick", "小明", NULL);
	screen_type(c, "//nope" ENTER);
	expect_talk(bob, "小强", "/nope"); /* and none of the others */
}

/* ---- scrolling and resizing ----------------------------------------------------------------- */

static void say_lines(struct actor *a, int from, int to)
{
	char text[32];

	for (int i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "第%d句", i);
		say(a, text);
	}
}

static void test_scrolling_back(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 30, 8, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	say_lines(bob, 1, 20);
	screen_expect_row(c, 5, "bob: 第20句");
	screen_type(c, PAGE_UP);
	screen_expect_row(c, 5, "bob: 第16句");
	screen_expect(c, "scrolled back");
	say_lines(bob, 21, 22);
	screen_expect(c, "2 new below");
	screen_type(c, "typing");
	screen_expect_row(c, -1, "> typing");
	screen_expect_row(c, 5, "bob: 第16句");
	screen_type(c, PAGE_DOWN);
	screen_expect_row(c, 5, "bob: 第20句");
	screen_type(c, CTRL_END);
	screen_expect_row(c, 5, "bob: 第22句");
	screen_expect_row(c, -2, "小明 | online (unix)");
}

/* A person comes again into the rooms that they were in, and sees what was said before. */
static void test_rooms_are_there_again(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = enter(s, "bob", VIA_UNIX, "--room", "#dev", NULL);
	char address[128], dir[48];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d", room_dir(dir), "-n", "alice", address, NULL};

	(void)state;
	snprintf(address, sizeof(address), "unix:%s", s->socket);
	for (int run = 0; run < 2; run++) {
		struct screen *c = screen_start(80, 24, argv, NULL);
		screen_expect(c, "online");
		if (run == 0)
			screen_type(c, "hello" ENTER);
		screen_expect(c, "alice: hello");
		if (run == 0)
			screen_type(c, "/join #dev" ENTER);
		do
			hear(bob);
		while (strcmp(bob->heard.room, "dev") != 0 ||
		       strcmp(bob->heard.kind, "join") != 0 ||
		       strcmp(bob->heard.from, "alice") != 0);
		screen_type(c, "/quit" ENTER);
		assert_int_equal(screen_wait(c), 0);
	}
}

static void test_resizing(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 80, 24, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	say(bob, "今天天气不错，我们去爬山");
	expect_said(c, 2, "bob: 今天天气不错，我们去爬山");
	screen_type(c, "半句");
	screen_expect_row(c, -1, "> 半句");
	screen_resize(c, 20, 5);
	screen_expect_row(c, 1, "bob: 今天天气不错，");
	screen_expect_row(c, 2, "     我们去爬山");
	screen_expect_row(c, 3, "小明 | online (unix)");
	screen_expect_row(c, 4, "> 半句");
	screen_expect_cursor(c, 4, 6);
	screen_resize(c, 200, 60);
	screen_expect_row(c, 59, "> 半句");
	expect_said(c, 2, "bob: 今天天气不错，我们去爬山");
	screen_resize(c, 1, 1);
	screen_resize(c, 60, 10);
	screen_expect_row(c, -1, "> 半句");
	screen_type(c, ENTER);
	screen_expect(c, "小明: 半句");
}

/* Who is there has its place, whatever a talk does to a terminal that reorders. */
static void test_members_stand_at_the_right(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48], row[256];
	const char *argv[] = {CHAT_CLIENT_BIN,	    "-d", room_dir(dir), "-n", "小明",
			      s->address[VIA_UNIX], NULL};
	struct screen *c = screen_start(80, 24, argv, NULL);
	struct actor *bob;

	(void)state;
	screen_expect(c, "online");
	bob = join(s, "bob", VIA_TCP);
	snprintf(row, sizeof(row), "??:?? * 小明 and bob joined%34s │ bob", "");
	screen_expect_row(c, 1, row);
	say(bob, "שלום");
	snprintf(row, sizeof(row), "??:?? bob: %s%s%s%46s │ 小明", "\u200e\u202b", "שלום",
		 "\u202c\u200e", "");
	screen_expect_row(c, 2, row);
	screen_type(c, "/set members off" ENTER);
	snprintf(row, sizeof(row), "??:?? bob: %s%s%s", "\u200e\u202b", "שלום", "\u202c\u200e");
	screen_expect_row(c, 2, row);
}

/* This terminal draws them narrow: so there would be a gap if ncurses had not been told otherwise. */
static void test_ambiguous_characters_may_be_wide(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	const char *argv[] = {CHAT_CLIENT_BIN,
			      "--set",
			      "ambiguous-width=2",
			      "-d",
			      room_dir(dir),
			      "-n",
			      "小明",
			      s->address[VIA_UNIX],
			      NULL};
	struct screen *c = screen_start(60, 8, argv, NULL);

	(void)state;
	screen_expect(c, "online");
	screen_type(c, "±a§b" ENTER);
	screen_expect(c, "小明: ±a§b");
	screen_type(c, "±");
	screen_expect_cursor(c, -1, 3); /* the terminal itself moves it behind the sign */
}

static void test_colours_can_be_chosen(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 12, "小明");

	(void)state;
	screen_type(c, "hello" ENTER);
	expect_said(c, 2, "小明: hello");
	assert_true(screen_has_colour(c));
	screen_type(c, "/set colours none" ENTER);
	screen_expect(c, "colours = none");
	assert_false(screen_has_colour(c));
	screen_type(c, "/set colours 16" ENTER);
	screen_expect(c, "colours = 16");
	assert_true(screen_has_colour(c));
	screen_type(c, "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
}

/* Any sizes, as fast as they come, while others talk: the screen that is left is right. */
static void test_a_storm_of_resizes(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 80, 24, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);
	unsigned seed = (unsigned)getpid();
	char words[64];

	(void)state;
	print_message("seed %u\n", seed);
	for (int i = 0; i < 500; i++) {
		seed = seed * 1103515245 + 12345;
		screen_resize(c, 1 + (int)(seed >> 8) % 200, 1 + (int)(seed >> 16) % 60);
		snprintf(words, sizeof(words), "%d: 今天天气不错，我们去爬山", i);
		if (i % 5 == 0)
			say(bob, words);
		if (i % 25 != 24)
			continue;
		screen_resize(c, 60, 8);
		snprintf(words, sizeof(words), "bob: %d: 今天天气不错，我们去爬山", i / 5 * 5);
		expect_said(c, 5, words);
		screen_expect_cursor(c, -1, 2);
	}
	screen_type(c, "半句");
	screen_resize(c, 60, 8);
	expect_said(c, 4, "bob: 490: 今天天气不错，我们去爬山");
	expect_said(c, 5, "bob: 495: 今天天气不错，我们去爬山");
	screen_expect_row(c, -2, "小明 | online (unix)");
	screen_expect_row(c, -1, "> 半句");
	screen_expect_cursor(c, -1, 6);
}

/* ---- names, colours, locales ---------------------------------------------------------------- */

static void test_a_taken_name_asks_for_another(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct screen *c = open_screen(s, 60, 8, "bob", NULL);

	(void)state;
	screen_expect_row(c, -1, "name: type the name that you want here");
	screen_expect(c, "belongs to");
	screen_type(c, "bobby" ENTER);
	screen_expect_row(c, -2, "bobby | online (unix)");
	expect_join(bob, "bobby");
	screen_expect_row(c, -1, "> type a line, Enter says it; /help lists the commands");
}

static void test_no_colour_when_told_so(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *plain =
		open_screen(s, 40, 8, "小明", (const char *const[]){"NO_COLOR=1", NULL});
	struct screen *colourful = sit_down(s, 40, 8, "小红");

	(void)state;
	screen_type(colourful, "hi" ENTER);
	screen_expect(plain, "小红: hi");
	screen_expect(colourful, "小红: hi");
	assert_false(screen_has_colour(plain));
	assert_true(screen_has_colour(colourful));
}

static void test_chinese_needs_no_locale(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = open_screen(s, 40, 8, "小明", (const char *const[]){"LANG=C", NULL});

	(void)state;
	screen_expect(c, "online");
	screen_type(c, "你好" BACKSPACE "们" ENTER);
	screen_expect(c, "小明: 你们");
}

/* ---- leaving -------------------------------------------------------------------------------- */

static void expect_end(struct screen *c, int status)
{
	assert_int_equal(screen_wait(c), status);
	screen_wait_all(c);
	screen_expect_restored(c);
}

static void test_ways_to_leave(void **state)
{
	static const char *const ways[] = {"/quit" ENTER, "/exit 再见" ENTER, CTRL_D,
					   CTRL_C CTRL_C};
	struct server *s = server_start(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct screen *c = sit_down(s, 80, 24, "小明");
		screen_pid(c, SCREEN_SENDER);
		screen_type(c, ways[i]);
		expect_end(c, 0);
	}
}

static void test_ctrl_c_empties_the_line_first(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 60, 8, "小明");

	(void)state;
	screen_type(c, "not this");
	screen_expect_row(c, -1, "> not this");
	screen_type(c, CTRL_C);
	screen_expect_cursor(c, -1, 2);
	screen_expect_row(c, -2, "小明 | online (unix)");
	screen_type(c, "but this" ENTER);
	screen_expect(c, "小明: but this");
	screen_type(c, CTRL_C CTRL_C);
	expect_end(c, 0);
}

static void test_no_server(void **state)
{
	char dir[48], address[128];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "小明", address, NULL};
	struct screen *c;

	(void)state;
	snprintf(address, sizeof(address), "unix:%s/nobody", room_dir(dir));
	c = screen_start(80, 24, argv, NULL);
	expect_end(c, 2);
	screen_expect(c, "chat-client: no chat-server reached at unix:/tmp/");
}

static void test_the_server_goes(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 80, 24, "小明");

	(void)state;
	screen_pid(c, SCREEN_SENDER);
	server_stop(s);
	screen_expect_row(c, -2, "小明 | reconnecting...");
	screen_type(c, CTRL_C CTRL_C);
	expect_end(c, 0);
}

/* It dies while somebody types, and comes back. */
static struct screen *sit_through_a_restart(struct server *s)
{
	struct screen *c = sit_down(s, 80, 24, "小明");

	server_kill(s);
	screen_expect_row(c, -2, "小明 | reconnecting...");
	screen_type(c, "还在吗？" ENTER);
	screen_expect(c, "1 unsent");
	server_start_again(s);
	return c;
}

static void expect_said_and_leave(struct screen *c)
{
	screen_expect(c, "小明: 还在吗？");
	screen_expect_row(c, -2, "小明 | online (unix)");
	screen_expect(c, "1 here");
	screen_type(c, CTRL_C CTRL_C);
	expect_end(c, 0);
}

static void test_the_server_comes_back(void **state)
{
	(void)state;
	expect_said_and_leave(sit_through_a_restart(server_start(NULL, NULL)));
}

static void test_the_server_comes_back_and_kept_nothing(void **state)
{
	struct screen *c = sit_through_a_restart(server_start("--memory", NULL));

	(void)state;
	screen_expect(c, "the server was started anew");
	expect_said_and_leave(c);
}

/* ---- deaths --------------------------------------------------------------------------------- */

static void kill_and_look(struct server *s, enum screen_role role, int signal)
{
	struct screen *c = sit_down(s, 80, 24, "小明");

	screen_type(c, "half a line");
	screen_expect_row(c, -1, "> half a line");
	screen_kill(c, role, signal);
	screen_wait_all(c);
	screen_wait(c);
	screen_expect_restored(c);
}

static void test_the_session_dies(void **state)
{
	static const int signals[] = {SIGKILL, SIGSEGV, SIGTERM, SIGHUP, SIGINT};
	struct server *s = server_start(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		kill_and_look(s, SCREEN_SESSION, signals[i]);
}

static void test_the_receiver_dies(void **state)
{
	static const int signals[] = {SIGKILL, SIGSEGV, SIGTERM, SIGHUP, SIGINT};
	struct server *s = server_start(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		kill_and_look(s, SCREEN_RECEIVER, signals[i]);
}

static void test_the_sender_dies(void **state)
{
	static const int signals[] = {SIGKILL, SIGSEGV, SIGTERM, SIGHUP, SIGINT};
	struct server *s = server_start(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		kill_and_look(s, SCREEN_SENDER, signals[i]);
}

/* The last one to notice has to put things right alone. */
static void test_session_and_receiver_die_at_once(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, 80, 24, "小明");

	(void)state;
	screen_kill(c, SCREEN_RECEIVER, SIGSTOP); /* so that it cannot notice */
	screen_kill(c, SCREEN_SESSION, SIGKILL);
	screen_kill(c, SCREEN_RECEIVER, SIGKILL);
	screen_wait_all(c);
	screen_expect_restored(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_conversation_at_80x24),
		PICTURE(test_conversation_at_20x5),
		PICTURE(test_conversation_at_200x60),
		PICTURE(test_two_terminals_talk),
		PICTURE(test_wide_characters_at_the_edge),
		PICTURE(test_incoming_lines_leave_the_typed_one_alone),
		PICTURE(test_editing_chinese_and_emoji),
		PICTURE(test_a_paste_of_several_lines_is_one_talk),
		PICTURE(test_lines_come_back_from_the_history),
		PICTURE(test_commands),
		PICTURE(test_scrolling_back),
		PICTURE(test_rooms_are_there_again),
		PICTURE(test_resizing),
		PICTURE(test_members_stand_at_the_right),
		PICTURE(test_a_storm_of_resizes),
		PICTURE(test_ambiguous_characters_may_be_wide),
		PICTURE(test_colours_can_be_chosen),
		PICTURE(test_a_taken_name_asks_for_another),
		PICTURE(test_no_colour_when_told_so),
		PICTURE(test_chinese_needs_no_locale),
		PICTURE(test_ways_to_leave),
		PICTURE(test_ctrl_c_empties_the_line_first),
		PICTURE(test_no_server),
		PICTURE(test_the_server_goes),
		PICTURE(test_the_server_comes_back),
		PICTURE(test_the_server_comes_back_and_kept_nothing),
		PICTURE(test_the_session_dies),
		PICTURE(test_the_receiver_dies),
		PICTURE(test_the_sender_dies),
		PICTURE(test_session_and_receiver_die_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
