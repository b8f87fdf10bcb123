/* name → address: who has which name, in order, whatever it looks like. */
#include "core/roster.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1500 };

static struct roster *roster;
static struct member members[MANY + 1]; /* those without a spelling are free */

static int setup(void **state)
{
	(void)state;
	memset(members, 0, sizeof(members));
	roster = roster_new();
	return roster ? 0 : -1;
}

static struct spelling *spelling_of(const struct member *m)
{
	return (struct spelling *)(uintptr_t)m->spelling;
}

static int teardown(void **state)
{
	(void)state;
	roster_free(roster);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		spelling_free(spelling_of(&members[i]));
	return 0;
}

static struct spelling *spell(const char *name)
{
	struct spelling *s = NULL;

	if (spelling_new(roster_checker(roster), slice_of(name, strlen(name)), &s) != ERR_NONE)
		fail_msg("no name: %s", name);
	return s;
}

static enum err try_enter(const char *name, struct member **m)
{
	struct member *free_one = members;

	while (free_one->spelling)
		free_one++;
	free_one->spelling = spell(name);
	enum err e = roster_enter(roster, free_one);
	if (e == ERR_NONE) {
		*m = free_one;
	} else {
		spelling_free(spelling_of(free_one));
		free_one->spelling = NULL;
	}
	return e;
}

static struct member *enter(const char *name)
{
	struct member *m = NULL;

	if (try_enter(name, &m) != ERR_NONE)
		fail_msg("not entered: %s", name);
	return m;
}

static struct member *find(const char *name)
{
	return roster_find(roster, name, strlen(name));
}

static void leave(struct member *m)
{
	roster_leave(roster, m);
	spelling_free(spelling_of(m));
	m->spelling = NULL;
}

static enum err rename_to(struct member *m, const char *name)
{
	struct spelling *before = spelling_of(m), *after = spell(name);
	enum err e = roster_rename(roster, m, after);

	assert_ptr_equal(m->spelling, e == ERR_NONE ? after : before);
	spelling_free(e == ERR_NONE ? before : after);
	return e;
}

static int order(const struct member *a, const struct member *b)
{
	struct slice x = member_key(a), y = member_key(b);
	int by_bytes = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);

	return by_bytes ? by_bytes : (x.len > y.len) - (x.len < y.len);
}

static void assert_in_order(void)
{
	size_t n = roster_count(roster);

	for (size_t i = 0; i < n; i++) {
		const struct member *m = roster_at(roster, i);
		assert_ptr_equal(find(spelling_text(m->spelling)), m);
		assert_int_equal(roster_after(roster, spelling_text(m->spelling),
					      strlen(spelling_text(m->spelling))),
				 i + 1);
		if (i > 0)
			assert_true(order(roster_at(roster, i - 1), m) < 0);
	}
	assert_null(roster_at(roster, n));
	assert_null(roster_at(roster, SIZE_MAX));
}

static void a_member_has_a_name_and_an_address(void **state)
{
	struct address address = {.transport = TRANSPORT_UDP, .port = 4711};
	struct member *m = enter("小明");

	(void)state;
	m->address = &address;
	assert_string_equal(spelling_text(m->spelling), "小明");
	assert_ptr_equal(find("小明"), m);
	assert_ptr_equal(find("小明")->address, &address);
	assert_null(find("小名"));
	assert_int_equal(roster_count(roster), 1);
	leave(m);
	assert_int_equal(roster_count(roster), 0);
	assert_null(find("小明"));
	enter("小明");
}

static void a_name_is_taken_whatever_it_is_written_in(void **state)
{
	static const char *const same[] = {"alice", "Alice",	  "ALICE",
					   "аlice", "ａｌｉｃｅ", "alicе"};
	struct member *m = NULL;

	(void)state;
	enter("alice");
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		assert_int_equal(try_enter(same[i], &m), ERR_EXISTS);
		assert_string_equal(spelling_text(find(same[i])->spelling), "alice");
	}
	assert_null(m);
	assert_int_equal(roster_count(roster), 1);
	enter("alice2");
}

static void what_cannot_be_a_name_is_nobody(void **state)
{
	static const char *const bad[] = {"",	    " ",    "a b",   "a:b",    "\xff",
					  "/quit",  "@all", "admin", "管理员", "a\xe2\x80\x8b",
					  "\x1b[1m"};

	(void)state;
	enter("a");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_not_equal(roster_check(roster, bad[i], strlen(bad[i])), NAME_FINE);
		assert_null(find(bad[i]));
	}
	assert_int_equal(roster_check(roster, "b", 1), NAME_FINE);
}

