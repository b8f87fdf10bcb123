/* ui/rooms: which answers are rooms, which are one room, and what is said of each. */
#include "ui/rooms.h"

#include "check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define NONCE UINT64_C(0x1bad5eed00c0ffee)

static struct rooms rooms;

static int setup(void **state)
{
	(void)state;
	memset(&rooms, 0, sizeof(rooms));
	return 0;
}

static struct address at(const char *text)
{
	struct address a = {.transport = TRANSPORT_UDP, .port = DISCOVERY_PORT};

	if (inet_pton(AF_INET, text, a.ip + 12) == 1)
		a.ip[10] = a.ip[11] = 0xff;
	else
		assert_int_equal(inet_pton(AF_INET6, text, a.ip), 1);
	if (a.ip[0] == 0xfe)
		a.scope = 3;
	return a;
}

static struct found found(const char *name, uint8_t key)
{
	struct found f = {.nonce = NONCE,
			  .udp_port = 8888,
			  .tcp_port = 8888,
			  .name = slice_of(name, strlen(name)),
			  .members = 12};

	memset(f.key, key, sizeof(f.key));
	return f;
}

static void take(const struct found *f, const char *from)
{
	uint8_t bytes[DISCOVERY_FOUND_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct address a = at(from);

	discovery_found_put(&b, f);
	assert_false(b.failed);
	rooms_take(&rooms, NONCE, &a, bytes, b.len);
}

static void expect_address(size_t i, const char *before_the_key)
{
	char out[ROOMS_ADDRESS_SIZE];

	assert_in_range(i, 0, rooms.count - 1);
	rooms_address(&rooms.all[i], out);
	assert_int_equal(strlen(out), strlen(before_the_key) + 2 + KEY_TEXT);
	*strstr(out, "/#") = '\0';
	assert_string_equal(out, before_the_key);
}

static void only_answers_to_our_question_are_rooms(void **state)
{
	struct found f = found("room", 1);
	uint8_t bytes[DISCOVERY_PROBE_SIZE];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct address a = at("192.0.2.1");

	(void)state;
	f.nonce++;
	take(&f, "192.0.2.1");
	assert_int_equal(rooms.count, 0);
	discovery_probe_put(&b, NONCE); /* our own, come back */
	rooms_take(&rooms, NONCE, &a, bytes, b.len);
	rooms_take(&rooms, NONCE, &a, bytes, 0);
	assert_int_equal(rooms.count, 0);
	f.nonce--;
	take(&f, "192.0.2.1");
	assert_int_equal(rooms.count, 1);
}

static void a_room_is_one_however_often_it_answers(void **state)
{
	struct found f = found("room", 1);

	(void)state;
	take(&f, "fe80::1");
	expect_address(0, "chat://[fe80::1%3]:8888");
	take(&f, "192.0.2.1");
	expect_address(0, "chat://192.0.2.1:8888");
	take(&f, "192.0.2.2"); /* no better than the other */
	take(&f, "fe80::1");
	expect_address(0, "chat://192.0.2.1:8888");
	take(&f, "127.0.0.1");
	expect_address(0, "chat://127.0.0.1:8888");
	assert_int_equal(rooms.count, 1);
}

/* Two servers of one person on one machine have one key. */
static void another_port_or_key_is_another_room(void **state)
{
	struct found f = found("room", 1);

	(void)state;
	take(&f, "192.0.2.1");
	f.udp_port = f.tcp_port = 9999;
	take(&f, "192.0.2.1");
	memset(f.key, 2, sizeof(f.key));
	take(&f, "192.0.2.1");
	assert_int_equal(rooms.count, 3);
}

static void an_address_says_how_the_room_is_reached(void **state)
{
	static const struct {
		uint16_t udp, tcp;
		const char *address;
	} rows[] = {
		{8888, 8888, "chat://192.0.2.1:8888"},
		{8888, 0, "udp://192.0.2.1:8888"},
		{0, 9000, "tcp://192.0.2.1:9000"},
		{8888, 9000, "udp://192.0.2.1:8888"},
	};
	struct found f = found("room", 1);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		rooms.count = 0;
		f.udp_port = rows[i].udp;
		f.tcp_port = rows[i].tcp;
		take(&f, "192.0.2.1");
		expect_address(0, rows[i].address);
	}
}

