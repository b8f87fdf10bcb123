/* address: the printed form of every kind, and which addresses are the same. */
#include "proto/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct address ip(enum transport t, const char *text, uint16_t port, uint32_t scope)
{
	struct address a = {.transport = t, .port = port, .scope = scope};

	assert_int_equal(inet_pton(AF_INET6, text, a.ip), 1);
	return a;
}

static void test_format_ip(void **state)
{
	static const struct {
		enum transport transport;
		const char *ip;
		uint16_t port;
		uint32_t scope;
		const char *want;
	} rows[] = {
		{TRANSPORT_UDP, "::ffff:127.0.0.1", 4000, 0, "udp://127.0.0.1:4000"},
		{TRANSPORT_TCP, "::ffff:255.255.255.255", 65535, 0, "tcp://255.255.255.255:65535"},
		{TRANSPORT_UDP, "::ffff:0.0.0.0", 0, 0, "udp://0.0.0.0:0"},
		{TRANSPORT_TCP, "::1", 4000, 0, "tcp://[::1]:4000"},
		{TRANSPORT_TCP, "::", 1, 0, "tcp://[::]:1"},
		{TRANSPORT_UDP, "2001:db8::", 1, 0, "udp://[2001:db8::]:1"},
		{TRANSPORT_UDP, "fe80::1", 9, 2, "udp://[fe80::1%2]:9"},
		{TRANSPORT_UDP, "1:0:0:2:0:0:0:3", 9, 0, "udp://[1:0:0:2::3]:9"},
		{TRANSPORT_UDP, "1:0:0:2:3:0:0:4", 9, 0, "udp://[1::2:3:0:0:4]:9"},
		{TRANSPORT_UDP, "1:0:2:3:4:5:6:7", 9, 0, "udp://[1:0:2:3:4:5:6:7]:9"},
		{TRANSPORT_UDP, "0:1:2:3:4:5:6:0", 9, 0, "udp://[0:1:2:3:4:5:6:0]:9"},
		{TRANSPORT_UDP, "ABCD:ef01:10:1:ffff:ffff:ffff:ffff", 65535, 4294967295U,
		 "udp://[abcd:ef01:10:1:ffff:ffff:ffff:ffff%4294967295]:65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address a = ip(rows[i].transport, rows[i].ip, rows[i].port, rows[i].scope);
		char out[ADDRESS_MAX_TEXT];

		assert_string_equal(address_format(&a, out), rows[i].want);
	}
}

static void test_format_unix(void **state)
{
	struct address a = {.transport = TRANSPORT_UNIX, .pid = 77, .uid = 1000};
	char out[ADDRESS_MAX_TEXT];

	(void)state;
	assert_ptr_equal(address_format(&a, out), out);
	assert_string_equal(out, "unix://uid=1000,pid=77");
	a.pid = a.uid = UINT32_MAX;
	assert_string_equal(address_format(&a, out), "unix://uid=4294967295,pid=4294967295");
}

static void assert_differ(const struct address *a, const struct address *b)
{
	assert_false(address_equal(a, b));
	assert_false(address_equal(b, a));
	assert_true(address_hash(a, 1) != address_hash(b, 1));
}

static void test_each_used_field_matters(void **state)
{
	struct address a = ip(TRANSPORT_UDP, "fe80::1", 4000, 1);
	struct address b = a;

	(void)state;
	assert_true(address_equal(&a, &b));
	assert_int_equal(address_hash(&a, 1), address_hash(&b, 1));
	assert_true(address_hash(&a, 1) != address_hash(&a, 2));
	for (size_t i = 0; i < sizeof(a.ip); i++) {
		b = a;
		b.ip[i] ^= 1;
		assert_differ(&a, &b);
	}
	b = a;
	b.port++;
	assert_differ(&a, &b);
	b = a;
	b.scope++;
	assert_differ(&a, &b);
	b = a;
	b.transport = TRANSPORT_TCP;
	assert_differ(&a, &b);
}

static void test_unused_fields_do_not(void **state)
{
	struct address c = {.transport = TRANSPORT_UNIX, .pid = 1, .uid = 2};
	struct address d = c;

	(void)state;
	d.port = 7;
	d.scope = 3;
	d.ip[8] = 8; /* the first eight are the two numbers */
	assert_true(address_equal(&c, &d));
	assert_int_equal(address_hash(&c, 3), address_hash(&d, 3));
	d.pid = 9;
	assert_differ(&c, &d);
	d = c;
	d.uid = 9;
	assert_differ(&c, &d);
}

/* Neighbours (one host, consecutive ports) spread over a small table. */
static void test_hash_spreads(void **state)
{
	unsigned buckets[64] = {0};
	struct address a = ip(TRANSPORT_UDP, "::ffff:10.0.0.1", 0, 0);

	(void)state;
	for (a.port = 0; a.port < 6400; a.port++)
		buckets[address_hash(&a, 0) % 64]++;
	for (size_t i = 0; i < 64; i++)
		assert_in_range(buckets[i], 50, 150);
}

static void test_ipv4_and_loopback(void **state)
{
	static const struct {
		const char *ip;
		bool ipv4, loopback;
	} rows[] = {
		{"::ffff:127.0.0.1", true, true},
		{"::ffff:127.255.3.4", true, true},
		{"::ffff:126.255.255.255", true, false},
		{"::ffff:128.0.0.1", true, false},
		{"::1", false, true},
		{"::2", false, false},
		{"::", false, false},
		{"::7f00:1", false, false},
		{"1::1", false, false},
		{"fe80::1", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address a = ip(TRANSPORT_UDP, rows[i].ip, 1, 0);

		assert_int_equal(address_is_ipv4(&a), rows[i].ipv4);
		assert_int_equal(address_is_loopback(&a), rows[i].loopback);
	}
	struct address local = ip(TRANSPORT_UNIX, "::ffff:192.0.2.1", 0, 0);
	assert_false(address_is_ipv4(&local));
	assert_true(address_is_loopback(&local));
}

static void test_transport_names(void **state)
{
	(void)state;
	assert_string_equal(transport_name(TRANSPORT_UDP), "udp");
	assert_string_equal(transport_name(TRANSPORT_TCP), "tcp");
	assert_string_equal(transport_name(TRANSPORT_UNIX), "unix");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_ip),
		cmocka_unit_test(test_format_unix),
		cmocka_unit_test(test_each_used_field_matters),
		cmocka_unit_test(test_unused_fields_do_not),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_ipv4_and_loopback),
		cmocka_unit_test(test_transport_names),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
