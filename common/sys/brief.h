/*
 * RFC 8439 §2.8 for what is short: a line that is said alone, an acknowledgement.  There the libraries spend
 * more on being called than on the cipher; this is one function without a call in it, four blocks of key
 * stream side by side.  Bytes are the same as everybody's.
 *
 * Only where the processor has what it is written for; else there is none, and the caller does it another
 * way.  No branch and no index depends on a key or on what is sealed.  Keeps nothing, and wipes what it put into
 * memory of the key stream.
 */
#ifndef SYS_BRIEF_H
#define SYS_BRIEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BRIEF_KEY = 32,
	BRIEF_TAG = 16,
	BRIEF_TEXT_MAX =
		448, /* for which it is the faster way: seven blocks, with the key's own eight */
	BRIEF_AD_MAX = 64,
};

/* n is the nonce's last eight bytes, little-endian; those before it are 0.  `out` may be `in`. */
struct brief {
	const char *needs; /* of the processor, as compilers call it */
	/* len + BRIEF_TAG bytes into `out`. */
	void (*seal)(uint8_t *out, const uint8_t *in, size_t len, const void *ad, size_t ad_len,
		     uint64_t n, const uint8_t key[BRIEF_KEY]);
	/* `len` does not count the tag behind it.  False: not what was sealed; `out` is as it was. */
	bool (*open)(uint8_t *out, const uint8_t *in, size_t len, const void *ad, size_t ad_len,
		     uint64_t n, const uint8_t key[BRIEF_KEY]);
};

enum { BRIEF_WAYS = 2 };

/* The way'th that this processor has, best first; NULL: it has no more. */
const struct brief *brief_way(unsigned way);

/* §2.5 alone, as it is done in there: for whoever looks whether it is right.  False: this was built without. */
bool brief_tag(uint8_t tag[BRIEF_TAG], const void *text, size_t len, const uint8_t key[BRIEF_KEY]);

#endif
