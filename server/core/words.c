/*
 * Tokens of a text; the contract is in words.h.
 *
 * The text is folded as a whole and then walked once.  What a character is to the walk is decided by
 * Unicode's properties alone, as ICU has them.  Which ideographs are the simplified form of others is
 * ICU's knowledge, too; it is asked once for each, and a table keeps the answers.
 *
 * Not told apart: 乾, 幹 and 干, which all are written 干 in simplified Chinese.  Not brought together:
 * hiragana and katakana, and what only a dictionary knows.
 */
#include "core/words.h"

#include "proto/text.h"
#include "proto/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>
#include <unicode/uversion.h>

enum {
	RULES = 1, /* to be raised with every change of what a token is */
	HAN_FIRST = 0x3400,
	HAN_LAST = 0x9FFF,
	HAN_COUNT = HAN_LAST - HAN_FIRST + 1,
	UNITS_INPLACE = 512, /* UTF-16 units of a text that takes no memory */
	DECOMPOSED_MAX = 18, /* units of one character; Unicode's own bound */
	KEYCAP = 0x20E3,
};

struct words {
	const UNormalizer2 *fold, *parts; /* ICU's own */
	char version[WORDS_MAX_VERSION];
	UChar simplified[HAN_COUNT];
};

/* ---- the tables ---------------------------------------------------------------------------- */

static UTransliterator *open_simplifier(void)
{
	static const UChar id[] = u"Traditional-Simplified";
	UErrorCode status = U_ZERO_ERROR;
	UTransliterator *t = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);

	return U_SUCCESS(status) ? t : NULL;
}

static UChar simplify(const UTransliterator *t, UChar c)
{
	UChar text[DECOMPOSED_MAX] = {c};
	int32_t len = 1, limit = 1;
	UErrorCode status = U_ZERO_ERROR;

	utrans_transUChars(t, text, &len, DECOMPOSED_MAX, 0, &limit, &status);
	return U_SUCCESS(status) && len == 1 ? text[0] : c;
}

/* Where ICU was built without that knowledge every ideograph stays as it is; false then. */
static bool fill_simplified(struct words *w)
{
	UTransliterator *t = open_simplifier();

	for (int i = 0; i < HAN_COUNT; i++)
		w->simplified[i] = (UChar)(HAN_FIRST + i);
	if (!t)
		return false;
	for (int i = 0; i < HAN_COUNT; i++)
		w->simplified[i] = simplify(t, w->simplified[i]);
	utrans_close(t);
	return true;
}

static void tell_version(struct words *w, bool simplifies)
{
	UVersionInfo library, unicode;
	char icu[U_MAX_VERSION_STRING_LENGTH], data[U_MAX_VERSION_STRING_LENGTH];

	u_getVersion(library);
	u_getUnicodeVersion(unicode);
	u_versionToString(library, icu);
	u_versionToString(unicode, data);
	(void)snprintf(w->version, sizeof(w->version), "%d, ICU %s, Unicode %s%s", RULES, icu, data,
		       simplifies ? "" : ", traditional");
}

struct words *words_new(void)
{
	UErrorCode status = U_ZERO_ERROR;
	struct words *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fold = unorm2_getNFKCCasefoldInstance(&status);
	w->parts = unorm2_getNFDInstance(&status);
	if (U_FAILURE(status)) {
		words_free(w);
		return NULL;
	}
	tell_version(w, fill_simplified(w));
	return w;
}

void words_free(struct words *w)
{
	free(w);
}

const char *words_version(const struct words *w)
{
	return w->version;
}

/* ---- folding ------------------------------------------------------------------------------- */

struct units {
	UChar *at; /* inplace, or on the heap */
	int32_t len, cap;
	UChar inplace[UNITS_INPLACE];
};

static void units_init(struct units *u)
{
	u->at = u->inplace;
	u->len = 0;
	u->cap = UNITS_INPLACE;
}

static void units_wipe(struct units *u)
{
	if (u->at != u->inplace)
		free(u->at);
}

