/* One word after the other; a table says which words narrow. */
#include "core/query.h"

#include "proto/text.h"
#include "proto/utf8.h"

#include <string.h>
#include <unicode/uchar.h>

#define WIDE_COLON "\xef\xbc\x9a" /* U+FF1A, as Chinese is typed */
#define DAY_MS	   (INT64_C(24) * 3600 * 1000)

/* Bytes of the blank that this begins with, of any script; 0: none. */
static size_t blank(struct slice s)
{
	int32_t c = 0;
	size_t n = s.len > 0 ? utf8_next((const char *)s.data, s.len, &c) : 0;

	return n > 0 && u_isUWhiteSpace(c) ? n : 0;
}

static struct slice next_word(struct slice *line)
{
	size_t n;

	while ((n = blank(*line)) > 0)
		(void)slice_bytes(line, n);
	for (n = 0; n < line->len && !blank(slice_of(line->data + n, line->len - n));)
		n++;
	return slice_bytes(line, n);
}

/* ---- dates ----------------------------------------------------------------------------------- */

/* Digits, just so many, and what follows them; false: not so. */
static bool number(struct slice *s, size_t digits, char after, int *out)
{
	*out = 0;
	if (s->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (s->data[i] < '0' || s->data[i] > '9')
			return false;
		*out = *out * 10 + (s->data[i] - '0');
	}
	*s = slice_of(s->data + digits, s->len - digits);
	if (!after)
		return true;
	return slice_u8(s) == (uint8_t)after;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* From 1970-01-01 to that day. */
static int64_t days_until(int year, int month, int day)
{
	int before = year - 1;
	int64_t days = INT64_C(365) * before + before / 4 - before / 100 + before / 400;

	for (int m = 1; m < month; m++)
		days += days_in(year, m);
	return days + day - 1 - 719162; /* of 1970-01-01 */
}

static bool take_time(struct slice *s, int64_t *ms)
{
	int hour, minute;

	if (!number(s, 2, ':', &hour) || !number(s, 2, '\0', &minute) || hour > 23 || minute > 59)
		return false;
	*ms += (INT64_C(60) * hour + minute) * 60 * 1000;
	return true;
}

static bool take_date(struct slice s, int64_t *ms)
{
	int year, month, day;

	if (!number(&s, 4, '-', &year) || !number(&s, 2, '-', &month) || !number(&s, 2, '\0', &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return false;
	*ms = days_until(year, month, day) * DAY_MS;
	if (s.len > 0 && (slice_u8(&s) != 'T' || !take_time(&s, ms)))
		return false;
	return s.len == 0;
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool take_from(struct query *q, struct slice name)
{
	bool first = q->from.len == 0;

	if (name.len > 0 && name.data[0] == '@') /* as people are written to */
		name = slice_of(name.data + 1, name.len - 1);
	q->from = name;
	return first && name.len > 0;
}

static bool take_in(struct query *q, struct slice room)
{
	bool first = q->in.len == 0;

	q->in = room;
	return first && room.len > 1 && (room.data[0] == '#' || room.data[0] == '@');
}

/* Nothing was said before 1970-01-01: that day's beginning is not the absence of a bound. */
static bool take_before(struct query *q, struct slice date)
{
	bool first = q->before_ms == 0, fine = take_date(date, &q->before_ms);

	if (q->before_ms == 0)
		q->before_ms = 1;
	return first && fine;
}

static bool take_word(struct query *q, struct slice word)
{
	if (q->words_len > 0)
		q->words[q->words_len++] = ' ';
	memcpy(q->words + q->words_len, word.data, word.len);
	q->words_len += word.len;
	return true;
}

static const struct {
	const char *word;
	bool (*take)(struct query *q, struct slice value);
} narrowing[] = {
	{"from", take_from},
	{"in", take_in},
	{"before", take_before},
};

static bool begins(struct slice s, const char *with)
{
	return s.len >= strlen(with) && memcmp(s.data, with, strlen(with)) == 0;
}

/* What is behind `key` and a colon, be it a wide one. */
static bool value_of(struct slice word, const char *key, struct slice *value)
{
	if (!begins(word, key))
		return false;
	*value = slice_of(word.data + strlen(key), word.len - strlen(key));
	const char *colon = begins(*value, ":") ? ":" : WIDE_COLON;
	if (!begins(*value, colon))
		return false;
	(void)slice_bytes(value, strlen(colon));
	return true;
}

static bool take(struct query *q, struct slice word)
{
	struct slice value;

	for (size_t i = 0; i < sizeof(narrowing) / sizeof(narrowing[0]); i++)
		if (value_of(word, narrowing[i].word, &value))
			return narrowing[i].take(q, value);
	return take_word(q, word);
}

enum err query_parse(struct query *q, struct slice line)
{
	q->from = q->in = slice_of(NULL, 0);
	q->before_ms = 0;
	q->words_len = 0;
	if (line.len > QUERY_MAX_BYTES)
		return ERR_TOO_BIG;
	if (!text_valid((const char *)line.data, line.len))
		return ERR_MALFORMED;
	for (struct slice word = next_word(&line); word.len > 0; word = next_word(&line))
		if (!take(q, word))
			return ERR_MALFORMED;
	return q->words_len > 0 || q->from.len > 0 ? ERR_NONE : ERR_NOT_FOUND;
}
