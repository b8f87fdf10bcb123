/* Looking back, with real clients: pages of history, and searches. */
#include "room.h"

#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TALKS = 130 };

/* Somebody has talked on and on: numbers 2 to TALKS + 1. */
static struct actor *old_hand(struct server *s)
{
	struct actor *alice = join(s, "alice", VIA_TCP);
	char words[32];

	for (int i = 1; i <= TALKS; i++) {
		snprintf(words, sizeof(words), "talk %d", i);
		say(alice, words);
	}
	for (int i = 1; i <= TALKS; i++)
		expect(alice, "talk", "alice", NULL);
	return alice;
}

/* So many past events, in order, the last of them with that number; then an ok. */
static void look_back(struct actor *a, const char *line, uint64_t count, uint64_t last, bool more)
{
	say(a, line);
	for (uint64_t i = 0; i < count; i++) {
		hear(a);
		assert_true(a->heard.past);
		assert_int_equal(a->heard.seq, last - count + 1 + i);
	}
	assert_int_equal(expect_ok(a)->more, more);
}

static void test_page_by_page(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = old_hand(s), *bob;

	(void)state;
	bob = enter(s, "bob", VIA_UDP, "--history", "10", NULL);
	for (int i = 0; i < 10; i++)
		expect(bob, "talk", "alice", NULL);
	expect_join(bob, "bob");
	expect_join(alice, "bob");
	look_back(bob, "/history 5", 5, TALKS - 9, true);
	look_back(bob, "/history", 50, TALKS - 14, true);
	look_back(bob, "/history 1000", TALKS - 64, TALKS - 64, false);
	look_back(bob, "/history", 0, 0, false);
	talk(alice, "and on");
}

/* More than one answer has place for: still all of it, and in order. */
static void test_a_page_of_many_answers(void **state)
{
	struct server *s = server_start("--rate", "0", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP), *bob;
	static char big[4001];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 40; i++)
		say(alice, big);
	for (int i = 0; i < 40; i++)
		expect(alice, "talk", "alice", NULL);
	bob = enter(s, "bob", VIA_UDP, "--since", "now", NULL);
	expect_join(bob, "bob");
	look_back(bob, "/history 41", 41, 41, false);
}

/* In one breath: one's own coming is not what was before. */
static void test_of_a_room_that_one_comes_into(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob;

	(void)state;
	old_hand(s);
	bob = enter(s, "bob", VIA_UDP, "--since", "now", NULL);
	say(bob, "/history 3\n/join #dev\n/history");
	expect_join(bob, "bob");
	for (uint64_t seq = TALKS - 1; seq <= TALKS + 1; seq++) {
		assert_true(hear(bob)->past);
		assert_int_equal(bob->heard.seq, seq);
	}
	hear(bob);
	bool past_first = bob->heard.past; /* the answer, or the event that it is older than */
	assert_string_equal(bob->heard.kind, past_first ? "open" : "join");
	hear(bob);
	assert_string_equal(bob->heard.kind, past_first ? "join" : "open");
	assert_false(past_first && bob->heard.past);
}

static void test_first_comers_see_the_last_fifty(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *bob;

	(void)state;
	old_hand(s);
	bob = enter(s, "bob", VIA_UDP, NULL, NULL);
	for (int i = 0; i < 50; i++)
		expect(bob, "talk", "alice", NULL);
	expect_join(bob, "bob");
}

/* ---- searches ------------------------------------------------------------------------------------ */

static void find(struct actor *a, const char *room, const char *from, const char *text)
{
	expect_in(a, room, "talk", from, text);
	assert_true(a->heard.found);
}

static void test_searches(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *ming = join(s, "小明", VIA_TCP);

	(void)state;
	talk(alice, "今天天气不错");
	talk(ming, "明天天气预报说下雨");
	talk(alice, "Weather: RAIN tomorrow");
	talk(ming, "带伞");
	say(alice, "/search 天气"); /* two characters, in the middle of others */
	find(alice, "lobby", "小明", "明天天气预报说下雨");
	find(alice, "lobby", "alice", "今天天气不错");
	assert_false(expect_ok(alice)->more);
	say(alice, "/search 天气 from:alice");
	find(alice, "lobby", "alice", "今天天气不错");
	expect_ok(alice);
	say(alice, "/search rain");
	find(alice, "lobby", "alice", "Weather: RAIN tomorrow");
	expect_ok(alice);
	say(alice, "/search 天气 in:#lobby before:2020-01-01");
	expect_ok(alice);
	say(alice, "/search in:#nowhere 天气");
	do
		hear(alice);
	while (strcmp(alice->heard.kind, "error") != 0 && alice->heard.seq != 0);
	talk(ming, "end");
}

static void test_a_search_finds_what_one_may_see(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *carol = join(s, "carol", VIA_UDP);

	(void)state;
	say(alice, "/msg bob plover is the word");
	expect_in(bob, "@alice", "open", "alice", NULL);
	expect_in(bob, "@alice", "talk", "alice", "plover is the word");
	say(bob, "/search plover");
	find(bob, "@alice", "alice", "plover is the word");
	say(carol, "/search plover");
	say(carol, "/search in:@alice plover");
	say(carol, "/search from:alice plover");
	say(carol, "/search from:alice");
	say(carol, "have I found anything?");
	do {
		hear(carol);
		assert_false(carol->heard.found);
		assert_null(strstr(carol->heard.line, "plover"));
	} while (strcmp(carol->heard.kind, "talk") != 0);
}

/* Nothing that somebody types is a query to the database. */
static void test_hostile_searches(void **state)
{
	static const char *const queries[] = {
		"/search \"",	     "/search '; DROP TABLE events; --",
		"/search NEAR(a b)", "/search a OR b",
		"/search text:*",    "/search ()",
		"/search -x",	     "/search ^%_*",
		"/search from:",     "/search before:yesterday",
		"/search in:",	     "/search \x01\x7f",
	};
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		say(alice, queries[i]);
	say(alice, "all is well");
	do
		hear(alice);
	while (strcmp(alice->heard.text, "all is well") != 0);
}

static void test_a_search_goes_on(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = old_hand(s);
	uint64_t last = TALKS + 2, found = 0;

	(void)state;
	say(alice, "/search talk");
	while (found < TALKS || strcmp(alice->heard.kind, "ok") != 0 || alice->heard.more) {
		hear_any(alice);
		if (strcmp(alice->heard.kind, "ok") == 0 && alice->heard.more)
			say(alice, "/search");
		if (!alice->heard.found)
			continue;
		assert_true(alice->heard.seq < last); /* the newest first, none twice */
		last = alice->heard.seq;
		found++;
	}
	assert_int_equal(found, TALKS);
	say(alice, "/search");
	expect_error(alice, "query-bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_page_by_page),
		SCENE(test_a_page_of_many_answers),
		SCENE(test_of_a_room_that_one_comes_into),
		SCENE(test_first_comers_see_the_last_fifty),
		SCENE(test_searches),
		SCENE(test_a_search_finds_what_one_may_see),
		SCENE(test_hostile_searches),
		SCENE(test_a_search_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
