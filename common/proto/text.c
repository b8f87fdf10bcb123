/*
 * Text that people and peers send: whether the room takes it, cut to a size, and made safe to show.
 *
 * text_safe() writes in units that make sense only whole (a mark such as "<U+202E>", a joiner with
 * what it joins, a flag with its tags), so that an output cut short is display-safe as well, and
 * text_safe() of its own output changes nothing.  Clusters and widths are in text_cluster.c.
 */
#include "proto/text.h"

#include "proto/text_class.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <string.h>
#include <unicode/uchar.h>

enum {
	BLACK_FLAG = 0x1F3F4,
	DOTTED_CIRCLE = 0x25CC,
	TAG_FIRST = 0xE0000,
	TAG_CANCEL = 0xE007F,
	FLAG_TAGS_MIN = 3, /* "gbeng": a region and its part */
	FLAG_TAGS_MAX = 6,
	/* joiner, base or dotted circle, tags with their end */
	UNIT_MAX = UTF8_MAX * (2 + FLAG_TAGS_MAX + 1),
};

bool text_valid(const char *s, size_t n)
{
	return utf8_valid(s, n);
}

/* Unassigned here may be a letter or an emoji to a newer system: the room takes it. */
static bool shows(int32_t cp)
{
	enum text_class class = text_class(cp);
	if (class == TEXT_VISIBLE || class == TEXT_MARK)
		return !text_blank(cp);
	return u_charType(cp) == U_UNASSIGNED && !U_IS_UNICODE_NONCHAR(cp) &&
	       !u_hasBinaryProperty(cp, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

bool text_talk_ok(const char *s, size_t n)
{
	if (n == 0 || n > TEXT_MAX_BYTES || !text_valid(s, n) || memchr(s, '\0', n))
		return false;
	bool seen = false;
	int32_t cp = 0;
	for (size_t i = 0; i < n && !seen;) {
		i += utf8_next(s + i, n - i, &cp);
		seen = shows(cp);
	}
	return seen;
}

size_t text_clip(const char *s, size_t n, size_t max)
{
	if (n <= max)
		return n;
	for (size_t back = 1; back < UTF8_MAX && back <= max; back++) {
		int32_t cp = 0;
		size_t len = utf8_next(s + max - back, n - (max - back), &cp);
		if (cp != UTF8_BAD && len > back)
			return max - back;
	}
	return max;
}

/* ---- the display-safe form ---------------------------------------------------------------- */

struct safe {
	char *out;
	size_t cap, len; /* len < cap: the NUL has its place */
	bool full;
	bool keep_newline;
	char unit[UNIT_MAX];
	size_t unit_len;
	enum text_class
		prev; /* of what was written last; TEXT_HIDDEN: nothing that can be joined */
	bool line_start;
	int marks; /* on the present base */
};

static void unit_bytes(struct safe *w, const char *p, size_t n)
{
	memcpy(w->unit + w->unit_len, p, n);
	w->unit_len += n;
}

static void unit_put(struct safe *w, int32_t cp)
{
	w->unit_len += utf8_put(w->unit + w->unit_len, cp);
}

static void unit_end(struct safe *w, enum text_class prev)
{
	w->full = w->full || w->unit_len >= w->cap - w->len;
	if (w->full)
		return;
	memcpy(w->out + w->len, w->unit, w->unit_len);
	w->len += w->unit_len;
	w->unit_len = 0;
	w->line_start = false;
	w->prev = prev;
}

/* What is shown of a character that shows nothing, or does something, by itself. */
static void put_hidden(struct safe *w, int32_t cp)
{
	w->marks = 0;
	if (cp == '\n' && w->keep_newline) {
		unit_put(w, cp);
		unit_end(w, TEXT_HIDDEN);
		w->line_start = true;
		return;
	}
	if (cp == '\t') {
		unit_put(w, ' ');
	} else if (cp < 0x20) {
		unit_put(w, 0x2400 + cp);
	} else if (cp == 0x7F) {
		unit_put(w, 0x2421);
	} else {
		char name[16];
		int n = snprintf(name, sizeof(name), "<U+%04X>", (unsigned)cp);
		unit_bytes(w, name, (size_t)n);
	}
	unit_end(w, TEXT_HIDDEN);
}

/* A joiner dropped here belongs to the mark that is dropped with it. */
static void put_mark(struct safe *w, int32_t cp)
{
	if (w->marks == TEXT_MAX_MARKS) {
		w->unit_len = 0;
		return;
	}
	w->marks++;
	if (w->line_start) /* else it would sit on whatever the screen has before the text */
		unit_put(w, DOTTED_CIRCLE);
	unit_put(w, cp);
	unit_end(w, TEXT_MARK);
}

/* The bytes of the tags that make a black flag the flag of a region (UTS #51), 0 when none do. */
static size_t flag_tags(const char *s, size_t n)
{
	size_t i = 0;
	for (int tags = 0; i < n; tags++) {
		int32_t cp = 0;
		i += utf8_next(s + i, n - i, &cp);
		if (cp == TAG_CANCEL)
			return tags >= FLAG_TAGS_MIN ? i : 0;
		int32_t c = cp - TAG_FIRST;
		bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!alnum || tags == FLAG_TAGS_MAX)
			return 0;
	}
	return 0;
}

/* Returns how much of `rest` went with it. */
static size_t put_visible(struct safe *w, int32_t cp, const char *rest, size_t n)
{
	w->marks = 0;
	unit_put(w, cp);
	size_t tags = cp == BLACK_FLAG ? flag_tags(rest, n) : 0;
	unit_bytes(w, rest, tags);
	unit_end(w, tags > 0 ? TEXT_SELECTOR : TEXT_VISIBLE);
	return tags;
}

static bool joins(const struct safe *w, const char *rest, size_t n)
{
	if (w->prev == TEXT_HIDDEN || w->prev == TEXT_SPACE || n == 0)
		return false;
	int32_t next = 0;
	utf8_next(rest, n, &next);
	if (next == UTF8_BAD)
		return false;
	enum text_class class = text_class(next);
	return class == TEXT_VISIBLE || class == TEXT_MARK;
}

/* One character; returns how much of `rest`, the text after it, went with it. */
static size_t put_char(struct safe *w, int32_t cp, const char *rest, size_t n)
{
	switch (text_class(cp)) {
	case TEXT_VISIBLE:
		return put_visible(w, cp, rest, n);
	case TEXT_SPACE:
		w->marks = 0;
		unit_put(w, cp);
		unit_end(w, TEXT_SPACE);
		return 0;
	case TEXT_MARK:
		put_mark(w, cp);
		return 0;
	case TEXT_JOINER: /* its unit ends with what it joins */
		if (joins(w, rest, n))
			unit_put(w, cp);
		else
			put_hidden(w, cp);
		return 0;
	case TEXT_SELECTOR:
		if (w->prev == TEXT_VISIBLE) {
			unit_put(w, cp);
			unit_end(w, TEXT_SELECTOR);
		} else {
			put_hidden(w, cp);
		}
		return 0;
	case TEXT_HIDDEN:
		break;
	}
	put_hidden(w, cp);
	return 0;
}

/* What put_char() would do with each of them. */
static void put_plain(struct safe *w, const char *s, size_t n)
{
	size_t room = w->cap - w->len - 1;

	w->prev = s[n - 1] == ' ' ? TEXT_SPACE : TEXT_VISIBLE;
	w->marks = 0;
	w->line_start = false;
	w->full = n > room;
	n = w->full ? room : n;
	memcpy(w->out + w->len, s, n);
	w->len += n;
}

size_t text_safe(char *out, size_t cap, const char *s, size_t n, bool keep_newline)
{
	if (cap == 0)
		return 0;
	struct safe w = {.out = out, .cap = cap, .keep_newline = keep_newline};
	w.prev = TEXT_HIDDEN;
	w.line_start = true;
	for (size_t i = 0; i < n && !w.full;) {
		size_t plain = w.unit_len == 0 ? text_plain_run(s + i, n - i) : 0;
		if (plain > 0) {
			put_plain(&w, s + i, plain);
			i += plain;
			continue;
		}
		int32_t cp = 0;
		i += utf8_next(s + i, n - i, &cp);
		if (cp == UTF8_BAD)
			cp = UTF8_REPLACEMENT;
		i += put_char(&w, cp, s + i, n - i);
	}
	out[w.len] = '\0';
	return w.len;
}
