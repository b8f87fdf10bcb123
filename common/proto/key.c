/* Keys as text; the contract is in key.h.  No table is indexed by a bit of a key: it may be secret. */
#include "proto/key.h"

#include <assert.h>
#include <string.h>

enum {
	GROUP = 4,	/* letters between two hyphens of a fingerprint */
	SPARE_BITS = 4, /* of the last letter: 52 letters hold 260 bits */
};

static_assert(KEY_TEXT == (KEY_BYTES * 8 + 4) / 5, "five bits a letter");
static_assert(KEY_TEXT * 5 - KEY_BYTES * 8 == SPARE_BITS, "the rest is zero");
static_assert((KEY_FINGERPRINT + 1) % (GROUP + 1) == 0, "whole groups");

const uint8_t key_no_password[KEY_BYTES] = {
	'c', 'h', 'a', 't', '-', 'r', 'o', 'o', 'm', ':', ' ', 'n', 'o', ' ', 'p', 'a',
	's', 's', 'w', 'o', 'r', 'd', ' ', 'w', 'a', 's', ' ', 'g', 'i', 'v', 'e', 'n',
};

/* The n-th five bits; past the key's end they are zeros. */
static unsigned five_bits(const uint8_t key[KEY_BYTES], size_t n)
{
	size_t byte = n * 5 / 8, shift = n * 5 % 8;
	unsigned pair = (unsigned)key[byte] << 8;

	if (byte + 1 < KEY_BYTES)
		pair |= key[byte + 1];
	return pair >> (11 - shift) & 31;
}

static char letter(unsigned v)
{
	return (char)(v < 26 ? 'a' + v : '2' + (v - 26));
}

/* -1: no letter of ours. */
static int letter_value(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

const char *key_format(const uint8_t key[KEY_BYTES], char out[KEY_TEXT + 1])
{
	for (size_t i = 0; i < KEY_TEXT; i++)
		out[i] = letter(five_bits(key, i));
	out[KEY_TEXT] = '\0';
	return out;
}

const char *key_fingerprint(const uint8_t key[KEY_BYTES], char out[KEY_FINGERPRINT + 1])
{
	for (size_t i = 0, n = 0; i < KEY_FINGERPRINT; i++)
		out[i] = i % (GROUP + 1) == GROUP ? '-' : letter(five_bits(key, n++));
	out[KEY_FINGERPRINT] = '\0';
	return out;
}

enum err key_parse(const char *text, size_t len, uint8_t key[KEY_BYTES])
{
	uint8_t parsed[KEY_BYTES];
	unsigned bits = 0, count = 0;
	size_t n = 0;

	if (len != KEY_TEXT)
		return ERR_MALFORMED;
	for (size_t i = 0; i < len; i++) {
		int v = letter_value(text[i]);
		if (v < 0)
			return ERR_MALFORMED;
		bits = (bits << 5 | (unsigned)v) & 0xfff;
		count += 5;
		if (count < 8)
			continue;
		count -= 8;
		parsed[n++] = (uint8_t)(bits >> count);
	}
	if (bits & ((1U << SPARE_BITS) - 1)) /* a second text of the same key */
		return ERR_MALFORMED;
	memcpy(key, parsed, sizeof(parsed));
	return ERR_NONE;
}

bool key_equal(const uint8_t a[KEY_BYTES], const uint8_t b[KEY_BYTES])
{
	volatile uint8_t difference = 0;

	for (size_t i = 0; i < KEY_BYTES; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}
