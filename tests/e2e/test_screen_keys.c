/* The keys of chat-client on a terminal, as a person presses them. */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENTER	  "\r"
#define CTRL_C	  "\003"
#define CTRL_A	  "\001"
#define CTRL_D	  "\004"
#define CTRL_F	  "\006"
#define CTRL_T	  "\024"
#define LEFT	  "\033[D"
#define RIGHT	  "\033[C"
#define CTRL_Z	  "\032"
#define CTRL_N	  "\016"
#define CTRL_P	  "\020"
#define F1	  "\033OP"
#define ALT(key)  "\033" key
#define BACKSPACE "\177"
#define UP	  "\033[A"
#define TAB	  "\t"
#define SHIFT_TAB "\033[Z"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

/* A client once it is in the room and its keys work; `inputrc` may be NULL. */
static struct screen *sit_down(struct server *s, const char *name, const char *inputrc)
{
	char address[128], dir[48], variable[80], path[64];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d", room_dir(dir), "-n", name, address, NULL};
	const char *env[] = {variable, NULL};
	FILE *f;

	snprintf(address, sizeof(address), "unix:%s", s->socket);
	snprintf(path, sizeof(path), "%s/inputrc", dir);
	snprintf(variable, sizeof(variable), "INPUTRC=%s", path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(inputrc ? inputrc : "", f);
	assert_int_equal(fclose(f), 0);
	struct screen *c = screen_start(80, 24, argv, env);
	screen_expect(c, "online");
	screen_type(c, "x");
	screen_expect_row(c, -1, "> x");
	screen_type(c, BACKSPACE);
	screen_expect_cursor(c, -1, 2);
	return c;
}

static void expect_room(struct screen *c, const char *room)
{
	char title[128];

	snprintf(title, sizeof(title), "%s | unix:", room);
	screen_expect(c, title);
}

static void join_room(struct screen *c, const char *room)
{
	screen_type(c, "/join ");
	screen_type(c, room);
	screen_type(c, ENTER);
	expect_room(c, room);
}

static void test_help(void **state)
{
	struct screen *c = sit_down(server_start(NULL, NULL), "alice", NULL);

	(void)state;
	screen_type(c, "half" F1 " a line");
	screen_expect(c, "Alt-A                where somebody calls, or speaks");
	screen_expect(c, "F1                   these keys");
	screen_expect_row(c, -1, "> half a line");
}

static void test_going_from_room_to_room(void **state)
{
	struct screen *c = sit_down(server_start(NULL, NULL), "alice", NULL);

	(void)state;
	join_room(c, "#dev");
	join_room(c, "#art");
	screen_type(c, "half a line");
	screen_expect_row(c, -1, "> half a line");
	screen_type(c, CTRL_N); /* it stays where it is */
	expect_room(c, "#lobby");
	screen_type(c, CTRL_N);
	expect_room(c, "#dev");
	screen_type(c, CTRL_P);
	expect_room(c, "#lobby");
	screen_type(c, ALT("3"));
	expect_room(c, "#art");
	screen_type(c, ALT("1"));
	expect_room(c, "#lobby");
	screen_type(c, ALT("9") ALT("0") ALT("2")); /* the first two are nowhere */
	expect_room(c, "#dev");
	screen_type(c, ALT("3"));
	screen_expect_row(c, -1, "> half a line");
	screen_type(c, CTRL_C UP); /* the history has stayed where it was */
	screen_expect_row(c, -1, "> /join #art");
}

static void test_going_where_something_is_said(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	char words[32];

	(void)state;
	join_room(c, "#dev");
	for (int i = 1; i <= 40; i++) {
		snprintf(words, sizeof(words), "line %d of bob", i);
		say(bob, words);
	}
	screen_expect(c, "#lobby 40");
	screen_type(c, ALT("a"));
	expect_room(c, "#lobby");
	screen_expect(c, "bob: line 40 of bob");
	screen_type(c, ALT("u"));
	screen_expect(c, "bob: line 1 of bob");
	screen_expect(c, "scrolled back");
}

/* What a person has in ~/.inputrc holds, and can name what is ours. */
static void test_inputrc(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice",
				    "\"\\C-n\": \"macro\"\n"
				    "\"\\C-xh\": chat-help\n"
				    "\"\\C-m\": beginning-of-line\n"
				    "\"\\C-c\": end-of-line\n");

