/* Taking back and saying otherwise, with real clients: what is gone is gone for all. */
#include "room.h"

#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void change_is(struct actor *a, const char *kind, const char *from, uint64_t target,
		      const char *text)
{
	expect_in(a, "lobby", kind, from, text);
	assert_int_equal(a->heard.target, target);
}

static void test_the_newest_is_taken_back(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	uint64_t one, two;

	(void)state;
	talk(alice, "one");
	one = alice->heard.seq;
	talk(alice, "two");
	two = alice->heard.seq;
	talk(bob, "what?");
	say(alice, "/recall");
	change_is(alice, "recall", "alice", two, NULL);
	change_is(bob, "recall", "alice", two, NULL);
	say(alice, "/recall last"); /* the one before it is the newest now */
	change_is(alice, "recall", "alice", one, NULL);
	change_is(bob, "recall", "alice", one, NULL);
	say(alice, "/recall");
	expect_error(alice, "no-such-event");
}

/* In one breath: the number of what is taken back is not known yet when it is asked for. */
static void test_taken_back_in_one_breath(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	say(alice, "first\n/edit second\n/edit third\nother\n/recall");
	all_expect(s, "talk", "alice", "first");
	uint64_t first = bob->heard.seq, other = 0;
	bool edited = false, recalled = false;
	for (int i = 0; i < 4; i++) {
		hear(bob);
		if (strcmp(bob->heard.kind, "talk") == 0)
			other = bob->heard.seq;
		if (strcmp(bob->heard.text, "third") == 0)
			edited = bob->heard.target == first;
		if (strcmp(bob->heard.kind, "recall") == 0)
			recalled = bob->heard.target == other;
	}
	assert_true(edited);
	assert_true(recalled);
}

static void test_saying_it_otherwise(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char line[64];

	(void)state;
	talk(alice, "六点");
	uint64_t seq = alice->heard.seq;
	talk(alice, "another");
	snprintf(line, sizeof(line), "/edit %" PRIu64 " 六点半", seq);
	say(alice, line);
	change_is(alice, "edit", "alice", seq, "六点半");
	change_is(bob, "edit", "alice", seq, "六点半");
	say(alice, "/edit last 42 things");
	change_is(bob, "edit", "alice", seq + 1, "42 things");
}

static void test_only_ones_own(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	char line[64];

	(void)state;
	talk(alice, "mine");
	snprintf(line, sizeof(line), "/recall %" PRIu64, alice->heard.seq);
	say(bob, line);
	expect_error(bob, "not-yours");
	snprintf(line, sizeof(line), "/edit %" PRIu64 " yours", alice->heard.seq);
	say(bob, line);
	expect_error(bob, "not-yours");
	say(bob, "/recall 4711");
	expect_error(bob, "no-such-event");
	say(bob, "/recall");
	expect_error(bob, "no-such-event");
	talk(alice, "still mine");
}

static void test_not_for_ever(void **state)
{
	struct server *s = server_start("--recall", "0", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	talk(alice, "for good");
	say(alice, "/recall");
	expect_error(alice, "too-late");
	say(alice, "/edit for better");
	expect_error(alice, "too-late");
}

/* Who comes later sees that something was there, and not what; nor does who looks it up. */
static void test_what_is_gone_is_gone(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *late;

	(void)state;
	talk(alice, "the plover's egg");
	say(alice, "/recall");
	expect(alice, "recall", "alice", NULL);
	talk(alice, "a plover");
	say(alice, "/edit a gull");
	expect(alice, "edit", "alice", "a gull");
	late = enter(s, "late", VIA_TCP, "--since", "0", NULL);
	expect_join(late, "alice");
	expect(late, "recalled", "alice", NULL);
	expect(late, "recall", "alice", NULL);
	expect(late, "talk", "alice", "a gull");
	assert_true(late->heard.edited);
	expect(late, "edit", "alice", "a gull");
	expect_join(late, "late");
	expect_join(alice, "late");
	say(late, "/search plover");
	assert_false(expect_ok(late)->more);
	say(late, "/search gull");
	expect(late, "talk", "alice", "a gull");
	assert_true(late->heard.found);
	late->seq = 0;
	say(late, "/join #lobby");
	say(late, "end");
	do {
		hear(late);
		assert_null(strstr(late->heard.line, "plover"));
	} while (strcmp(late->heard.text, "end") != 0);
}

/* Lines behind it wait until there is a number, and so does leaving. */
static void test_plain_lines(void **state)
{
	struct server *s = server_start(NULL, NULL);
	const char *const argv[] = {CHAT_CLIENT_BIN,	  "--plain", "-n", "alice",
				    s->address[VIA_UNIX], NULL};
	struct program *p = program_start(argv, NULL, -1);

	(void)state;
	program_type(p, "/join #dev\nhello\n/edit bye\nagain\n/recall\n/part");
	program_end_input(p);
	assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)),
			    "* alice joined\n"
			    "[#dev] * alice opened the room\n"
			    "[#dev] * alice joined\n"
			    "[#dev] alice: hello\n"
			    "[#dev] * alice edited: bye\n"
			    "[#dev] alice: again\n"
			    "[#dev] * alice recalled a message\n");
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_the_newest_is_taken_back),
		SCENE(test_taken_back_in_one_breath),
		SCENE(test_saying_it_otherwise),
		SCENE(test_only_ones_own),
		SCENE(test_not_for_ever),
		SCENE(test_what_is_gone_is_gone),
		SCENE(test_plain_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
