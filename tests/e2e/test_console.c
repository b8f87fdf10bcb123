/*
 * The console as its keeper meets it: what can be typed, and that a terminal which shows nothing for
 * a while (Ctrl-S, a pager, the background) holds up nobody.
 */
#include "guest.h"
#include "idle.h"
#include "room.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what can be typed ----------------------------------------------------------------------- */

static void test_the_console(void **state)
{
	struct terminal console = terminal_open();
	struct server *s = server_start_on(console.program, "-b", "127.0.0.1", NULL);
	(void)state;
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *ming = join(s, "小明", VIA_UNIX);
	terminal_type(&console, "请大家注意：五分钟后重启");
	all_expect(s, "announce", "", "请大家注意：五分钟后重启");

	terminal_type(&console, "/who");
	bool seen[3] = {false};
	while (!seen[0] || !seen[1] || !seen[2]) {
		const char *line = program_line(s->program, PROGRAM_OUT, within(SOON));
		assert_non_null(line);
		seen[0] |= strstr(line, "alice") != NULL;
		seen[1] |= strstr(line, "bob") != NULL;
		seen[2] |= strstr(line, "小明") != NULL;
	}

	terminal_type(&console, "/kick bob");
	gone(bob);
	all_expect(s, "quit", "bob", NULL);
	assert_string_equal(alice->heard.reason, "kicked");
	assert_int_equal(program_wait(bob->program, within(SOON)), 3);
	terminal_type(&console, "/kick nobody");
	talk(ming, "他走了");

	terminal_type(&console, "/quit");
	assert_int_equal(program_wait(s->program, within(SOON)), 0);
	program_expect(alice->program, PROGRAM_ERR, "connection lost, reconnecting");
	terminal_close(&console);
}