/* What was in it is gone. */
static enum err units_grow(struct units *u, int32_t cap)
{
	UChar *at = malloc((size_t)cap * sizeof(*at));

	if (!at)
		return ERR_MEMORY;
	units_wipe(u);
	u->at = at;
	u->cap = cap;
	return ERR_NONE;
}

/* UTF-16 has no more units than UTF-8 has bytes. */
static enum err widen(struct units *u, struct slice text)
{
	UErrorCode status = U_ZERO_ERROR;

	if (text.len > (size_t)u->cap && units_grow(u, (int32_t)text.len) != ERR_NONE)
		return ERR_MEMORY;
	u_strFromUTF8WithSub(u->at, u->cap, &u->len, (const char *)text.data, (int32_t)text.len,
			     UTF8_REPLACEMENT, NULL, &status);
	return U_SUCCESS(status) ? ERR_NONE : ERR_MEMORY;
}

static enum err casefold(const struct words *w, const struct units *in, struct units *out)
{
	UErrorCode status = U_ZERO_ERROR;

	out->len = unorm2_normalize(w->fold, in->at, in->len, out->at, out->cap, &status);
	if (status == U_BUFFER_OVERFLOW_ERROR) {
		status = U_ZERO_ERROR;
		if (units_grow(out, out->len) != ERR_NONE)
			return ERR_MEMORY;
		out->len = unorm2_normalize(w->fold, in->at, in->len, out->at, out->cap, &status);
	}
	return U_SUCCESS(status) ? ERR_NONE : ERR_MEMORY;
}

/* ---- what a folded character is to the walk ------------------------------------------------ */

enum role {
	ROLE_BETWEEN, /* parts */
	ROLE_WORD,    /* goes on with a word, or begins one */
	ROLE_ACCENT,  /* as if it were not there */
	ROLE_MARK,    /* belongs to the word before it, if there is one */
	ROLE_SIGN,
};

static bool is_han(UChar32 c)
{
	return (c >= HAN_FIRST && c <= HAN_LAST) || u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC);
}

/* ー is both kana's: no script of its own. */
static bool is_kana(UChar32 c)
{
	return uscript_hasScript(c, USCRIPT_KATAKANA) || uscript_hasScript(c, USCRIPT_HIRAGANA);
}

/* Written without blanks between words; in Hangul, between a word and what is hung onto it. */
static bool is_unspaced(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;

	if (is_han(c) || is_kana(c))
		return true;
	switch (uscript_getScript(c, &status)) {
	case USCRIPT_HANGUL:
	case USCRIPT_BOPOMOFO:
	case USCRIPT_YI:
		return true;
	default:
		return u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT;
	}
}

static bool is_accent(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript(c, &status);

	return script == USCRIPT_INHERITED || script == USCRIPT_HEBREW || c == KEYCAP;
}

static enum role role_of_mark(UChar32 c)
{
	if (is_accent(c))
		return ROLE_ACCENT;
	return is_unspaced(c) ? ROLE_SIGN : ROLE_MARK;
}

static enum role role_of_symbol(UChar32 c)
{
	if (u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER)) /* a colour of skin */
		return ROLE_ACCENT;
	if (c == UTF8_REPLACEMENT)
		return ROLE_BETWEEN;
	if (u_charType(c) == U_OTHER_SYMBOL || u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC))
		return ROLE_SIGN;
	return ROLE_BETWEEN;
}

static enum role role_of(UChar32 c)
{
	uint32_t category;

	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? ROLE_WORD : ROLE_BETWEEN;
	if (c >= HAN_FIRST && c <= HAN_LAST && u_isalpha(c))
		return ROLE_SIGN;
	category = U_GET_GC_MASK(c);
	if (category & (U_GC_L_MASK | U_GC_N_MASK))
		return is_unspaced(c) ? ROLE_SIGN : ROLE_WORD;
	return category & U_GC_M_MASK ? role_of_mark(c) : role_of_symbol(c);
}

