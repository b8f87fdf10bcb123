/* What a person says, on the screen: at once, while nobody answers, and when it is refused. */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ENTER	    "\r"
#define CTRL_C	    "\003"
#define ALT_LEFT    "\033[1;3D"
#define ALT_R	    "\033r"
#define ALT_SHIFT_R "\033R"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

static struct screen *sit_down(struct server *s, const char *name)
{
	char address[128], dir[48];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d",	      room_dir(dir), "-n", name,
			      "--set",	       "members=off", address,	     NULL};
	struct screen *c;

	snprintf(address, sizeof(address), "unix:%s", s->socket);
	c = screen_start(100, 12, argv, NULL);
	screen_expect(c, "online");
	return c;
}

static void expect_said(struct screen *c, int row, const char *text)
{
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "??:?? %s", text);
	screen_expect_row(c, row, pattern);
}

/* ---- nobody answers --------------------------------------------------------------------------- */

static void test_lines_wait_for_a_server_that_stands_still(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "before" ENTER);
	expect_talk(bob, "小明", "before");
	expect_said(c, 2, "小明: before");
	assert_int_equal(kill(program_pid(s->program), SIGSTOP), 0);
	screen_type(c, "还在吗" ENTER "hello?" ENTER);
	expect_said(c, 3, "小明: 还在吗 …");
	expect_said(c, 4, "小明: hello? …");
	screen_expect(c, " 2 unsent");
	assert_int_equal(kill(program_pid(s->program), SIGCONT), 0);
	expect_talk(bob, "小明", "还在吗");
	expect_talk(bob, "小明", "hello?");
	expect_said(c, 3, "小明: 还在吗");
	expect_said(c, 4, "小明: hello?");
	screen_expect_row(c, 5, "");
}

/* Before one is in the room, too; and what is said elsewhere waits there. */
static void test_lines_wait_for_a_server_that_is_away(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "小明");

	(void)state;
	screen_type(c, "/join #dev" ENTER "one" ENTER);
	expect_said(c, 3, "小明: one");
	server_kill(s);
	screen_expect(c, "reconnecting");
	screen_type(c, "two" ENTER);
	expect_said(c, 4, "小明: two …");
	screen_type(c, "/join #lobby" ENTER);
	screen_expect(c, "#lobby | unix:");
	screen_expect_row(c, 4, "");
	server_start_again(s);
	screen_expect(c, "online");
	screen_type(c, "/join #dev" ENTER);
	screen_expect(c, "小明: two");
	screen_type(c, "three" ENTER);
	screen_expect(c, "小明: three");
	screen_expect_row(c, -2, "小明 | online (unix)");
}

/* What waits for an answer goes where it was typed, wherever the person has gone meanwhile. */
static void test_lines_that_wait_stay_in_their_room(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	screen_type(c, "/join #dev" ENTER);
	screen_expect(c, "#dev | unix:");
	screen_type(c, ALT_LEFT);
	screen_expect(c, "#lobby | unix:");
	assert_int_equal(kill(program_pid(s->program), SIGSTOP), 0);
	screen_type(c, "oen" ENTER "/edit one" ENTER "two" ENTER);
	screen_expect(c, "小明: oen …");
	screen_expect(c, "小明: two …");
	screen_expect(c, " 3 unsent");
	screen_type(c, ALT_LEFT "here" ENTER);
	screen_expect(c, "#dev | unix:");
	screen_expect(c, " 4 unsent");
	assert_int_equal(kill(program_pid(s->program), SIGCONT), 0);
	expect_talk(bob, "小明", "oen");
	hear(bob); /* the edit */
	expect_talk(bob, "小明", "two");
	screen_expect(c, "小明: here");
	screen_type(c, ALT_LEFT);
	screen_expect(c, "小明: one (edited)");
	screen_expect(c, "小明: two");
}

/* ---- it is refused ----------------------------------------------------------------------------- */

