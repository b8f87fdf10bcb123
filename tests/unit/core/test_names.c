/* core/names: first come, kept; what gives way when there are too many, when, and what never does. */
#include "core/names.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

#define START INT64_C(1796083200123) /* some day, and no whole second of it */

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static struct name_checker *checker;
static int64_t now;
static struct names *names;
static struct bearers *bearers;
static uint8_t alice[OWNER_BYTES], bob[OWNER_BYTES], local[OWNER_BYTES];

static void begin(size_t max)
{
	now = START;
	names_free(names);
	bearers_free(bearers);
	bearers = bearers_new(1);
	assert_non_null(bearers);
	names = names_new(max, 20261201, checker, bearers);
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
	bearers_free(bearers);
	names = NULL;
	bearers = NULL;
	name_checker_free(checker);
	return 0;
}

static struct names_entry *last; /* that was taken */

static enum err take(const uint8_t owner[OWNER_BYTES], const char *name)
{
	return names_take(names, name, strlen(name), owner, now, &last);
}

static void rest(struct names_entry *e)
{
	names_rest(names, e, now);
}

/* Takes a name, and leaves the room again. */
static enum err own(const uint8_t owner[OWNER_BYTES], const char *name)
{
	enum err e = take(owner, name);

	if (e == ERR_NONE)
		rest(last);
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
	assert_string_equal(spelling_text(&names_first(names)->spelling), "ROSE");
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
	rest(e);
	assert_int_equal(names_release(names, "rose", 4), ERR_EXISTS);
	rest(e);
	assert_int_equal(names_release(names, "ROSE", 4), ERR_NONE);
	assert_int_equal(own(bob, "rose"), ERR_NONE);
	assert_true(is_owned("rose", bob));
}

/* As long as it is, nobody loses count. */
static void a_name_is_in_use_only_so_often(void **state)
{
	(void)state;
	for (unsigned i = 0; i < UINT16_MAX; i++)
		assert_int_equal(take(alice, "rose"), ERR_NONE);
	struct names_entry *e = last;
	assert_int_equal(take(alice, "rose"), ERR_TOO_BIG);
	rest(e);
	assert_int_equal(take(alice, "rose"), ERR_NONE);
	for (unsigned i = 0; i < UINT16_MAX; i++)
		rest(e);
	assert_int_equal(names_release(names, "rose", 4), ERR_NONE);
}

/* Of any length: the longest have a block of their own. */
static void names_of_any_length_are_kept(void **state)
{
	char name[4 * NAME_MAX_GRAPHEMES + 1] = "";

	(void)state;
	for (unsigned i = 0; i < NAME_MAX_GRAPHEMES; i++) {
		strcat(name, i % 2 ? "Y" : "z");
		assert_int_equal(own(local, name), ERR_NONE);
		assert_string_equal(spelling_text(&last->spelling), name);
	}
	for (size_t len = strlen(name); len > 0; len--) {
		name[len] = '\0';
		assert_true(is_owned(name, local));
		name[len - 1] ^= 'a' ^ 'A'; /* in other letters */
		assert_int_equal(own(local, name), ERR_NONE);
		assert_string_equal(spelling_text(&last->spelling), name);
		assert_int_equal(names_release(names, name, len), ERR_NONE);
	}
	assert_int_equal(names_count(names), 0);
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

/* Takes it when its owner may take a new one again. */
static enum err own_in_time(const uint8_t owner[OWNER_BYTES], const char *name)
{
	now += NAMES_INTERVAL_MS;
	return own(owner, name);
}

static void a_key_owns_only_so_many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NAMES_PER_KEY; i++)
		assert_int_equal(own_in_time(alice, number(i)), ERR_NONE);
	assert_int_equal(own(bob, "rose"), ERR_NONE);
	assert_int_equal(names_count(names), NAMES_PER_KEY + 1);
	now++;
	assert_int_equal(own(alice, number(0)), ERR_NONE); /* used again: now 1 is the oldest */
	assert_int_equal(own_in_time(alice, number(NAMES_PER_KEY)), ERR_NONE);
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
		now += NAMES_INTERVAL_MS;
		assert_int_equal(take(alice, number(i)), ERR_NONE);
		used[i] = last;
	}
	assert_int_equal(own_in_time(alice, "rose"), ERR_FULL);
	assert_null(owner_of("rose"));
	assert_int_equal(own(alice, number(7)), ERR_NONE);
	rest(used[9]);
	assert_int_equal(own_in_time(alice, "rose"), ERR_NONE);
	assert_null(owner_of(number(9)));
	assert_int_equal(names_count(names), NAMES_PER_KEY);
}

