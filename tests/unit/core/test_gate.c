/* Who is let in at once, who has to show where they are, and whom nobody can keep out. */
#include "core/gate.h"

#include "check.h"

#include <arpa/inet.h>
#include <string.h>

enum { SECOND = 1000 * 1000 };

#define START (UINT64_C(1000) * SECOND)

static struct gate gate;

static void begin(void)
{
	memset(&gate, 0, sizeof(gate));
	memset(gate.secret, 0x5a, sizeof(gate.secret));
	assert_int_equal(gate_init(&gate, 7), ERR_NONE);
}

static struct address at(const char *ip, uint16_t port)
{
	struct address a = {.transport = TRANSPORT_UDP, .port = port};

	assert_int_equal(inet_pton(AF_INET6, ip, a.ip), 1);
	return a;
}

/* Another one of many addresses. */
static struct address any(uint32_t i)
{
	struct address a = at("::ffff:10.0.0.0", (uint16_t)(i * 7 + 1));

	a.ip[13] = (uint8_t)(i >> 16);
	a.ip[14] = (uint8_t)(i >> 8);
	a.ip[15] = (uint8_t)i;
	return a;
}

static enum gate_verdict knock(uint64_t now, struct address from, uint64_t cid, size_t half_open)
{
	return gate_knock(&gate, now, &from, cid, slice_of(NULL, 0), half_open);
}

/* With a token that was made for that address `age` ago. */
static enum gate_verdict knock_again(uint64_t now, struct address from, uint64_t cid, uint64_t age)
{
	uint8_t token[RETRY_TOKEN];

	gate_token(&gate, now - age, &from, cid, token);
	return gate_knock(&gate, now, &from, cid, slice_of(token, sizeof(token)), 1024);
}

/* How long the server's machine has been up is nobody's business. */
static void a_token_shows_no_clock(void **state)
{
	struct address from = any(1);

	(void)state;
	begin();
	gate.clock = UINT64_C(0x123456789abc);
	for (uint64_t now = START; now < START + 10; now++) {
		uint8_t token[RETRY_TOKEN];
		gate_token(&gate, now, &from, 1, token);
		struct slice s = slice_of(token, sizeof(token));
		assert_true(slice_u64(&s) == now + gate.clock);
		s = slice_of(token, sizeof(token));
		assert_int_equal(gate_knock(&gate, now, &from, 1, s, 1024), GATE_ENTER);
	}
	gate_wipe(&gate);
}

/* ---- when a token is asked for --------------------------------------------------------------- */

static void in_quiet_times_everybody_enters(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < 5000; i++) /* 400 a second, from everywhere */
		assert_int_equal(knock(START + i * 2500, any(i), i, GATE_HALF_OPEN - 1),
				 GATE_ENTER);
	gate_wipe(&gate);
}

static void with_many_half_open_a_token_is_asked_for(void **state)
{
	(void)state;
	begin();
	assert_int_equal(knock(START, any(1), 1, GATE_HALF_OPEN - 1), GATE_ENTER);
	assert_int_equal(knock(START, any(1), 1, GATE_HALF_OPEN), GATE_RETRY);
	assert_int_equal(knock(START, any(1), 1, 1024), GATE_RETRY);
	assert_int_equal(knock_again(START, any(1), 1, 0), GATE_ENTER);
	assert_int_equal(knock(START, any(1), 1, 0), GATE_ENTER);
	assert_int_equal(knock(START, at("::1", 9), 1, GATE_HALF_OPEN),
			 GATE_RETRY); /* of us, too */
	gate_wipe(&gate);
}

static void in_a_storm_a_token_is_asked_for(void **state)
{
	uint32_t entered = 0;

	(void)state;
	begin();
	for (uint32_t i = 0; i < 3 * 20000; i++) { /* three seconds of it */
		enum gate_verdict v = knock(START + i * 50, at("::ffff:127.0.0.1", 1), i, 0);
		assert_int_not_equal(v, GATE_SILENT);
		entered += v == GATE_ENTER;
	}
	uint32_t want = GATE_INITS_BURST + 3 * GATE_INITS;
	assert_in_range(entered, want - 10, want);
	assert_int_equal(knock(START + 4 * SECOND, any(1), 1, 0), GATE_ENTER); /* it is over */
	gate_wipe(&gate);
}

static void a_token_is_good_for_one_client_for_a_while(void **state)
{
	struct address here = any(1), there = any(2);
	uint8_t token[RETRY_TOKEN];

	(void)state;
	begin();
	gate_token(&gate, START, &here, 5, token);
	struct slice s = slice_of(token, sizeof(token));
	assert_int_equal(gate_knock(&gate, START, &here, 5, s, 1024), GATE_ENTER);
	assert_int_equal(gate_knock(&gate, START, &here, 6, s, 1024), GATE_RETRY);
	assert_int_equal(gate_knock(&gate, START, &there, 5, s, 1024), GATE_RETRY);
	assert_int_equal(knock_again(START, here, 5, RETRY_LIFETIME - 1), GATE_ENTER);
	assert_int_equal(knock_again(START, here, 5, RETRY_LIFETIME), GATE_RETRY);
	token[20] ^= 1;
	assert_int_equal(gate_knock(&gate, START, &here, 5, s, 1024), GATE_RETRY);
	assert_int_equal(gate_knock(&gate, START, &here, 5, s, 0), GATE_ENTER); /* nobody asked */
	gate_wipe(&gate);
}

