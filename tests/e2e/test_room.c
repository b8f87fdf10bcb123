/*
 * A room with people on three transports: who joined, what was said, who left and why, for
 * everyone, once, in one order.  Every scene is played over every way of waiting, with each
 * transport in the role of the one it is about.
 */
#include "room.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct setting {
	const char *io;
	enum via via; /* of the one that the scene is about */
};

/* Whoever is lost has `grace` seconds to come back. */
static struct server *open_room_for(void **state, const char *grace)
{
	const struct setting *at = *state;
	const char *variable = strcmp(at->io, "edge") == 0    ? "CHAT_EPOLL_EDGE"
			       : strcmp(at->io, "plain") == 0 ? "CHAT_UDP_PLAIN"
							      : NULL;
	if (!variable)
		return server_start("--io", at->io, "--grace", grace, NULL);
	setenv(variable, "1", 1);
	struct server *s = server_start("--io", "epoll", "--grace", grace, NULL);
	unsetenv(variable);
	return s;
}

static struct server *open_room(void **state)
{
	return open_room_for(state, "90");
}

/* The transport of the first, second and third person. */
static enum via via(void **state, unsigned nth)
{
	const struct setting *at = *state;
	return (enum via)((at->via + nth) % VIA_LOSSY);
}

static void test_everyone_hears_everything_once(void **state)
{
	struct server *s = open_room(state);
	struct actor *alice = join(s, "alice", via(state, 0));
	struct actor *bob = join(s, "bob", via(state, 1));
	talk(alice, "hello");
	struct actor *ming = join(s, "小明", via(state, 2));
	talk(ming, "大家好 🎉");
	leave(alice);
	talk(bob, "she is gone");
	leave(ming);
	leave(bob);
	hear_nothing_more(alice);
	hear_nothing_more(bob);
}

/* Many lines at once from all sides: the same order for all. */
static void test_one_order_for_all(void **state)
{
	enum { LINES = 100 };
	struct server *s = open_room(state);
	struct actor *alice = join(s, "alice", via(state, 0));
	struct actor *bob = join(s, "bob", via(state, 1));
	struct actor *ming = join(s, "小明", via(state, 2));
	char line[32];
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		say(alice, line);
		say(bob, line);
		say(ming, line);
	}
	for (int i = 0; i < 3 * LINES; i++) {
		const struct heard *h = hear(alice);
		assert_string_equal(h->kind, "talk");
		expect_talk(bob, h->from, h->text);
		expect_talk(ming, h->from, h->text);
	}
}

static void test_what_one_says_keeps_its_order(void **state)
{
	enum { LINES = 1000 };
	struct server *s = open_room(state);
	struct actor *alice = join(s, "alice", via(state, 0));
	join(s, "bob", via(state, 1));
	char line[32];
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "第 %d 行", i);
		say(alice, line);
	}
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "第 %d 行", i);
		all_expect(s, "talk", "alice", line);
	}
}

/* The longest text that a room takes, in characters of three bytes. */
static void test_long_chinese_text_arrives_whole(void **state)
{
	struct server *s = open_room(state);
	struct actor *alice = join(s, "alice", via(state, 0));
	join(s, "bob", via(state, 1));
	join(s, "小明", via(state, 2));
	static char text[TEXT_MAX_BYTES + 1];
	for (size_t i = 0; i + 3 <= TEXT_MAX_BYTES; i += 3)
		memcpy(text + i, i % 2 ? "龙" : "马", 3);
	talk(alice, text);
	talk(alice, "那么长");
}

/* Whose key or user it is decides: on another link one is somebody else. */
static void test_a_taken_name_is_refused(void **state)
{
	struct server *s = open_room(state);
	struct actor *alice = join(s, "alice", via(state, 0));
	struct actor *other = enter_stranger(s, "alice", via(state, 1), NULL, NULL);
	gone(other);
	assert_int_equal(program_wait(other->program, within(SOON)), 3);
	expect_error(other, "name-taken");
	talk(alice, "still me");
	leave(alice);
	leave(join(s, "alice", via(state, 0)));
}

/* On a stream this is known at once; on UDP by silence: test_deadlines. */
static void test_a_killed_member_leaves(void **state)
{
	struct server *s = open_room_for(state, "0");
	struct actor *alice = join(s, "alice", via(state, 0));
	struct actor *bob = join(s, "bob", via(state, 1));
	talk(alice, "I am fine");
	program_signal(alice->program, SIGKILL);
	gone(alice);
	expect_quit(bob, "alice", "connection lost");
	leave(join(s, "alice", via(state, 0)));
}

static void test_a_new_server_knows_nobody(void **state)
{
	struct server *s = open_room(state);
	struct actor *alice = join(s, "alice", via(state, 0));
	assert_int_equal(alice->seq, 1);
	assert_int_equal(join(s, "bob", via(state, 1))->seq, 2);
}

static const struct scene {
	const char *name;
	CMUnitTestFunction play;
	bool streams_only;
} scenes[] = {
	{"everyone_hears_everything_once", test_everyone_hears_everything_once, false},
	{"one_order_for_all", test_one_order_for_all, false},
	{"what_one_says_keeps_its_order", test_what_one_says_keeps_its_order, false},
	{"long_chinese_text_arrives_whole", test_long_chinese_text_arrives_whole, false},
	{"a_taken_name_is_refused", test_a_taken_name_is_refused, false},
	{"a_killed_member_leaves", test_a_killed_member_leaves, true},
	{"a_new_server_knows_nobody", test_a_new_server_knows_nobody, false},
};

/* "edge" is epoll, edge-triggered; "plain" is without trains of datagrams. */
static struct setting settings[] = {
	{"auto", VIA_UDP},   {"auto", VIA_TCP},	   {"auto", VIA_UNIX}, {"select", VIA_UDP},
	{"select", VIA_TCP}, {"select", VIA_UNIX}, {"poll", VIA_UDP},  {"poll", VIA_TCP},
	{"poll", VIA_UNIX},  {"epoll", VIA_UDP},   {"epoll", VIA_TCP}, {"epoll", VIA_UNIX},
	{"edge", VIA_UDP},   {"edge", VIA_TCP},	   {"edge", VIA_UNIX}, {"plain", VIA_UDP},
};

enum { SCENES = sizeof(scenes) / sizeof(*scenes), SETTINGS = sizeof(settings) / sizeof(*settings) };

static struct CMUnitTest tests[SCENES * SETTINGS];
static size_t test_count;

static void add(const struct scene *scene, struct setting *at)
{
	static const char *const via_names[] = {"udp", "tcp", "unix"};
	static char names[SCENES * SETTINGS][80];
	char *name = names[test_count];
	if (scene->streams_only && at->via == VIA_UDP)
		return;
	snprintf(name, sizeof(*names), "%s (%s, %s)", scene->name, at->io, via_names[at->via]);
	tests[test_count++] = (struct CMUnitTest){name, scene->play, NULL, room_teardown, at};
}

int main(void)
{
	for (size_t i = 0; i < SETTINGS; i++)
		for (size_t k = 0; k < SCENES; k++)
			add(&scenes[k], &settings[i]);
	return _cmocka_run_group_tests("test_room", tests, test_count, NULL, NULL);
}
