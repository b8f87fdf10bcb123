/* proto/discovery: each packet there and back, at every size, with every byte changed; and names. */
#include "proto/discovery.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

#define NONCE UINT64_C(0x0123456789abcdef)

static uint8_t storage[2 * DISCOVERY_PROBE_SIZE];

static const char longest_name[] = "六十四个字节的房间名大概就是这么长，再长了a";

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct found sample(const char *name)
{
	struct found f = {.nonce = NONCE,
			  .udp_port = 8888,
			  .tcp_port = 4000,
			  .name = text(name),
			  .members = 12};

	for (size_t i = 0; i < KEY_BYTES; i++)
		f.key[i] = (uint8_t)(0xa0 + i);
	return f;
}

static size_t write_found(const struct found *f)
{
	struct buf b = buf_of(storage, sizeof(storage));

	discovery_found_put(&b, f);
	assert_false(b.failed);
	return b.len;
}

static size_t write_probe(uint64_t nonce)
{
	struct buf b = buf_of(storage, sizeof(storage));

	discovery_probe_put(&b, nonce);
	assert_false(b.failed);
	return b.len;
}

/* Of storage's first n bytes, in memory that ends there. */
static enum err get_found(size_t n, struct found *f)
{
	uint8_t *copy = malloc(n ? n : 1);
	enum err e;

	assert_non_null(copy);
	memcpy(copy, storage, n);
	e = discovery_found_get(copy, n, f);
	if (e == ERR_NONE)
		f->name.data = storage + (f->name.data - copy);
	free(copy);
	return e;
}

static enum err get_probe(size_t n, uint64_t *nonce)
{
	uint8_t *copy = malloc(n ? n : 1);
	enum err e;

	assert_non_null(copy);
	memcpy(copy, storage, n);
	e = discovery_probe_get(copy, n, nonce);
	free(copy);
	return e;
}

static void a_probe_has_one_size(void **state)
{
	uint64_t nonce = 7;

	(void)state;
	assert_int_equal(write_probe(NONCE), DISCOVERY_PROBE_SIZE);
	for (size_t n = 0; n <= sizeof(storage); n++) {
		if (n == DISCOVERY_PROBE_SIZE)
			continue;
		assert_int_equal(get_probe(n, &nonce), ERR_MALFORMED);
		assert_int_equal(nonce, 7);
	}
	assert_int_equal(get_probe(DISCOVERY_PROBE_SIZE, &nonce), ERR_NONE);
	assert_true(nonce == NONCE);
}

static void a_probe_of_another_kind_or_version_is_none(void **state)
{
	uint64_t nonce = 7;

	(void)state;
	for (size_t at = 0; at < 2; at++)
		for (unsigned v = 1; v < 256; v++) {
			write_probe(NONCE);
			storage[at] = (uint8_t)(storage[at] + v);
			assert_int_equal(get_probe(DISCOVERY_PROBE_SIZE, &nonce), ERR_MALFORMED);
			assert_int_equal(nonce, 7);
		}
}

static void a_found_comes_back_as_it_was(void **state)
{
	static const char *const names[] = {"a", "小明's room", longest_name};
	static const uint64_t members[] = {0, 63, 64, 100000, BUF_VARINT_MAX};
	static const uint16_t ports[][2] = {{8888, 8888}, {1, 0}, {0, 65535}};
	struct found back;

	(void)state;
	assert_int_equal(strlen(longest_name), DISCOVERY_NAME_MAX);
	for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(members) * COUNT_OF(ports); i++) {
		struct found f = sample(names[i % 3]);
		f.members = members[i / 3 % 5];
		f.udp_port = ports[i / 15][0];
		f.tcp_port = ports[i / 15][1];
		assert_int_equal(get_found(write_found(&f), &back), ERR_NONE);
		assert_true(back.nonce == f.nonce && back.members == f.members);
		assert_int_equal(back.udp_port, f.udp_port);
		assert_int_equal(back.tcp_port, f.tcp_port);
		assert_memory_equal(back.key, f.key, KEY_BYTES);
		assert_int_equal(back.name.len, f.name.len);
		assert_memory_equal(back.name.data, f.name.data, f.name.len);
	}
}

static void the_largest_found_is_far_smaller_than_a_probe(void **state)
{
	struct found f = sample(longest_name);

	(void)state;
	f.members = BUF_VARINT_MAX;
	assert_in_range(write_found(&f), 1, DISCOVERY_FOUND_MAX);
	assert_in_range(DISCOVERY_FOUND_MAX, 1, DISCOVERY_PROBE_SIZE / 4);
}

