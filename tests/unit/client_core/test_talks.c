/* core/talks: what was said and is not in the room: waiting, refused, said again, given up. */
#include "core/talks.h"

#include "check.h"

#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct talk *say(struct talks *t, const char *room, const char *what, uint64_t ticket)
{
	struct talk *talk = talks_add(t, text(room), text(what));

	assert_non_null(talk);
	if (ticket > 0)
		talks_sent(t, talk, ticket);
	return talk;
}

static void is(const struct talk *talk, const char *room, const char *what)
{
	assert_non_null(talk);
	assert_int_equal(talk_room(talk).len, strlen(room));
	assert_memory_equal(talk_room(talk).data, room, strlen(room));
	assert_int_equal(talk_text(talk).len, strlen(what));
	assert_memory_equal(talk_text(talk).data, what, strlen(what));
}

static void test_they_are_found_by_their_ticket(void **state)
{
	struct talks t = {0};

	(void)state;
	assert_int_equal(say(&t, "#lobby", "one", 7)->number, 1);
	assert_int_equal(say(&t, "#dev", "two", 9)->number, 2);
	is(talks_find(&t, 7), "#lobby", "one");
	is(talks_find(&t, 9), "#dev", "two");
	assert_null(talks_find(&t, 8));
	assert_null(talks_find(&t, 0));
	talks_remove(&t, talks_find(&t, 7));
	assert_null(talks_find(&t, 7));
	assert_int_equal(say(&t, "#dev", "", 10)->number, 3);
	assert_int_equal(t.failed, 0);
	talks_wipe(&t);
	assert_null(t.first);
}

static void test_the_oldest_refused_of_a_room(void **state)
{
	struct talks t = {0};

	(void)state;
	say(&t, "#lobby", "waits", 2);
	say(&t, "#dev", "elsewhere", 3);
	say(&t, "#lobby", "refused", 4);
	say(&t, "#lobby", "not yet", 0); /* the seat has it not, but nobody refused it */
	talks_failed(&t, say(&t, "#lobby", "never tried", 0));
	assert_null(talks_oldest_failed(&t, text("#dev")));
	talks_failed(&t, talks_find(&t, 4));
	talks_failed(&t, talks_find(&t, 3));
	assert_int_equal(t.failed, 3);
	assert_null(talks_find(&t, 4));
	is(talks_oldest_failed(&t, text("#lobby")), "#lobby", "refused");
	is(talks_oldest_failed(&t, text("")), "#dev", "elsewhere");
	talks_failed(&t, talks_oldest_failed(&t, text("#lobby"))); /* is known */
	assert_int_equal(t.failed, 3);
	talks_remove(&t, talks_oldest_failed(&t, text("#lobby")));
	is(talks_oldest_failed(&t, text("#lobby")), "#lobby", "never tried");
	talks_remove(&t, talks_oldest_failed(&t, text("#lobby")));
	talks_sent(&t, talks_oldest_failed(&t, text("#dev")), 20);
	assert_int_equal(t.failed, 0);
	is(talks_find(&t, 20), "#dev", "elsewhere");
	is(talks_numbered(&t, 4), "#lobby", "not yet");
	assert_null(talks_numbered(&t, 5)); /* it is gone */
	assert_null(talks_oldest_failed(&t, text("")));
	talks_wipe(&t);
}

static void test_a_room_is_called_otherwise(void **state)
{
	struct talks t = {0};
	char big[WIRE_ROOM_NAME_MAX + 1];

	(void)state;
	memset(big, 'x', sizeof(big));
	talks_failed(&t, say(&t, "@al", "one", 0));
	talks_failed(&t, say(&t, "@alice", "two", 0));
	talks_rename(&t, text("@al"), text("@alice"));
	is(talks_oldest_failed(&t, text("@alice")), "@alice", "one");
	assert_null(talks_oldest_failed(&t, text("@al")));
	talks_rename(&t, text("@alice"), slice_of(big, sizeof(big)));
	is(talks_oldest_failed(&t, text("@alice")), "@alice", "one");
	assert_null(talks_add(&t, slice_of(big, sizeof(big)), text("x")));
	assert_null(talks_add(&t, text(""), text("x")));
	talks_wipe(&t);
	assert_int_equal(t.failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_they_are_found_by_their_ticket),
		cmocka_unit_test(test_the_oldest_refused_of_a_room),
		cmocka_unit_test(test_a_room_is_called_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
