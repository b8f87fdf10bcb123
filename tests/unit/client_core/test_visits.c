/* core/visits: which rooms one is in, which one lines go to, and what can be taken back. */
#include "core/visits.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct visit *add(struct visits *v, const char *name)
{
	struct visit *at = visits_add(v, text(name));

	assert_non_null(at);
	at->in = at->shown = true;
	return at;
}

static void here_is(const struct visits *v, const char *name)
{
	assert_string_equal(v->here->name, name);
}

static void test_one_begins_in_the_lobby(void **state)
{
	struct visits v;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	here_is(&v, SEAT_LOBBY);
	assert_true(v.here->in);
	visits_remove(&v, v.here);
	here_is(&v, SEAT_LOBBY);
	assert_ptr_equal(visits_find(&v, text(SEAT_LOBBY)), v.here);
	visits_wipe(&v);
}

static void test_who_leaves_is_where_they_were_before(void **state)
{
	struct visits v;
	struct visit *dev, *alice;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	dev = add(&v, "#dev");
	alice = add(&v, "@alice");
	visits_go(&v, dev);
	visits_go(&v, alice);
	visits_go(&v, alice); /* to where one is: nothing is forgotten */
	visits_remove(&v, alice);
	here_is(&v, "#dev");
	visits_remove(&v, dev);
	here_is(&v, SEAT_LOBBY);
	assert_null(visits_find(&v, text("#dev")));
	visits_wipe(&v);
}

static void test_a_room_that_one_is_not_in_goes_quietly(void **state)
{
	struct visits v;
	struct visit *dev, *alice;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	dev = add(&v, "#dev");
	alice = add(&v, "@alice");
	visits_go(&v, dev);
	visits_go(&v, alice);
	visits_remove(&v, dev);
	here_is(&v, "@alice");
	visits_remove(&v, alice);
	here_is(&v, SEAT_LOBBY);
	visits_wipe(&v);
}

static void test_going_round(void **state)
{
	struct visits v;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	assert_ptr_equal(visits_beside(&v, 1), v.here);
	add(&v, "#a");
	assert_non_null(visits_add(&v, text("@hidden"))); /* something was said there, no more */
	add(&v, "#b");
	visits_go(&v, visits_beside(&v, 1));
	here_is(&v, "#a");
	visits_go(&v, visits_beside(&v, 1));
	here_is(&v, "#b");
	visits_go(&v, visits_beside(&v, 1));
	here_is(&v, SEAT_LOBBY);
	visits_go(&v, visits_beside(&v, -1));
	here_is(&v, "#b");
	visits_wipe(&v);
}

static void test_another_name(void **state)
{
	struct visits v;
	struct visit *dev;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	dev = add(&v, "#DEV");
	visits_go(&v, dev);
	assert_ptr_equal(visits_rename(&v, text("#DEV"), text("#dev")), dev);
	here_is(&v, "#dev");
	assert_ptr_equal(visits_rename(&v, text("#dev"), text("#dev")), dev);
	assert_int_equal(v.count, 2);
	assert_null(visits_rename(&v, text("#x"), text("#y")));
	visits_wipe(&v);
}

/* "#Dev" is asked for, and is "#dev", where one is already. */
static void test_two_names_of_one_room(void **state)
{
	struct visits v;
	struct visit *dev, *again;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	dev = add(&v, "#dev");
	again = visits_add(&v, text("#Dev"));
	assert_non_null(again);
	visits_go(&v, dev);
	visits_go(&v, again);
	assert_ptr_equal(visits_rename(&v, text("#Dev"), text("#dev")), dev);
	here_is(&v, "#dev");
	assert_int_equal(v.count, 2);
	visits_wipe(&v);
}

static void test_there_is_a_bound(void **state)
{
	struct visits v;
	char name[2 * WIRE_ROOM_NAME_MAX];

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	for (int i = 1; i < SEAT_ROOMS_MAX; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		add(&v, name);
	}
	assert_null(visits_add(&v, text("#one more")));
	assert_non_null(visits_add(&v, text("#1")));
	visits_remove(&v, visits_find(&v, text("#1")));
	memset(name, 'x', sizeof(name));
	assert_null(visits_add(&v, slice_of(name, WIRE_ROOM_NAME_MAX + 1)));
	assert_null(visits_add(&v, text("")));
	assert_non_null(visits_add(&v, slice_of(name, WIRE_ROOM_NAME_MAX)));
	visits_wipe(&v);
}

static void test_coming(void **state)
{
	struct visits v;
	struct visit *dev;

	(void)state;
	assert_int_equal(visits_init(&v), ERR_NONE);
	assert_ptr_equal(visits_coming(&v, 1), v.here); /* the JOIN */
	visit_came(v.here, 51);
	assert_null(visits_coming(&v, 1));
	assert_int_equal(v.here->oldest, 51);
	dev = add(&v, "#dev");
	dev->coming = 7;
	visits_rename(&v, text("#dev"), text("#Dev"));
	assert_ptr_equal(visits_coming(&v, 7), dev);
	dev->oldest = 3; /* it was heard before the answer was looked at */
	visit_came(dev, 9);
	assert_int_equal(dev->oldest, 3);
	visits_wipe(&v);
}

static void test_ones_own_talks(void **state)
{
	struct visit at = {.said = 0};

	(void)state;
	assert_int_equal(visit_newest(&at), 0);
	visit_said(&at, 7);
	visit_answered(&at, 6, 100);
	assert_int_equal(at.said, 7); /* another one is still under way */
	visit_answered(&at, 7, 0);
	assert_int_equal(at.said, 0);
	assert_int_equal(visit_newest(&at), 0); /* it was refused: the one before is not meant */
	visit_said(&at, 8);
	visit_answered(&at, 8, 103);
	visit_answered(&at, 9, 102); /* answers may come in any order */
	assert_int_equal(visit_newest(&at), 103);
	visit_recalled(&at, 103);
	assert_int_equal(visit_newest(&at), 102);
	visit_recalled(&at, 1);
	visit_recalled(&at, 102);
	assert_int_equal(visit_newest(&at), 100);
	visit_recalled(&at, 100);
	assert_int_equal(visit_newest(&at), 0);
	for (uint64_t seq = 1; seq <= 3 * (uint64_t)VISITS_OWN; seq++)
		visit_answered(&at, seq, seq);
	for (uint64_t seq = 3 * (uint64_t)VISITS_OWN; visit_newest(&at) != 0; seq--) {
		assert_int_equal(visit_newest(&at), seq);
		visit_recalled(&at, seq);
	}
	visit_answered(&at, 1, 5);
	visit_forget(&at);
	assert_int_equal(visit_newest(&at), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_begins_in_the_lobby),
		cmocka_unit_test(test_who_leaves_is_where_they_were_before),
		cmocka_unit_test(test_a_room_that_one_is_not_in_goes_quietly),
		cmocka_unit_test(test_going_round),
		cmocka_unit_test(test_another_name),
		cmocka_unit_test(test_two_names_of_one_room),
		cmocka_unit_test(test_there_is_a_bound),
		cmocka_unit_test(test_coming),
		cmocka_unit_test(test_ones_own_talks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
