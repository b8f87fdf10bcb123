/* Rooms beside the lobby, with real clients: what is said in one stays in it. */
#include "room.h"

#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With --since now, which is what join() says, one hears what comes after one's own coming. */
static void make_room(struct actor *a, const char *line, const char *room)
{
	say(a, line);
	expect_in(a, room, "join", a->name, NULL);
}

static void come_in(struct actor *a, const char *line, const char *room, struct actor *host)
{
	make_room(a, line, room);
	expect_in(host, room, "join", a->name, NULL);
}

static void test_what_is_said_in_a_room_stays_there(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *ming = join(s, "小明", VIA_TCP);
	struct actor *carol = join(s, "carol", VIA_UDP);

	(void)state;
	make_room(alice, "/join #开发", "开发");
	come_in(ming, "/join #开发", "开发", alice);
	say(alice, "只有我们");
	expect_in(alice, "开发", "talk", "alice", "只有我们");
	expect_in(ming, "开发", "talk", "alice", "只有我们");
	say(ming, "/join #lobby");
	talk(ming, "hello, all");
	assert_string_equal(carol->heard.room, "lobby");
	say(ming, "/join #开发"); /* where one is already: back to it */
	say(ming, "回来了");
	expect_in(alice, "开发", "talk", "小明", "回来了");
	expect_in(ming, "开发", "talk", "小明", "回来了");
	leave(alice); /* carol is told of the lobby alone */
	expect_in(ming, "开发", "quit", "alice", NULL);
}

static void test_a_room_is_one_whatever_its_letters(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	make_room(alice, "/join #Dev", "Dev");
	come_in(bob, "/join #dev", "Dev", alice); /* as it was made */
	say(bob, "hi");
	expect_in(alice, "Dev", "talk", "bob", "hi");
	expect_in(bob, "Dev", "talk", "bob", "hi");
	say(bob, "/join #DEV");
	say(bob, "hi again");
	expect_in(bob, "Dev", "talk", "bob", "hi again");
	say(bob, "/join #a b c"); /* a room "a" with a password, not one that is called so */
	expect_in(bob, "a", "join", "bob", NULL);
	say(bob, "/join ##");
	expect_error(bob, "room-name-bad");
}

static void test_leaving_a_room(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	make_room(alice, "/join #dev", "dev");
	come_in(bob, "/join #dev", "dev", alice);
	say(bob, "/part 回头见");
	expect_in(alice, "dev", "quit", "bob", "回头见");
	assert_string_equal(alice->heard.reason, "left the room");
	say(bob, "in the lobby again");
	expect_in(alice, "lobby", "talk", "bob", "in the lobby again");
	do
		hear(bob);
	while (strcmp(bob->heard.kind, "talk") != 0);
	assert_string_equal(bob->heard.room, "lobby");
	say(alice, "nobody is here");
	expect_in(alice, "dev", "talk", "alice", "nobody is here");
	say(alice, "/join #lobby");
	say(alice, "/part");
	expect_error(alice, "lobby-stays");
	talk(alice, "still here"); /* and bob has heard nothing of the room */
}

static void test_a_password_keeps_others_out(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	make_room(alice, "/join #team open sesame", "team");
	say(bob, "/join #team");
	expect_error(bob, "password");
	say(bob, "what is said behind it is said nowhere");
	expect_error(bob, "not-joined");
	say(bob, "/join #team open says me");
	say(bob, "nor is this");
	expect_error(bob, "password");
	expect_error(bob, "password");
	come_in(bob, "/join #team open sesame", "team", alice);
	say(bob, "好");
	expect_in(alice, "team", "talk", "bob", "好");
	expect_in(bob, "team", "talk", "bob", "好");
	say(bob, "/join #lobby");
	talk(bob, "the lobby heard nothing");
}

static void test_topics_and_lists(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char line[512];

	(void)state;
	make_room(alice, "/join #dev secret", "dev");
	say(alice, "/topic 周五发布\x1b[2J");
	expect_in(alice, "dev", "topic", "alice", "周五发布\x1b[2J");
	assert_null(strchr(alice->heard.line, 0x1b));
	say(bob, "/list");
	expect_in(bob, "dev", "room", "", NULL);
	assert_non_null(strstr(bob->heard.line, "\"members\":1"));
	assert_non_null(strstr(bob->heard.line, "\"password\":true"));
	assert_null(strstr(bob->heard.line, "topic")); /* it is behind the password */
	assert_null(strstr(bob->heard.line, "\"in\":true"));
	expect_in(bob, "lobby", "room", "", NULL);
	assert_non_null(strstr(bob->heard.line, "\"members\":2,"));
	assert_non_null(strstr(bob->heard.line, "\"in\":true"));
	say(alice, "/rooms");
	expect_in(alice, "dev", "room", "", NULL);
	assert_non_null(strstr(alice->heard.line, "\"topic\":\"周五发布\\u001b[2J\""));
	expect_in(alice, "lobby", "room", "", NULL);
	say(bob, "/rooms");
	expect_in(bob, "lobby", "room", "", NULL);
	say(bob, "/topic");
	expect_in(bob, "lobby", "room", "", NULL);
	snprintf(line, sizeof(line), "/topic %0401d", 0);
	say(bob, line);
	expect_error(bob, "text-bad");
	assert_string_equal(bob->heard.reason, "a topic is at most 400 bytes long: say it shorter");
	say(bob, "/topic -");
	expect_in(alice, "lobby", "topic", "bob", "");
	expect_in(bob, "lobby", "topic", "bob", "");
}

static void test_who_is_in_which_room(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	make_room(alice, "/join #dev", "dev");
	say(alice, "/who");
	expect(alice, "who", "", NULL);
	assert_non_null(strstr(alice->heard.line, "\"name\":\"alice\""));
	say(alice, "x");
	expect_in(alice, "dev", "talk", "alice", "x"); /* nobody else */
	say(bob, "/who");
	expect(bob, "who", "", NULL);
	expect(bob, "who", "", NULL);
}

/* Another name is another name everywhere. */
static void test_a_new_name_in_all_rooms(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);

	(void)state;
	make_room(alice, "/join #dev", "dev");
	come_in(bob, "/join #dev", "dev", alice);
	say(bob, "/nick 老鲍");
	for (int i = 0; i < 2; i++)
		expect(alice, "nick", "bob", NULL);
	say(alice, "/join #lobby");
	say(alice, "same");
	expect_in(alice, "lobby", "talk", "alice", "same");
}

/* ---- in plain lines --------------------------------------------------------------------------- */

static void test_plain_lines(void **state)
{
	struct server *s = server_start(NULL, NULL);
	const char *const argv[] = {CHAT_CLIENT_BIN,	  "--plain", "-n", "alice",
				    s->address[VIA_UNIX], NULL};
	struct program *p = program_start(argv, NULL, -1);

	(void)state;
	program_type(p, "/join #dev\n/topic 周五\nhello\n/part");
	program_end_input(p);
	assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)),
			    "* alice joined\n"
			    "[#dev] * alice opened the room\n"
			    "[#dev] * alice joined\n"
			    "[#dev] * alice set the topic: 周五\n"
			    "[#dev] alice: hello\n");
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_what_is_said_in_a_room_stays_there),
		SCENE(test_a_room_is_one_whatever_its_letters),
		SCENE(test_leaving_a_room),
		SCENE(test_a_password_keeps_others_out),
		SCENE(test_topics_and_lists),
		SCENE(test_who_is_in_which_room),
		SCENE(test_a_new_name_in_all_rooms),
		SCENE(test_plain_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
