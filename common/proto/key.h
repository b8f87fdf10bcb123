/*
 * Keys as people handle them: the text of a public key, as in chat://host:8888/#KEY, and a
 * fingerprint to compare by eye or voice.  protocol.md §2.4.
 *
 * The text is base32 (RFC 4648 §6) in small letters without padding: no two letters look alike, and a
 * double click takes all of it.  A fingerprint is its first 24 letters, that is 120 bits, in groups of
 * four; so it can be compared with an invitation, too.
 */
#ifndef PROTO_KEY_H
#define PROTO_KEY_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KEY_BYTES = 32,
	KEY_TEXT = 52,	      /* letters of a key */
	KEY_FINGERPRINT = 29, /* 24 letters and 5 hyphens */
};

/* What both ends take as psk where there is no password: public, it keeps nobody out. */
extern const uint8_t key_no_password[KEY_BYTES];

/* Both return out, NUL-terminated. */
const char *key_format(const uint8_t key[KEY_BYTES], char out[KEY_TEXT + 1]);
const char *key_fingerprint(const uint8_t key[KEY_BYTES], char out[KEY_FINGERPRINT + 1]);

/* ERR_MALFORMED: not just what key_format() writes; `key` is as it was. */
NODISCARD enum err key_parse(const char *text, size_t len, uint8_t key[KEY_BYTES]);

/* Takes as long for equal keys as for others, so it may be asked about secrets. */
bool key_equal(const uint8_t a[KEY_BYTES], const uint8_t b[KEY_BYTES]);

#endif
