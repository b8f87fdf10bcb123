/*
 * One JSON object on one line.  Numbers above 2^53 are written exactly; whether a reader keeps them
 * is the reader's affair.  A character is plain or escaped for itself alone, so joiners are escaped
 * inside emoji too; but a mark is plain only where it has a plain base, and not past the eighth.
 */
#include "proto/json.h"

#include "proto/text_class.h"
#include "proto/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unicode/utf16.h>

/* ---- strings ------------------------------------------------------------------------------ */

static void put_text(struct buf *b, const char *s)
{
	buf_put_bytes(b, s, strlen(s));
}

static void put_unit(struct buf *b, unsigned unit)
{
	char escape[8];
	snprintf(escape, sizeof(escape), "\\u%04x", unit);
	put_text(b, escape);
}

static void put_escaped(struct buf *b, int32_t cp)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	for (const char *s = shorts; *s != '\0'; s += 2) {
		if (cp == *s) {
			buf_put_u8(b, '\\');
			buf_put_u8(b, (uint8_t)s[1]);
			return;
		}
	}
	if (cp <= 0xFFFF) {
		put_unit(b, (unsigned)cp);
		return;
	}
	put_unit(b, U16_LEAD(cp));
	put_unit(b, U16_TRAIL(cp));
}

/* `marks`: how many sit on the last character; TEXT_MAX_MARKS: no more may, or there is none. */
static bool plain(int32_t cp, int *marks)
{
	enum text_class class = text_class(cp);
	if (class == TEXT_MARK && *marks < TEXT_MAX_MARKS) {
		(*marks)++;
		return true;
	}
	bool shown = class == TEXT_VISIBLE || class == TEXT_SPACE;
	bool is_plain = shown && cp != '"' && cp != '\\';
	*marks = is_plain ? 0 : TEXT_MAX_MARKS;
	return is_plain;
}

/* How many bytes it begins with that are plain whatever comes before them. */
static size_t plain_run(const char *s, size_t n)
{
	size_t run = text_plain_run(s, n);
	const char *quote = memchr(s, '"', run);

	run = quote ? (size_t)(quote - s) : run;
	const char *slash = memchr(s, '\\', run);
	return slash ? (size_t)(slash - s) : run;
}

static void put_string(struct buf *b, const char *s, size_t n)
{
	int marks = TEXT_MAX_MARKS;
	buf_put_u8(b, '"');
	for (size_t i = 0; i < n;) {
		size_t run = plain_run(s + i, n - i);
		if (run > 0) {
			buf_put_bytes(b, s + i, run);
			marks = 0;
			i += run;
			continue;
		}
		int32_t cp = 0;
		size_t len = utf8_next(s + i, n - i, &cp);
		if (cp == UTF8_BAD)
			put_text(b, "\uFFFD");
		else if (plain(cp, &marks))
			buf_put_bytes(b, s + i, len);
		else
			put_escaped(b, cp);
		i += len;
	}
	buf_put_u8(b, '"');
}

/* ---- the object --------------------------------------------------------------------------- */

struct json json_open(struct buf *out)
{
	buf_put_u8(out, '{');
	return (struct json){.out = out};
}

void json_close(struct json *j)
{
	put_text(j->out, "}\n");
}

static void put_key(struct json *j, const char *key)
{
	if (j->some)
		buf_put_u8(j->out, ',');
	j->some = true;
	put_string(j->out, key, strlen(key));
	buf_put_u8(j->out, ':');
}

void json_string(struct json *j, const char *key, const void *bytes, size_t n)
{
	put_key(j, key);
	put_string(j->out, bytes, n);
}

void json_text(struct json *j, const char *key, const char *s)
{
	json_string(j, key, s, strlen(s));
}

void json_uint(struct json *j, const char *key, uint64_t v)
{
	char digits[24];
	snprintf(digits, sizeof(digits), "%" PRIu64, v);
	put_key(j, key);
	put_text(j->out, digits);
}

void json_int(struct json *j, const char *key, int64_t v)
{
	char digits[24];
	snprintf(digits, sizeof(digits), "%" PRId64, v);
	put_key(j, key);
	put_text(j->out, digits);
}

void json_bool(struct json *j, const char *key, bool v)
{
	put_key(j, key);
	put_text(j->out, v ? "true" : "false");
}

void json_time(struct json *j, const char *key, int64_t ms)
{
	char time[JSON_TIME_SIZE];
	json_text(j, key, json_time_format(ms, time));
}

/* ---- time --------------------------------------------------------------------------------- */

#define DAY_MS	 INT64_C(86400000)
#define TIME_MIN INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define TIME_MAX INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

struct date {
	int year, month, day;
};

/* Days since 0000-01-01 in the proleptic Gregorian calendar before the first of January of y. */
static int64_t days_before(int64_t y)
{
	if (y == 0)
		return 0;
	int64_t past = y - 1; /* years 1 … y - 1; year 0 is a leap year of its own */
	return 366 + past * 365 + past / 4 - past / 100 + past / 400;
}

static struct date date_of(int64_t day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t year = day / 366; /* at most 20 years early */
	while (days_before(year + 1) <= day)
		year++;
	bool leap = days_before(year + 1) - days_before(year) == 366;
	int64_t rest = day - days_before(year);
	int month = 0;
	for (;; month++) {
		int length = lengths[month] + (month == 1 && leap ? 1 : 0);
		if (rest < length)
			break;
		rest -= length;
	}
	return (struct date){(int)year, month + 1, (int)rest + 1};
}

const char *json_time_format(int64_t ms, char out[JSON_TIME_SIZE])
{
	int64_t t = ms < TIME_MIN ? TIME_MIN : ms > TIME_MAX ? TIME_MAX : ms;
	t -= TIME_MIN;
	struct date d = date_of(t / DAY_MS);
	int rest = (int)(t % DAY_MS);
	char text[64];
	int n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month,
			 d.day, rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
	assert(n == JSON_TIME_SIZE - 1);
	memcpy(out, text, JSON_TIME_SIZE);
	return out;
}