/* How many of `n` new names, one every so often, a key gets. */
static const struct {
	unsigned n;
	int64_t every;
	unsigned gets;
} rates[] = {
	{1, 0, 1},
	{NAMES_AT_ONCE, 0, NAMES_AT_ONCE},
	{60, 0, NAMES_AT_ONCE},
	{60, MINUTE, NAMES_AT_ONCE + 7}, /* in 59 minutes */
	{60, NAMES_INTERVAL_MS, 60},
	{60, DAY, 60},
	{20, -MINUTE, NAMES_AT_ONCE - 1}, /* a clock that goes back */
};

static void a_key_gets_only_so_many_new_ones_in_a_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		unsigned gets = 0;
		begin(1000);
		for (unsigned k = 0; k < rates[i].n; k++, now += rates[i].every)
			gets += own(alice, number(k)) == ERR_NONE;
		if (gets != rates[i].gets)
			fail_msg("row %zu: %u", i, gets);
		assert_int_equal(names_count(names), gets);
		assert_int_equal(own(alice, number(0)), ERR_NONE); /* no new one */
		assert_int_equal(own(bob, "rose"), ERR_NONE);
		now += DAY;
		for (unsigned k = 100; k < 100 + NAMES_AT_ONCE; k++)
			assert_int_equal(own(alice, number(k)), ERR_NONE);
		assert_int_equal(own(alice, "more"), ERR_FULL);
	}
}

/* After a clock was far ahead, one has to wait for no longer than for one's first names. */
static void a_clock_that_was_ahead_is_forgiven(void **state)
{
	(void)state;
	now += 1000 * INT64_C(86400000);
	assert_int_equal(own(alice, "a"), ERR_NONE);
	now = START;
	assert_int_equal(own(alice, "b"), ERR_FULL);
	now += NAMES_INTERVAL_MS;
	assert_int_equal(own(alice, "b"), ERR_NONE);
}

static void local_users_own_as_many_as_there_is_room_for(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(own(local, number(i)), ERR_NONE);
	assert_int_equal(names_count(names), 1000);
	assert_int_equal(own(local, "rose"), ERR_FULL);
	now += 365 * INT64_C(86400000);
	assert_int_equal(own(alice, "rose"), ERR_FULL); /* theirs are not given away */
	assert_int_equal(own(local, number(0)), ERR_NONE);
}

/* ---- a full registry ------------------------------------------------------------------------- */

/* Of another key each time. */
static enum err newcomer(const char *name)
{
	static uint8_t owner[OWNER_BYTES] = {0xee};
	static uint32_t count;

	count++;
	memcpy(owner + 1, &count, sizeof(count));
	return own(owner, name);
}

/* One name that alice has in a registry that junk fills; does it give way to the next newcomer? */
static const struct {
	const char *what;
	int64_t used, pause, used_again; /* the pause is before the second time; 0: there is none */
	int64_t later;			 /* when the newcomer comes */
	bool gives_way;
} lives[] = {
	{"for a second, just now", 1000, 0, 0, 0, false},
	{"for a second, a day ago", 1000, 0, 0, DAY, false},
	{"for a second, nearly too long ago", 1000, 0, 0, NAMES_REST_MS - 1, false},
	{"for a second, too long ago", 1000, 0, 0, NAMES_REST_MS, true},
	{"for most of an hour", NAMES_USE_MS - 1, 0, 0, NAMES_REST_MS, true},
	{"for an hour", NAMES_USE_MS, 0, 0, NAMES_REST_MS, false},
	{"for an hour in two parts", NAMES_USE_MS / 2, HOUR, NAMES_USE_MS / 2, NAMES_REST_MS,
	 false},
	{"twice for a second", 1000, HOUR, 1000, NAMES_REST_MS, true},
	{"again a day later", 1000, DAY, 1000, NAMES_REST_MS, false},
	{"again nearly a day later", 1000, DAY - 3000, 1000, NAMES_REST_MS, true},
	{"again a day later, years ago", 1000, DAY, 1000, 100 * NAMES_REST_MS, false},
};

static void use_for(const char *name, int64_t time)
{
	assert_int_equal(take(alice, name), ERR_NONE);
	now += time;
	rest(last);
}

static void what_was_used_is_not_given_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lives); i++) {
		begin(4);
		use_for("rose", lives[i].used);
		now += lives[i].pause;
		if (lives[i].pause)
			use_for("rose", lives[i].used_again);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(newcomer(number(k)), ERR_NONE);
		now += lives[i].later;
		/* the junk is as old, but came later: it gives way second */
		enum err e = newcomer("rose2");
		if (is_owned("rose", alice) == lives[i].gives_way)
			fail_msg("%s", lives[i].what);
		assert_int_equal(e, lives[i].later < NAMES_REST_MS ? ERR_FULL : ERR_NONE);
		assert_int_equal(names_count(names), 4);
	}
}

