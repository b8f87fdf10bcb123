/*
 * Nothing that a person has typed is lost, and nothing is said twice: not by a client that is killed, at
 * whatever moment, nor by a server that is.
 */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#define ENTER	  "\r"
#define CTRL_C	  "\003"
#define CTRL_U	  "\025"
#define ALT_R	  "\033r"
#define ALT_RIGHT "\033[1;3C"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

static struct screen *start(const struct server *s, enum via via, const char *dir)
{
	char address[192];
	const char *argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "小明", address, NULL};

	snprintf(address, sizeof(address), "%s", s->address[via]);
	return screen_start(100, 40, argv, NULL);
}

static struct screen *sit_down(const struct server *s, enum via via, const char *dir)
{
	struct screen *c = start(s, via, dir);

	screen_expect(c, "online");
	return c;
}

static void kill_all(struct screen *c)
{
	pid_t pids[] = {screen_pid(c, SCREEN_SESSION), screen_pid(c, SCREEN_SENDER),
			screen_pid(c, SCREEN_RECEIVER)};

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(kill(pids[i], SIGKILL), 0);
	screen_wait_all(c);
}

static void kill_session(struct screen *c)
{
	screen_kill(c, SCREEN_SESSION, SIGKILL);
	screen_wait_all(c);
}

/* How many of the files that the next client will look at hold the words. */
static unsigned files_with(const char *dir, const char *words)
{
	char path[512], command[1024];
	unsigned n = 0;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/unsent", dir);
	DIR *d = opendir(path);
	while (d && (entry = readdir(d))) {
		static char text[1 << 20];
		snprintf(command, sizeof(command), "%s/%s", path, entry->d_name);
		bool is_one = !strchr(entry->d_name, '.'); /* or one that is being written */
		FILE *f = is_one ? fopen(command, "re") : NULL;
		if (!f)
			continue;
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		n += strstr(text, words) != NULL;
		(void)fclose(f);
	}
	if (d)
		(void)closedir(d);
	return n;
}

/* What happens in a directory is waited for as what a program says is. */
static void await_file(const char *dir, const char *words)
{
	uint64_t deadline = within(SOON);
	char path[128], news[4096];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	snprintf(path, sizeof(path), "%s/unsent", dir);
	assert_true(fd >= 0);
	assert_true(inotify_add_watch(fd, path, IN_MODIFY | IN_MOVED_TO) >= 0);
	while (files_with(dir, words) == 0) {
		if (!programs_wait(fd, POLLIN, deadline))
			fail_msg("nobody has written down \"%s\"", words);
		(void)!read(fd, news, sizeof(news));
	}
	(void)close(fd);
}

static void halt(const struct server *s, bool stopped)
{
	assert_int_equal(kill(program_pid(s->program), stopped ? SIGSTOP : SIGCONT), 0);
}

/* The next talk that somebody hears. */
static const char *hear_talk(struct actor *a)
{
	const struct heard *h;

	do
		h = hear_any(a);
	while (strcmp(h->kind, "talk") != 0);
	return h->text;
}

/* ---- lines on their way --------------------------------------------------------------------------- */