/* ---- shares ---------------------------------------------------------------------------------- */

static uint32_t connect_all(struct address from, uint64_t now)
{
	uint32_t n = 0;

	from.transport = TRANSPORT_TCP;
	while (n < 10000 && gate_connect(&gate, now, &from))
		n++;
	return n;
}

static const struct {
	const char *ip;
	bool limited;
} shares[] = {
	{"::ffff:192.0.2.1", true},  {"2001:db8::1", true},	  {"fe80::1", true}, {"::1", false},
	{"::ffff:127.0.0.1", false}, {"::ffff:127.9.8.7", false},
};

static void an_address_has_its_share(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shares); i++) {
		begin();
		uint32_t n = connect_all(at(shares[i].ip, 1), START);
		assert_int_equal(n, shares[i].limited ? GATE_BURST : 10000);
		enum gate_verdict v = knock_again(START, at(shares[i].ip, 2), 1, 0);
		assert_int_equal(v, shares[i].limited ? GATE_SILENT : GATE_ENTER); /* all links' */
		n = connect_all(at(shares[i].ip, 3), START + SECOND);
		assert_int_equal(n, shares[i].limited ? GATE_PER_SECOND : 10000);
		gate_wipe(&gate);
	}
}

static void a_local_peer_has_no_limit(void **state)
{
	struct address local = {.transport = TRANSPORT_UNIX, .uid = 1000};

	(void)state;
	begin();
	for (int i = 0; i < 10000; i++)
		assert_true(gate_connect(&gate, START, &local));
	gate_wipe(&gate);
}

/*
 * Somebody writes another's address on packets, as many as they can: the other one has to show a
 * token then, and enters.
 */
static void nobody_uses_up_another_s_share(void **state)
{
	struct address school = at("::ffff:192.0.2.1", 40000);

	(void)state;
	begin();
	uint64_t now = START, entered = 0;
	for (uint64_t i = 0; i < 300; i++, now += 2500) { /* no storm yet */
		enum gate_verdict v = knock(now, school, i, 0);
		assert_int_not_equal(v, GATE_SILENT);
		entered += v == GATE_ENTER;
	}
	assert_in_range(entered, GATE_BURST, GATE_BURST + GATE_PER_SECOND);
	for (uint64_t i = 0; i < 60; i++)
		assert_int_equal(knock_again(now, school, i, 0), GATE_ENTER);
	assert_int_equal(connect_all(school, now), GATE_BURST - 60);
	assert_int_equal(knock(now, any(9), 1, 0), GATE_ENTER); /* others notice nothing */
	gate_wipe(&gate);
}

/* Many addresses at once do not push one out that has its share yet to take. */
static void a_flood_of_addresses_keeps_nobody_out(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < 100000; i++)
		(void)knock_again(START + i * 20, any(i), i, 0);
	struct address late = at("::ffff:192.0.2.1", 1);
	assert_int_equal(knock_again(START + 2 * SECOND, late, 1, 0), GATE_ENTER);
	assert_int_equal(connect_all(late, START + 2 * SECOND), GATE_BURST - 1);
	gate_wipe(&gate);
}

/* Who owns a network has any number of addresses that are all really there. */
static void a_network_of_ones_own_is_no_army(void **state)
{
	struct address from = at("2001:db8:1::", 5000);
	size_t entered = 0;

	(void)state;
	begin();
	for (uint32_t i = 0; i < 100000; i++) { /* within one second */
		from.ip[6] = (uint8_t)(i >> 8);
		from.ip[7] = (uint8_t)i;
		from.ip[5] = (uint8_t)(i >> 16);
		entered += knock_again(START + i * 10, from, i, 1000) == GATE_ENTER;
	}
	assert_in_range(entered, GATE_PROVEN, 2 * GATE_PROVEN);
	assert_int_equal(knock_again(START + 2 * SECOND, any(1), 1, 1000), GATE_ENTER);
	assert_int_equal(knock_again(START + SECOND, at("::1", 1), 1, 1000), GATE_ENTER);
	gate_wipe(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_shows_no_clock),
		cmocka_unit_test(in_quiet_times_everybody_enters),
		cmocka_unit_test(with_many_half_open_a_token_is_asked_for),
		cmocka_unit_test(in_a_storm_a_token_is_asked_for),
		cmocka_unit_test(a_token_is_good_for_one_client_for_a_while),
		cmocka_unit_test(an_address_has_its_share),
		cmocka_unit_test(a_local_peer_has_no_limit),
		cmocka_unit_test(nobody_uses_up_another_s_share),
		cmocka_unit_test(a_flood_of_addresses_keeps_nobody_out),
		cmocka_unit_test(a_network_of_ones_own_is_no_army),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
