/*
 * UTF-8 one code point at a time.  The second byte is the only one whose range depends on the
 * first; checking it there is what keeps overlong forms, surrogates and numbers past U+10FFFF out.
 * Keeps no state and allocates nothing.
 */
#include "proto/utf8.h"

#include <assert.h>
#include <string.h>

/* The bits that no byte of ASCII has, of eight bytes. */
#define BEYOND_ASCII UINT64_C(0x8080808080808080)

struct lead {
	size_t len;	/* bytes of the sequence, 0: nothing begins so */
	uint8_t lo, hi; /* the range of the second byte */
	uint8_t bits;	/* of the code point, in the first byte */
};

static struct lead lead_of(uint8_t b)
{
	if (b >= 0xC2 && b <= 0xDF)
		return (struct lead){2, 0x80, 0xBF, b & 0x1F};
	if (b >= 0xE0 && b <= 0xEF)
		return (struct lead){3, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF, b & 0x0F};
	if (b >= 0xF0 && b <= 0xF4)
		return (struct lead){4, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF, b & 0x07};
	return (struct lead){0, 0, 0, 0};
}

size_t utf8_next(const char *s, size_t n, int32_t *cp)
{
	assert(n > 0);
	uint8_t first = (uint8_t)s[0];
	if (first < 0x80) {
		*cp = first;
		return 1;
	}
	*cp = UTF8_BAD;
	struct lead lead = lead_of(first);
	if (lead.len == 0)
		return 1;
	int32_t v = lead.bits;
	for (size_t i = 1; i < lead.len; i++) {
		uint8_t lo = i == 1 ? lead.lo : 0x80, hi = i == 1 ? lead.hi : 0xBF;
		if (i == n || (uint8_t)s[i] < lo || (uint8_t)s[i] > hi)
			return i;
		v = v << 6 | ((uint8_t)s[i] & 0x3F);
	}
	*cp = v;
	return lead.len;
}

static uint64_t eight(const char *s)
{
	uint64_t w;

	memcpy(&w, s, sizeof(w));
	return w;
}

static bool ascii(const char *s, size_t n)
{
	uint64_t any = 0;

	for (size_t i = 0; n >= 8 && i < n - 7; i += 8)
		any |= eight(s + i);
	if (n >= 8)
		return ((any | eight(s + n - 8)) & BEYOND_ASCII) == 0;
	for (size_t i = 0; i < n; i++)
		any |= (uint8_t)s[i];
	return any < 0x80;
}

/* Whether there are three bytes of one character, as in most text that is not ASCII. */
static bool three(const uint8_t *s, size_t n)
{
	if (n < 3 || s[0] < 0xE0 || s[0] > 0xEF)
		return false;
	uint8_t lo = s[0] == 0xE0 ? 0xA0 : 0x80, hi = s[0] == 0xED ? 0x9F : 0xBF;
	return s[1] >= lo && s[1] <= hi && (s[2] & 0xC0) == 0x80;
}

static bool valid_next(const char *s, size_t n, size_t *len)
{
	int32_t cp;

	if (three((const uint8_t *)s, n)) {
		*len = 3;
		return true;
	}
	if (n >= 8 && (eight(s) & BEYOND_ASCII) == 0) {
		*len = 8;
		return true;
	}
	*len = utf8_next(s, n, &cp);
	return cp != UTF8_BAD;
}

/* Most text is ASCII to its end. */
bool utf8_valid(const char *s, size_t n)
{
	bool valid = true;
	size_t len;

	if (ascii(s, n))
		return true;
	for (size_t i = 0; i < n && valid; i += len)
		valid = valid_next(s + i, n - i, &len);
	return valid;
}

size_t utf8_put(char out[UTF8_MAX], int32_t cp)
{
	static const uint8_t marks[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
	assert(cp >= 0 && cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF));
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (cp & 0x3F));
		cp >>= 6;
	}
	out[0] = (char)(marks[len] | cp);
	return len;
}
