/* ui/members: the set of names, from lists and from events. */
#include "ui/members.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void happen(struct members *m, enum event_kind kind, const char *from, const char *what)
{
	struct event e = {.kind = kind, .from = text(from), .text = text(what)};

	assert_int_equal(members_event(m, &e), ERR_NONE);
}

static void sentence_is(const struct members *m, const char *want)
{
	char *got = members_sentence(m);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void test_names_are_sorted_and_once(void **state)
{
	struct members m = {0};

	(void)state;
	sentence_is(&m, "in the room (0):");
	assert_int_equal(members_put(&m, text("bob"), MEMBER_HERE), ERR_NONE);
	assert_int_equal(members_put(&m, text("小明"), MEMBER_HERE), ERR_NONE);
	assert_int_equal(members_put(&m, text("alice"), MEMBER_HERE), ERR_NONE);
	assert_int_equal(members_put(&m, text("bo"), MEMBER_HERE), ERR_NONE);
	assert_int_equal(members_put(&m, text("bob"), MEMBER_HERE), ERR_NONE);
	sentence_is(&m, "in the room (4): alice, bo, bob, 小明");
	members_remove(&m, text("bo"));
	members_remove(&m, text("nobody"));
	members_remove(&m, text(""));
	sentence_is(&m, "in the room (3): alice, bob, 小明");
	members_wipe(&m);
	assert_int_equal(m.len, 0);
}

static void test_events_move_names(void **state)
{
	struct members m = {0};

	(void)state;
	happen(&m, EVENT_JOIN, "alice", "");
	happen(&m, EVENT_JOIN, "bob", "");
	happen(&m, EVENT_JOIN, "bob", "");
	happen(&m, EVENT_TALK, "carol", "I was here before you looked");
	happen(&m, EVENT_ANNOUNCE, "", "maintenance at 9");
	happen(&m, EVENT_NICK, "alice", "alicia");
	happen(&m, EVENT_QUIT, "bob", "bye");
	sentence_is(&m, "in the room (2): alicia, carol");
	members_wipe(&m);
}

static void test_who_is_lost_is_marked_until_back(void **state)
{
	struct members m = {0};

	(void)state;
	happen(&m, EVENT_JOIN, "alice", "");
	happen(&m, EVENT_JOIN, "bob", "");
	happen(&m, EVENT_LOST, "alice", "");
	happen(&m, EVENT_LOST, "carol", ""); /* whom nobody told us of */
	sentence_is(&m, "in the room (3): alice (reconnecting), bob, carol (reconnecting)");
	assert_int_equal(members_reconnecting(&m), 2);
	happen(&m, EVENT_BACK, "alice", "");
	sentence_is(&m, "in the room (3): alice, bob, carol (reconnecting)");
	happen(&m, EVENT_QUIT, "carol", "");
	happen(&m, EVENT_BACK, "dave", "");
	sentence_is(&m, "in the room (3): alice, bob, dave");
	assert_int_equal(members_reconnecting(&m), 0);
	members_wipe(&m);
}

static void test_who_is_away_is_marked_until_it_says_otherwise(void **state)
{
	struct members m = {0};

	(void)state;
	happen(&m, EVENT_JOIN, "alice", "");
	happen(&m, EVENT_AWAY, "alice", "lunch");
	happen(&m, EVENT_AWAY, "bob", "tea"); /* whom nobody told us of */
	happen(&m, EVENT_TALK, "alice", "not yet");
	sentence_is(&m, "in the room (2): alice (away), bob (away)");
	happen(&m, EVENT_LOST, "alice", "");
	sentence_is(&m, "in the room (2): alice (reconnecting), bob (away)");
	happen(&m, EVENT_BACK, "alice", "");
	happen(&m, EVENT_NICK, "alice", "alicia");
	sentence_is(&m, "in the room (2): alicia (away), bob (away)");
	happen(&m, EVENT_AWAY, "alicia", "");
	happen(&m, EVENT_QUIT, "bob", "");
	happen(&m, EVENT_JOIN, "bob", "");
	sentence_is(&m, "in the room (2): alicia, bob");
	assert_int_equal(members_page(&m, slice_of("\3bob\2", 5)), ERR_NONE);
	assert_int_equal(members_page(&m, slice_of("\3bob\1", 5)), ERR_NONE);
	sentence_is(&m, "in the room (2): alicia, bob (reconnecting)");
	happen(&m, EVENT_BACK, "bob", "");
	sentence_is(&m, "in the room (2): alicia, bob (away)");
	assert_int_equal(members_page(&m, slice_of("\3bob\0", 5)), ERR_NONE);
	sentence_is(&m, "in the room (2): alicia, bob");
	members_wipe(&m);
}

static void test_pages_add_up(void **state)
{
	struct members m = {0};

	(void)state;
	assert_int_equal(members_page(&m, slice_of("\3bob\0\5alice\1", 12)), ERR_NONE);
	assert_int_equal(members_page(&m, slice_of("\3eve\0", 5)), ERR_NONE);
	assert_int_equal(members_page(&m, slice_of("", 0)), ERR_NONE);
	sentence_is(&m, "in the room (3): alice (reconnecting), bob, eve");
	assert_int_equal(members_page(&m, slice_of("\3eve\0\5al", 8)), ERR_MALFORMED);
	members_wipe(&m);
}

/* Many, in a scattered order, in and out again. */
static void test_many_names(void **state)
{
	enum { MANY = 2000 };
	struct members m = {0};
	char name[16];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%u", i * 7919 % MANY);
		assert_int_equal(members_put(&m, text(name), MEMBER_HERE), ERR_NONE);
	}
	assert_int_equal(m.len, MANY);
	for (size_t i = 1; i < m.len; i++)
		assert_true(strcmp(m.list[i - 1]->name, m.list[i]->name) < 0);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%u", i * 104729 % MANY);
		members_remove(&m, text(name));
		assert_int_equal(m.len, MANY - 1 - i);
	}
	members_wipe(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_sorted_and_once),
		cmocka_unit_test(test_events_move_names),
		cmocka_unit_test(test_who_is_lost_is_marked_until_back),
		cmocka_unit_test(test_who_is_away_is_marked_until_it_says_otherwise),
		cmocka_unit_test(test_pages_add_up),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