static void rooms_stand_in_the_order_of_their_names(void **state)
{
	static const char *const names[] = {"b", "abc", "a", "小明", "ab"};
	static const char *const sorted[] = {"a", "ab", "abc", "b", "小明"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct found f = found(names[i], (uint8_t)i);
		take(&f, "192.0.2.1");
	}
	assert_int_equal(rooms.count, COUNT_OF(sorted));
	for (size_t i = 0; i < COUNT_OF(sorted); i++) {
		assert_int_equal(rooms.all[i].name_len, strlen(sorted[i]));
		assert_memory_equal(rooms.all[i].name, sorted[i], strlen(sorted[i]));
	}
}

static void a_flood_of_answers_ends_somewhere(void **state)
{
	struct found f = found("room", 0);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		f.key[0] = (uint8_t)i;
		f.key[1] = (uint8_t)(i >> 8);
		take(&f, "192.0.2.1");
	}
	assert_int_equal(rooms.count, ROOMS_MAX);
}

/* Under names that come before and after, and keys of its own: what others tell stays. */
static void a_flood_hides_no_other_room(void **state)
{
	struct found own[] = {found("alpha", 1), found("omega", 2)}, f;
	size_t seen = 0;

	(void)state;
	take(&own[0], "192.0.2.7");
	for (unsigned i = 0; i < 1000; i++) {
		f = found(i % 2 ? "aaa" : "zzz", 3);
		f.key[1] = (uint8_t)i;
		f.key[2] = (uint8_t)(i >> 8);
		take(&f, "192.0.2.1");
		if (i == 500)
			take(&own[1], "192.0.2.8");
	}
	assert_int_equal(rooms.count, ROOMS_MAX);
	for (size_t i = 0; i < rooms.count; i++) {
		const struct found_room *r = &rooms.all[i];
		seen += key_equal(r->key, own[0].key) + key_equal(r->key, own[1].key);
		assert_true(i == 0 || memcmp(rooms.all[i - 1].name, r->name, 3) <= 0);
	}
	assert_int_equal(seen, COUNT_OF(own));
}

static void what_is_said_of_a_room_is_safe_to_show(void **state)
{
	struct found f = found("a\033[2J\xe2\x80\xae", 0xff);
	char words[ROOMS_WORDS_SIZE], json[ROOMS_JSON_SIZE];
	struct buf b = buf_of(json, sizeof(json) - 1);

	(void)state;
	take(&f, "192.0.2.1");
	assert_string_equal(rooms_words(&rooms.all[0], words),
			    "a␛[2J<U+202E>, 12 here, key 7777-7777-7777-7777-7777-7777");
	rooms_json(&b, &rooms.all[0]);
	assert_false(b.failed);
	json[b.len] = '\0';
	assert_string_equal(json, "{\"name\":\"a\\u001b[2J\\u202e\",\"address\":\"chat://"
				  "192.0.2.1:8888/#7777777777777777777777777777777777777777777777"
				  "77777q\",\"fingerprint\":\"7777-7777-7777-7777-7777-7777\","
				  "\"members\":12}\n");
}

static void the_longest_of_everything_fits(void **state)
{
	char name[DISCOVERY_NAME_MAX + 1];
	struct found f;
	char words[ROOMS_WORDS_SIZE], json[ROOMS_JSON_SIZE], address[ROOMS_ADDRESS_SIZE];
	struct buf b = buf_of(json, sizeof(json));

	(void)state;
	for (size_t i = 0; i < DISCOVERY_NAME_MAX; i += 2)
		memcpy(name + i, "\xc2\x85", 2); /* becomes "<U+0085>" */
	name[DISCOVERY_NAME_MAX] = '\0';
	f = found(name, 0xff);
	f.members = BUF_VARINT_MAX;
	take(&f, "fe80:1111:2222:3333:4444:5555:6666:7777");
	rooms.all[0].at.scope = UINT32_MAX;
	rooms.all[0].udp_port = UINT16_MAX;
	rooms_words(&rooms.all[0], words);
	assert_non_null(
		strstr(words, "4611686018427387903 here, key 7777-7777-7777-7777-7777-7777"));
	rooms_address(&rooms.all[0], address);
	assert_int_equal(address[strlen(address) - 1], 'q');
	rooms_json(&b, &rooms.all[0]);
	assert_false(b.failed);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_answers_to_our_question_are_rooms),
		TEST(a_room_is_one_however_often_it_answers),
		TEST(another_port_or_key_is_another_room),
		TEST(an_address_says_how_the_room_is_reached),
		TEST(rooms_stand_in_the_order_of_their_names),
		TEST(a_flood_of_answers_ends_somewhere),
		TEST(what_is_said_of_a_room_is_safe_to_show),
		TEST(a_flood_hides_no_other_room),
		TEST(the_longest_of_everything_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