	(void)state;
	screen_type(c, "a " CTRL_N);
	screen_expect_row(c, -1, "> a macro");
	screen_type(c, "\030h");
	screen_expect(c, "Alt-A                where somebody calls, or speaks");
	screen_type(c, ENTER); /* but not these */
	screen_expect(c, "alice: a macro");
	screen_type(c, "x" CTRL_C);
	screen_expect_cursor(c, -1, 2);
}

static void test_vi(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", "set editing-mode vi\n");

	(void)state;
	join_room(c, "#dev");
	screen_type(c, CTRL_P);
	expect_room(c, "#lobby");
	screen_type(c, "one two");
	screen_expect_row(c, -1, "> one two");
	screen_type(c, "\0330dw");
	screen_expect_row(c, -1, "> two");
	screen_type(c, CTRL_N);
	expect_room(c, "#dev");
	screen_type(c, CTRL_P);
	screen_expect_row(c, -1, "> two");
	screen_type(c, "A!" ENTER);
	screen_expect(c, "alice: two!");
}

static void test_completing(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX), *bert = join(s, "bert", VIA_UNIX);

	(void)state;
	say(bert, "hello");
	screen_expect(c, "bert: hello");
	say(bob, "hello");
	screen_expect(c, "bob: hello");
	screen_type(c, "b" TAB);
	screen_expect_row(c, -1, "> bob:");
	screen_type(c, TAB);
	screen_expect_row(c, -1, "> bert:");
	screen_type(c, SHIFT_TAB);
	screen_expect_row(c, -1, "> bob:");
	screen_expect_cursor(c, -1, 7);
	screen_type(c, "see @be" TAB "in #lo" TAB ":tad" TAB ENTER); /* as fast as one can */
	screen_expect(c, "alice: bob: see @bert in #lobby 🎉");
	screen_type(c, "/set fold" TAB "of" TAB);
	screen_expect_row(c, -1, "> /set fold-joins off");
	screen_type(c, CTRL_C "zzz" TAB "!"); /* nothing */
	screen_expect_row(c, -1, "> zzz!");
	screen_type(c, "\001" TAB);
	screen_expect_row(c, -1, "> bob: zzz!");
	screen_type(c, "\037"); /* is taken back as one */
	screen_expect_row(c, -1, "> zzz!");
}

/* "TAB: menu-complete" is in many a ~/.inputrc. */
static void test_inputrc_completes(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice",
				    "TAB: menu-complete\n"
				    "\"\\C-o\": menu-complete-backward\n");

	(void)state;
	screen_type(c, "/qu" TAB TAB);
	screen_expect_row(c, -1, "> /quit");
	screen_type(c, "\017");
	screen_expect_row(c, -1, "> /query");
}

static void test_leaving_is_asked_twice(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);

	(void)state;
	screen_pid(c, SCREEN_SENDER);
	screen_type(c, CTRL_C);
	screen_expect_row(c, -1, "Ctrl-C again leaves");
	screen_type(c, "no"); /* any other key takes it back */
	screen_expect_row(c, -1, "> no");
	screen_type(c, CTRL_C CTRL_C); /* the first empties the line */
	screen_expect_row(c, -1, "Ctrl-C again leaves");
	screen_type(c, CTRL_C);
	assert_int_equal(screen_wait(c), 0);
	screen_wait_all(c);
	screen_expect_restored(c);
}

static void test_leaving_with_what_is_not_sent(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);

	(void)state;
	screen_pid(c, SCREEN_SENDER);
	assert_int_equal(kill(program_pid(s->program), SIGSTOP), 0);
	screen_type(c, "one" ENTER "two" ENTER);
	screen_expect(c, "2 unsent");
	screen_type(c, CTRL_C);
	screen_expect_row(c, -1, "2 not sent: Ctrl-C again leaves all the same");
	screen_type(c, CTRL_C);
	assert_int_equal(screen_wait(c), 0);
	assert_int_equal(kill(program_pid(s->program), SIGCONT), 0);
}

