/*
 * What somebody looks for: every word between two blanks is a phrase, that is tokens (core/words.h)
 * that have to stand together; a text is found when all phrases are in it, wherever.
 *
 * A phrase that ends with a word of at least PHRASES_MIN_PREFIX characters is found by its beginning,
 * too: "hel" finds "hello".  There is no other syntax: what is no token parts, as in any text, and a
 * word without any token is passed over.
 *
 * Pure, and no memory of its own.
 */
#ifndef CORE_PHRASES_H
#define CORE_PHRASES_H

#include "core/words.h"

enum {
	PHRASES_MAX_TOKENS = 64,
	PHRASES_MAX_BYTES = 1024, /* of all tokens */
	PHRASES_MIN_PREFIX = 3,
};
_Static_assert(PHRASES_MAX_TOKENS <= 64, "a token is a bit of 64");

struct phrases {
	size_t count; /* of tokens */
	struct phrases_token {
		uint16_t at, len; /* in bytes */
		bool first;	  /* of its phrase */
		bool last;
		bool prefix; /* whatever follows */
	} tokens[PHRASES_MAX_TOKENS];
	size_t len;
	char bytes[PHRASES_MAX_BYTES];
};

/*
 * Reads what was typed; any bytes.  ERR_NOT_FOUND: there is nothing in it to look for; ERR_TOO_BIG;
 * ERR_MEMORY.
 */
NODISCARD enum err phrases_parse(struct phrases *p, const struct words *w, struct slice typed);

struct slice phrases_bytes(const struct phrases *p, size_t token);

/* Whether all of them are in that text.  ERR_MEMORY: *found is as it was. */
NODISCARD enum err phrases_find(const struct phrases *p, const struct words *w, struct slice text,
				bool *found);

#endif
