/* Rooms of two, with real clients: nobody else sees anything of them. */
#include "room.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_what_is_said_to_one_alone(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *ming = join(s, "小明", VIA_TCP);
	struct actor *carol = join(s, "carol", VIA_UDP);

	(void)state;
	say(alice, "/msg 小明 别告诉别人");
	expect_in(alice, "@小明", "talk", "alice", "别告诉别人");
	expect_in(ming, "@alice", "open", "alice", NULL);
	expect_in(ming, "@alice", "talk", "alice", "别告诉别人");
	say(ming, "/query alice");
	say(ming, "不会");
	say(ming, "真的");
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? "不会" : "真的";
		expect_in(ming, "@alice", "talk", "小明", text);
		expect_in(alice, "@小明", "talk", "小明", text);
	}
	talk(alice, "to all"); /* she never left the lobby; carol heard nothing else */
	assert_string_equal(carol->heard.room, "lobby");
}

/* Who is away finds it on coming back; so does who never opened it. */
static void test_it_waits_for_who_is_away(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	leave(bob);
	say(alice, "/msg bob are you there?");
	expect_in(alice, "@bob", "talk", "alice", "are you there?");
	bob = enter(s, "bob", VIA_UDP, NULL, NULL);
	expect_join(alice, "bob");
	do
		hear(bob);
	while (strcmp(bob->heard.kind, "talk") != 0);
	assert_string_equal(bob->heard.room, "@alice");
	assert_string_equal(bob->heard.text, "are you there?");
	say(bob, "/msg alice now I am");
	expect_in(alice, "@bob", "talk", "bob", "now I am");
}

static void test_there_is_nobody_of_that_name(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	say(alice, "/msg nobody hello");
	expect_error(alice, "no-such-nick");
	say(alice, "/query nobody");
	expect_error(alice, "no-such-nick");
	say(alice, "this is for nobody");
	expect_error(alice, "not-joined");
	say(alice, "/join #lobby");
	talk(alice, "this is for all");
}

/* One's own name, whatever is made of it, does not bring the client down. */
static void test_talking_to_oneself(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	say(alice, "/msg alice note to self");
	do
		hear(alice);
	while (strcmp(alice->heard.kind, "error") != 0 && strcmp(alice->heard.kind, "talk") != 0);
	talk(alice, "still here");
}

static bool file_holds(const char *dir, const char *name, const char *part)
{
	char path[128];
	static char bytes[1 << 20];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return memmem(bytes, n, part, strlen(part)) != NULL;
}

/* Neither in a list, nor by its name, nor in what is written down. */
static void test_nobody_else_finds_it(void **state)
{
	char dir[48], log[96];
	struct server *s;
	struct actor *alice, *bob, *carol;

	(void)state;
	snprintf(log, sizeof(log), "%s/room.log", room_dir(dir));
	s = server_start("--log", log, NULL);
	alice = join(s, "alice", VIA_UDP);
	bob = join(s, "bob", VIA_TCP);
	carol = join(s, "carol", VIA_UDP);
	say(alice, "/msg bob plover is the word");
	expect_in(bob, "@alice", "open", "alice", NULL);
	expect_in(bob, "@alice", "talk", "alice", "plover is the word");
	say(carol, "/list");
	expect_in(carol, "lobby", "room", "", NULL);
	say(carol, "/rooms");
	expect_in(carol, "lobby", "room", "", NULL);
	say(carol, "/join @alice");
	say(carol, "/history");
	say(carol, "have I heard anything?");
	do {
		hear(carol);
		assert_null(strstr(carol->heard.line, "plover"));
	} while (strcmp(carol->heard.kind, "talk") != 0 || strcmp(carol->heard.from, "carol") != 0);
	server_stop(s);
	assert_true(file_holds(dir, "room.log", "join carol"));
	assert_false(file_holds(dir, "room.log", "plover"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_what_is_said_to_one_alone),	  SCENE(test_it_waits_for_who_is_away),
		SCENE(test_there_is_nobody_of_that_name), SCENE(test_talking_to_oneself),
		SCENE(test_nobody_else_finds_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