/* In a shell, as people do. */
static void test_suspending(void **state)
{
	struct server *s = server_start(NULL, NULL);
	const char *argv[] = {"/bin/bash", "--norc", "--noprofile", "-i", NULL};
	const char *env[] = {"PS1=shell> ", "INPUTRC=/dev/null",
			     "BASH_SILENCE_DEPRECATION_WARNING=1", NULL};
	struct screen *c = screen_start(80, 24, argv, env);
	char line[512], dir[48];

	(void)state;
	screen_expect(c, "shell>");
	snprintf(line, sizeof(line), "%s -d %s -n alice unix:%s" ENTER, CHAT_CLIENT_BIN,
		 room_dir(dir), s->socket);
	screen_type(c, line);
	screen_expect(c, "online");
	for (int i = 0; i < 3; i++) {
		screen_type(c, "+");
		screen_expect_row(c, -1, i == 0 ? "> +" : i == 1 ? "> ++" : "> +++");
		screen_type(c, CTRL_Z);
		screen_expect(c, "Stopped");
		screen_type(c,
			    "clear; echo mode $(stty -a | tr ' ' '\\n' | grep -c ^icanon)" ENTER);
		screen_expect(c, "mode 1");
		if (i == 1) { /* it does not draw from behind */
			screen_type(c, "clear; bg; until jobs -s | grep -q .; do :; done; "
				       "echo sti''ll" ENTER);
			screen_expect(c, "still");
		}
		screen_type(c, "clear; fg" ENTER);
		screen_expect(c, "online");
	}
	screen_type(c, ENTER);
	screen_expect(c, "alice: +++");
	screen_type(c, "/quit" ENTER);
	screen_expect(c, "shell>");
	screen_type(c, "clear; echo mode $(stty -a | tr ' ' '\\n' | grep -c ^icanon)" ENTER);
	screen_expect(c, "mode 1");
	screen_type(c, "exit" ENTER);
	assert_int_equal(screen_wait(c), 0);
}

#define PASTE(text) "\033[200~" text "\033[201~"

static void test_several_lines(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);

	(void)state;
	screen_type(c, "one" ALT(ENTER) "two" ENTER);
	expect_talk(bob, "alice", "one\ntwo");
	screen_type(c, "so: " PASTE("1\r2\r3\r4\r5\r") "." ENTER); /* few enough */
	expect_talk(bob, "alice", "so: 1\n2\n3\n4\n5.");
	screen_type(c, "/set paste-lines 2" ENTER);
	screen_expect(c, "paste-lines = 2");
	screen_type(c, PASTE("a\rb\r/c\r"));
	screen_expect(c, "3 lines: (y) say as one, (l)ine by line, (e)dit, (n)o?");
	screen_type(c, "x" UP PASTE("y\r") ENTER "\033"); /* no answers */
	screen_expect(c, "3 lines: (y)");
	screen_type(c, "y");
	expect_talk(bob, "alice", "a\nb\n/cy");
}

static void test_line_by_line(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);

	(void)state;
	screen_type(c, "so: " PASTE("1\r2\r\r/quit\r5\r6\r"));
	screen_expect(c, "6 lines: (y) say as one");
	screen_type(c, "l");
	expect_talk(bob, "alice", "so: 1");
	expect_talk(bob, "alice", "2");
	expect_talk(bob, "alice", "/quit"); /* is no command */
	expect_talk(bob, "alice", "5");
	expect_talk(bob, "alice", "6");
	screen_type(c, "half " PASTE("1\r2\r3\r4\r5\r6"));
	screen_expect(c, "6 lines: (y) say as one");
	screen_type(c, "n"); /* what was there stays */
	screen_expect_row(c, -1, "> half");
	screen_type(c, PASTE("1\r2\r3\r4\r5\r6"));
	screen_expect(c, "6 lines: (y) say as one");
	screen_type(c, "e" BACKSPACE "!" ENTER);
	expect_talk(bob, "alice", "half 1\n2\n3\n4\n5\n!");
	screen_type(c, UP); /* all of it is one line of the history */
	screen_type(c, "?" ENTER);
	expect_talk(bob, "alice", "half 1\n2\n3\n4\n5\n!?");
}

#define FLAG   "🇨🇳"
#define FAMILY "👨\xe2\x80\x8d👩\xe2\x80\x8d👧" /* with joiners */
#define ACCENT "e\xcc\x81"		     /* two code points */

/* What is left is what is said: how wide a terminal shows it does not matter. */
static void says(struct screen *c, struct actor *bob, const char *keys, const char *text)
{
	screen_type(c, keys);
	screen_type(c, ENTER);
	expect_talk(bob, "alice", text);
}

