/*
 * Members who were away: the next run of a client begins where the last one ended, whatever ended it,
 * and however many of the same person run at once.
 */
#include "check.h"
#include "jsonline.h"
#include "room.h"

#include "sys/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const enum via all_ways[] = {VIA_UDP, VIA_TCP, VIA_UNIX, VIA_CHAT};

/* With all that it missed. */
static struct actor *come_again(struct server *s, const char *name, enum via via)
{
	return enter(s, name, via, "--no-color", NULL);
}

static void cursors_path(const struct actor *a, char path[128])
{
	snprintf(path, 128, "%s/chat-room/cursors", strchr(a->home, '=') + 1);
}

/* Its file says that the event of that number was shown. */
static void wait_until_kept(const struct actor *a, uint64_t seq)
{
	uint64_t deadline = within(SOON);
	char path[128], text[4096], want[32];

	cursors_path(a, path);
	snprintf(want, sizeof(want), "\t%llu\tout\n", (unsigned long long)seq);
	for (;;) {
		FILE *f = fopen(path, "r");
		size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
		text[n] = '\0';
		if (f)
			fclose(f);
		if (strstr(text, want))
			return;
		assert_true(clock_mono_us() < deadline);
		(void)programs_wait(-1, 0, clock_mono_us() + 20 * 1000);
	}
}

/* ---- from run to run ------------------------------------------------------------------------- */

static void test_what_was_missed_comes_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all_ways); i++) {
		struct server *s = server_start("-b", "127.0.0.1", NULL);
		struct actor *alice = join(s, "alice", all_ways[i]);
		struct actor *bob = join(s, "bob", VIA_TCP);
		talk(alice, "before");
		leave(alice);
		talk(bob, "one");
		talk(bob, "two");
		alice = come_again(s, "alice", all_ways[i]);
		expect_quit(alice, "alice", "left");
		expect_talk(alice, "bob", "one");
		expect_talk(alice, "bob", "two");
		all_expect(s, "join", "alice", NULL);
		leave(alice);
		alice = come_again(s, "alice", all_ways[i]);
		expect_quit(alice, "alice", "left");
		all_expect(s, "join", "alice", NULL);
		leave(alice);
		leave(bob);
		server_stop(s);
	}
}

static void test_who_comes_by_another_name_is_new(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UNIX), *other;

	(void)state;
	talk(alice, "one");
	leave(alice);
	other = enter_stranger(s, "other", VIA_UNIX, "-d", strchr(alice->home, '=') + 1, NULL);
	expect_join(other, "alice");
	expect_talk(other, "alice", "one");
	expect_quit(other, "alice", "left");
	expect_join(other, "other");
	leave(other);
}

static void test_what_is_asked_for_comes_first(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);

	(void)state;
	talk(alice, "one");
	leave(alice);
	alice = enter(s, "alice", VIA_TCP, "--since", "now", NULL);
	expect_join(alice, "alice");
	leave(alice);
	alice = enter(s, "alice", VIA_TCP, "--since", "1", NULL);
	expect_talk(alice, "alice", "one");
	expect_quit(alice, "alice", "left");
	expect_join(alice, "alice");
	expect_quit(alice, "alice", "left");
	expect_join(alice, "alice");
	leave(alice);
	alice = enter(s, "alice", VIA_TCP, "--history", "2", NULL);
	expect_join(alice, "alice");
	expect_quit(alice, "alice", "left");
	expect_join(alice, "alice");
	leave(alice);
}

/* The numbers of one log say nothing in the next. */
static void test_another_log_is_told_and_shown(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--memory", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP), *bob;

	(void)state;
	for (int i = 0; i < 5; i++)
		talk(alice, "old");
	leave(alice);
	server_kill(s);
	server_start_again(s);
	bob = join(s, "bob", VIA_TCP);
	talk(bob, "new");
	alice = come_again(s, "alice", VIA_TCP);
	expect_join(alice, "bob");
	expect_talk(alice, "bob", "new");
	all_expect(s, "join", "alice", NULL);
	program_expect(alice->program, PROGRAM_ERR, "started anew");
	leave(alice);
	leave(bob);
}

/* A server that is killed and started again goes on with what it has kept. */
static void test_a_server_that_died_in_between_is_the_same(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP), *bob = join(s, "bob", VIA_TCP);

	(void)state;
	talk(bob, "before");
	leave(alice);
	talk(bob, "one");
	server_kill(s);
	say(bob, "two");
	server_start_again(s);
	expect_talk(bob, "bob", "two");
	alice = come_again(s, "alice", VIA_TCP);
	expect_quit(alice, "alice", "left");
	expect_talk(alice, "bob", "one");
	expect_talk(alice, "bob", "two");
	all_expect(s, "join", "alice", NULL);
	leave(alice);
	leave(bob);
}

