/*
 * UTF-8 one code point at a time, by Unicode 15.0 §3.9, table 3-7: no overlong forms, no
 * surrogates, nothing past U+10FFFF.  Knows bytes and numbers; what a code point means is ICU's.
 */
#ifndef PROTO_UTF8_H
#define PROTO_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	UTF8_MAX = 4, /* bytes of one code point */
	UTF8_BAD = -1,
	UTF8_REPLACEMENT = 0xFFFD,
};

/*
 * Reads the first code point of n >= 1 bytes and returns its length.  Where none begins, *cp is
 * UTF8_BAD and the length is that of the maximal subpart: what one U+FFFD stands for.
 */
size_t utf8_next(const char *s, size_t n, int32_t *cp);

/* Whether all of it is UTF-8. */
bool utf8_valid(const char *s, size_t n);

/* Writes a code point that utf8_next() could have read; returns its length. */
size_t utf8_put(char out[UTF8_MAX], int32_t cp);

#endif
