/* Token buckets: how many there are, when the next one comes, and whose bucket gives way. */
#include "core/throttle.h"

#include "check.h"

#include <arpa/inet.h>
#include <string.h>

enum { SECOND = 1000 * 1000 };

#define START (UINT64_C(1000) * SECOND)

/* ---- one bucket ------------------------------------------------------------------------------ */

static const struct throttle_rate rates[] = {
	{1, 1}, {120, 12}, {500, 100}, {500, 500}, {1, 10000}, {7, 3}, {1000, 7}, {4000000, 10000},
};

static uint32_t take_all(struct throttle_bucket *b, struct throttle_rate rate, uint64_t now)
{
	uint32_t n = 0;

	while (throttle_bucket_take(b, rate, now))
		n++;
	return n;
}

static void a_bucket_holds_its_burst_and_gets_its_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct throttle_rate rate = rates[i];
		struct throttle_bucket b = {0};
		assert_int_equal(take_all(&b, rate, START), rate.burst);
		/* What came in three seconds; a token too early is as wrong as one too late. */
		uint32_t want = 3 * rate.per_second < rate.burst ? 3 * rate.per_second : rate.burst;
		assert_int_equal(take_all(&b, rate, START + 3 * SECOND), want);
		uint64_t long_after = START + (uint64_t)24 * 3600 * SECOND;
		assert_int_equal(take_all(&b, rate, long_after), rate.burst); /* and not more */
	}
}

static void ready_says_the_very_microsecond(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct throttle_rate rate = rates[i];
		struct throttle_bucket b = {0};
		assert_int_equal(throttle_bucket_ready(&b, rate, START), START);
		take_all(&b, rate, START);
		uint64_t at = throttle_bucket_ready(&b, rate, START);
		assert_int_equal(at, START + SECOND / rate.per_second);
		assert_false(throttle_bucket_take(&b, rate, at - 1));
		assert_int_equal(throttle_bucket_ready(&b, rate, at - 1), at);
		assert_true(throttle_bucket_take(&b, rate, at));
		assert_false(throttle_bucket_take(&b, rate, at));
	}
}

static void who_asks_in_vain_waits_no_longer_for_it(void **state)
{
	struct throttle_rate rate = {10, 2};
	struct throttle_bucket b = {0};
	uint32_t got = 0;

	(void)state;
	for (uint64_t at = 0; at < 60 * SECOND; at += 1000)
		got += throttle_bucket_take(&b, rate, START + at);
	assert_int_equal(got, 10 + 2 * 60 - 1); /* the last one is due at 60 s */
}

static void a_rate_of_zero_is_no_limit(void **state)
{
	struct throttle_rate rate = {1, 0};
	struct throttle_bucket b = {0};

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_true(throttle_bucket_take(&b, rate, START));
	assert_int_equal(throttle_bucket_ready(&b, rate, START), START);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static struct address ip(enum transport t, const char *text, uint16_t port, uint32_t scope)
{
	struct address a = {.transport = t, .port = port, .scope = scope};

	assert_int_equal(inet_pton(AF_INET6, text, a.ip), 1);
	return a;
}

static const struct {
	const char *one, *other;
	uint32_t one_scope, other_scope;
	bool same;
} pairs[] = {
	{"::ffff:192.0.2.1", "::ffff:192.0.2.1", 0, 0, true},
	{"::ffff:192.0.2.1", "::ffff:192.0.2.2", 0, 0, false},
	{"::ffff:192.0.2.1", "::ffff:192.0.3.1", 0, 0, false},
	{"2001:db8::1", "2001:db8::ffff:1:2:3", 0, 0, true},
	{"2001:db8::1", "2001:db8:0:1::1", 0, 0, false},
	{"fe80::1", "fe80::2", 2, 2, true},
	{"fe80::1", "fe80::1", 2, 3, false},
	{"::ffff:192.0.2.1", "::1", 0, 0, false},
	{"::ffff:0.0.0.0", "::", 0, 0, false},
};

static bool same_key(const struct address *a, const struct address *b)
{
	struct throttle_key x = throttle_address_key(a), y = throttle_address_key(b);

	return memcmp(&x, &y, sizeof(x)) == 0;
}

static void an_address_is_known_by_its_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct address one = ip(TRANSPORT_UDP, pairs[i].one, 1, pairs[i].one_scope);
		struct address other = ip(TRANSPORT_TCP, pairs[i].other, 2, pairs[i].other_scope);
		if (same_key(&one, &other) != pairs[i].same)
			fail_msg("%s and %s", pairs[i].one, pairs[i].other);
	}
}

