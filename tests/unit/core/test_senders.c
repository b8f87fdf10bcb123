/* core/senders: what was said once is not said again, and what was not is. */
#include "core/senders.h"

#include "core/record.h"

#include "check.h"

#include <string.h>

static struct senders *senders;
static struct bearers *bearers;
static uint8_t alice[OWNER_BYTES], bob[OWNER_BYTES];

static int begin(size_t max)
{
	bearers = bearers_new(1);
	assert_non_null(bearers);
	senders = senders_new(max, 20261201, bearers);
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
	bearers_free(bearers);
	return 0;
}

static struct sender *of(const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	struct sender *s = senders_of(senders, owner, instance);

	assert_non_null(s);
	return s;
}

static void says(struct sender *s, uint64_t mid, uint64_t seq)
{
	assert_int_equal(sender_says(s, mid, seq), ERR_NONE);
}

static void begins_to_say(struct sender *s, uint64_t mid)
{
	assert_int_equal(sender_begins(s, mid), ERR_NONE);
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
	says(s, 1, 100);
	assert_int_equal(said(s, 1), 100);
	assert_int_equal(said(s, 2), NEW);
	says(s, 2, 107);
	assert_int_equal(said(of(alice, 5), 1), 100);
	assert_int_equal(said(of(alice, 5), 2), 107);
}

/* Identity and instance: each pair counts for itself. */
static void everybody_counts_alone(void **state)
{
	(void)state;
	says(of(alice, 5), 1, 100);
	assert_int_equal(said(of(alice, 6), 1), NEW);
	assert_int_equal(said(of(bob, 5), 1), NEW);
	says(of(bob, 5), 1, 101);
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
			says(s, rows[i].says[n], 1001 + n);
		if (said(s, rows[i].mid) != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)said(s, rows[i].mid));
	}
}

static void the_longest_silent_is_forgotten(void **state)
{
	(void)state;
	senders_free(senders);
	bearers_free(bearers);
	begin(3);
	for (uint64_t i = 1; i <= 3; i++)
		says(of(alice, i), 1, i);
	assert_int_equal(said(of(alice, 1), 1), 1); /* now 2 is the oldest */
	says(of(bob, 4), 1, 4);
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
		says(of(somebody(i / 4), i % 4 + 1), i, 10 * i);
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

	says(s, 1, 100);
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
	struct sender *member = NULL;

	(void)state;
	senders_free(senders);
	bearers_free(bearers);
	begin(3);
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
	struct sender *member = NULL;

	(void)state;
	senders_free(senders);
	bearers_free(bearers);
	begin(3);
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
	assert_null(member);
}

