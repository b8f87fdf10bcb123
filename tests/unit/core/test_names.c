/* core/names: first come, kept; what gives way when there are too many, and what never does. */
#include "core/names.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct name_checker *checker;
static struct names *names;
static uint8_t alice[OWNER_BYTES], bob[OWNER_BYTES], local[OWNER_BYTES];

static void begin(size_t max)
{
	names_free(names);
	names = names_new(max, 20261201, checker);
	assert_non_null(names);
}

static int setup(void **state)
{
	(void)state;
	checker = name_checker_new();
	assert_non_null(checker);
	memset(alice, 0xa1, sizeof(alice));
	memset(bob, 0xb0, sizeof(bob));
	owner_of_user(1000, local);
	begin(1000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	names_free(names);
	names = NULL;
	name_checker_free(checker);
	return 0;
}

static struct names_entry *last; /* that was taken */

static enum err take(const uint8_t owner[OWNER_BYTES], const char *name)
{
	return names_take(names, name, strlen(name), owner, &last);
}

/* Takes a name, and leaves the room again. */
static enum err own(const uint8_t owner[OWNER_BYTES], const char *name)
{
	enum err e = take(owner, name);

	if (e == ERR_NONE)
		names_rest(names, last);
	return e;
}

static const uint8_t *owner_of(const char *name)
{
	struct names_entry *e = names_find(names, name, strlen(name));

	return e ? names_identity(e) : NULL;
}

static bool is_owned(const char *name, const uint8_t owner[OWNER_BYTES])
{
	const uint8_t *is = owner_of(name);

	return is && owner_equal(is, owner);
}

static const char *number(unsigned i)
{
	static char name[16];

	snprintf(name, sizeof(name), "n%u", i);
	return name;
}

static void a_name_belongs_to_the_first(void **state)
{
	(void)state;
	assert_null(owner_of("rose"));
	assert_int_equal(own(alice, "rose"), ERR_NONE);
	assert_true(is_owned("rose", alice));
	assert_int_equal(own(bob, "rose"), ERR_EXISTS);
	assert_int_equal(own(local, "rose"), ERR_EXISTS);
	assert_int_equal(own(alice, "rose"), ERR_NONE);
	assert_true(is_owned("rose", alice));
	assert_int_equal(names_count(names), 1);
}

/* What counts as the same name is one; it is written as it was taken last. */
static void one_name_in_any_letters(void **state)
{
	(void)state;
	assert_int_equal(own(alice, "Rose"), ERR_NONE);
	assert_int_equal(own(bob, "ROSE"), ERR_EXISTS);
	assert_int_equal(own(bob, "rоse"), ERR_EXISTS); /* with a Cyrillic letter */
	uint64_t changes = names_changes(names);
	assert_int_equal(own(alice, "ROSE"), ERR_NONE);
	assert_string_equal(names_first(names)->name, "ROSE");
	assert_true(names_changes(names) > changes);
	assert_int_equal(names_count(names), 1);
}

static void what_is_no_name_is_nobody_s(void **state)
{
	(void)state;
	assert_int_equal(own(alice, ""), ERR_MALFORMED);
	assert_int_equal(own(alice, "a b"), ERR_MALFORMED);
	assert_int_equal(own(alice, "\xff"), ERR_MALFORMED);
	assert_null(owner_of("a b"));
	assert_int_equal(names_count(names), 0);
}

static void a_name_can_be_released(void **state)
{
	(void)state;
	assert_int_equal(names_release(names, "rose", 4), ERR_NOT_FOUND);
	assert_int_equal(names_release(names, "a b", 3), ERR_NOT_FOUND);
	assert_int_equal(take(alice, "rose"), ERR_NONE);
	struct names_entry *e = last;
	assert_int_equal(names_release(names, "rose", 4), ERR_EXISTS);
	assert_int_equal(take(alice, "Rose"), ERR_NONE); /* twice */
	assert_ptr_equal(last, e);
	names_rest(names, e);
	assert_int_equal(names_release(names, "rose", 4), ERR_EXISTS);
	names_rest(names, e);
	assert_int_equal(names_release(names, "ROSE", 4), ERR_NONE);
	assert_int_equal(own(bob, "rose"), ERR_NONE);
	assert_true(is_owned("rose", bob));
}

static void only_changes_count_as_changes(void **state)
{
	(void)state;
	assert_int_equal(own(alice, "rose"), ERR_NONE);
	uint64_t changes = names_changes(names);
	assert_int_equal(own(alice, "rose"), ERR_NONE);
	assert_int_equal(own(bob, "rose"), ERR_EXISTS);
	assert_true(names_changes(names) == changes);
	assert_int_equal(own(alice, "lily"), ERR_NONE);
	assert_true(names_changes(names) > changes);
	changes = names_changes(names);
	assert_int_equal(names_release(names, "lily", 4), ERR_NONE);
	assert_true(names_changes(names) > changes);
}

/* ---- too many -------------------------------------------------------------------------------- */

static void a_key_owns_only_so_many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NAMES_PER_KEY; i++)
		assert_int_equal(own(alice, number(i)), ERR_NONE);
	assert_int_equal(own(bob, "rose"), ERR_NONE);
	assert_int_equal(names_count(names), NAMES_PER_KEY + 1);
	assert_int_equal(own(alice, number(0)), ERR_NONE); /* used again: now 1 is the oldest */
	assert_int_equal(own(alice, number(NAMES_PER_KEY)), ERR_NONE);
	assert_int_equal(names_count(names), NAMES_PER_KEY + 1);
	assert_null(owner_of(number(1)));
	assert_true(is_owned(number(0), alice) && is_owned(number(2), alice));
	assert_true(is_owned("rose", bob)); /* older than most, and not alice's to lose */
}