/* ---- in rooms -------------------------------------------------------------------------------- */

/* The next event of that room; of others there may be some before. */
static void hear_in(struct actor *a, const char *room, const char *kind, const char *from,
		    const char *text)
{
	do
		hear(a);
	while (strcmp(a->heard.room, room) != 0);
	if (strcmp(a->heard.kind, kind) != 0 || strcmp(a->heard.from, from) != 0 ||
	    strcmp(a->heard.text, text) != 0)
		fail_msg("%s did not hear %s of %s saying '%s', but %s", a->name, kind, from, text,
			 a->heard.line);
}

static void end_input(struct actor *a)
{
	program_end_input(a->program);
	assert_int_equal(program_wait(a->program, within(SOON)), 0);
	gone(a);
}

static struct actor *come_to_dev(struct server *s, const char *name)
{
	return enter(s, name, VIA_TCP, "--room", "#dev", NULL);
}

static void test_every_room_begins_where_it_ended(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = come_to_dev(s, "alice"), *bob;

	(void)state;
	hear_in(alice, "dev", "open", "alice", "");
	hear_in(alice, "dev", "join", "alice", "");
	say(alice, "where lines go"); /* the room that was named */
	hear_in(alice, "dev", "talk", "alice", "where lines go");
	end_input(alice);
	bob = enter(s, "bob", VIA_TCP, "--room", "#dev", "--since", "now", NULL);
	hear_in(bob, "dev", "join", "bob", "");
	say(bob, "one");
	say(bob, "two");
	hear_in(bob, "dev", "talk", "bob", "one");
	hear_in(bob, "dev", "talk", "bob", "two");
	alice = come_to_dev(s, "alice");
	hear_in(alice, "dev", "quit", "alice", "");
	hear_in(alice, "dev", "join", "bob", "");
	hear_in(alice, "dev", "talk", "bob", "one");
	hear_in(alice, "dev", "talk", "bob", "two");
	hear_in(alice, "dev", "join", "alice", "");
	end_input(alice);
	say(bob, "three");
	hear_in(bob, "dev", "join", "alice", "");
	hear_in(bob, "dev", "quit", "alice", "");
	hear_in(bob, "dev", "talk", "bob", "three");
	/* who does not name it is not in it, and what was not heard waits */
	alice = enter(s, "alice", VIA_TCP, "--since", "now", NULL);
	expect_join(alice, "alice");
	assert_string_equal(alice->heard.room, "lobby");
	end_input(alice);
	alice = come_to_dev(s, "alice");
	hear_in(alice, "dev", "quit", "alice", "");
	hear_in(alice, "dev", "talk", "bob", "three");
	end_input(alice);
	end_input(bob);
}

static void test_a_message_waits_for_who_is_away(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP), *bob;

	(void)state;
	end_input(alice);
	bob = join(s, "bob", VIA_TCP);
	say(bob, "/msg alice are you there?");
	hear_in(bob, "@alice", "talk", "bob", "are you there?");
	alice = come_again(s, "alice", VIA_UDP);
	hear_in(alice, "@bob", "open", "bob", "");
	hear_in(alice, "@bob", "talk", "bob", "are you there?");
	say(alice, "/msg bob now I am");
	hear_in(alice, "@bob", "talk", "alice", "now I am");
	hear_in(bob, "@alice", "talk", "alice", "now I am");
	end_input(alice);
	say(bob, "/msg alice and now?");
	hear_in(bob, "@alice", "talk", "bob", "and now?");
	alice = come_again(s, "alice", VIA_UDP);
	hear_in(alice, "@bob", "talk", "bob", "and now?");
	end_input(alice);
	end_input(bob);
}

static void test_a_room_that_is_closed_is_told(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP), *alice;

	(void)state;
	say(bob, "/join #dev sesame");
	hear_in(bob, "dev", "join", "bob", "");
	alice = come_to_dev(s, "alice");
	program_expect(alice->program, PROGRAM_ERR, "not in #dev: ");
	say(alice, "is anybody here?"); /* not said elsewhere instead */
	expect_join(alice, "bob");
	expect_join(alice, "alice");
	expect_error(alice, "not-joined");
	say(alice, "/join #dev sesame");
	hear_in(alice, "dev", "open", "bob", "");
	end_input(alice);
	end_input(bob);
}

/* ---- several at once ------------------------------------------------------------------------- */

static void test_who_was_there_twice_has_heard_it_once(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *one = join(s, "alice", VIA_TCP);
	struct actor *two = enter(s, "alice", VIA_UDP, "--since", "now", NULL);

	(void)state;
	say(two, "here too"); /* no event says that the second is there */
	all_expect(s, "talk", "alice", "here too");
	talk(bob, "both hear this");
	program_end_input(one->program);
	assert_int_equal(program_wait(one->program, within(SOON)), 0);
	gone(one);
	talk(bob, "one of them hears this");
	leave(two);
	talk(bob, "nobody hears this");
	one = come_again(s, "alice", VIA_TCP);
	expect_quit(one, "alice", "left");
	expect_talk(one, "bob", "nobody hears this");
	all_expect(s, "join", "alice", NULL);
	leave(one);
	leave(bob);
}

