/* key: the one text of a key, the fingerprint, and that nothing else is taken for a key. */
#include "proto/key.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

/* Texts from another implementation of RFC 4648 (Python: base64.b32encode). */
static const struct {
	const char *hex, *text, *fingerprint;
} known[] = {
	{"0000000000000000000000000000000000000000000000000000000000000000",
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"},
	{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	 "777777777777777777777777777777777777777777777777777q", "7777-7777-7777-7777-7777-7777"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	 "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq", "aaaq-eaye-auda-ocaj-bifq-ydio"},
	{"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	 "quqpacmjgctvi5elpxolipxxlig36oqney4bv5hlusuy5ku3jzva", "quqp-acmj-gctv-i5el-pxol-ipxx"},
};

static void from_hex(const char *hex, uint8_t key[KEY_BYTES])
{
	for (size_t i = 0; i < KEY_BYTES; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &key[i]), 1);
}

static void a_key_has_the_text_of_rfc_4648(void **state)
{
	uint8_t key[KEY_BYTES], back[KEY_BYTES];
	char text[KEY_TEXT + 1], fingerprint[KEY_FINGERPRINT + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		from_hex(known[i].hex, key);
		assert_string_equal(key_format(key, text), known[i].text);
		assert_string_equal(key_fingerprint(key, fingerprint), known[i].fingerprint);
		assert_int_equal(key_parse(text, strlen(text), back), ERR_NONE);
		assert_memory_equal(back, key, KEY_BYTES);
	}
}

/* A bit anywhere is another text; one in the first 120 is another fingerprint. */
static void every_bit_shows(void **state)
{
	uint8_t zero[KEY_BYTES] = {0}, key[KEY_BYTES];
	char plain[KEY_TEXT + 1], text[KEY_TEXT + 1];
	char plain_print[KEY_FINGERPRINT + 1], print[KEY_FINGERPRINT + 1];

	(void)state;
	key_format(zero, plain);
	key_fingerprint(zero, plain_print);
	for (size_t bit = 0; bit < KEY_BYTES * 8; bit++) {
		memset(key, 0, sizeof(key));
		key[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		assert_string_not_equal(key_format(key, text), plain);
		assert_int_equal(strcmp(key_fingerprint(key, print), plain_print) == 0, bit >= 120);
		assert_false(key_equal(key, zero));
		uint8_t back[KEY_BYTES];
		assert_int_equal(key_parse(text, KEY_TEXT, back), ERR_NONE);
		assert_true(key_equal(back, key));
	}
	assert_true(key_equal(zero, zero));
}

static void refused(const char *text, size_t len)
{
	uint8_t key[KEY_BYTES], before[KEY_BYTES];

	memset(key, 0x5a, sizeof(key));
	memset(before, 0x5a, sizeof(before));
	assert_int_equal(key_parse(text, len, key), ERR_MALFORMED);
	assert_memory_equal(key, before, sizeof(key));
}

static void nothing_else_is_a_key(void **state)
{
	static const char other[] = "018=-_ \nABCZ/#\x80\xff";
	char text[KEY_TEXT + 2];

	(void)state;
	for (size_t at = 0; at < KEY_TEXT; at++) {
		for (size_t i = 0; i < sizeof(other); i++) { /* the NUL, too */
			memcpy(text, known[2].text, KEY_TEXT + 1);
			text[at] = other[i];
			refused(text, KEY_TEXT);
		}
	}
	memcpy(text, known[2].text, KEY_TEXT);
	text[KEY_TEXT] = 'a';
	for (size_t len = 0; len <= KEY_TEXT + 1; len++)
		if (len != KEY_TEXT)
			refused(text, len);
}

/* Of the last letter's five bits one belongs to the key: only `a` and `q` can stand there. */
static void a_key_has_one_text_alone(void **state)
{
	uint8_t key[KEY_BYTES];
	char text[KEY_TEXT + 1];
	size_t taken = 0;

	(void)state;
	memcpy(text, known[0].text, sizeof(text));
	for (int c = 0; c < 256; c++) {
		text[KEY_TEXT - 1] = (char)c;
		if (key_parse(text, KEY_TEXT, key) == ERR_NONE) {
			assert_true(c == 'a' || c == 'q');
			taken++;
		}
	}
	assert_int_equal(taken, 2);
}

static void no_password_is_these_bytes(void **state)
{
	(void)state;
	assert_memory_equal(key_no_password, "chat-room: no password was given", KEY_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_has_the_text_of_rfc_4648),
		cmocka_unit_test(every_bit_shows),
		cmocka_unit_test(nothing_else_is_a_key),
		cmocka_unit_test(a_key_has_one_text_alone),
		cmocka_unit_test(no_password_is_these_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