static void a_sender_knows_who_holds_it(void **state)
{
	struct sender *members[2] = {NULL};

	(void)state;
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

/* ---- not kept yet ---------------------------------------------------------------------------- */

static void what_is_not_kept_can_be_taken_back(void **state)
{
	struct sender *s = of(alice, 5);

	(void)state;
	assert_false(sender_pending(s));
	begins_to_say(s, 1);
	begins_to_say(s, 2);
	assert_true(sender_pending(s));
	assert_int_equal(said(s, 1), SENDER_UNNUMBERED);
	sender_numbered(s, 1, 10);
	sender_kept(s);
	assert_true(sender_pending(s));
	sender_takes_back(s, 2);
	assert_false(sender_pending(s));
	assert_int_equal(said(s, 1), 10);
	assert_int_equal(said(s, 2), SENDER_REFUSED);
	begins_to_say(s, 3);
	sender_numbered(s, 3, 11);
	sender_kept(s);
	assert_int_equal(said(s, 3), 11);
}

/* A window full of talks that were not kept: none comes again. */
static void a_whole_window_can_be_taken_back(void **state)
{
	struct sender *s = of(alice, 5);

	(void)state;
	says(s, 1, 1);
	for (uint64_t mid = 2; mid < 2 + SENDERS_REMEMBERED; mid++)
		begins_to_say(s, mid);
	for (uint64_t mid = 2 + SENDERS_REMEMBERED; mid-- > 2;)
		sender_takes_back(s, mid);
	for (uint64_t mid = 2; mid < 2 + SENDERS_REMEMBERED; mid++)
		assert_int_equal(said(s, mid), SENDER_REFUSED);
	assert_false(sender_pending(s));
}

/* Whether its answer was heard or lost, and whatever was said since. */
static void what_was_refused_stays_so(void **state)
{
	struct sender *s = of(alice, 5);

	(void)state;
	says(s, 1, 1);
	sender_refuses(s, 2);
	begins_to_say(s, 3);
	sender_takes_back(s, 3);
	assert_int_equal(said(s, 2), SENDER_REFUSED);
	assert_int_equal(said(s, 3), SENDER_REFUSED);
	says(s, 4, 9);
	assert_int_equal(said(s, 2), SENDER_REFUSED);
	assert_int_equal(said(s, 3), SENDER_REFUSED);
	assert_int_equal(said(s, 4), 9);
	assert_int_equal(said(s, 5), NEW);
}

static void who_is_pinned_is_not_forgotten(void **state)
{
	(void)state;
	senders_free(senders);
	bearers_free(bearers);
	begin(4);
	struct sender *s = of(bob, 1);
	senders_pin(senders, s);
	senders_pin(senders, s);
	says(s, 1, 77);
	for (uint64_t i = 2; i < 100; i++)
		of(i % 2 ? alice : bob, i);
	senders_unpin(senders, s);
	for (uint64_t i = 2; i < 100; i++)
		of(i % 2 ? alice : bob, i);
	assert_int_equal(said(of(bob, 1), 1), 77);
	senders_unpin(senders, s); /* now it is one of many */
	for (uint64_t i = 200; i < 300; i++)
		of(i % 2 ? alice : bob, i);
	assert_int_equal(said(of(bob, 1), 1), NEW);
	assert_in_range(senders_count(senders), 1, 5);
}

/* ---- written down, and read ------------------------------------------------------------------ */

/* All but each fifth. */
static void say_many(struct sender *s, uint64_t newest)
{
	for (uint64_t mid = 1; mid <= newest; mid++)
		if (mid % 5)
			says(s, mid, 1000 + mid);
}

static void what_is_written_down_is_as_it_was(void **state)
{
	struct record_sender r;

	(void)state;
	for (uint64_t newest = 0; newest < 3 * SENDERS_REMEMBERED; newest += 13) {
		struct sender *s = of(alice, 5);
		say_many(s, newest);
		if (newest % 2)
			sender_leave(s);
		sender_record(s, &r);
		assert_memory_equal(r.owner, alice, OWNER_BYTES);
		assert_int_equal(r.instance, 5);
		senders_free(senders);
		bearers_free(bearers);
		begin(SENDERS_MAX);
		assert_int_equal(senders_restore(senders, &r), ERR_NONE);
		s = of(alice, 5);
		assert_int_equal(sender_left(s), newest % 2);
		for (uint64_t mid = 1; mid <= newest + 3; mid++) {
			bool old = mid + SENDERS_REMEMBERED <= r.newest;
			bool was = mid % 5 && mid <= newest;
			assert_int_equal(said(s, mid), old ? 0 : was ? 1000 + (int64_t)mid : NEW);
		}
		senders_free(senders);
		bearers_free(bearers);
		begin(SENDERS_MAX);
	}
}

static void what_was_said_since_is_not_undone_by_reading(void **state)
{
	struct record_sender r = {.instance = 5, .newest = 1, .seqs = {9}}, other = r;

	(void)state;
	memcpy(r.owner, alice, OWNER_BYTES);
	memcpy(other.owner, alice, OWNER_BYTES);
	other.seqs[0] = 10;
	assert_int_equal(senders_restore(senders, &r), ERR_NONE);
	assert_int_equal(senders_restore(senders, &other), ERR_NONE);
	assert_int_equal(said(of(alice, 5), 1), 9);
}

static uint64_t gone_instance;
static size_t gone_count;

static void sender_gone(void *ctx, const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	assert_ptr_equal(ctx, &gone_count);
	assert_true(owner_equal(owner, bob));
	gone_instance = instance;
	gone_count++;
}

static void who_was_written_down_is_told_when_forgotten(void **state)
{
	const struct senders_watch watch = {&gone_count, sender_gone};

	(void)state;
	senders_free(senders);
	bearers_free(bearers);
	begin(2);
	senders_watch(senders, &watch);
	gone_count = 0;
	assert_true(sender_unwritten(of(bob, 1), 7));
	assert_false(sender_unwritten(of(bob, 1), 7));
	assert_true(sender_unwritten(of(bob, 1), 8));
	of(alice, 2);
	of(alice, 3);
	assert_int_equal(gone_count, 1);
	assert_int_equal(gone_instance, 1);
	of(alice, 4); /* nobody wrote of those */
	of(alice, 5);
	assert_int_equal(gone_count, 1);
	assert_true(sender_unwritten(of(bob, 6), 9));
	senders_free(senders);
	bearers_free(bearers); /* no reason to forget it */
	assert_int_equal(gone_count, 1);
	begin(2);
}

static void a_member_has_its_client_before_it_comes(void **state)
{
	struct sender *member = NULL, *other = NULL;
	struct sender *s = of(alice, 5);

	(void)state;
	senders_adopt(senders, s, &member);
	assert_ptr_equal(sender_holder(s), &member);
	senders_adopt(senders, s, &other);
	assert_ptr_equal(sender_holder(s), &member);
	senders_hold(senders, s, &member);
	senders_part(senders, s);
	assert_ptr_equal(sender_holder(s), &member);
	senders_release(senders, &member);
	assert_null(sender_holder(s));
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
		TEST(what_is_not_kept_can_be_taken_back),
		TEST(a_whole_window_can_be_taken_back),
		TEST(what_was_refused_stays_so),
		TEST(who_is_pinned_is_not_forgotten),
		TEST(what_is_written_down_is_as_it_was),
		TEST(what_was_said_since_is_not_undone_by_reading),
		TEST(who_was_written_down_is_told_when_forgotten),
		TEST(a_member_has_its_client_before_it_comes),
	};

	return cmocka_run_group_tests_name("senders", tests, NULL, NULL);
}
