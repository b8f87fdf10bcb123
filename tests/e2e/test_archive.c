/* What is done with a history beside its server, and how long it keeps: --export, --backup, --keep. */
#include "room.h"

#include "check.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct program *aside(const char *dir, const char *option, const char *value)
{
	const char *const argv[] = {CHAT_SERVER_BIN, "-d", dir, option, value, NULL};

	return program_start(argv, NULL, -1);
}

/* The second program's output, line by line, is what the first client heard. */
static void comes_out_as_heard(struct program *export, struct actor *a, const char *room)
{
	const char *line;
	size_t n = 0;

	while ((line = program_line(export, PROGRAM_OUT, within(SOON))) != NULL) {
		do
			hear_any(a);
		while (strcmp(a->heard.room, room) != 0);
		assert_string_equal(line, a->heard.line);
		n++;
	}
	assert_int_equal(program_wait(export, within(SOON)), 0);
	assert_true(n > 0);
}

static void a_room_is_exported_as_a_client_prints_it(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	talk(alice, "今晚十点");
	say(alice, "/topic 茶");
	expect(alice, "topic", "alice", "茶");
	talk(alice, "\"quotes\" and \\ and 👍");
	struct actor *bob = enter(s, "bob", VIA_TCP, "--since", "0", NULL);
	expect_join(alice, "bob");
	say(alice, "the last one");
	expect_talk(alice, "alice", "the last one");
	comes_out_as_heard(aside(s->dir, "--export", "lobby"), bob, "lobby");
	struct program *none = aside(s->dir, "--export", "#nowhere");
	program_expect(none, PROGRAM_ERR, "has no room '#nowhere'");
	assert_int_equal(program_wait(none, within(SOON)), 1);
	none = aside(s->dir, "--export", "@alice");
	program_expect(none, PROGRAM_ERR, "in no export");
	assert_int_equal(program_wait(none, within(SOON)), 1);
}

static void a_backup_is_made_while_the_room_goes_on(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	char dir[48], file[80];

	(void)state;
	talk(alice, "before");
	(void)snprintf(file, sizeof(file), "%s/room.db", room_dir(dir));
	struct program *backup = aside(s->dir, "--backup", file);
	talk(alice, "meanwhile");
	program_expect(backup, PROGRAM_ERR, "is backed up to");
	assert_int_equal(program_wait(backup, within(SOON)), 0);
	backup = aside(s->dir, "--backup", file);
	program_expect(backup, PROGRAM_ERR, "there already");
	assert_int_equal(program_wait(backup, within(SOON)), 1);
	/* Another server begins with it. */
	struct server *other = server_start("-d", dir, NULL);
	struct actor *carol = enter(other, "carol", VIA_TCP, "--since", "0", NULL);
	expect_join(carol, "alice");
	expect_talk(carol, "alice", "before");
	talk(alice, "and on");
}

static void an_export_or_backup_of_nothing_makes_nothing(void **state)
{
	char dir[48], path[80];
	struct stat there;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none", room_dir(dir));
	struct program *p = aside(path, "--export", "lobby");
	program_expect(p, PROGRAM_ERR, "there is no history in");
	assert_int_equal(program_wait(p, within(SOON)), 1);
	assert_int_equal(stat(path, &there), -1);
	p = aside(dir, "--backup", path);
	program_expect(p, PROGRAM_ERR, "there is no history in");
	assert_int_equal(program_wait(p, within(SOON)), 1);
	assert_int_equal(stat(path, &there), -1);
}

static void the_console_says_how_long_a_room_keeps(void **state)
{
	static const char *const rows[][2] = {
		{"/keep", "/keep #ROOM DAYS"},
		{"/keep #lobby", "/keep #ROOM DAYS"},
		{"/keep #lobby 0", "/keep #ROOM DAYS"},
		{"/keep #lobby -3", "/keep #ROOM DAYS"},
		{"/keep #lobby 36501", "/keep #ROOM DAYS"},
		{"/keep #lobby 3 4", "/keep #ROOM DAYS"},
		{"/keep #nowhere 30", "there is no room #nowhere"},
		{"/keep #lobby 30", "#lobby keeps what is said for 30 days"},
		{"/keep LOBBY forever", "LOBBY keeps what is said for ever"},
		{"/keep lobby default", "lobby keeps what is said as long as all rooms do"},
	};
	struct terminal console = terminal_open();
	struct server *s = server_start_on(console.program, "--keep", "365", NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		terminal_type(&console, rows[i][0]);
		program_expect(s->program, PROGRAM_OUT, rows[i][1]);
	}
	terminal_close(&console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(a_room_is_exported_as_a_client_prints_it),
		SCENE(a_backup_is_made_while_the_room_goes_on),
		SCENE(an_export_or_backup_of_nothing_makes_nothing),
		SCENE(the_console_says_how_long_a_room_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
