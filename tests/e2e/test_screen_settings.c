/* chat-client on a terminal: what is chosen there is kept, and seen; and the way to another server. */
#include "check.h"
#include "room.h"
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTER	"\r"
#define PAGE_UP "\033[5~"

static int end_all(void **state)
{
	bool clean = screens_end();

	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define PICTURE(test) cmocka_unit_test_teardown(test, end_all)

/* Whoever sits there, with files below `dir`. */
static struct screen *sit_down(const char *dir, const char *address)
{
	char config[80];
	const char *env[] = {config, NULL};
	const char *argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "小明", address, NULL};
	struct screen *c;

	snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s/config", dir);
	c = screen_start(72, 20, argv, env);
	screen_expect(c, "online");
	return c;
}

static void leave_it(struct screen *c)
{
	screen_type(c, "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	screen_wait_all(c);
	screen_expect_restored(c);
}

static void test_what_is_set_is_there_again(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48];
	struct screen *c = sit_down(room_dir(dir), s->address[VIA_TCP]);

	(void)state;
	screen_type(c, "/set fold-joins off" ENTER);
	screen_expect(c, "fold-joins = off");
	screen_type(c, "/mute-notify none" ENTER);
	screen_expect(c, "what calls you in #lobby: none");
	screen_type(c, "/alias 招手 /me waves to $*" ENTER "/招手 all" ENTER);
	screen_expect(c, "* 小明 waves to all");
	leave_it(c);

	c = sit_down(dir, s->address[VIA_TCP]);
	screen_type(c, "/set fold-joins" ENTER);
	screen_expect(c, "fold-joins = off");
	screen_type(c, "/mute-notify" ENTER);
	screen_expect(c, "what calls you in #lobby: none");
	screen_type(c, "/招手 you" ENTER);
	screen_expect(c, "* 小明 waves to you");
	join(s, "bob", VIA_UNIX);
	join(s, "carol", VIA_UDP);
	screen_expect(c, "* carol joined"); /* by itself */
	leave_it(c);
}

static void test_who_is_ignored_is_not_seen(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_UDP), *carol = join(s, "carol", VIA_TCP);
	char dir[48];
	struct screen *c = sit_down(room_dir(dir), s->address[VIA_TCP]);

	(void)state;
	all_expect(s, "join", "小明", NULL);
	screen_type(c, "/ignore Bob" ENTER "/ignore" ENTER);
	screen_expect(c, "Bob is ignored");
	talk(bob, "look at me");
	say(bob, "/msg 小明 look at me");
	do
		hear(bob);
	while (strcmp(bob->heard.text, "look at me") != 0);
	talk(carol, "is bob here?");
	screen_expect(c, "carol: is bob here?");
	screen_type(c, "/clear" ENTER);
	say(carol, "anew");
	screen_expect_row(c, 1, "??:?? carol: anew");
	screen_type(c, PAGE_UP); /* what was said before; but not by bob */
	screen_expect(c, "carol: is bob here?");
	screen_expect_row(c, 1, "??:?? * carol and 小明 joined");
	screen_expect_row(c, 2, "??:?? carol: is bob here?");
	screen_expect_row(c, -2, "小明 | online (tcp)"); /* and no word of a room of us two */
	leave_it(c);
}

static void read_file(const char *dir, const char *name, char *out, size_t cap)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	out[fread(out, 1, cap - 1, f)] = '\0';
	fclose(f);
}

/* A password that goes through an alias is as secret as any. */
static void test_a_password_behind_an_alias_is_not_kept(void **state)
{
	struct server *s = server_start(NULL, NULL);
	char dir[48], history[4096];
	struct screen *c = sit_down(room_dir(dir), s->address[VIA_UNIX]);

	(void)state;
	screen_type(c, "/alias j /join $*" ENTER "/alias" ENTER);
	screen_expect(c, "/j = /join $*");
	screen_type(c, "/j #team plover" ENTER);
	screen_expect(c, "#team");
	leave_it(c);
	read_file(dir, "history", history, sizeof(history));
	assert_non_null(strstr(history, "/alias j"));
	assert_null(strstr(history, "plover"));
}

static void test_the_way_to_another_server(void **state)
{
	struct server *s = server_start(NULL, NULL), *other = server_start(NULL, NULL);
	char dir[48], line[192];
	struct screen *c = sit_down(room_dir(dir), s->address[VIA_UNIX]);

	(void)state;
	screen_type(c, "/nick 小强" ENTER);
	screen_expect(c, "小强 | online (unix)");
	screen_type(c, "/connect ftp://nowhere" ENTER);
	screen_expect(c, "! \"ftp\" is no way to reach a room");
	snprintf(line, sizeof(line), "/connect %s" ENTER, other->address[VIA_TCP]);
	screen_type(c, line);
	screen_expect(c, "小强 | online (tcp)");
	screen_expect(c, "* 小强 joined");
	snprintf(line, sizeof(line), "/connect unix:%s/nobody" ENTER, dir);
	screen_type(c, line);
	screen_expect(c, "no chat-server reached");
	screen_expect(c, "back here again");
	screen_expect(c, "小强 | online (tcp)");
	screen_type(c, "还在" ENTER);
	screen_expect(c, "小强: 还在");
	leave_it(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE(test_what_is_set_is_there_again),
		PICTURE(test_who_is_ignored_is_not_seen),
		PICTURE(test_a_password_behind_an_alias_is_not_kept),
		PICTURE(test_the_way_to_another_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