static void test_a_wrong_console_command_is_told_and_nothing_else(void **state)
{
	struct terminal console = terminal_open();
	struct server *s = server_start_on(console.program, "-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	(void)state;
	terminal_type(&console, "/no-such-thing");
	terminal_type(&console, "");
	terminal_type(&console, "/kick");
	terminal_type(&console, "hello all");
	expect_announce(alice, "hello all");
	terminal_close(&console); /* and a terminal that hangs up does not end the room */
	talk(alice, "still here");
}

/* Who is lost is listed so; whose name was released is no owner any more. */
static void test_the_console_tells_of_the_lost_and_frees_names(void **state)
{
	struct terminal console = terminal_open();
	struct server *s = server_start_on(console.program, "-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_UDP);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	program_signal(alice->program, SIGKILL);
	gone(alice);
	expect(bob, "lost", "alice", NULL);
	terminal_type(&console, "/who");
	const char *line = program_expect(s->program, PROGRAM_OUT, "  alice  ");
	assert_non_null(strstr(line, "  reconnecting"));
	assert_null(strstr(program_expect(s->program, PROGRAM_OUT, "  bob  "), "reconnecting"));
	terminal_type(&console, "/release");
	program_expect(s->program, PROGRAM_OUT, "/release NAME");
	terminal_type(&console, "/release nobody");
	program_expect(s->program, PROGRAM_OUT, "nobody owns nobody");
	terminal_type(&console, "/release alice");
	program_expect(s->program, PROGRAM_OUT, "alice is in the room");
	terminal_type(&console, "/kick alice");
	expect_quit(bob, "alice", "kicked");
	terminal_type(&console, "/release ALICE");
	program_expect(s->program, PROGRAM_OUT, "ALICE is free");
	struct actor *other = enter_stranger(s, "alice", VIA_TCP, "--since", "now", NULL);
	all_expect(s, "join", "alice", NULL);
	leave(other);
	terminal_close(&console);
}

/* Of rooms of two there is nothing to be seen. */
static void test_the_console_and_the_rooms(void **state)
{
	struct terminal console = terminal_open();
	struct server *s = server_start_on(console.program, "-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP), *bob = join(s, "bob", VIA_TCP);
	(void)state;
	say(alice, "/msg bob a secret");
	expect_in(alice, "@bob", "talk", "alice", "a secret");
	expect_in(bob, "@alice", "open", "alice", NULL);
	expect_in(bob, "@alice", "talk", "alice", "a secret");
	say(alice, "/join #dev");
	expect_in(alice, "dev", "join", "alice", NULL);
	program_expect(s->program, PROGRAM_OUT, "[#dev] * alice joined");
	say(alice, "spam, spam, spam");
	expect_in(alice, "dev", "talk", "alice", "spam, spam, spam");
	program_expect(s->program, PROGRAM_OUT, "[#dev] alice: spam, spam, spam");

	terminal_type(&console, "/topic #dev what is cooking");
	expect_in(alice, "dev", "topic", "", "what is cooking");
	program_expect(s->program, PROGRAM_OUT,
		       "[#dev] * the administrator set the topic: what is cooking");
	terminal_type(&console, "/rooms");
	program_expect(s->program, PROGRAM_OUT, "2 rooms, 1 of two");
	program_expect(s->program, PROGRAM_OUT, "  #dev  1 here, 4 events: what is cooking");
	program_expect(s->program, PROGRAM_OUT, "  #lobby  2 here, 2 events");
	terminal_type(&console, "/last #dev");
	program_expect(s->program, PROGRAM_OUT, "  3  alice: spam, spam, spam");
	terminal_type(&console, "/recall #dev 3");
	expect_in(alice, "dev", "recall", "", NULL);
	program_expect(s->program, PROGRAM_OUT, "[#dev] * the administrator recalled a message");
	program_expect(s->program, PROGRAM_OUT, "it is recalled");
	terminal_type(&console, "/last #dev");
	program_expect(s->program, PROGRAM_OUT, "nothing was said there lately");
	terminal_type(&console, "/recall #dev 3");
	program_expect(s->program, PROGRAM_OUT, "there is no talk of that number");
	terminal_type(&console, "/recall #nowhere 3");
	program_expect(s->program, PROGRAM_OUT, "there is no room #nowhere");
	terminal_type(&console, "/recall #dev three");
	program_expect(s->program, PROGRAM_OUT, "which one?");
	terminal_type(&console, "/topic #nowhere words");
	program_expect(s->program, PROGRAM_OUT, "there is no room #nowhere");
	terminal_type(&console, "/last @bob");
	program_expect(s->program, PROGRAM_OUT, "there is no room @bob");
	terminal_close(&console);
}

/* ---- a server whose output the test reads, or does not -------------------------------------- */

/* Lines from a descriptor: those of the server's start are passed over. */
struct watcher {
	int fd;
	char line[2048];
	size_t len;
};

/* The next line; waits. */
static const char *watch_line(struct watcher *w)
{
	char c;
	for (w->len = 0;;) {
		ssize_t n = read(w->fd, &c, 1);
		if (n < 0 && errno == EAGAIN) {
			if (!programs_wait(w->fd, POLLIN, within(SOON)))
				fail_msg("nothing comes after \"%.*s\"", (int)w->len, w->line);
			continue;
		}
		assert_int_equal(n, 1);
		if (c == '\n')
			break;
		if (c != '\r' && w->len < sizeof(w->line) - 1)
			w->line[w->len++] = c;
	}
	w->line[w->len] = '\0';
	return w->line;
}

static void watch_for(struct watcher *w, const char *part)
{
	while (!strstr(watch_line(w), part))
		;
}

/*
 * Runs `script` in a shell, with the terminal as input; in it "$@" is the server.  Only the local
 * socket of *s is known.
 */
static struct program *start_in_shell(struct server *s, const struct terminal *t,
				      const char *script, const char *setsid)
{
	static const char *const server[] = {"sh", CHAT_SERVER_BIN, "--no-udp", "--no-tcp"};
	const char *argv[20];
	size_t n = 0;
	*s = (struct server){.program = NULL};
	snprintf(s->socket, sizeof(s->socket), "%s/room.sock", room_dir(s->dir));
	if (setsid) {
		argv[n++] = setsid;
		argv[n++] = "--wait";
		argv[n++] = "--ctty";
	}
	argv[n++] = "sh";
	argv[n++] = "-c";
	argv[n++] = script;
	for (size_t i = 0; i < sizeof(server) / sizeof(*server); i++)
		argv[n++] = server[i];
	argv[n++] = "-u";
	argv[n++] = s->socket;
	argv[n] = NULL;
	fcntl(t->keyboard, F_SETFL, O_NONBLOCK);
	s->program = program_start(argv, NULL, t->program);
	return s->program;
}

enum {
	TALKS = 600
}; /* of a kilobyte: more than a pipe, a terminal and the console keep together */

static void numbered(char text[1024], int number)
{
	memset(text, '.', 1000);
	int n = snprintf(text, 32, "talk %d ", number);
	text[n] = '.';
	text[1000] = '\0';
}

/* Alice talks, Bob hears it: whatever becomes of the console. */
static void talk_a_lot(struct guest *alice, struct guest *bob)
{
	char text[1024];
	for (int i = 0; i < TALKS; i++) {
		numbered(text, i);
		guest_say(alice, text);
		guests_hear(alice->seq + 1);
	}
	guest_expect_talk(bob, "alice", bob->text);
	assert_memory_equal(bob->text, "talk 599 ", 9);
}

/* Every talk is on the console, or counted as missing in its place; at least one is. */
static void expect_all_shown_or_counted(struct watcher *w)
{
	int next = 0, number, missing = 0, count;
	while (next < TALKS) {
		const char *line = watch_line(w);
		if (sscanf(line, "(%d lines not shown)", &count) == 1) {
			next += count;
			missing += count;
		} else if (sscanf(line, "alice: talk %d", &number) == 1) {
			assert_int_equal(number, next);
			next++;
		}
	}
	assert_true(missing > 0);
}

static void test_a_stopped_terminal_holds_up_nobody(void **state)
{
	struct terminal console = terminal_open();
	struct watcher w = {.fd = console.keyboard};
	struct server s;
	(void)state;
	start_in_shell(&s, &console, "exec \"$@\" >&0", NULL);
	watch_for(&w, "ready");
	struct guest *alice = guest_join(&s, "alice", VIA_UNIX);
	watch_for(&w, "* alice joined");
	assert_int_equal(tcflow(console.program, TCOOFF), 0);
	struct guest *bob = guest_join(&s, "bob", VIA_UNIX);
	talk_a_lot(alice, bob);
	expect_idle(s.program);
	terminal_type(&console, "typed blindly");
	guests_hear(alice->seq + 1);
	assert_string_equal(bob->text, "typed blindly");
	assert_int_equal(tcflow(console.program, TCOON), 0);
	watch_for(&w, "* bob joined");
	expect_all_shown_or_counted(&w);
	guest_say(alice, "and on it goes");
	watch_for(&w, "alice: and on it goes");
	assert_false(fcntl(console.program, F_GETFL) & O_NONBLOCK);
	program_signal(s.program, SIGTERM);
	assert_int_equal(program_wait(s.program, within(SOON)), 0);
	terminal_close(&console);
}

/* chat-server | less */
static void test_a_pager_that_nobody_turns_holds_up_nobody(void **state)
{
	struct terminal console = terminal_open();
	char dir[48], fifo[96], script[128];
	struct server s;
	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/pager", room_dir(dir));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	struct watcher w = {.fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
	assert_true(w.fd >= 0);
	snprintf(script, sizeof(script), "exec \"$@\" >%s", fifo);
	start_in_shell(&s, &console, script, NULL);
	assert_true(programs_wait(w.fd, POLLIN, within(SOON)));
	watch_for(&w, "ready");
	struct guest *alice = guest_join(&s, "alice", VIA_UNIX);
	talk_a_lot(alice, guest_join(&s, "bob", VIA_UNIX));
	expect_idle(s.program);
	expect_all_shown_or_counted(&w);
	close(w.fd); /* the pager is quit */
	guest_say(alice, "nobody listens there");
	guests_hear(alice->seq + 1);
	expect_idle(s.program);
	program_signal(s.program, SIGTERM);
	assert_int_equal(program_wait(s.program, within(SOON)), 0);
	terminal_close(&console);
}

/* `stty tostop`: who writes from the background is stopped, unless he has provided against it. */
static void test_the_background_does_not_stop_it(void **state)
{
	struct terminal console = terminal_open();
	struct watcher w = {.fd = console.keyboard};
	struct server s;
	int pid = 0;
	(void)state;
	start_in_shell(&s, &console, "set -m; stty tostop; \"$@\" <&0 >&0 & echo pid $!; wait $!",
		       "setsid");
	watch_for(&w, "ready");
	const char *line = program_expect(s.program, PROGRAM_OUT, "pid ");
	assert_int_equal(sscanf(line, "pid %d", &pid), 1);
	struct guest *alice = guest_join(&s, "alice", VIA_UNIX);
	watch_for(&w, "* alice joined");
	guest_say(alice, "still here");
	watch_for(&w, "alice: still here");
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(program_wait(s.program, within(SOON)), 0);
	terminal_close(&console);
}

/* More than is kept at once. */
static void test_who_shows_everybody(void **state)
{
	enum { MEMBERS = 900 };
	struct terminal console = terminal_open();
	struct watcher w = {.fd = console.keyboard};
	char name[NAME_MAX_BYTES + 1];
	bool seen[MEMBERS] = {false};
	struct server s;
	(void)state;
	start_in_shell(&s, &console, "exec \"$@\" >&0", NULL);
	watch_for(&w, "ready");
	for (int i = 0; i < MEMBERS; i++) {
		snprintf(name, sizeof(name), "somebody.with.a.long.name.%03d", i);
		guest_join(&s, name, VIA_UNIX);
	}
	terminal_type(&console, "/who");
	watch_for(&w, "900 in the room");
	for (int i = 0, number; i < MEMBERS; i++) { /* in the order of the roster */
		assert_int_equal(sscanf(watch_line(&w), "  somebody.with.a.long.name.%d", &number),
				 1);
		assert_true(number >= 0 && number < MEMBERS && !seen[number]);
		seen[number] = true;
	}
	program_signal(s.program, SIGTERM);
	assert_int_equal(program_wait(s.program, within(SOON)), 0);
	terminal_close(&console);
}

/* ---- the end of its input -------------------------------------------------------------------- */

static void test_ctrl_d_is_answered_and_ends_nothing(void **state)
{
	struct terminal console = terminal_open();
	struct server *s = server_start_on(console.program, "-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(write(console.keyboard, "\004", 1), 1);
	program_expect(s->program, PROGRAM_OUT, "end of input: /quit ends the server");
	terminal_type(&console, "I can still be heard");
	expect_announce(alice, "I can still be heard");
	expect_idle(s->program);
	terminal_type(&console, "/help");
	for (;;) { /* and it was said only once */
		const char *line = program_line(s->program, PROGRAM_OUT, within(SOON));
		assert_non_null(line);
		assert_null(strstr(line, "end of input"));
		if (strstr(line, "an announcement to all"))
			break;
	}
	terminal_type(&console, "/quit");
	assert_int_equal(program_wait(s->program, within(SOON)), 0);
	terminal_close(&console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_the_console),
		SCENE(test_the_console_tells_of_the_lost_and_frees_names),
		SCENE(test_the_console_and_the_rooms),
		SCENE(test_a_wrong_console_command_is_told_and_nothing_else),
		SCENE(test_a_stopped_terminal_holds_up_nobody),
		SCENE(test_a_pager_that_nobody_turns_holds_up_nobody),
		SCENE(test_the_background_does_not_stop_it),
		SCENE(test_who_shows_everybody),
		SCENE(test_ctrl_d_is_answered_and_ends_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
