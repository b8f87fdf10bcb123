/*
 * Names that people take.
 *
 * What a name may hold is decided on top of text_safe(): a name that it would change is refused.
 * The key is skeleton(capitals(NFKC_Casefold(name))).  The middle step is ours: case folding turns
 * the Cyrillic "В" into "в", which no longer looks like a Latin letter, although the capital does;
 * so a small letter without a Latin double takes that of its capital, and "ВОВ" meets "BOB".
 *
 * Not seen: doubles across case ("l" and "I"; "ν", which is like "v", and its capital, like "N").
 * Staff words are therefore compared in capitals as well.
 */
#include "proto/name.h"

#include "proto/text.h"
#include "proto/text_class.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

enum {
	UNITS_MAX = NAME_MAX_KEY, /* UTF-16 units of a form of a name */
	VIRAMA = 9,		  /* canonical combining class */
};

static const char *const reserved_words[] = {
	"admin",     "administrator", "root",	  "server",   "system", "operator",
	"moderator", "staff",	      "console",  "everyone", "all",	"管理员",
	"系统",	     "系统消息",      "服务器",	  "群主",     "公告",	"全体成员",
	"管理員",    "系統",	      "系統消息", "系統訊息", "伺服器", "全體成員",
};
enum { RESERVED_COUNT = sizeof(reserved_words) / sizeof(reserved_words[0]) };

/* In which case a name is looked at.  Its key is that of the small letters. */
enum look { LOOK_SMALL, LOOK_CAPITAL, LOOK_COUNT };

struct key {
	char at[NAME_MAX_KEY];
	size_t len;
};

struct name_checker {
	const UNormalizer2 *fold; /* ICU's own */
	USpoofChecker *spoof;
	struct key reserved[RESERVED_COUNT][LOOK_COUNT];
};

/* ---- the key ------------------------------------------------------------------------------ */

struct units {
	UChar at[UNITS_MAX];
	int32_t len;
};

static enum err err_of(UErrorCode status)
{
	if (U_SUCCESS(status))
		return ERR_NONE;
	if (status == U_BUFFER_OVERFLOW_ERROR)
		return ERR_TOO_BIG;
	return status == U_MEMORY_ALLOCATION_ERROR ? ERR_MEMORY : ERR_MALFORMED;
}

static void skeleton_of(const struct name_checker *c, const struct units *in, struct units *out,
			UErrorCode *status)
{
	out->len = uspoof_getSkeleton(c->spoof, 0, in->at, in->len, out->at, UNITS_MAX, status);
}

/* The ASCII letter or digit that a code point looks like, or 0. */
static UChar ascii_double(const struct name_checker *c, UChar32 cp, UErrorCode *status)
{
	struct units one = {.len = 0}, look = {.len = 0};
	U16_APPEND_UNSAFE(one.at, one.len, cp);
	skeleton_of(c, &one, &look, status);
	bool ascii = U_SUCCESS(*status) && look.len == 1 && look.at[0] < 0x80;
	return ascii ? look.at[0] : 0;
}

static UChar32 with_capital_look(const struct name_checker *c, UChar32 cp, UErrorCode *status)
{
	UChar32 capital = u_toupper(cp);
	if (cp < 0x80 || capital == cp || ascii_double(c, cp, status) != 0)
		return cp;
	UChar look = ascii_double(c, capital, status);
	return look != 0 ? u_tolower(look) : cp;
}

/* Never longer: a code point gives way to one ASCII letter. */
static void fold_capitals(const struct name_checker *c, struct units *u, UErrorCode *status)
{
	int32_t out = 0;
	for (int32_t i = 0; i < u->len;) {
		UChar32 cp = 0;
		U16_NEXT_UNSAFE(u->at, i, cp);
		cp = with_capital_look(c, cp, status);
		U16_APPEND_UNSAFE(u->at, out, cp);
	}
	u->len = out;
}

static void fold(const struct name_checker *c, const char *s, size_t n, struct units *out,
		 UErrorCode *status)
{
	struct units raw;
	u_strFromUTF8(raw.at, UNITS_MAX, &raw.len, s, (int32_t)n, status);
	out->len = unorm2_normalize(c->fold, raw.at, raw.len, out->at, UNITS_MAX, status);
}