static void a_key_that_uses_all_its_names_gets_no_other(void **state)
{
	struct names_entry *used[NAMES_PER_KEY];

	(void)state;
	for (unsigned i = 0; i < NAMES_PER_KEY; i++) {
		assert_int_equal(take(alice, number(i)), ERR_NONE);
		used[i] = last;
	}
	assert_int_equal(own(alice, "rose"), ERR_FULL);
	assert_null(owner_of("rose"));
	assert_int_equal(own(alice, number(7)), ERR_NONE);
	names_rest(names, used[9]);
	assert_int_equal(own(alice, "rose"), ERR_NONE);
	assert_null(owner_of(number(9)));
	assert_int_equal(names_count(names), NAMES_PER_KEY);
}

static void local_users_own_as_many_as_there_is_room_for(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(own(local, number(i)), ERR_NONE);
	assert_int_equal(names_count(names), 1000);
	assert_int_equal(own(local, "rose"), ERR_NONE);
	assert_int_equal(names_count(names), 1000);
	assert_null(owner_of(number(0)));
}

static void the_longest_unused_gives_way_when_all_is_full(void **state)
{
	(void)state;
	begin(4);
	assert_int_equal(take(alice, "used"), ERR_NONE); /* the oldest, but in use */
	struct names_entry *used = last;
	assert_int_equal(own(bob, "first"), ERR_NONE);
	assert_int_equal(own(bob, "second"), ERR_NONE);
	assert_int_equal(own(alice, "third"), ERR_NONE);
	assert_int_equal(own(bob, "first"), ERR_NONE);
	assert_int_equal(own(local, "new"), ERR_NONE);
	assert_null(owner_of("second"));
	assert_true(is_owned("used", alice) && is_owned("first", bob) && is_owned("third", alice));
	assert_int_equal(names_count(names), 4);
	names_rest(names, used); /* the newest from now on */
	assert_int_equal(own(local, "newer"), ERR_NONE);
	assert_null(owner_of("third"));
	assert_true(is_owned("used", alice));
}

static void nothing_in_use_gives_way(void **state)
{
	struct names_entry *rose;

	(void)state;
	begin(2);
	assert_int_equal(take(alice, "rose"), ERR_NONE);
	rose = last;
	assert_int_equal(take(bob, "lily"), ERR_NONE);
	assert_int_equal(own(local, "new"), ERR_FULL);
	assert_null(owner_of("new"));
	assert_int_equal(own(alice, "new"), ERR_FULL);
	names_rest(names, rose);
	assert_int_equal(own(alice, "new"), ERR_NONE); /* the last that alice had gives way */
	assert_true(is_owned("new", alice));
	assert_null(owner_of("rose"));
}

/* ---- in order -------------------------------------------------------------------------------- */

static void expect_order(const char *want)
{
	char got[64] = "";

	for (struct names_entry *e = names_first(names); e; e = names_next(names, e)) {
		strcat(got, e->name);
		strcat(got, " ");
	}
	assert_string_equal(got, want);
}

/* Read back in this order, the registry is as it was. */
static void they_are_told_in_order_of_age(void **state)
{
	(void)state;
	expect_order("");
	assert_int_equal(take(alice, "a"), ERR_NONE);
	struct names_entry *a = last;
	expect_order("a ");
	assert_int_equal(own(bob, "b"), ERR_NONE);
	assert_int_equal(own(alice, "c"), ERR_NONE);
	expect_order("b c a "); /* a is in use */
	assert_int_equal(own(bob, "b"), ERR_NONE);
	expect_order("c b a ");
	names_rest(names, a);
	assert_int_equal(own(local, "d"), ERR_NONE);
	expect_order("c b a d ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(a_name_belongs_to_the_first),
		TEST(one_name_in_any_letters),
		TEST(what_is_no_name_is_nobody_s),
		TEST(a_name_can_be_released),
		TEST(only_changes_count_as_changes),
		TEST(a_key_owns_only_so_many),
		TEST(a_key_that_uses_all_its_names_gets_no_other),
		TEST(local_users_own_as_many_as_there_is_room_for),
		TEST(the_longest_unused_gives_way_when_all_is_full),
		TEST(nothing_in_use_gives_way),
		TEST(they_are_told_in_order_of_age),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