static void test_editing_what_looks_like_one(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);

	(void)state;
	says(c, bob, "1" FLAG BACKSPACE "2", "12");
	says(c, bob, "1" FAMILY BACKSPACE "2", "12");
	says(c, bob, "1" ACCENT BACKSPACE "2", "12");
	says(c, bob, FLAG FLAG LEFT "x", FLAG "x" FLAG);
	says(c, bob, FLAG FAMILY CTRL_A RIGHT "x", FLAG "x" FAMILY);
	says(c, bob, FAMILY "z" CTRL_A CTRL_D, "z");
	says(c, bob, FLAG ACCENT CTRL_T, ACCENT FLAG);
	says(c, bob, "1" FAMILY "2" LEFT CTRL_T, "12" FAMILY);
	says(c, bob, "a" FLAG ALT("-") LEFT "x", "a" FLAG "x"); /* back backwards */
	says(c, bob, "a" FLAG BACKSPACE "\037", "a" FLAG);	/* undone as one */
}

static void test_editing_what_looks_like_one_in_vi(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", "set editing-mode vi\nset keyseq-timeout 1\n");
	struct actor *bob = join(s, "bob", VIA_UNIX);

	(void)state;
	screen_type(c, FLAG FAMILY ACCENT "\033");
	screen_type(c, "hx"); /* on the family */
	says(c, bob, "A!", FLAG ACCENT "!");
	screen_type(c, FLAG FAMILY ACCENT "\033");
	screen_type(c, "0llll"); /* not past the last one */
	says(c, bob, "Xix", FLAG "x" ACCENT);
}

#define WHEEL_UP   "\033[<64;10;5M"
#define WHEEL_DOWN "\033[<65;10;5M"

static void test_the_wheel(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	char words[32];

	(void)state;
	for (int i = 1; i <= 60; i++) {
		snprintf(words, sizeof(words), "line %d.", i);
		say(bob, words);
	}
	screen_expect(c, "bob: line 60.");
	assert_int_equal(screen_count_bytes(c, "\033[?1006h"), 0); /* off at first */
	screen_type(c, ALT("m"));
	screen_expect(c, "mouse = on");
	assert_int_equal(screen_count_bytes(c, "\033[?1006h"), 1);
	screen_type(c, "half" WHEEL_UP WHEEL_UP "\033[<0;3;4M\033[<0;3;4m"
		       " a line");
	screen_expect(c, "scrolled back");
	screen_expect_row(c, -1, "> half a line");
	screen_type(c, WHEEL_DOWN WHEEL_DOWN);
	screen_expect(c, "mouse = on");
	screen_type(c, ALT("m"));
	screen_expect(c, "mouse = off");
	assert_int_equal(screen_count_bytes(c, "\033[?1006l"), 1);
}

static void test_the_bare_view(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);

	(void)state;
	screen_type(c, "copy this" ENTER);
	screen_expect(c, "alice: copy this");
	screen_type(c, ALT("l"));
	screen_expect_row(c, 0, "* alice joined");
	screen_expect_row(c, 1, "alice: copy this");
	screen_expect_row(c, -2, "");
	screen_type(c, ALT("l"));
	expect_room(c, "#lobby");
}

static void test_finding(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "alice", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	char words[32];

	(void)state;
	for (int i = 1; i <= 99; i++) {
		snprintf(words, sizeof(words), i % 40 ? "line %d." : "Line %d, 今天", i);
		say(bob, words);
	}
	screen_expect(c, "bob: line 99.");
	screen_type(c, "half" LEFT CTRL_F);
	screen_expect_row(c, -1, "find:");
	screen_type(c, "line 4");
	screen_expect(c, "bob: line 49.");
	screen_expect_row(c, -1, "find: line 4");
	screen_type(c, CTRL_A "\013"
			      "今" ENTER); /* the newest, and the one before */
	screen_expect(c, "bob: Line 40, 今天");
	screen_type(c, ENTER ENTER); /* there is none: it stays */
	screen_type(c, "\033");
	screen_expect_row(c, -1, "> half");
	screen_expect_cursor(c, -1, 5);
	screen_expect(c, "bob: Line 40, 今天");
	screen_type(c, "l" ENTER);
	screen_expect(c, "new below");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_help),
		PICTURE(test_going_from_room_to_room),
		PICTURE(test_going_where_something_is_said),
		PICTURE(test_inputrc),
		PICTURE(test_vi),
		PICTURE(test_completing),
		PICTURE(test_inputrc_completes),
		PICTURE(test_leaving_is_asked_twice),
		PICTURE(test_leaving_with_what_is_not_sent),
		PICTURE(test_suspending),
		PICTURE(test_several_lines),
		PICTURE(test_line_by_line),
		PICTURE(test_editing_what_looks_like_one),
		PICTURE(test_editing_what_looks_like_one_in_vi),
		PICTURE(test_the_wheel),
		PICTURE(test_the_bare_view),
		PICTURE(test_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