/* ---- the walk ------------------------------------------------------------------------------ */

struct walk {
	const struct words *w;
	words_fn *fn;
	void *ctx;
	bool enough;
	bool cut;   /* the word's end is left out */
	size_t len; /* of the word so far */
	char word[WORDS_MAX_TOKEN];
};

static void give(struct walk *k, const char *bytes, size_t n, enum words_kind kind)
{
	k->enough = k->enough || !k->fn(k->ctx, slice_of(bytes, n), kind);
}

static void end_word(struct walk *k)
{
	if (k->len > 0)
		give(k, k->word, k->len, WORDS_WORD);
	k->len = 0;
	k->cut = false;
}

static void add_char(struct walk *k, UChar32 c)
{
	char bytes[UTF8_MAX];
	size_t n = utf8_put(bytes, c);

	k->cut = k->cut || n > sizeof(k->word) - k->len;
	if (k->cut)
		return;
	memcpy(k->word + k->len, bytes, n);
	k->len += n;
}

static bool drops_accents(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;

	switch (uscript_getScript(c, &status)) {
	case USCRIPT_LATIN:
	case USCRIPT_GREEK:
	case USCRIPT_ARABIC:
	case USCRIPT_HEBREW:
		return true;
	default:
		return false;
	}
}

/* A letter without what sits on it: é is e, أ is ا. */
static void add_bare(struct walk *k, UChar32 c)
{
	UChar parts[DECOMPOSED_MAX];
	UErrorCode status = U_ZERO_ERROR;
	int32_t n = unorm2_getDecomposition(k->w->parts, c, parts, DECOMPOSED_MAX, &status);

	if (n < 0 || U_FAILURE(status)) {
		add_char(k, c);
		return;
	}
	for (int32_t i = 0; i < n;) {
		UChar32 part = 0;
		U16_NEXT(parts, i, n, part);
		if (!(U_GET_GC_MASK(part) & U_GC_M_MASK))
			add_char(k, part);
	}
}

static void add_letter(struct walk *k, UChar32 c)
{
	int digit = c < 0x80 ? -1 : u_charDigitValue(c);

	if (digit >= 0)
		add_char(k, '0' + digit);
	else if (c < 0x80 || !drops_accents(c))
		add_char(k, c);
	else
		add_bare(k, c);
}

static void give_sign(struct walk *k, UChar32 c)
{
	char bytes[UTF8_MAX];

	if (c >= HAN_FIRST && c <= HAN_LAST)
		c = k->w->simplified[c - HAN_FIRST];
	give(k, bytes, utf8_put(bytes, c), WORDS_SIGN);
}

static void step(struct walk *k, UChar32 c)
{
	enum role role = role_of(c);

	if (role == ROLE_WORD || (role == ROLE_MARK && k->len > 0)) {
		add_letter(k, c);
		return;
	}
	if (role == ROLE_ACCENT)
		return;
	end_word(k);
	if (role == ROLE_SIGN)
		give_sign(k, c);
}

static void walk(struct walk *k, const struct units *u)
{
	for (int32_t i = 0; i < u->len && !k->enough;) {
		UChar32 c = 0;
		U16_NEXT(u->at, i, u->len, c);
		step(k, U_IS_SURROGATE(c) ? UTF8_REPLACEMENT : c);
	}
	end_word(k);
}

enum err words_split(const struct words *w, struct slice text, words_fn *fn, void *ctx)
{
	struct walk k = {.w = w, .fn = fn, .ctx = ctx};
	struct units raw, folded;
	enum err e;

	units_init(&raw);
	units_init(&folded);
	e = text.len > INT32_MAX / UTF8_MAX ? ERR_MEMORY : widen(&raw, text);
	if (e == ERR_NONE)
		e = casefold(w, &raw, &folded);
	if (e == ERR_NONE)
		walk(&k, &folded);
	units_wipe(&raw);
	units_wipe(&folded);
	return e;
}