static void a_found_cut_short_or_too_long_is_refused(void **state)
{
	struct found f = sample("room"), out = {.nonce = 7};
	size_t whole = write_found(&f);

	(void)state;
	for (size_t n = 0; n < sizeof(storage); n++) {
		if (n == whole)
			continue;
		assert_int_equal(get_found(n, &out), ERR_MALFORMED);
		assert_true(out.nonce == 7 && !out.name.data && !out.udp_port);
	}
}

static void put_by_hand(struct buf *b, uint16_t udp, uint16_t tcp, const char *name, size_t len)
{
	struct found f = sample("x");

	*b = buf_of(storage, sizeof(storage));
	buf_put_u8(b, LAN_FOUND);
	buf_put_u8(b, 1);
	buf_put_u64(b, NONCE);
	buf_put_bytes(b, f.key, KEY_BYTES);
	buf_put_u16(b, udp);
	buf_put_u16(b, tcp);
	buf_put_string(b, name, len);
	buf_put_varint(b, 3);
}

static void a_found_is_refused_for_each_of_its_fields(void **state)
{
	static const struct {
		uint16_t udp, tcp;
		const char *name;
		enum err expected;
	} rows[] = {
		{8888, 8888, "room", ERR_NONE},
		{0, 0, "room", ERR_MALFORMED},
		{8888, 0, "", ERR_MALFORMED},
		{8888, 0, "\xff\xfe", ERR_MALFORMED},
		{8888, 0, "\xed\xa0\x80", ERR_MALFORMED},
		/* unsafe to show is not refused: whoever shows it makes it safe */
		{8888, 0, "\033[2J", ERR_NONE},
		{8888, 0, "0123456789012345678901234567890123456789012345678901234567890123x",
		 ERR_MALFORMED},
	};
	struct found f;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		put_by_hand(&b, rows[i].udp, rows[i].tcp, rows[i].name, strlen(rows[i].name));
		assert_int_equal(get_found(b.len, &f), rows[i].expected);
	}
	for (unsigned v = 0; v < 256; v++) {
		put_by_hand(&b, 1, 1, "room", 4);
		storage[0] = (uint8_t)v;
		assert_int_equal(get_found(b.len, &f) == ERR_NONE, v == LAN_FOUND);
		put_by_hand(&b, 1, 1, "room", 4);
		storage[1] = (uint8_t)v;
		assert_int_equal(get_found(b.len, &f) == ERR_NONE, v == 1);
	}
}

static void a_number_has_one_form(void **state)
{
	static const uint8_t long_form[] = {0x40, 0x03};
	struct found f;
	struct buf b;

	(void)state;
	put_by_hand(&b, 1, 1, "room", 4);
	b.len--;
	buf_put_bytes(&b, long_form, sizeof(long_form));
	assert_int_equal(get_found(b.len, &f), ERR_MALFORMED);
}

static void a_room_has_a_name_that_can_be_shown(void **state)
{
	static const struct {
		const char *name;
		bool fine;
	} rows[] = {
		{"小明's room", true},
		{"a", true},
		{longest_name, true},
		{"👨‍👩‍👧 at home", true},
		{"", false},
		{"  ", false},
		{"a\nb", false},
		{"a\033b", false},
		{"\xff", false},
		{"a\xe2\x80\xae"
		 "b",
		 false},
	};
	char too_long[DISCOVERY_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (discovery_name_ok(rows[i].name, strlen(rows[i].name)) != rows[i].fine)
			fail_msg("row %zu", i);
	memset(too_long, 'x', sizeof(too_long));
	assert_false(discovery_name_ok(too_long, sizeof(too_long)));
	assert_false(discovery_name_ok("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_probe_has_one_size),
		cmocka_unit_test(a_probe_of_another_kind_or_version_is_none),
		cmocka_unit_test(a_found_comes_back_as_it_was),
		cmocka_unit_test(the_largest_found_is_far_smaller_than_a_probe),
		cmocka_unit_test(a_found_cut_short_or_too_long_is_refused),
		cmocka_unit_test(a_found_is_refused_for_each_of_its_fields),
		cmocka_unit_test(a_number_has_one_form),
		cmocka_unit_test(a_room_has_a_name_that_can_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