/* However many come, and whatever they do: what alice used for a moment, and bob for long, stays theirs. */
static void a_flood_takes_no_name_away(void **state)
{
	(void)state;
	begin(2000);
	use_for("rose", 1000);
	assert_int_equal(take(bob, "lily"), ERR_NONE);
	for (unsigned i = 0; i < 5000; i++, now += 100)
		(void)newcomer(number(i % 4000));
	assert_int_equal(names_count(names), 2000);
	assert_int_equal(newcomer("rose"), ERR_EXISTS);
	assert_int_equal(newcomer("lily"), ERR_EXISTS);
	assert_int_equal(own(alice, "rose"), ERR_NONE); /* who has a name is not refused it */
	rest(names_find(names, "lily", 4));
	assert_int_equal(own(bob, "lily"), ERR_NONE);
	now += NAMES_REST_MS - 1;
	assert_int_equal(own(alice, "rose"), ERR_NONE);
	now++;
	for (unsigned i = 0; i < 5000; i++)
		(void)newcomer(number(4000 + i));
	assert_true(is_owned("rose", alice)); /* by now it was used on another day */
	assert_null(owner_of(number(0)));     /* junk goes in the end */
}

static void one_s_own_junk_gives_way_to_one_s_own(void **state)
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
	rest(rose);
	assert_int_equal(own(local, "new"), ERR_FULL); /* not to anybody else's */
	assert_int_equal(own(alice, "new"), ERR_NONE); /* the last that alice had gives way */
	assert_true(is_owned("new", alice));
	assert_null(owner_of("rose"));
	assert_int_equal(take(alice, "new"), ERR_NONE);
	now += NAMES_USE_MS;
	rest(last);
	assert_int_equal(own(alice, "newer"), ERR_FULL); /* that was no junk */
}

/* ---- written down ---------------------------------------------------------------------------- */

static void what_was_written_down_is_as_it_was(void **state)
{
	static struct {
		char name[NAME_MAX_BYTES + 1];
		uint8_t owner[OWNER_BYTES];
		struct names_past past;
	} kept[16];
	size_t n = 0;

	(void)state;
	use_for("short", 1000);
	use_for("long", NAMES_USE_MS);
	assert_int_equal(take(bob, "present"), ERR_NONE);
	now += MINUTE;
	assert_int_equal(own(local, "here"), ERR_NONE);
	for (struct names_entry *e = names_first(names); e; e = names_next(names, e), n++) {
		strcpy(kept[n].name, spelling_text(&e->spelling));
		memcpy(kept[n].owner, names_identity(e), OWNER_BYTES);
		kept[n].past = names_past(e, now);
	}
	assert_int_equal(n, 4);
	int64_t then = now;
	begin(4);
	now = then;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(names_restore(names, kept[i].name, strlen(kept[i].name),
					       kept[i].owner, &kept[i].past),
				 ERR_NONE);
	struct names_past past = names_past(names_find(names, "present", 7), now + HOUR);
	assert_true(past.first == now - MINUTE && past.last == now && past.used == MINUTE);
	assert_int_equal(names_restore(names, "present", 7, bob, &past), ERR_EXISTS);
	assert_int_equal(names_restore(names, "a b", 3, bob, &past), ERR_MALFORMED);
	assert_int_equal(names_restore(names, "more", 4, bob, &past), ERR_FULL);
	now += NAMES_REST_MS;
	for (unsigned i = 0; i < 20; i++)
		(void)newcomer(number(i));
	assert_true(is_owned("long", alice) && is_owned("here", local));
	assert_null(owner_of("short"));
	assert_null(owner_of("present"));
}

/* ---- in order -------------------------------------------------------------------------------- */

static void expect_order(const char *want)
{
	char got[64] = "";

	for (struct names_entry *e = names_first(names); e; e = names_next(names, e)) {
		strcat(got, spelling_text(&e->spelling));
		strcat(got, " ");
	}
	assert_string_equal(got, want);
}

static void they_are_told_in_order_of_age(void **state)
{
	(void)state;
	expect_order("");
	assert_int_equal(take(alice, "a"), ERR_NONE);
	struct names_entry *a = last;
	expect_order("a ");
	assert_int_equal(own(bob, "b"), ERR_NONE);
	assert_int_equal(own(alice, "c"), ERR_NONE);
	expect_order("a b c "); /* a is in use */
	assert_int_equal(own(bob, "b"), ERR_NONE);
	expect_order("a c b ");
	assert_int_equal(own(local, "d"), ERR_NONE);
	expect_order("d a c b ");
	rest(a);
	expect_order("d c b a ");
	assert_int_equal(take(alice, "a"), ERR_NONE);
	now += NAMES_USE_MS;
	uint64_t changes = names_changes(names);
	rest(a);
	assert_true(names_changes(names) > changes); /* it is settled */
	expect_order("d a c b ");
}

