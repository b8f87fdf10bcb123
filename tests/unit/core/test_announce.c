/* core/announce: what is answered, where, how often, and with what. */
#include "core/announce.h"

#include "check.h"

#include <arpa/inet.h>
#include <string.h>

enum { SECOND = 1000 * 1000 };

#define START (UINT64_C(1000) * SECOND)
#define NONCE UINT64_C(0x1bad5eed00c0ffee)

static uint8_t probe[DISCOVERY_PROBE_SIZE];

/* "192.0.2.1", "fe80::1"; in zone 3 when it is link-local */
static struct address at(const char *text)
{
	struct address a = {.transport = TRANSPORT_UDP, .port = 4000};

	if (inet_pton(AF_INET, text, a.ip + 12) == 1)
		a.ip[10] = a.ip[11] = 0xff;
	else
		assert_int_equal(inet_pton(AF_INET6, text, a.ip), 1);
	if (a.ip[0] == 0xfe)
		a.scope = 3;
	return a;
}

static struct announce_question question(const char *from, const char *where)
{
	return (struct announce_question){.from = at(from),
					  .at = at(where),
					  .to_all = true,
					  .bytes = slice_of(probe, sizeof(probe))};
}

static struct announce_config everywhere(void)
{
	struct announce_config c = {.udp_port = 8888,
				    .tcp_port = 8889,
				    .name = "小明's room",
				    .seed = 5,
				    .everywhere = true};

	memset(c.key, 0x42, sizeof(c.key));
	return c;
}

static struct announce_config bound_to(const char *where)
{
	struct announce_config c = everywhere();

	c.everywhere = false;
	c.binds[c.bind_count++] = at(where);
	return c;
}

static int setup(void **state)
{
	struct buf b = buf_of(probe, sizeof(probe));

	(void)state;
	discovery_probe_put(&b, NONCE);
	return b.failed;
}

static bool answers_at(struct announce *a, uint64_t now, const struct announce_question *q)
{
	uint8_t bytes[DISCOVERY_FOUND_MAX];
	struct buf out = buf_of(bytes, sizeof(bytes));
	bool answered = announce_answer(a, now, q, 12, &out);

	assert_false(out.failed);
	assert_int_equal(out.len > 0, answered);
	return answered;
}

static bool answers(const struct announce_config *c, const struct announce_question *q)
{
	struct announce *a = announce_new(c);
	bool answered;

	assert_non_null(a);
	answered = answers_at(a, START, q);
	announce_free(a);
	return answered;
}

static void an_answer_says_what_the_room_is(void **state)
{
	struct announce_config c = everywhere();
	struct announce_question q = question("192.0.2.7", "192.0.2.1");
	struct announce *a = announce_new(&c);
	uint8_t bytes[DISCOVERY_FOUND_MAX];
	struct buf out = buf_of(bytes, sizeof(bytes));
	struct found f;

	(void)state;
	assert_true(announce_answer(a, START, &q, 12, &out));
	assert_int_equal(discovery_found_get(bytes, out.len, &f), ERR_NONE);
	assert_true(f.nonce == NONCE && f.members == 12);
	assert_int_equal(f.udp_port, 8888);
	assert_int_equal(f.tcp_port, 8889);
	assert_memory_equal(f.key, c.key, KEY_BYTES);
	assert_int_equal(f.name.len, strlen(c.name));
	assert_memory_equal(f.name.data, c.name, f.name.len);
	assert_true(out.len < q.bytes.len);
	announce_free(a);
}

static void nothing_but_a_probe_to_all_is_answered(void **state)
{
	struct announce_config c = everywhere();
	struct announce_question q = question("192.0.2.7", "192.0.2.1");

	(void)state;
	assert_true(answers(&c, &q));
	q.to_all = false;
	assert_false(answers(&c, &q));
	q.to_all = true;
	for (size_t n = 0; n < sizeof(probe); n++) {
		q.bytes = slice_of(probe, n);
		assert_false(answers(&c, &q));
	}
	q.bytes = slice_of(probe, sizeof(probe));
	probe[1] ^= 1; /* another version */
	assert_false(answers(&c, &q));
	probe[1] ^= 1;
	probe[0] = LAN_FOUND; /* servers do not answer each other */
	assert_false(answers(&c, &q));
	probe[0] = LAN_PROBE;
	assert_true(answers(&c, &q));
}