static void test_lines_that_wait_outlive_their_client(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	screen_type(c, "one" ENTER);
	assert_string_equal(hear_talk(bob), "one");
	halt(s, true);
	screen_type(c, "two" ENTER "三" ENTER);
	screen_expect(c, "小明: 三 …");
	kill_all(c);
	c = start(s, VIA_UNIX, dir);
	screen_expect(c, "小明: two …");
	screen_expect(c, "小明: 三 …");
	screen_type(c, "four" ENTER);
	screen_expect(c, "小明: four …");
	halt(s, false);
	assert_string_equal(hear_talk(bob), "two");
	assert_string_equal(hear_talk(bob), "三");
	assert_string_equal(hear_talk(bob), "four");
	screen_type(c, "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	assert_int_equal(files_with(dir, ""), 0); /* there is nothing to be kept */
	say(bob, "end");
	assert_string_equal(hear_talk(bob), "end");
}

/* What nobody has ever answered: not even the JOIN. */
static void test_lines_of_who_never_came_in_are_said(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char dir[48];

	(void)state;
	halt(s, true);
	struct screen *c = start(s, VIA_UNIX, room_dir(dir));
	screen_expect(c, "connecting");
	screen_type(c, "/msg bob psst" ENTER "hello" ENTER "/join #tea" ENTER "one" ENTER);
	screen_expect(c, "小明: one …");
	kill_session(c);
	halt(s, false);
	c = sit_down(s, VIA_UNIX, dir);
	/* each in its room, where the one does not wait for the other */
	for (unsigned heard = 0; heard != 3;) {
		const char *text = hear_talk(bob);
		bool direct = strcmp(bob->heard.room, "@小明") == 0;
		assert_string_equal(text, direct ? "psst" : "hello");
		heard += direct ? 2 : 1;
	}
	screen_type(c, "/join #tea" ENTER);
	screen_expect(c, "小明: one");
}

/* Ctrl-C does not wait for a server that stands still; the next client has the line. */
static void test_lines_outlive_who_leaves(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	halt(s, true);
	screen_type(c, "one" ENTER);
	screen_expect(c, "小明: one …");
	screen_type(c, CTRL_C CTRL_C);
	(void)screen_wait(c);
	halt(s, false);
	c = sit_down(s, VIA_UNIX, dir);
	screen_type(c, "two" ENTER);
	assert_string_equal(hear_talk(bob), "one");
	assert_string_equal(hear_talk(bob), "two");
}

/* ---- at any moment -------------------------------------------------------------------------------- */

enum { ROUNDS = 8, LINES = 12 };

struct round {
	unsigned seen; /* lines that were on the screen when the client was killed */
	unsigned said; /* … that somebody heard */
};

/* Each line is heard once, in order, without holes. */
static void hear_lines(const char *text, struct round *rounds, unsigned *newest)
{
	unsigned round, line;

	for (const char *at = text; (at = strstr(at, "line ")); at += 5) {
		assert_int_equal(sscanf(at, "line %u.%u.", &round, &line), 2);
		assert_in_range(round, *newest, ROUNDS - 1);
		assert_int_equal(line, rounds[round].said + 1);
		rounds[round].said = line;
		*newest = round;
	}
}

/* As many as are drawn; some of them were seen then, and the newest may still be on their way. */
static unsigned type_lines(struct screen *c, unsigned round)
{
	unsigned typed = (unsigned)rand() % (LINES + 1), seen = (unsigned)rand() % (typed + 1);
	char text[32];

	for (unsigned i = 1; i <= typed; i++) {
		snprintf(text, sizeof(text), "line %u.%u." ENTER, round, i);
		screen_type(c, text);
	}
	snprintf(text, sizeof(text), "line %u.%u.", round, seen);
	if (seen > 0)
		screen_expect(c, text);
	return seen;
}

static void kill_and_hear(enum via via, unsigned seed, bool server_too)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct round rounds[ROUNDS] = {{.seen = 0}};
	unsigned newest = 0;
	char dir[48];
	struct screen *c;

	print_message("seed %u\n", seed);
	srand(seed);
	room_dir(dir);
	for (unsigned i = 0; i < ROUNDS; i++) {
		c = sit_down(s, via, dir);
		screen_type(c, "x\b"); /* an echo: its processes are known */
		(void)screen_pid(c, SCREEN_SESSION);
		rounds[i].seen = type_lines(c, i);
		if (server_too && rand() % 2)
			server_kill(s);
		if (rand() % 2)
			kill_all(c);
		else
			kill_session(c);
		if (!s->program || program_ended(s->program))
			server_start_again(s);
	}
	c = sit_down(s, via, dir);
	screen_type(c, " the end" ENTER);
	for (const char *text = ""; !strstr(text, "the end");) {
		text = hear_talk(bob);
		hear_lines(text, rounds, &newest);
	}
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_in_range(rounds[i].said, rounds[i].seen, LINES);
}

static void test_a_client_that_is_killed_loses_and_doubles_nothing(void **state)
{
	(void)state;
	kill_and_hear(VIA_UNIX, 1, false);
}

static void test_nor_over_udp(void **state)
{
	(void)state;
	kill_and_hear(VIA_UDP, 2, false);
}

static void test_nor_with_a_server_that_is_killed_too(void **state)
{
	(void)state;
	kill_and_hear(VIA_UNIX, 3, true);
}

/* ---- what nobody can tell ---------------------------------------------------------------------------- */

static void test_a_server_with_another_log_is_not_told_twice(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--memory", NULL);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	halt(s, true);
	screen_type(c, "one" ENTER);
	screen_expect(c, "小明: one …");
	kill_session(c);
	server_kill(s);
	server_start_again(s);
	c = sit_down(s, VIA_UNIX, dir);
	screen_expect(c, "小明: one (not sent: it may be there already");
	kill_session(c);
	c = sit_down(s, VIA_UNIX, dir); /* it waits for the person, over and over */
	screen_expect(c, "小明: one (not sent: it may be there already");
	struct actor *bob = join(s, "bob", VIA_TCP);
	screen_type(c, ALT_R);
	assert_string_equal(hear_talk(bob), "one");
	screen_type(c, "two" ENTER);
	assert_string_equal(hear_talk(bob), "two");
}