static void assert_newest(const uint8_t owner[OWNER_BYTES], const char *want)
{
	const struct names_entry *e = names_newest(names, owner);

	if (want)
		assert_string_equal(spelling_text(&e->spelling), want);
	else
		assert_null(e);
}

static void an_owner_s_newest_name_is_known(void **state)
{
	(void)state;
	assert_newest(alice, NULL);
	assert_int_equal(take(alice, "one"), ERR_NONE);
	struct names_entry *one = last;
	assert_newest(alice, "one");
	now += MINUTE;
	assert_int_equal(take(alice, "Two"), ERR_NONE);
	struct names_entry *two = last;
	assert_newest(alice, "Two");
	now += MINUTE;
	rest(two); /* the other is still in use */
	assert_newest(alice, "one");
	now += MINUTE;
	rest(one);
	assert_newest(alice, "one");
	assert_newest(bob, NULL);
	assert_ptr_equal(names_of_key(names, slice_of("two", 3)), two);
	assert_null(names_of_key(names, slice_of("Two", 3)));
	assert_null(names_of_key(names, slice_of("", 0)));
}

/* ---- what is to be written down -------------------------------------------------------------- */

static char heard[512]; /* "+alice 0;" and "-alice;": what it has been used */

static void name_changed(void *ctx, const struct names_entry *e, const struct names_past *past)
{
	size_t len = strlen(heard);

	assert_ptr_equal(ctx, &now);
	snprintf(heard + len, sizeof(heard) - len, "+%s %d;", spelling_text(&e->spelling),
		 (int)past->used);
	assert_true(owner_known(names_identity(e)));
}

static void name_gone(void *ctx, const char *name)
{
	size_t len = strlen(heard);

	(void)ctx;
	snprintf(heard + len, sizeof(heard) - len, "-%s;", name);
}

static void what_changes_is_told(void **state)
{
	const struct names_watch watch = {&now, name_changed, name_gone};
	struct names_past past = {START, START, 7};

	(void)state;
	begin(3);
	heard[0] = '\0';
	assert_int_equal(own(bob, "before"), ERR_NONE);
	names_watch(names, &watch);
	assert_int_equal(take(alice, "Rose"), ERR_NONE);
	assert_string_equal(heard, "+Rose 0;");
	struct names_entry *rose = last;
	assert_int_equal(take(alice, "Rose"), ERR_NONE); /* once more: nothing is new */
	now += 5;
	rest(rose);
	assert_string_equal(heard, "+Rose 0;");
	rest(rose);
	assert_string_equal(heard, "+Rose 0;+Rose 5;");
	heard[0] = '\0';
	assert_int_equal(own(alice, "ROSE"), ERR_NONE);
	assert_string_equal(heard, "-Rose;+ROSE 5;+ROSE 5;");
	heard[0] = '\0';
	assert_int_equal(names_restore(names, "lily", 4, alice, &past), ERR_NONE);
	assert_string_equal(heard, "+lily 7;");
	heard[0] = '\0';
	now += NAMES_REST_MS;
	assert_int_equal(own(local, "fourth"), ERR_NONE); /* one gives way */
	assert_string_equal(heard, "-before;+fourth 0;+fourth 0;");
	heard[0] = '\0';
	assert_int_equal(names_release(names, "rose", 4), ERR_NONE);
	assert_string_equal(heard, "-ROSE;");
	names_free(names);
	bearers_free(bearers); /* forgets all, and loses none */
	names = NULL;
	bearers = NULL;
	assert_string_equal(heard, "-ROSE;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(a_name_belongs_to_the_first),
		TEST(one_name_in_any_letters),
		TEST(what_is_no_name_is_nobody_s),
		TEST(a_name_can_be_released),
		TEST(a_name_is_in_use_only_so_often),
		TEST(names_of_any_length_are_kept),
		TEST(only_changes_count_as_changes),
		TEST(a_key_owns_only_so_many),
		TEST(a_key_that_uses_all_its_names_gets_no_other),
		TEST(local_users_own_as_many_as_there_is_room_for),
		TEST(a_key_gets_only_so_many_new_ones_in_a_time),
		TEST(a_clock_that_was_ahead_is_forgiven),
		TEST(what_was_used_is_not_given_away),
		TEST(a_flood_takes_no_name_away),
		TEST(one_s_own_junk_gives_way_to_one_s_own),
		TEST(what_was_written_down_is_as_it_was),
		TEST(they_are_told_in_order_of_age),
		TEST(an_owner_s_newest_name_is_known),
		TEST(what_changes_is_told),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
