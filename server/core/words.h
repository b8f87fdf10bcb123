/*
 * What a text is searched by: its tokens.
 *
 * Whoever looks for a text rarely writes it as it was said, so both are folded alike: NFKC_Casefold,
 * decimal digits of any script as 0 to 9, traditional ideographs as the simplified ones, and without
 * accents where people leave them out (Latin, Greek, Arabic, Hebrew; а and й, か and が stay two
 * letters).
 *
 * A run of letters, digits and the marks on them is one token: a word.  Of what is written without
 * blanks, or is a sign of its own, each character is one: ideographs, kana, Hangul, Thai, Lao, Khmer,
 * Myanmar and their like, emoji and other symbols.  So any part of a Chinese text, be it two characters,
 * is a row of tokens that stand together, and no dictionary has to know it.  All else only parts.
 *
 * Pure, and never changed once made: any number of threads may use one.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "proto/buf.h"
#include "proto/err.h"

#include <stdbool.h>

enum {
	WORDS_MAX_TOKEN = 64,	/* bytes; what is longer counts by its beginning */
	WORDS_MAX_VERSION = 96, /* with a NUL */
};

enum words_kind {
	WORDS_WORD, /* one may look for it by its beginning */
	WORDS_SIGN, /* one character */
};

struct words;

struct words *words_new(void); /* NULL: no memory, or ICU's data is missing */
void words_free(struct words *w);

/*
 * Two of the same version make the same tokens of every text.  An index of another version has to be
 * made anew: neither would a search find its way in it, nor could anything be taken out of it.
 */
const char *words_version(const struct words *w);

/* A token, in the order of the text; borrowed until it returns.  False: no more of them, please. */
typedef bool words_fn(void *ctx, struct slice token, enum words_kind kind);

/*
 * The tokens of any bytes; where they are no UTF-8 they part.  A token is valid UTF-8 of letters, marks,
 * digits or symbols, without controls, blanks or quotes.  ERR_MEMORY: there may be more of them.
 */
NODISCARD enum err words_split(const struct words *w, struct slice text, words_fn *fn, void *ctx);

#endif
