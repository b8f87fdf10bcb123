/*
 * Who somebody is, whatever session or address they come by: an identity of 32 bytes.
 *
 * Over UDP and TCP it is their public key.  Who comes by the local socket is known by their user
 * number, as the text "unix:UID" with zeros behind it; nobody holds the secret to such a key.  All
 * zeros: not known.
 */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

#include "proto/err.h"
#include "proto/key.h"

enum {
	OWNER_BYTES = KEY_BYTES,
	OWNER_TEXT = KEY_TEXT + 1, /* the longest text, with its NUL */
};

bool owner_known(const uint8_t owner[OWNER_BYTES]);
bool owner_equal(const uint8_t a[OWNER_BYTES], const uint8_t b[OWNER_BYTES]);

void owner_of_user(uint32_t uid, uint8_t out[OWNER_BYTES]);
bool owner_is_user(const uint8_t owner[OWNER_BYTES]);

/* "unix:1000", or the text of a key (proto/key.h).  Of one that is known; returns out. */
const char *owner_format(const uint8_t owner[OWNER_BYTES], char out[OWNER_TEXT]);
/* ERR_MALFORMED: not just what owner_format() writes; `owner` is as it was. */
NODISCARD enum err owner_parse(const char *text, size_t len, uint8_t owner[OWNER_BYTES]);

#endif
