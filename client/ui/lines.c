/* Lines from a stream of bytes; the contract is in lines.h. */
#include "ui/lines.h"

#include <string.h>

enum lines_verdict lines_judge(const char *s, size_t n)
{
	if (n > TEXT_MAX_BYTES)
		return LINES_TOO_LONG;
	if (n > 0 && memchr(s, '\0', n))
		return LINES_NUL;
	if (!text_valid(s, n))
		return LINES_NOT_UTF8;
	return text_talk_ok(s, n) ? LINES_FINE : LINES_BLANK;
}

const char *lines_refusal(enum lines_verdict v)
{
	switch (v) {
	case LINES_TOO_LONG:
		return "it is longer than 16384 bytes";
	case LINES_NUL:
		return "it holds a NUL byte";
	case LINES_NOT_UTF8:
		return "it is not UTF-8 text";
	case LINES_BLANK:
		return "there is nothing in it";
	case LINES_FINE:
		break;
	}
	return "";
}
_Static_assert(TEXT_MAX_BYTES == 16384, "the limit that is said is the limit that is kept");

static void take(struct lines *l, const char *s, size_t n)
{
	size_t room = sizeof(l->line) - l->len;

	if (n > room) {
		l->too_long = true;
		n = room;
	}
	if (n > 0)
		memcpy(l->line + l->len, s, n);
	l->len += n;
}

static void finish(struct lines *l, struct lines_item *item)
{
	if (!l->too_long && l->len > 0 && l->line[l->len - 1] == '\r')
		l->len--;
	l->number++;
	*item = (struct lines_item){.number = l->number, .text = l->line, .len = l->len};
	item->verdict = l->too_long ? LINES_TOO_LONG : lines_judge(l->line, l->len);
	l->len = 0;
	l->too_long = false;
}

bool lines_next(struct lines *l, const char **s, size_t *n, struct lines_item *item)
{
	while (*n > 0) {
		const char *newline = memchr(*s, '\n', *n);
		size_t len = newline ? (size_t)(newline - *s) : *n;
		take(l, *s, len);
		*s += len + (newline ? 1 : 0);
		*n -= len + (newline ? 1 : 0);
		if (!newline)
			break;
		finish(l, item);
		if (item->verdict != LINES_BLANK)
			return true;
	}
	return false;
}

bool lines_end(struct lines *l, struct lines_item *item)
{
	if (l->len == 0)
		return false;
	finish(l, item);
	return item->verdict != LINES_BLANK;
}