/* ---- ends that are none ---------------------------------------------------------------------- */

static void test_a_killed_client_begins_where_it_was(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *alice = join(s, "alice", VIA_TCP);

	(void)state;
	talk(bob, "shown");
	wait_until_kept(alice, bob->seq);
	program_signal(alice->program, SIGKILL);
	gone(alice);
	expect(bob, "lost", "alice", NULL);
	talk(bob, "missed");
	alice = come_again(s, "alice", VIA_TCP);
	expect(alice, "lost", "alice", NULL);
	expect_talk(alice, "bob", "missed");
	all_expect(s, "back", "alice", NULL);
	leave(alice);
	leave(bob);
}

/* Reads up to the end; returns the number of the last event. */
static uint64_t read_events(int fd, uint64_t *first)
{
	static char line[8192];
	uint64_t seq, last = 0;
	FILE *f = fdopen(fd, "r");

	assert_non_null(f);
	*first = 0;
	while (fgets(line, sizeof(line), f)) {
		char *end = strchr(line, '\n');
		if (!end) /* the killer was quicker */
			continue;
		*end = '\0';
		if (!strstr(line, "\"room\"") || !jsonline_number(line, "seq", &seq))
			continue;
		if (last > 0)
			assert_true(seq == last + 1);
		*first = *first ? *first : seq;
		last = seq;
	}
	fclose(f);
	return last;
}

/* It hears all of it, but its reader stands still, and then it is killed. */
static void test_what_nobody_could_read_was_not_shown(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *bob = join(s, "bob", VIA_UNIX), *alice;
	char dir[48], fifo[64], command[512], text[1025];
	uint64_t first, last;

	(void)state;
	room_dir(dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	int fd = open(fifo, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	snprintf(command, sizeof(command), "exec %s --json -n alice -d %s --follow %s >%s",
		 CHAT_CLIENT_BIN, dir, s->address[VIA_TCP], fifo);
	struct program *p =
		program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, NULL, -1);
	expect_join(bob, "alice");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 1500; i++)
		talk(bob, text);
	/* as long as it takes a client to write down what it had better not */
	uint64_t later = clock_mono_us() + 2500 * 1000;
	while (clock_mono_us() < later) {
		(void)programs_wait(-1, 0, clock_mono_us() + 100 * 1000);
		talk(bob, text);
	}
	program_signal(p, SIGKILL);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	last = read_events(fd, &first);
	assert_in_range(last, 2, bob->seq - 1); /* not all of it went into the pipe */
	expect(bob, "lost", "alice", NULL);
	alice = enter_stranger(s, "alice", VIA_TCP, "-d", dir, NULL);
	hear(alice);
	if (alice->heard.seq > last + 1)
		fail_msg("%llu events were never shown",
			 (unsigned long long)(alice->heard.seq - last - 1));
	while (strcmp(alice->heard.kind, "back") != 0)
		hear(alice);
	expect(bob, "back", "alice", NULL);
	leave(alice);
	leave(bob);
}

static void test_a_damaged_file_counts_as_none(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	char path[128];

	(void)state;
	talk(alice, "one");
	leave(alice);
	cursors_path(alice, path);
	assert_int_equal(truncate(path, 100), 0);
	alice = come_again(s, "alice", VIA_TCP);
	program_expect(alice->program, PROGRAM_ERR, "is damaged and counts as empty");
	expect_join(alice, "alice");
	expect_talk(alice, "alice", "one");
	expect_quit(alice, "alice", "left");
	expect_join(alice, "alice");
	leave(alice);
	alice = come_again(s, "alice", VIA_TCP);
	expect_quit(alice, "alice", "left");
	expect_join(alice, "alice");
	leave(alice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_what_was_missed_comes_once),
		SCENE(test_who_comes_by_another_name_is_new),
		SCENE(test_what_is_asked_for_comes_first),
		SCENE(test_another_log_is_told_and_shown),
		SCENE(test_a_server_that_died_in_between_is_the_same),
		SCENE(test_every_room_begins_where_it_ended),
		SCENE(test_a_message_waits_for_who_is_away),
		SCENE(test_a_room_that_is_closed_is_told),
		SCENE(test_who_was_there_twice_has_heard_it_once),
		SCENE(test_a_killed_client_begins_where_it_was),
		SCENE(test_what_nobody_could_read_was_not_shown),
		SCENE(test_a_damaged_file_counts_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