/* How far a file of the server's may grow stands for what a disk has left. */
static void limit(struct server *s, rlim_t bytes)
{
	struct rlimit limits;

	assert_int_equal(prlimit(program_pid(s->program), RLIMIT_FSIZE, NULL, &limits), 0);
	limits.rlim_cur = bytes;
	assert_int_equal(prlimit(program_pid(s->program), RLIMIT_FSIZE, &limits, NULL), 0);
}

static void test_what_was_refused_outlives_its_client(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	limit(s, 0);
	screen_type(c, "one" ENTER);
	screen_expect(c, "小明: one (not sent: the server cannot write");
	kill_session(c);
	limit(s, RLIM_INFINITY);
	program_expect(s->program, PROGRAM_ERR, "the history can be written again");
	c = sit_down(s, VIA_UNIX, dir);
	screen_expect(c, "小明: one (not sent: the server cannot write");
	screen_type(c, ALT_R "two" ENTER);
	assert_string_equal(hear_talk(bob), "one");
	assert_string_equal(hear_talk(bob), "two");
	kill_session(c);
	c = sit_down(s, VIA_UNIX, dir);
	screen_type(c, "three" ENTER);
	assert_string_equal(hear_talk(bob), "three");
}

/* ---- half-typed lines ----------------------------------------------------------------------------------- */

static void test_half_a_line_comes_back(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	screen_type(c, "半句 and more");
	await_file(dir, "半句 and more");
	kill_all(c);
	c = sit_down(s, VIA_UNIX, dir);
	screen_expect_row(c, -1, "> 半句 and more");
	screen_type(c, "!" ENTER);
	screen_expect(c, "小明: 半句 and more!");
	kill_session(c);
	c = sit_down(s, VIA_UNIX, dir);
	screen_expect(c, "小明: 半句 and more!");
	screen_type(c, "typed as it ended");
	screen_expect_row(c, -1, "> typed as it ended");
	screen_kill(c, SCREEN_SESSION, SIGTERM);
	(void)screen_wait(c);
	c = sit_down(s, VIA_UNIX, dir);
	screen_expect_row(c, -1, "> typed as it ended");
}

static void test_a_password_is_not_written_down(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	screen_type(c, "/join #tea sesame");
	screen_expect_row(c, -1, "> /join #tea sesame");
	screen_kill(c, SCREEN_SESSION, SIGTERM);
	(void)screen_wait(c);
	assert_int_equal(files_with(dir, "sesame"), 0);
}

static void test_each_room_has_a_line_of_its_own(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir));

	(void)state;
	screen_type(c, "/join #tea" ENTER);
	screen_expect(c, "#tea | unix:");
	screen_type(c, "of the tea");
	screen_expect_row(c, -1, "> of the tea");
	screen_type(c, ALT_RIGHT);
	screen_expect(c, "#lobby | unix:");
	screen_expect_row(c, -1, "> type a line, Enter says it; /help lists the commands");
	screen_type(c, "of the lobby");
	screen_expect_row(c, -1, "> of the lobby");
	screen_type(c, ALT_RIGHT);
	screen_expect_row(c, -1, "> of the tea");
	await_file(dir, "of the lobby");
	kill_session(c);
	c = sit_down(s, VIA_UNIX, dir);
	screen_expect_row(c, -1, "> of the lobby");
	screen_type(c, CTRL_U "/join #tea" ENTER);
	screen_expect_row(c, -1, "> of the tea");
}

/* Who runs has its own; a client beside it begins with none. */
static void test_clients_beside_each_other_keep_apart(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	struct screen *c = sit_down(s, VIA_UNIX, room_dir(dir)), *beside;

	(void)state;
	screen_type(c, "half a line");
	await_file(dir, "half a line");
	beside = sit_down(s, VIA_UNIX, dir);
	screen_type(beside, "x");
	screen_expect_row(beside, -1, "> x");
	screen_expect_row(c, -1, "> half a line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_lines_that_wait_outlive_their_client),
		PICTURE(test_lines_of_who_never_came_in_are_said),
		PICTURE(test_lines_outlive_who_leaves),
		PICTURE(test_a_client_that_is_killed_loses_and_doubles_nothing),
		PICTURE(test_nor_over_udp),
		PICTURE(test_nor_with_a_server_that_is_killed_too),
		PICTURE(test_a_server_with_another_log_is_not_told_twice),
		PICTURE(test_what_was_refused_outlives_its_client),
		PICTURE(test_half_a_line_comes_back),
		PICTURE(test_a_password_is_not_written_down),
		PICTURE(test_each_room_has_a_line_of_its_own),
		PICTURE(test_clients_beside_each_other_keep_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