/* How far a file of the server's may grow stands for what a disk has left. */
static void limit(struct server *s, rlim_t bytes)
{
	struct rlimit limits;

	assert_int_equal(prlimit(program_pid(s->program), RLIMIT_FSIZE, NULL, &limits), 0);
	limits.rlim_cur = bytes;
	assert_int_equal(prlimit(program_pid(s->program), RLIMIT_FSIZE, &limits, NULL), 0);
}

static void test_what_was_refused_is_sent_again_or_taken_back(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct screen *c = sit_down(s, "小明");
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	limit(s, 0);
	screen_type(c, "one" ENTER "two" ENTER "three" ENTER);
	expect_said(c, 2,
		    "小明: one (not sent: the server cannot write to its disk: nothing was kept, "
		    "try again later.");
	screen_expect(c, "小明: two (not sent");
	screen_expect(c, "小明: three (not sent");
	program_expect(s->program, PROGRAM_ERR, "the history cannot be written");
	limit(s, RLIM_INFINITY);
	program_expect(s->program, PROGRAM_ERR, "the history can be written again");
	screen_type(c, ALT_R);
	expect_talk(bob, "小明", "one");
	expect_said(c, 2, "小明: one");
	screen_type(c, ALT_SHIFT_R);
	screen_expect_row(c, -1, "> two");
	screen_type(c, " and a half" ENTER "/again" ENTER);
	expect_talk(bob, "小明", "two and a half");
	expect_talk(bob, "小明", "three");
	expect_said(c, 3, "小明: two and a half");
	expect_said(c, 4, "小明: three");
	screen_type(c, "/drop" ENTER);
	expect_said(c, 5, "all that you said here was sent");
	screen_expect_row(c, -1, ">");
}

/* It comes back where nothing was typed meanwhile, and nowhere else. */
static void test_what_is_typed_is_not_overwritten(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct screen *c = sit_down(s, "小明");

	(void)state;
	limit(s, 0);
	screen_type(c, "one" ENTER);
	screen_expect(c, "小明: one (not sent");
	screen_type(c, "half" ALT_SHIFT_R " a line");
	screen_expect_row(c, -1, "> half a line");
	screen_expect_row(c, 2, "");
	screen_type(c, CTRL_C "\033[A"); /* it is in the history, as all lines are */
	screen_expect_row(c, -1, "> one");
}

/* With the room goes the place where it was shown; the words do not. */
static void test_what_was_refused_outlives_the_room(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct screen *c = sit_down(s, "小明");

	(void)state;
	screen_type(c, "/join #dev" ENTER);
	screen_expect(c, "#dev | unix:");
	limit(s, 0);
	screen_type(c, "one" ENTER);
	screen_expect(c, "小明: one (not sent");
	program_expect(s->program, PROGRAM_ERR, "the history cannot be written");
	limit(s, RLIM_INFINITY);
	program_expect(s->program, PROGRAM_ERR, "the history can be written again");
	screen_type(c, "/part" ENTER);
	screen_expect(c, "#lobby | unix:");
	screen_expect(c, "! not sent to #dev (you are out of it): one");
}

/* A word to somebody who is not there has no room to be shown in, and is not lost. */
static void test_a_word_to_nobody_is_given_back_in_words(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct screen *c = sit_down(s, "小明");

	(void)state;
	screen_type(c, "/msg nobody 在吗" ENTER);
	screen_expect(c, "! not sent to @nobody (");
	screen_expect(c, "): 在吗");
	screen_expect(c, "#lobby | unix:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_lines_wait_for_a_server_that_stands_still),
		PICTURE(test_lines_wait_for_a_server_that_is_away),
		PICTURE(test_lines_that_wait_stay_in_their_room),
		PICTURE(test_what_was_refused_is_sent_again_or_taken_back),
		PICTURE(test_what_is_typed_is_not_overwritten),
		PICTURE(test_what_was_refused_outlives_the_room),
		PICTURE(test_a_word_to_nobody_is_given_back_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