/* Told of is only what can be reached from there: -b 127.0.0.1 keeps a room at home. */
static void a_room_is_found_where_it_listens(void **state)
{
	static const struct {
		const char *bound, *from, *at;
		bool answered;
	} rows[] = {
		{"127.0.0.1", "127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "192.0.2.7", "192.0.2.1", false},
		{"192.0.2.1", "192.0.2.7", "192.0.2.1", true},
		{"192.0.2.1", "198.51.100.7", "198.51.100.1", false},
		{"192.0.2.1", "127.0.0.1", "127.0.0.1", false},
		{"192.0.2.1", "fe80::7", "::", false},
		{"0.0.0.0", "192.0.2.7", "192.0.2.1", true},
		{"0.0.0.0", "fe80::7", "::", false},
		{"::", "fe80::7", "::", true},
		{"::", "192.0.2.7", "192.0.2.1", false},
		{"fe80::1", "fe80::7", "::", true},
		{"2001:db8::1", "fe80::7", "::", false},
		{"::1", "fe80::7", "::", false},
		{"::1", "127.0.0.1", "127.0.0.1", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct announce_config c = bound_to(rows[i].bound);
		struct announce_question q = question(rows[i].from, rows[i].at);
		if (answers(&c, &q) != rows[i].answered)
			fail_msg("%s asked by %s", rows[i].bound, rows[i].from);
	}
	struct announce_config c = bound_to("fe80::1");
	struct announce_question q = question("fe80::7", "::");
	q.from.scope = 4; /* another link */
	assert_false(answers(&c, &q));
	c.binds[c.bind_count++] = at("192.0.2.1");
	q = question("192.0.2.7", "192.0.2.1");
	assert_true(answers(&c, &q));
}

static int answered_of(struct announce *a, uint64_t now, const struct announce_question *q, int n)
{
	int answered = 0;

	for (int i = 0; i < n; i++)
		answered += answers_at(a, now, q);
	return answered;
}

static void one_address_gets_its_share_and_no_more(void **state)
{
	struct announce_config c = everywhere();
	struct announce *a = announce_new(&c);
	struct announce_question one = question("192.0.2.7", "192.0.2.1");
	struct announce_question other = question("192.0.2.8", "192.0.2.1");
	struct announce_question one6 = question("fe80::7", "::");
	struct announce_question other6 = question("fe80::8", "::");

	(void)state;
	assert_int_equal(answered_of(a, START, &one, 1000), ANNOUNCE_ADDRESS_BURST);
	one.from.port = 4001; /* is still the same address */
	assert_int_equal(answered_of(a, START, &one, 1000), 0);
	assert_int_equal(answered_of(a, START, &other, 1000), ANNOUNCE_ADDRESS_BURST);
	assert_int_equal(answered_of(a, START, &one6, 1000), ANNOUNCE_ADDRESS_BURST);
	assert_int_equal(answered_of(a, START, &other6, 1000), ANNOUNCE_ADDRESS_BURST);
	assert_int_equal(answered_of(a, START + 3 * SECOND, &one, 1000), 3 * ANNOUNCE_ADDRESS_RATE);
	announce_free(a);
}

/* Sixty people who ask at once, each twice and over two protocols, are all answered. */
static void a_classroom_is_answered(void **state)
{
	struct announce_config c = everywhere();
	struct announce *a = announce_new(&c);
	struct announce_question q = question("192.0.2.7", "192.0.2.1");
	struct announce_question q6 = question("fe80::7", "::");

	(void)state;
	for (uint8_t i = 0; i < 60; i++) {
		q.from.ip[15] = q6.from.ip[15] = i;
		assert_int_equal(answered_of(a, START, &q, 2), 2);
		assert_int_equal(answered_of(a, START, &q6, 2), 2);
	}
	announce_free(a);
}

/* Whoever forges addresses gets no more out of the server in all than this. */
static void all_together_get_no_more_than_their_share(void **state)
{
	struct announce_config c = everywhere();
	struct announce *a = announce_new(&c);
	struct announce_question q = question("10.0.0.0", "10.0.0.1");
	int answered = 0;

	(void)state;
	for (uint64_t i = 0; i < 100 * 1000; i++) {
		q.from.ip[13] = (uint8_t)(i >> 16);
		q.from.ip[14] = (uint8_t)(i >> 8);
		q.from.ip[15] = (uint8_t)i;
		answered += answers_at(a, START + i * 100, &q); /* ten seconds */
	}
	assert_in_range(answered, ANNOUNCE_BURST + 9 * ANNOUNCE_RATE,
			ANNOUNCE_BURST + 10 * ANNOUNCE_RATE);
	announce_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_says_what_the_room_is),
		cmocka_unit_test(nothing_but_a_probe_to_all_is_answered),
		cmocka_unit_test(a_room_is_found_where_it_listens),
		cmocka_unit_test(one_address_gets_its_share_and_no_more),
		cmocka_unit_test(a_classroom_is_answered),
		cmocka_unit_test(all_together_get_no_more_than_their_share),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
