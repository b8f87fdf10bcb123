/* core/senders: what was said once is not said again, and what was not is. */
#include "core/senders.h"

#include "check.h"

#include <string.h>

static struct senders *senders;
static uint8_t alice[OWNER_BYTES], bob[OWNER_BYTES];

static int begin(size_t max)
{
	senders = senders_new(max, 20261201);
	assert_non_null(senders);
	owner_of_user(1000, alice);
	memset(bob, 0xb0, sizeof(bob));
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return begin(SENDERS_MAX);
}

static int teardown(void **state)
{
	(void)state;
	senders_free(senders);
	return 0;
}

static struct sender *of(const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	struct sender *s = senders_of(senders, owner, instance);

	assert_non_null(s);
	return s;
}

enum { NEW = -1 };

/* The event that this was said as, or NEW; 0: said, as what is forgotten. */
static int64_t said(const struct sender *s, uint64_t mid)
{
	uint64_t seq;

	return sender_said(s, mid, &seq) ? (int64_t)seq : NEW;
}

static void a_talk_is_said_once(void **state)
{
	struct sender *s = of(alice, 5);

	(void)state;
	assert_int_equal(said(s, 1), NEW);
	sender_says(s, 1, 100);
	assert_int_equal(said(s, 1), 100);
	assert_int_equal(said(s, 2), NEW);
	sender_says(s, 2, 107);
	assert_int_equal(said(of(alice, 5), 1), 100);
	assert_int_equal(said(of(alice, 5), 2), 107);
}

/* Identity and instance: each pair counts for itself. */
static void everybody_counts_alone(void **state)
{
	(void)state;
	sender_says(of(alice, 5), 1, 100);
	assert_int_equal(said(of(alice, 6), 1), NEW);
	assert_int_equal(said(of(bob, 5), 1), NEW);
	sender_says(of(bob, 5), 1, 101);
	assert_int_equal(said(of(alice, 5), 1), 100);
	assert_int_equal(said(of(bob, 5), 1), 101);
	assert_int_equal(senders_count(senders), 3);
}

/* Said are the mids in `says`, one after the other, as events 1001, 1002, …; then `mid` is asked. */
static const struct {
	uint64_t says[4];
	uint64_t mid;
	int64_t want;
} rows[] = {
	{{1}, 1, 1001},
	{{64}, 1, NEW}, /* not said, as far as is remembered */
	{{64}, 64, 1001},
	{{65}, 1, 0}, /* older than what is remembered: counts as said */
	{{65}, 2, NEW},
	{{1, 64}, 1, 1001},
	{{1, 65}, 1, 0},
	{{2, 65}, 2, 1001},
	{{2, 66}, 2, 0},
	{{2, 66}, 3, NEW},
	{{3, 67}, 4, NEW}, /* its place was 68's, which is nobody's yet */
	{{3, 67}, 67, 1002},
	{{3, 67}, 68, NEW},
	{{3, 70}, 67, NEW}, /* its place had been 3's */
	{{10, 5}, 5, 1002}, /* refused at first, say, and then said */
	{{10, 5}, 10, 1001},
	{{10, 5}, 9, NEW},
	{{1, 2, 3, 4}, 2, 1002},
	{{1, 1000000}, 999999, NEW},
	{{1, 1000000}, 1, 0},
	{{1, BUF_VARINT_MAX}, BUF_VARINT_MAX, 1002},
	{{1, BUF_VARINT_MAX}, BUF_VARINT_MAX - 63, NEW},
	{{1, BUF_VARINT_MAX}, BUF_VARINT_MAX - 64, 0},
	{{1, BUF_VARINT_MAX}, 1, 0},
};

static void the_newest_are_remembered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sender *s = of(alice, i + 1);
		for (size_t n = 0; n < 4 && rows[i].says[n]; n++)
			sender_says(s, rows[i].says[n], 1001 + n);
		if (said(s, rows[i].mid) != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)said(s, rows[i].mid));
	}
}

static void the_longest_silent_is_forgotten(void **state)
{
	(void)state;
	senders_free(senders);
	begin(3);
	for (uint64_t i = 1; i <= 3; i++)
		sender_says(of(alice, i), 1, i);
	assert_int_equal(said(of(alice, 1), 1), 1); /* now 2 is the oldest */
	sender_says(of(bob, 4), 1, 4);
	assert_int_equal(senders_count(senders), 3);
	assert_int_equal(said(of(alice, 1), 1), 1);
	assert_int_equal(said(of(alice, 3), 1), 3);
	assert_int_equal(said(of(bob, 4), 1), 4);
	assert_int_equal(said(of(alice, 2), 1), NEW);
}

/* The key of that number. */
static const uint8_t *somebody(uint64_t number)
{
	static uint8_t owner[OWNER_BYTES];

	memset(owner, 0x55, sizeof(owner));
	memcpy(owner, &number, sizeof(number));
	return owner;
}

