/* Commands of the client's own: what is chosen holds and is kept, and what they say reaches the others. */
#include "check.h"
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A plain client with settings of its own, below `dir`. */
static struct program *plain(struct server *s, const char *dir, const char *name)
{
	char config[64], data[64], joined[64];
	const char *argv[] = {
		CHAT_CLIENT_BIN, "--plain",	      "-n", name, "-d", data, "--config",
		config,		 s->address[VIA_TCP], NULL};
	struct program *p;

	snprintf(config, sizeof(config), "%s/own/client.ini", dir);
	snprintf(data, sizeof(data), "%s/%s", dir, name);
	snprintf(joined, sizeof(joined), "* %s joined", name);
	p = program_start(argv, NULL, -1);
	program_expect(p, PROGRAM_OUT, joined);
	return p;
}

static void expect_line(struct program *p, const char *want)
{
	const char *line = program_line(p, PROGRAM_OUT, within(SOON));

	assert_non_null(line);
	assert_string_equal(line, want);
}

static void quit(struct program *p)
{
	program_type(p, "/quit");
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

static void test_what_is_set_is_kept(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	struct program *p = plain(s, room_dir(dir), "alice");

	(void)state;
	program_type(p, "/set scrollback 5000");
	expect_line(p, "scrollback = 5000");
	program_type(p, "/设置 times Hh:mm:SS");
	expect_line(p, "times = HH:MM:SS");
	program_type(p, "/set times soon");
	program_expect(p, PROGRAM_ERR, "times is HH:MM, HH:MM:SS or off");
	program_type(p, "/set tims off");
	program_expect(p, PROGRAM_ERR, "there is no setting of that name: /set lists them");
	program_type(p, "/set scrollback default");
	expect_line(p, "scrollback = 10000");
	quit(p);
	p = plain(s, dir, "alice");
	program_type(p, "/set times");
	expect_line(p, "times = HH:MM:SS");
	expect_line(p, "the time at the left of each line");
	expect_line(p, "(HH:MM, HH:MM:SS or off; at first HH:MM)");
	program_type(p, "/set");
	program_expect(p, PROGRAM_OUT, "scrollback       10000");
	expect_line(p, "times            HH:MM:SS  (at first HH:MM)");
	quit(p);
}

static void test_a_file_with_mistakes_is_told(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48], path[80];
	struct program *p = plain(s, room_dir(dir), "alice");
	FILE *f;

	(void)state;
	program_type(p, "/set bell off");
	expect_line(p, "bell = off");
	quit(p);
	snprintf(path, sizeof(path), "%s/own/client.ini", dir);
	f = fopen(path, "a");
	assert_non_null(f);
	assert_true(fputs("[client]\ntimes = soon\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	p = plain(s, dir, "alice");
	program_expect(p, PROGRAM_ERR, "client.ini: times is HH:MM, HH:MM:SS or off, not \"soon\"");
	program_type(p, "/set bell");
	expect_line(p, "bell = off");
	quit(p);
}

static void test_aliases(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_UDP);
	char dir[48];
	struct program *p = plain(s, room_dir(dir), "alice");

	(void)state;
	expect_join(bob, "alice");
	program_type(p, "/alias /hi /me waves to $1: $*!");
	expect_line(p, "/hi = /me waves to $1: $*!");
	program_type(p, "/hi bob again");
	expect_line(p, "* alice waves to bob: bob again!");
	expect_talk(bob, "alice", "/me waves to bob: bob again!");
	program_type(p, "/alias hi");
	expect_line(p, "/hi = /me waves to $1: $*!");
	program_type(p, "/alias loop /loop");
	expect_line(p, "/loop = /loop");
	program_type(p, "/loop");
	program_expect(p, PROGRAM_ERR, "that alias stands for itself");
	program_type(p, "/alias join /part");
	program_expect(p, PROGRAM_ERR, "there is a command of that name");
	program_type(p, "/alias nothing $1");
	program_type(p, "/nothing");
	program_expect(p, PROGRAM_ERR, "the line is not sent: there is nothing in it");
	program_type(p, "/alias hi -");
	program_expect(p, PROGRAM_OUT, "there is no such alias any more");
	program_type(p, "/hi bob");
	program_expect(p, PROGRAM_ERR, "unknown command /hi: type /help");
	quit(p);
	p = plain(s, dir, "alice");
	program_type(p, "/alias");
	expect_line(p, "/loop = /loop");
	expect_line(p, "/nothing = $1");
	program_type(p, "/help loop");
	expect_line(p, "/loop = /loop");
	quit(p);
}

/* Who is ignored is so under the next name, too, and in the next run; a program hears all. */
static void test_ignoring(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "Bob", VIA_UDP), *carol = join(s, "carol", VIA_TCP);
	char dir[48];
	struct program *p = plain(s, room_dir(dir), "alice");

	(void)state;
	all_expect(s, "join", "alice", NULL);
	program_type(p, "/ignore bob");
	expect_line(p, "bob is ignored");
	program_type(p, "/ignore");
	expect_line(p, "bob is ignored");
	talk(bob, "psst");
	say(bob, "/nick robert");
	all_expect(s, "nick", "Bob", NULL);
	say(bob, "it is me");
	all_expect(s, "talk", "robert", "it is me");
	say(bob, "/msg alice psst");
	do
		hear(bob);
	while (strcmp(bob->heard.text, "psst") != 0);
	talk(carol, "nobody speaks?");
	expect_line(p, "carol: nobody speaks?");
	program_type(p, "/ignore");
	expect_line(p, "robert is ignored");
	quit(p);
	all_expect(s, "quit", "alice", NULL);
	say(bob, "now?");
	all_expect(s, "talk", "robert", "now?");
	p = plain(s, dir, "alice");
	all_expect(s, "join", "alice", NULL);
	program_type(p, "/unignore @Robert");
	expect_line(p, "Robert is shown again");
	program_type(p, "/ignore");
	expect_line(p, "nobody is ignored: /ignore NICK");
	say(bob, "now!");
	all_expect(s, "talk", "robert", "now!");
	expect_line(p, "robert: now!");
	program_type(p, "/unignore bob");
	program_expect(p, PROGRAM_ERR, "nobody of that name is ignored");
	program_type(p, "/ignore eve");
	expect_line(p, "eve is ignored");
	program_type(p, "/nick Eve");
	program_expect(p, PROGRAM_ERR, "your name was ignored: it is shown again");
	program_type(p, "/nick alice");
	program_expect(p, PROGRAM_OUT, "* Eve is now known as alice");
	program_type(p, "/ignore alice");
	program_expect(p, PROGRAM_ERR, "that is you");
	quit(p);
}