/* ':' ends a name on the screen and ',' in a list, in their wide forms too; the rest are commands. */
static bool punctuation_fine(const struct units *folded)
{
	for (int32_t i = 0; i < folded->len; i++) {
		UChar u = folded->at[i];
		if (u == ':' || u == ',')
			return false;
		if (i == 0 && (u == '/' || u == '@' || u == '#'))
			return false;
	}
	return true;
}

static void to_capitals(struct units *u, UErrorCode *status)
{
	struct units small = *u;
	u->len = u_strToUpper(u->at, UNITS_MAX, small.at, small.len, "", status);
}

/* ERR_MALFORMED also for a form with nothing left in it. */
static enum err key_of(const struct name_checker *c, enum look look, const char *s, size_t n,
		       struct key *out)
{
	UErrorCode status = U_ZERO_ERROR;
	struct units folded, skeleton;
	fold(c, s, n, &folded, &status);
	if (U_FAILURE(status))
		return err_of(status);
	if (!punctuation_fine(&folded))
		return ERR_MALFORMED;
	if (look == LOOK_SMALL)
		fold_capitals(c, &folded, &status);
	else
		to_capitals(&folded, &status);
	skeleton_of(c, &folded, &skeleton, &status);
	int32_t len = 0;
	u_strToUTF8(out->at, NAME_MAX_KEY, &len, skeleton.at, skeleton.len, &status);
	out->len = (size_t)len;
	return U_SUCCESS(status) && len == 0 ? ERR_MALFORMED : err_of(status);
}

/* ---- the checker -------------------------------------------------------------------------- */

static enum err reserve_words(struct name_checker *c)
{
	enum err err = ERR_NONE;
	for (size_t i = 0; i < RESERVED_COUNT && err == ERR_NONE; i++) {
		const char *word = reserved_words[i];
		struct key *keys = c->reserved[i];
		err = key_of(c, LOOK_SMALL, word, strlen(word), &keys[LOOK_SMALL]);
		if (err == ERR_NONE)
			err = key_of(c, LOOK_CAPITAL, word, strlen(word), &keys[LOOK_CAPITAL]);
	}
	return err;
}

struct name_checker *name_checker_new(void)
{
	struct name_checker *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	UErrorCode status = U_ZERO_ERROR;
	c->fold = unorm2_getNFKCCasefoldInstance(&status);
	c->spoof = uspoof_open(&status);
	if (U_FAILURE(status) || reserve_words(c) != ERR_NONE) {
		name_checker_free(c);
		return NULL;
	}
	return c;
}

void name_checker_free(struct name_checker *c)
{
	if (c == NULL)
		return;
	uspoof_close(c->spoof);
	free(c);
}

/* ---- what a name may hold ----------------------------------------------------------------- */

static bool is_emoji_part(int32_t cp)
{
	return u_hasBinaryProperty(cp, UCHAR_EXTENDED_PICTOGRAPHIC) ||
	       u_hasBinaryProperty(cp, UCHAR_EMOJI_MODIFIER) || cp == 0xFE0F;
}

static bool joining_type_in(int32_t cp, UJoiningType a, UJoiningType b)
{
	int type = u_getIntPropertyValue(cp, UCHAR_JOINING_TYPE);
	return type == (int)a || type == (int)b;
}

/* Where a joiner is part of how a word or an emoji is written: RFC 5892 A.1, A.2; UTS #51. */
static bool joiner_fine(int32_t before, int32_t cp, int32_t after)
{
	if (u_getIntPropertyValue(before, UCHAR_CANONICAL_COMBINING_CLASS) == VIRAMA)
		return true;
	if (cp == 0x200D)
		return is_emoji_part(before) &&
		       u_hasBinaryProperty(after, UCHAR_EXTENDED_PICTOGRAPHIC);
	return joining_type_in(before, U_JT_LEFT_JOINING, U_JT_DUAL_JOINING) &&
	       joining_type_in(after, U_JT_RIGHT_JOINING, U_JT_DUAL_JOINING);
}