static void the_longest_name_fits(void **state)
{
	char name[NAME_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < NAME_MAX_BYTES; i += 2)
		memcpy(name + i, "ж", 3);
	assert_string_equal(spelling_text(enter(name)->spelling), name);
	assert_ptr_equal(find(name), roster_at(roster, 0));
}

static void a_member_takes_another_name(void **state)
{
	struct member *alice = enter("alice"), *bob = enter("bob");

	(void)state;
	assert_int_equal(rename_to(alice, "Bob"), ERR_EXISTS);
	assert_string_equal(spelling_text(alice->spelling), "alice");
	assert_ptr_equal(find("alice"), alice);
	assert_int_equal(rename_to(alice, "ALICE"), ERR_NONE); /* one's own in other letters */
	assert_string_equal(spelling_text(alice->spelling), "ALICE");
	assert_int_equal(rename_to(alice, "zoe"), ERR_NONE);
	assert_null(find("alice"));
	assert_ptr_equal(find("Zoe"), alice);
	assert_ptr_equal(roster_at(roster, 1), alice);
	assert_int_equal(rename_to(bob, "alice"), ERR_NONE); /* which is free now */
	assert_in_order();
}

/* As who keeps the name may take over the letters. */
static void a_name_may_lie_elsewhere_by_now(void **state)
{
	struct member *m = enter("Alice");
	struct spelling *other = spell("alice"), *before = spelling_of(m);

	(void)state;
	enter("bob");
	m->spelling = other;
	spelling_free(before);
	assert_ptr_equal(find("ALICE"), m);
	assert_int_equal(rename_to(m, "zoe"), ERR_NONE);
	assert_in_order();
}

static void names_come_after_each_other(void **state)
{
	(void)state;
	enter("bob");
	enter("dora");
	assert_int_equal(roster_after(roster, "", 0), 0);
	assert_int_equal(roster_after(roster, "alice", 5), 0);
	assert_int_equal(roster_after(roster, "bob", 3), 1);
	assert_int_equal(roster_after(roster, "BOB", 3), 1);
	assert_int_equal(roster_after(roster, "carl", 4), 1); /* who has left meanwhile */
	assert_int_equal(roster_after(roster, "dora", 4), 2);
	assert_int_equal(roster_after(roster, "eve", 3), 2);
	assert_int_equal(roster_after(roster, "\xff", 1), 0); /* no name: from the start */
}

/* ---- many ------------------------------------------------------------------------------------ */

static uint64_t random_state = 20261129;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return random_state >> 33;
}

static const char *name_of(size_t i, char out[NAME_MAX_BYTES + 1])
{
	static const char *const begins[] = {"user", "用户", "Пётр", "😀"};

	snprintf(out, NAME_MAX_BYTES + 1, "%s%zu", begins[i % COUNT_OF(begins)], i);
	return out;
}

static void many_come_and_go_and_are_renamed(void **state)
{
	static struct member *called[MANY]; /* by the number in their names */
	char name[NAME_MAX_BYTES + 1];
	size_t count = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	memset(called, 0, sizeof(called));
	for (int step = 0; step < 6000; step++) {
		size_t i = next_random() % MANY, other = next_random() % MANY;
		if (!called[i]) {
			called[i] = enter(name_of(i, name));
			count++;
		} else if (next_random() % 2 && !called[other]) {
			assert_int_equal(rename_to(called[i], name_of(other, name)), ERR_NONE);
			called[other] = called[i];
			called[i] = NULL;
		} else if (next_random() % 2) {
			leave(called[i]);
			called[i] = NULL;
			count--;
		}
		assert_int_equal(roster_count(roster), count);
	}
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(find(name_of(i, name)), called[i]);
	assert_in_order();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(a_member_has_a_name_and_an_address),
		TEST(a_name_is_taken_whatever_it_is_written_in),
		TEST(what_cannot_be_a_name_is_nobody),
		TEST(the_longest_name_fits),
		TEST(a_member_takes_another_name),
		TEST(a_name_may_lie_elsewhere_by_now),
		TEST(names_come_after_each_other),
		TEST(many_come_and_go_and_are_renamed),
	};

	return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
