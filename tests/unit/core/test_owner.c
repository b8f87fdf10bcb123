/* core/owner: users and keys as identities and as text, there and back. */
#include "core/owner.h"

#include "check.h"

#include <string.h>

static const struct {
	uint32_t uid;
	const char *text;
} users[] = {
	{0, "unix:0"},
	{1, "unix:1"},
	{1000, "unix:1000"},
	{UINT32_MAX, "unix:4294967295"},
};

static void users_are_known_by_their_numbers(void **state)
{
	uint8_t owner[OWNER_BYTES], again[OWNER_BYTES];
	char text[OWNER_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		owner_of_user(users[i].uid, owner);
		assert_true(owner_known(owner) && owner_is_user(owner));
		assert_string_equal(owner_format(owner, text), users[i].text);
		memset(again, 0xee, sizeof(again));
		assert_int_equal(owner_parse(text, strlen(text), again), ERR_NONE);
		assert_true(owner_equal(owner, again));
		/* The identity is that text, and zeros. */
		assert_memory_equal(owner, text, strlen(text));
		for (size_t at = strlen(text); at < OWNER_BYTES; at++)
			assert_int_equal(owner[at], 0);
	}
}

static void keys_are_known_by_themselves(void **state)
{
	uint8_t owner[OWNER_BYTES], again[OWNER_BYTES];
	char text[OWNER_TEXT];

	(void)state;
	for (size_t i = 0; i < OWNER_BYTES; i++)
		owner[i] = (uint8_t)(i * 37 + 5);
	assert_true(owner_known(owner) && !owner_is_user(owner));
	assert_int_equal(strlen(owner_format(owner, text)), KEY_TEXT);
	assert_int_equal(owner_parse(text, KEY_TEXT, again), ERR_NONE);
	assert_true(owner_equal(owner, again));
	again[31] ^= 1;
	assert_false(owner_equal(owner, again));
}

/* What only begins like a user is a key like any other. */
static void a_key_that_looks_like_a_user_is_none(void **state)
{
	static const struct {
		const char *bytes;
		size_t last; /* a byte that is set behind it; 0: none */
	} keys[] = {
		{"unix:", 0},
		{"unix:1000", 31},
		{"unix:1000", 10},
		{"unix:01", 0},
		{"unix:4294967296", 0},
		{"unix:+1", 0},
		{"unix:1 ", 0},
		{"unix:-1", 0},
		{"unix:99999999999", 0},
		{"UNIX:1000", 0},
		{"unix", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		uint8_t owner[OWNER_BYTES] = {0}, again[OWNER_BYTES];
		char text[OWNER_TEXT];
		memcpy(owner, keys[i].bytes, strlen(keys[i].bytes));
		if (keys[i].last)
			owner[keys[i].last] = 1;
		assert_false(owner_is_user(owner));
		owner_format(owner, text);
		assert_int_equal(strlen(text), KEY_TEXT);
		assert_int_equal(owner_parse(text, KEY_TEXT, again), ERR_NONE);
		assert_true(owner_equal(owner, again));
	}
}

static void other_texts_are_nobody(void **state)
{
	static const char *const texts[] = {
		"",
		"unix:",
		"unix:x",
		"unix:01",
		"unix:+1",
		"unix:-1",
		"unix: 1",
		"unix:1 ",
		"unix:4294967296",
		"unix:1:2",
		"unix:00",
		"unix:1\n",
		"Unix:1",
		"alice",
		"unix:99999999999", /* and the key of all zeros: */
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	uint8_t owner[OWNER_BYTES], before[OWNER_BYTES];

	(void)state;
	memset(owner, 0x5a, sizeof(owner));
	memcpy(before, owner, sizeof(owner));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (owner_parse(texts[i], strlen(texts[i]), owner) != ERR_MALFORMED)
			fail_msg("taken: %s", texts[i]);
		assert_memory_equal(owner, before, sizeof(owner));
	}
	assert_int_equal(owner_parse("unix:1\0", 7, owner), ERR_MALFORMED);
}

static void nobody_is_not_known(void **state)
{
	uint8_t owner[OWNER_BYTES] = {0};

	(void)state;
	assert_false(owner_known(owner));
	owner[31] = 1;
	assert_true(owner_known(owner));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_known_by_their_numbers),
		cmocka_unit_test(keys_are_known_by_themselves),
		cmocka_unit_test(a_key_that_looks_like_a_user_is_none),
		cmocka_unit_test(other_texts_are_nobody),
		cmocka_unit_test(nobody_is_not_known),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