static void test_answers(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP), *bob = join(s, "bob", VIA_TCP);

	(void)state;
	say(alice, "/reply yes");
	expect_error(alice, "no-such-event");
	talk(bob, "shall we go to the place with the dumplings, or to the other one, or home?");
	uint64_t first = bob->heard.seq;
	talk(bob, "well?");
	say(alice, "/reply yes");
	all_expect(s, "talk", "alice", "> bob: well?\nyes");
	say(bob, "/回复 when?");
	all_expect(s, "talk", "bob", "> alice: yes\nwhen?");
	char line[64];
	snprintf(line, sizeof(line), "/reply %llu at six", (unsigned long long)first);
	say(alice, line);
	all_expect(s, "talk", "alice",
		   "> bob: shall we go to the place with the dumplings, or to the other…\nat six");
	say(bob, "/reply @alice fine");
	all_expect(s, "talk", "bob", "> alice: at six\nfine");
	say(bob, "/reply @carol fine");
	expect_error(bob, "no-such-event");
	say(bob, "/reply");
	expect_error(bob, "unknown-command");
}

static void test_ping_and_reconnect(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_UDP);
	char dir[48];
	struct program *p = plain(s, room_dir(dir), "alice");
	const char *line;

	(void)state;
	expect_join(bob, "alice");
	program_type(p, "/reconnect");
	expect_line(p, "connecting anew");
	program_type(p, "here");
	expect_line(p, "alice: here");
	expect_talk(bob, "alice", "here"); /* and nobody left or came */
	program_type(p, "/ping");
	line = program_expect(p, PROGRAM_OUT, " ms to the server and back, over tcp");
	assert_true(atof(line) > 0);
	program_type(p, "/version");
	expect_line(p, "chat-client " CHAT_VERSION ", protocol 1");
	quit(p);
}

/* What comes before there is a room waits, where it has to; and settings need none. */
static void test_a_script_of_commands(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48], path[80];
	const char *argv[] = {CHAT_CLIENT_BIN,
			      "--plain",
			      "-n",
			      "alice",
			      "-d",
			      dir,
			      "--config",
			      path,
			      "--set",
			      "bell=off",
			      s->address[VIA_UNIX],
			      NULL};
	struct program *p;

	(void)state;
	room_dir(dir);
	snprintf(path, sizeof(path), "%s/none.ini", dir);
	p = program_start(argv, NULL, -1);
	program_write(p, "/set bell\n/ping\n/me is here\n", 27);
	program_end_input(p);
	program_expect(p, PROGRAM_OUT, "bell = off");
	program_expect(p, PROGRAM_OUT, "the server and back");
	program_expect(p, PROGRAM_OUT, "* alice is here");
	assert_int_equal(program_wait(p, within(SOON)), 0);
	assert_int_equal(access(path, F_OK), -1); /* that was for one run */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_what_is_set_is_kept),
		SCENE(test_a_file_with_mistakes_is_told),
		SCENE(test_aliases),
		SCENE(test_ignoring),
		SCENE(test_answers),
		SCENE(test_ping_and_reconnect),
		SCENE(test_a_script_of_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
