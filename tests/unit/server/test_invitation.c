/* invitation: which addresses are told, in which form, and how a wildcard becomes the machine's. */
#include "invitation.h"

#include "sys/sock.h"

#include "check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[KEY_BYTES];
#define KEY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct address at(enum transport t, const char *ip, uint16_t port)
{
	struct address a = {.transport = t, .port = port};
	struct in_addr v4;

	if (inet_pton(AF_INET, ip, &v4) == 1) {
		memset(a.ip + 10, 0xff, 2);
		memcpy(a.ip + 12, &v4, sizeof(v4));
	} else {
		assert_int_equal(inet_pton(AF_INET6, ip, a.ip), 1);
	}
	return a;
}

static void add(struct invitations *l, enum transport t, const char *ip, uint16_t port)
{
	struct address a = at(t, ip, port);

	invitation_add(l, &a);
}

static char *printed(const struct invitations *l)
{
	static char text[INVITATION_MAX * 160];
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	text[0] = '\0';
	invitation_print(l, key, f);
	fclose(f);
	return text;
}

static void each_address_is_told_once_with_all_its_links(void **state)
{
	struct invitations l = {.count = 0};

	(void)state;
	add(&l, TRANSPORT_UDP, "127.0.0.1", 8888);
	add(&l, TRANSPORT_TCP, "127.0.0.1", 8888);
	add(&l, TRANSPORT_UDP, "192.0.2.1", 8888);
	add(&l, TRANSPORT_TCP, "2001:db8::1", 8888);
	add(&l, TRANSPORT_TCP, "127.0.0.1", 9);
	assert_string_equal(printed(&l), "invitation: chat://127.0.0.1:8888/#" KEY "\n"
					 "invitation: udp://192.0.2.1:8888/#" KEY "\n"
					 "invitation: tcp://[2001:db8::1]:8888/#" KEY "\n"
					 "invitation: tcp://127.0.0.1:9/#" KEY "\n");
}

static void an_invitation_is_an_address_that_clients_take(void **state)
{
	struct invitations l = {.count = 0};
	struct endpoint e;
	uint8_t bytes[KEY_BYTES];
	char text[160];
	FILE *f = fmemopen(text, sizeof(text), "w");

	(void)state;
	for (size_t i = 0; i < KEY_BYTES; i++)
		bytes[i] = (uint8_t)(i * 37);
	add(&l, TRANSPORT_UDP, "2001:db8::1", 4000);
	add(&l, TRANSPORT_TCP, "2001:db8::1", 4000);
	assert_non_null(f);
	invitation_print(&l, bytes, f);
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(endpoint_parse(text + strlen("invitation: "), &e, NULL), ERR_NONE);
	assert_int_equal(e.kind, ENDPOINT_CHAT);
	assert_string_equal(e.host, "2001:db8::1");
	assert_int_equal(e.port, 4000);
	assert_true(e.has_key);
	assert_memory_equal(e.key, bytes, KEY_BYTES);
}

static void what_means_nothing_elsewhere_is_not_told(void **state)
{
	struct invitations l = {.count = 0};

	(void)state;
	add(&l, TRANSPORT_UDP, "fe80::1", 8888);
	add(&l, TRANSPORT_UDP, "febf::1", 8888);
	assert_string_equal(printed(&l), "");
	assert_int_equal(l.count, 0);
}

static void too_many_are_passed_over(void **state)
{
	struct invitations l = {.count = 0};

	(void)state;
	for (uint16_t port = 1; port <= 2 * INVITATION_MAX; port++)
		add(&l, TRANSPORT_UDP, "127.0.0.1", port);
	assert_int_equal(l.count, INVITATION_MAX);
	add(&l, TRANSPORT_TCP, "127.0.0.1", 3); /* known already */
	assert_true(l.all[2].tcp);
	assert_int_equal(l.all[INVITATION_MAX - 1].at.port, INVITATION_MAX);
}

/* Whatever machine this runs on, all of these can be said of it. */
static void check_own(const char *wildcard)
{
	struct invitations l = {.count = 0};
	struct address loopback = at(TRANSPORT_UDP, "127.0.0.1", 4000);

	add(&l, TRANSPORT_UDP, wildcard, 4000);
	add(&l, TRANSPORT_TCP, wildcard, 4000);
	assert_in_range(l.count, 1, INVITATION_OWN_MAX);
	for (size_t i = 0; i < l.count; i++) {
		const struct address *a = &l.all[i].at;
		bool v4 = memcmp(a->ip, loopback.ip, 12) == 0;
		assert_true(l.all[i].udp && l.all[i].tcp);
		assert_int_equal(a->port, 4000);
		assert_false(a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80);
		assert_true(v4 || strcmp(wildcard, "::") == 0);
		assert_true(l.count == 1 || !address_equal(a, &loopback));
	}
}

static void a_wildcard_stands_for_a_few_addresses_of_the_machine(void **state)
{
	(void)state;
	check_own("::");
	check_own("0.0.0.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_is_told_once_with_all_its_links),
		cmocka_unit_test(an_invitation_is_an_address_that_clients_take),
		cmocka_unit_test(what_means_nothing_elsewhere_is_not_told),
		cmocka_unit_test(too_many_are_passed_over),
		cmocka_unit_test(a_wildcard_stands_for_a_few_addresses_of_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