/* An emoji's style; the form of an ideograph or of a Mongolian letter. */
static bool selector_fine(int32_t before, int32_t cp)
{
	if (cp == 0xFE0E || cp == 0xFE0F)
		return u_hasBinaryProperty(before, UCHAR_EMOJI);
	return u_isalpha(before);
}

static bool visible_fine(int32_t cp)
{
	if (cp == 0xFFFC || cp == UTF8_REPLACEMENT)
		return false;
	return !text_blank(cp) && u_charType(cp) != U_PRIVATE_USE_CHAR;
}

static bool char_fine(int32_t before, int32_t cp, int32_t after)
{
	switch (text_class(cp)) {
	case TEXT_VISIBLE:
		return visible_fine(cp);
	case TEXT_JOINER:
		return joiner_fine(before, cp, after);
	case TEXT_SELECTOR:
		return selector_fine(before, cp);
	case TEXT_SPACE:
		return false;
	default: /* text_safe() has judged marks, and tags by their flag */
		return true;
	}
}

/* `s` is valid UTF-8. */
static bool chars_fine(const char *s, size_t n)
{
	int32_t before = 0, cp = 0, after = 0;
	size_t i = utf8_next(s, n, &cp);
	for (;;) {
		size_t step = i < n ? utf8_next(s + i, n - i, &after) : 0;
		if (!char_fine(before, cp, step > 0 ? after : 0))
			return false;
		if (step == 0)
			return true;
		before = cp;
		cp = after;
		i += step;
	}
}

static bool safe_as_it_is(const char *s, size_t n)
{
	char safe[TEXT_SAFE_SIZE(NAME_MAX_BYTES)];
	return text_safe(safe, sizeof(safe), s, n, false) == n && memcmp(safe, s, n) == 0;
}

static enum name_verdict form_verdict(const char *s, size_t n)
{
	if (n == 0)
		return NAME_EMPTY;
	if (n > NAME_MAX_BYTES)
		return NAME_TOO_LONG;
	if (!text_valid(s, n))
		return NAME_NOT_UTF8;
	if (!safe_as_it_is(s, n) || !chars_fine(s, n))
		return NAME_BAD_CHARACTER;
	return text_graphemes(s, n) > NAME_MAX_GRAPHEMES ? NAME_TOO_LONG : NAME_FINE;
}

/* ---- the verdict -------------------------------------------------------------------------- */

static bool is_reserved(const struct name_checker *c, enum look look, const struct key *key)
{
	for (size_t i = 0; i < RESERVED_COUNT; i++) {
		const struct key *word = &c->reserved[i][look];
		if (word->len == key->len && memcmp(word->at, key->at, key->len) == 0)
			return true;
	}
	return false;
}

enum name_verdict name_check(struct name_checker *c, const char *s, size_t n)
{
	enum name_verdict verdict = form_verdict(s, n);
	if (verdict != NAME_FINE)
		return verdict;
	struct key key;
	enum err err = key_of(c, LOOK_SMALL, s, n, &key);
	if (err != ERR_NONE)
		return err == ERR_TOO_BIG ? NAME_TOO_LONG : NAME_BAD_CHARACTER;
	if (is_reserved(c, LOOK_SMALL, &key))
		return NAME_RESERVED;
	err = key_of(c, LOOK_CAPITAL, s, n, &key); /* too big for a key: no staff word */
	return err == ERR_NONE && is_reserved(c, LOOK_CAPITAL, &key) ? NAME_RESERVED : NAME_FINE;
}

enum err name_key(struct name_checker *c, const char *s, size_t n, char key[NAME_MAX_KEY],
		  size_t *key_len)
{
	enum name_verdict verdict = form_verdict(s, n);
	if (verdict != NAME_FINE)
		return verdict == NAME_TOO_LONG ? ERR_TOO_BIG : ERR_MALFORMED;
	struct key k;
	enum err err = key_of(c, LOOK_SMALL, s, n, &k);
	if (err != ERR_NONE)
		return err;
	memcpy(key, k.at, k.len);
	*key_len = k.len;
	return ERR_NONE;
}