static void a_local_peer_is_known_by_its_user(void **state)
{
	struct address one = {.transport = TRANSPORT_UNIX, .uid = 1000, .pid = 7}, other = one;
	struct address zero = {.transport = TRANSPORT_UNIX}, any = ip(TRANSPORT_UDP, "::", 0, 0);

	(void)state;
	other.pid = 8;
	assert_true(same_key(&one, &other));
	other.uid = 1001;
	assert_false(same_key(&one, &other));
	assert_false(same_key(&zero, &any));
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct throttle_key key(uint64_t i)
{
	uint8_t identity[THROTTLE_KEY] = {7};

	memcpy(identity + 9, &i, sizeof(i));
	return throttle_identity_key(identity);
}

static bool take(struct throttle *t, uint64_t i, uint64_t now)
{
	struct throttle_key k = key(i);

	return throttle_take(t, &k, now);
}

static uint64_t ready(const struct throttle *t, uint64_t i, uint64_t now)
{
	struct throttle_key k = key(i);

	return throttle_ready(t, &k, now);
}

static void each_key_has_a_bucket_of_its_own(void **state)
{
	struct throttle *t = throttle_new(64, (struct throttle_rate){3, 1}, 1);

	(void)state;
	assert_non_null(t);
	for (int i = 0; i < 3; i++)
		assert_true(take(t, 1, START) && take(t, 2, START));
	assert_false(take(t, 1, START));
	assert_false(take(t, 2, START));
	assert_int_equal(ready(t, 1, START), START + SECOND);
	assert_int_equal(ready(t, 3, START), START);
	assert_true(take(t, 3, START));
	assert_true(take(t, 1, START + SECOND));
	assert_false(take(t, 1, START + SECOND));
	throttle_free(t);
}

/* Whoever is new finds a full bucket, whatever stands in the table. */
static void a_flood_of_keys_keeps_nobody_out(void **state)
{
	struct throttle *t = throttle_new(64, (struct throttle_rate){5, 1}, 2);

	(void)state;
	assert_non_null(t);
	for (uint64_t i = 0; i < 10000; i++)
		for (int n = 0; n < 5; n++)
			assert_true(take(t, i, START));
	for (uint64_t i = 20000; i < 20100; i++)
		assert_true(take(t, i, START));
	throttle_free(t);
}

/* Who took all is not forgotten for the sake of those that took little, however many they are. */
static void a_flood_of_keys_gives_nobody_a_second_burst(void **state)
{
	struct throttle *t = throttle_new(64, (struct throttle_rate){5, 1}, 3);

	(void)state;
	assert_non_null(t);
	for (int n = 0; n < 5; n++)
		assert_true(take(t, 1, START));
	for (uint64_t i = 100; i < 100000; i++)
		assert_true(take(t, i, START));
	assert_false(take(t, 1, START));
	assert_int_equal(ready(t, 1, START), START + SECOND);
	throttle_free(t);
}

/* In a row that is full the bucket that was full first goes; those in use stay. */
static void the_longest_unused_gives_way(void **state)
{
	struct throttle *t = throttle_new(8, (struct throttle_rate){2, 1}, 4); /* one row */

	(void)state;
	assert_non_null(t);
	for (uint64_t i = 0; i < 8; i++)
		for (int n = 0; n < 2; n++)
			assert_true(take(t, i, START + (i == 5 ? 0 : i + 1)));
	assert_true(take(t, 8, START + 10)); /* where 5 was */
	for (uint64_t i = 0; i < 8; i++)
		assert_true((ready(t, i, START + 10) == START + 10) == (i == 5));
	throttle_free(t);
}

/* Keys spread over the rows under any seed: a table as big as its keys forgets few of them. */
static void keys_spread_over_the_table(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		struct throttle *t = throttle_new(4096, (struct throttle_rate){2, 1}, seed << 60);
		int kept = 0;

		assert_non_null(t);
		for (uint64_t i = 0; i < 2048; i++)
			assert_true(take(t, i, START) && take(t, i, START));
		for (uint64_t i = 0; i < 2048; i++)
			kept += ready(t, i, START) > START;
		assert_in_range(kept, 1900, 2048); /* some 2030 of truly random places */
		throttle_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_holds_its_burst_and_gets_its_rate),
		cmocka_unit_test(ready_says_the_very_microsecond),
		cmocka_unit_test(who_asks_in_vain_waits_no_longer_for_it),
		cmocka_unit_test(a_rate_of_zero_is_no_limit),
		cmocka_unit_test(an_address_is_known_by_its_prefix),
		cmocka_unit_test(a_local_peer_is_known_by_its_user),
		cmocka_unit_test(each_key_has_a_bucket_of_its_own),
		cmocka_unit_test(a_flood_of_keys_keeps_nobody_out),
		cmocka_unit_test(a_flood_of_keys_gives_nobody_a_second_burst),
		cmocka_unit_test(the_longest_unused_gives_way),
		cmocka_unit_test(keys_spread_over_the_table),
	};

	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
