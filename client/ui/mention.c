/* Looking for words; the contract is in mention.h.  Letters and scripts are as ICU knows them. */
#include "ui/mention.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

static UChar32 folded(UChar32 c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
	return u_foldCase(c, U_FOLD_CASE_DEFAULT);
}

static UChar32 next(const char *s, size_t n, size_t *at)
{
	const uint8_t *bytes = (const uint8_t *)s;
	int32_t i = (int32_t)*at;
	UChar32 c;

	U8_NEXT_OR_FFFD(bytes, i, (int32_t)n, c);
	*at = (size_t)i;
	return c;
}

/* The one that ends at `at`; 0: there is none. */
static UChar32 previous(const char *s, size_t at)
{
	const uint8_t *bytes = (const uint8_t *)s;
	int32_t i = (int32_t)at;
	UChar32 c;

	if (at == 0)
		return 0;
	U8_PREV_OR_FFFD(bytes, 0, i, c);
	return c;
}

/* A letter or digit of a script that puts spaces between words. */
static bool holds_on(UChar32 c)
{
	UErrorCode e = U_ZERO_ERROR;

	if (c < 0x80)
		return (c >= '0' && c <= '9') || (folded(c) >= 'a' && folded(c) <= 'z') || c == '_';
	return u_isalnum(c) && !uscript_breaksBetweenLetters(uscript_getScript(c, &e));
}

/* ---- the words ------------------------------------------------------------------------------ */

/* The bytes that the letter may begin with, in either case; an end (0) may be before any. */
static void note_letter(bool bytes[256], UChar32 c)
{
	if (c == 0)
		memset(bytes, true, 256);
	if (c >= 0x80 || c == 'k' || c == 's') /* the Kelvin sign is a k, the long s an s */
		memset(bytes + 0x80, true, 0x80);
	if (c >= 0x80)
		return;
	bytes[c] = true;
	if (c >= 'a' && c <= 'z')
		bytes[c - 'a' + 'A'] = true;
}

/* What follows a first letter of several bytes is the rest of it. */
static void note_beginning(struct mention *m, const struct mention_word *w)
{
	note_letter(m->first, w->letters[0]);
	note_letter(m->second, w->len > 1 ? w->letters[1] : 0);
	if (m->first[0x80])
		memset(m->second + 0x80, true, 0x80);
}

static void add_word(struct mention *m, const char *s, size_t n, bool name)
{
	struct mention_word *w = &m->words[m->count];
	size_t at = 0, letters = 0;

	if (n == 0 || m->count == MENTION_WORDS)
		return;
	for (; at < n && letters < MENTION_LETTERS; letters++)
		w->letters[letters] = folded(next(s, n, &at));
	if (at < n)
		return;
	w->len = (uint8_t)letters;
	w->after_at = name && letters == 1;
	m->count++;
	note_beginning(m, w);
}

/* How long it is; 0: there is none. */
static size_t separator_at(const char *s)
{
	static const char *const all[] = {",", " ", "，", "、", "；", ";"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strncmp(s, all[i], strlen(all[i])) == 0)
			return strlen(all[i]);
	return 0;
}

void mention_set(struct mention *m, const char *nick, const char *words)
{
	*m = (struct mention){.first = {['@'] = true}};
	add_word(m, nick, strlen(nick), true);
	while (*words) {
		size_t n = 0, gap = 0;
		while (words[n] && (gap = separator_at(words + n)) == 0)
			n++;
		add_word(m, words, n, false);
		words += n + gap;
	}
}

/* ---- looking -------------------------------------------------------------------------------- */

/* Whether it stands at `at`, a beginning of a character. */
static bool stands_at(const struct mention_word *w, const char *s, size_t n, size_t at)
{
	UChar32 before = previous(s, at);
	size_t end = at;

	if (w->after_at ? before != '@' : holds_on(before) && holds_on(w->letters[0]))
		return false;
	for (size_t i = 0; i < w->len; i++)
		if (end == n || folded(next(s, n, &end)) != w->letters[i])
			return false;
	return end == n || !holds_on(w->letters[w->len - 1]) || !holds_on(next(s, n, &end));
}

/* After an '@': everybody. */
static bool calls_all(const char *s, size_t n)
{
	static const char *const all[] = {"全体", "所有人"};
	static const struct mention_word latin = {.len = 3, .letters = {'a', 'l', 'l'}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (n >= strlen(all[i]) && memcmp(s, all[i], strlen(all[i])) == 0)
			return true;
	return n > 0 && stands_at(&latin, s, n, 0);
}

static bool any_at(const struct mention *m, const char *s, size_t n, size_t at)
{
	for (size_t i = 0; i < m->count; i++)
		if (stands_at(&m->words[i], s, n, at))
			return true;
	return false;
}

static bool is_inside(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Where one of them may stand, from `at` on; n: nowhere. */
static size_t next_place(const struct mention *m, const uint8_t *s, size_t n, size_t at)
{
	for (; at + 1 < n; at++)
		if (m->first[s[at]] && (m->second[s[at + 1]] || s[at] == '@'))
			return at;
	return at;
}

bool mention_in(const struct mention *m, const char *s, size_t n)
{
	const uint8_t *bytes = (const uint8_t *)s;

	for (size_t at = 0; (at = next_place(m, bytes, n, at)) < n; at++) {
		if (bytes[at] == '@' && calls_all(s + at + 1, n - at - 1))
			return true;
		if (m->first[bytes[at]] && !is_inside(bytes[at]) && any_at(m, s, n, at))
			return true;
	}
	return false;
}