static void many_senders_are_told_apart(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 5000; i++)
		sender_says(of(somebody(i / 4), i % 4 + 1), i, 10 * i);
	for (uint64_t i = 1; i <= 5000; i++)
		assert_int_equal(said(of(somebody(i / 4), i % 4 + 1), i), 10 * i);
}

/* ---- who would have the others forgotten ----------------------------------------------------- */

/* Makes those that it does not know. */
static bool is_remembered(const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	return said(of(owner, instance), 1) != NEW;
}

static struct sender *begins(const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	struct sender *s = of(owner, instance);

	sender_says(s, 1, 100);
	return s;
}

/* One identity that begins again and again pushes out itself. */
static void an_identity_has_only_so_many_instances(void **state)
{
	(void)state;
	(void)begins(alice, 5);
	for (uint64_t i = 1; i <= SENDERS_MAX; i++)
		(void)begins(bob, i);
	assert_int_equal(senders_count(senders), 1 + SENDERS_PER_OWNER);
	assert_true(is_remembered(alice, 5));
	for (uint64_t i = 0; i < SENDERS_PER_OWNER; i++)
		assert_true(is_remembered(bob, SENDERS_MAX - i));
	assert_false(is_remembered(bob, SENDERS_MAX - SENDERS_PER_OWNER));
}

/* Neither by its own identity's others, nor by everybody else. */
static void a_sender_with_a_session_is_not_forgotten(void **state)
{
	static struct ring member;

	(void)state;
	senders_free(senders);
	begin(3);
	ring_init(&member);
	for (uint64_t i = 1; i <= 20; i++)
		senders_hold(senders, begins(alice, i), &member);
	for (uint64_t i = 1; i <= 100; i++)
		(void)of(somebody(i), 1);
	for (uint64_t i = 21; i <= 40; i++)
		(void)of(alice, i);
	for (uint64_t i = 1; i <= 20; i++)
		assert_true(is_remembered(alice, i));
	assert_int_equal(senders_count(senders), 20 + 3);
	senders_release(senders, &member);
	assert_int_equal(senders_count(senders), 3); /* they were released with their sessions */
	for (uint64_t i = 18; i <= 20; i++)
		assert_true(is_remembered(alice, i));
	assert_false(is_remembered(alice, 17));
}

/* While its member is held, only the own identity's newer ones push it out. */
static void a_member_s_sender_is_not_forgotten_for_others(void **state)
{
	static struct ring member;

	(void)state;
	senders_free(senders);
	begin(3);
	ring_init(&member);
	struct sender *s = begins(alice, 5);
	senders_hold(senders, s, &member);
	senders_hold(senders, s, &member); /* two sessions */
	senders_part(senders, s);
	senders_part(senders, s);
	for (uint64_t i = 1; i <= 100; i++)
		(void)of(somebody(i), 1);
	assert_int_equal(said(of(alice, 5), 1), 100);
	for (uint64_t i = 6; i < 5 + SENDERS_PER_OWNER; i++) {
		s = begins(alice, i);
		senders_hold(senders, s, &member);
		senders_part(senders, s);
	}
	/* one of the three gave way to each that was not held yet */
	assert_int_equal(senders_count(senders), SENDERS_PER_OWNER + 2);
	(void)begins(alice, 99);
	for (uint64_t i = 6; i < 5 + SENDERS_PER_OWNER; i++)
		assert_true(is_remembered(alice, i));
	assert_false(is_remembered(alice, 5));
	senders_release(senders, &member);
	assert_int_equal(senders_count(senders), 3);
	assert_null(ring_oldest(&member));
}

static void a_sender_knows_who_holds_it(void **state)
{
	static struct ring members[2];

	(void)state;
	ring_init(&members[0]);
	ring_init(&members[1]);
	struct sender *a = of(alice, 1), *b = of(bob, 1);
	assert_null(sender_holder(a));
	senders_hold(senders, a, &members[0]);
	senders_hold(senders, b, &members[1]);
	assert_ptr_equal(sender_holder(a), &members[0]);
	assert_ptr_equal(sender_holder(b), &members[1]);
	senders_part(senders, a);
	assert_ptr_equal(sender_holder(a), &members[0]);
	senders_release(senders, &members[0]);
	assert_null(sender_holder(a));
	senders_hold(senders, a, &members[1]);
	assert_ptr_equal(sender_holder(a), &members[1]);
	senders_release(senders, &members[1]);
	assert_null(sender_holder(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(a_talk_is_said_once),
		TEST(everybody_counts_alone),
		TEST(the_newest_are_remembered),
		TEST(the_longest_silent_is_forgotten),
		TEST(many_senders_are_told_apart),
		TEST(an_identity_has_only_so_many_instances),
		TEST(a_sender_with_a_session_is_not_forgotten),
		TEST(a_member_s_sender_is_not_forgotten_for_others),
		TEST(a_sender_knows_who_holds_it),
	};

	return cmocka_run_group_tests_name("senders", tests, NULL, NULL);
}
