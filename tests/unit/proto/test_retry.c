/* Tokens of RETRY: known answers, how long they are good, and every way to forge one. */
#include "proto/retry.h"

#include "check.h"

#include <arpa/inet.h>
#include <string.h>

#define START UINT64_C(1000000000)
#define CID   UINT64_C(0xc1c2c3c4c5c6c7c8)

static uint8_t secret[RETRY_SECRET];
static struct address here;

static struct address ip(const char *text, uint16_t port, uint32_t scope)
{
	struct address a = {.transport = TRANSPORT_UDP, .port = port, .scope = scope};

	assert_int_equal(inet_pton(AF_INET6, text, a.ip), 1);
	return a;
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	here = ip("::ffff:192.0.2.1", 40000, 0);
	return 0;
}

/* Made by Python's hmac from the layout: time, ip, scope, port, client id. */
static const uint8_t known_v4[RETRY_TOKEN] = {
	0x00, 0x00, 0x00, 0x00, 0x3b, 0x9a, 0xca, 0x00, 0x80, 0x13, 0xe3, 0x57, 0xf9, 0xf6,
	0xd9, 0xa1, 0x52, 0x67, 0x10, 0x5c, 0x67, 0x0d, 0x1b, 0xc9, 0x61, 0x20, 0xd4, 0x8a,
	0xfe, 0x85, 0x94, 0xfe, 0x1a, 0x16, 0x8c, 0xbc, 0xac, 0xf7, 0x03, 0x67,
};
static const uint8_t known_v6[RETRY_TOKEN] = {
	0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x04, 0xb8, 0x4b, 0x31, 0x85, 0x54,
	0x3b, 0x93, 0x2e, 0xc3, 0x1c, 0x84, 0x43, 0x12, 0xbf, 0x15, 0x0e, 0xd5, 0x98, 0xc2,
	0x78, 0x88, 0x0d, 0xf8, 0x49, 0xed, 0x1d, 0x6c, 0x51, 0xe9, 0xc8, 0xf4,
};

static void tokens_are_as_computed_elsewhere(void **state)
{
	uint8_t token[RETRY_TOKEN];
	struct address far = ip("fe80::1", 1, 3);

	(void)state;
	retry_make(token, secret, &here, CID, START);
	assert_memory_equal(token, known_v4, sizeof(token));
	retry_make(token, secret, &far, 0, (UINT64_C(1) << 63) + 5);
	assert_memory_equal(token, known_v6, sizeof(token));
}

static bool good_at(uint64_t now)
{
	return retry_check(slice_of(known_v4, RETRY_TOKEN), secret, &here, CID, now);
}

static void a_token_is_good_for_fifteen_seconds(void **state)
{
	(void)state;
	assert_true(good_at(START));
	assert_true(good_at(START + RETRY_LIFETIME - 1));
	assert_false(good_at(START + RETRY_LIFETIME));
	assert_false(good_at(START - 1)); /* a time that has not been */
	assert_false(good_at(0));
	assert_false(good_at(UINT64_MAX));
	assert_int_equal(RETRY_LIFETIME, 15000000);
}

/* ---- forged ---------------------------------------------------------------------------------- */

static const struct {
	const char *what, *ip;
	uint16_t port;
	uint32_t scope;
	uint64_t cid;
} elsewhere[] = {
	{"another address", "::ffff:192.0.2.2", 40000, 0, CID},
	{"another network", "2001:db8::1", 40000, 0, CID},
	{"another port", "::ffff:192.0.2.1", 40001, 0, CID},
	{"another zone", "::ffff:192.0.2.1", 40000, 1, CID},
	{"another client id", "::ffff:192.0.2.1", 40000, 0, CID + 1},
	{"no client id", "::ffff:192.0.2.1", 40000, 0, 0},
};

static void a_token_is_worth_nothing_elsewhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(elsewhere); i++) {
		struct address from = ip(elsewhere[i].ip, elsewhere[i].port, elsewhere[i].scope);
		if (retry_check(slice_of(known_v4, RETRY_TOKEN), secret, &from, elsewhere[i].cid,
				START))
			fail_msg("%s", elsewhere[i].what);
	}
}

static void a_token_is_worth_nothing_under_another_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(secret); i++) {
		secret[i] ^= 0x10;
		assert_false(good_at(START));
		secret[i] ^= 0x10;
	}
	assert_true(good_at(START));
}

/* A bit of the time, too: an old token cannot be made young. */
static void no_bit_of_a_token_can_be_changed(void **state)
{
	uint8_t token[RETRY_TOKEN];

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(token); bit++) {
		memcpy(token, known_v4, sizeof(token));
		token[bit / 8] ^= (uint8_t)(1 << bit % 8);
		uint64_t time = 0;
		for (size_t i = 0; i < 8; i++)
			time = time << 8 | token[i];
		/* asked at the time that it claims, so that it is not refused for that */
		assert_false(retry_check(slice_of(token, sizeof(token)), secret, &here, CID,
					 time > START ? time : START));
	}
}

static void a_token_has_one_length(void **state)
{
	uint8_t token[RETRY_TOKEN + 60] = {0};

	(void)state;
	memcpy(token, known_v4, RETRY_TOKEN);
	for (size_t n = 0; n <= sizeof(token); n++)
		assert_int_equal(retry_check(slice_of(token, n), secret, &here, CID, START),
				 n == RETRY_TOKEN);
	assert_false(retry_check(slice_of(NULL, 0), secret, &here, CID, START));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_as_computed_elsewhere),
		cmocka_unit_test(a_token_is_good_for_fifteen_seconds),
		cmocka_unit_test(a_token_is_worth_nothing_elsewhere),
		cmocka_unit_test(a_token_is_worth_nothing_under_another_secret),
		cmocka_unit_test(no_bit_of_a_token_can_be_changed),
		cmocka_unit_test(a_token_has_one_length),
	};

	return cmocka_run_group_tests_name("retry", tests, set_up, NULL);
}
