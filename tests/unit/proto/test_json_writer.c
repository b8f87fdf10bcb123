/* JSON lines: exact, on one line, safe on a terminal, and read back to the very same text. */
#include "proto/json.h"
#include "proto/text.h"
#include "proto/utf8.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void an_event_is_one_line(void **state)
{
	(void)state;
	char line[512];
	struct buf b = buf_of(line, sizeof(line));
	struct json j = json_open(&b);
	json_uint(&j, "seq", 12);
	json_text(&j, "room", "lobby");
	json_text(&j, "kind", "talk");
	json_string(&j, "from", "alice", 5);
	json_time(&j, "time", INT64_C(1795244400123));
	json_string(&j, "text", "你好", 6);
	json_int(&j, "delta", -7);
	json_bool(&j, "own", true);
	json_bool(&j, "late", false);
	json_close(&j);
	assert_false(b.failed);
	buf_put_u8(&b, 0);
	assert_string_equal(line,
			    "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"talk\",\"from\":\"alice\","
			    "\"time\":\"2026-11-21T07:00:00.123Z\",\"text\":\"你好\","
			    "\"delta\":-7,\"own\":true,\"late\":false}\n");
}

static void an_object_may_be_empty(void **state)
{
	(void)state;
	char line[JSON_SIZE(0, 0)];
	struct buf b = buf_of(line, sizeof(line));
	struct json j = json_open(&b);
	json_close(&j);
	assert_false(b.failed);
	assert_int_equal(b.len, 3);
	assert_memory_equal(line, "{}\n", 3);
}

/* The value of the only field, as it is written between its quotes. */
static size_t written(const char *s, size_t n, char *out, size_t cap)
{
	struct buf b = buf_of(out, cap);
	struct json j = json_open(&b);
	json_string(&j, "k", s, n);
	json_close(&j);
	assert_false(b.failed);
	assert_true(b.len >= strlen("{\"k\":\"\"}\n"));
	assert_memory_equal(out, "{\"k\":\"", 6);
	assert_memory_equal(out + b.len - 3, "\"}\n", 3);
	memmove(out, out + 6, b.len - 9);
	return b.len - 9;
}

static void strings_are_escaped(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} samples[] = {
		{"", 0, ""},
		{"a/b'<>&", 7, "a/b'<>&"},
		{"\"\\", 2, "\\\"\\\\"},
		{"\b\f\n\r\t", 5, "\\b\\f\\n\\r\\t"},
		{"\0\x01\x1b\x1f\x7f", 5, "\\u0000\\u0001\\u001b\\u001f\\u007f"},
		{"\xc2\x80\xc2\x9f", 4, "\\u0080\\u009f"},
		{"\u202E\u200B\uFEFF", 9, "\\u202e\\u200b\\ufeff"},
		{"\u2028\u2029", 6, "\\u2028\\u2029"},
		{"\U000E0041", 4, "\\udb40\\udc41"},
		{"\U0010FFFF", 4, "\\udbff\\udfff"},
		{"😀你é", 9, "😀你é"},
		{"❤\uFE0F", 6, "❤\\ufe0f"},
		{"👩\u200D👧", 11, "👩\\u200d👧"},
		{"e\u0301", 3, "e\u0301"},
		{"\u0301", 2, "\\u0301"},
		{"\x1b\u0301", 3, "\\u001b\\u0301"},
		{"a\xff"
		 "b\xe4\xbd",
		 5,
		 "a\uFFFD"
		 "b\uFFFD"},
	};
	for (size_t i = 0; i < COUNT(samples); i++) {
		char out[128];
		size_t n = written(samples[i].in, samples[i].n, out, sizeof(out));
		assert_int_equal(n, strlen(samples[i].out));
		assert_memory_equal(out, samples[i].out, n);
	}
}

/* ---- reading back ------------------------------------------------------------------------- */

static int32_t read_hex(const char *s)
{
	char digits[5] = {0};
	memcpy(digits, s, 4);
	assert_int_equal(strspn(digits, "0123456789abcdef"), 4);
	return (int32_t)strtol(digits, NULL, 16);
}

/* `s` is behind the backslash; returns how much of it was read. */
static size_t read_escape(const char *s, int32_t *cp)
{
	static const char shorts[] = "\"\"\\\\b\bf\fn\nr\rt\t";
	for (const char *p = shorts; *p != '\0'; p += 2) {
		if (*s == p[0]) {
			*cp = p[1];
			return 1;
		}
	}
	assert_int_equal(*s, 'u');
	*cp = read_hex(s + 1);
	if (*cp < 0xD800 || *cp > 0xDFFF)
		return 5;
	int32_t low = read_hex(s + 7);
	assert_true(*cp < 0xDC00 && low >= 0xDC00 && low < 0xE000 && s[5] == '\\' && s[6] == 'u');
	*cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
	return 11;
}

static size_t read_string(const char *s, size_t n, char *out)
{
	size_t len = 0;
	for (size_t i = 0; i < n;) {
		if (s[i] != '\\') {
			assert_int_not_equal(s[i], '"');
			out[len++] = s[i++];
			continue;
		}
		int32_t cp = 0;
		i += 1 + read_escape(s + i + 1, &cp);
		len += utf8_put(out + len, cp);
	}
	return len;
}

/* Bad UTF-8 as text_safe() has it, everything else as it was. */
static size_t repaired(const char *s, size_t n, char *out)
{
	size_t len = 0;
	for (size_t i = 0; i < n;) {
		int32_t cp = 0;
		i += utf8_next(s + i, n - i, &cp);
		len += utf8_put(out + len, cp == UTF8_BAD ? UTF8_REPLACEMENT : cp);
	}
	return len;
}

static void check_round_trip(const char *s, size_t n)
{
	char line[JSON_SIZE(1, 1 + 256)], back[1024], want[1024],
		safe[TEXT_SAFE_SIZE(sizeof(line))];
	assert_true(n <= 256);
	size_t len = written(s, n, line, JSON_SIZE(1, 1 + n));
	size_t want_len = repaired(s, n, want);
	assert_int_equal(read_string(line, len, back), want_len);
	assert_memory_equal(back, want, want_len);
	assert_int_equal(text_safe(safe, sizeof(safe), line, len, false), len);
	assert_memory_equal(safe, line, len); /* nothing is left to make safe */
}

static void every_code_point_reads_back(void **state)
{
	(void)state;
	for (int32_t cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		char bytes[UTF8_MAX];
		check_round_trip(bytes, utf8_put(bytes, cp));
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

enum { RUN_MAX = 20 };

static size_t random_piece(uint64_t *rng, char *out)
{
	static const int32_t edges[] = {0,	0x1B,	0x22,	0x5C,	 0x7F,	  0x80,	   0x301,
					0x200D, 0x202E, 0xFE0F, 0xFFFD,	 0xFFFF,  0x10000, 0x1F468,
					0x2028, 0x4F60, 0xE000, 0xE007F, 0x10FFFF};
	uint64_t r = next_random(rng);
	if (r % 4 == 0) {
		*out = (char)(r >> 8);
		return 1;
	}
	if (r % 16 == 2) { /* what goes over in runs */
		size_t n = (r >> 8) % RUN_MAX;
		for (size_t i = 0; i < n; i++)
			out[i] = (char)(' ' + next_random(rng) % 95);
		return n;
	}
	if (r % 4 == 1)
		return utf8_put(out, edges[(r >> 8) % COUNT(edges)]);
	int32_t cp = (int32_t)((r >> 8) % 0x110000);
	return utf8_put(out, cp >= 0xD800 && cp <= 0xDFFF ? 'x' : cp);
}

static void random_text_reads_back(void **state)
{
	(void)state;
	const char *given = getenv("CHAT_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	print_message("CHAT_SEED=%" PRIu64 "\n", seed);
	uint64_t rng = seed * 2 + 1;
	for (int round = 0; round < 50000; round++) {
		char text[256];
		size_t n = 0;
		uint64_t parts = next_random(&rng) % 48;
		for (; parts > 0 && n <= sizeof(text) - RUN_MAX; parts--)
			n += random_piece(&rng, text + n);
		check_round_trip(text, n);
	}
}

/* ---- limits ------------------------------------------------------------------------------- */

static void json_size_is_enough_for_the_longest_fields(void **state)
{
	(void)state;
	char line[JSON_SIZE(4, 4 + 3)];
	struct buf b = buf_of(line, sizeof(line));
	struct json j = json_open(&b);
	json_uint(&j, "a", UINT64_MAX);
	json_int(&j, "b", INT64_MIN);
	json_time(&j, "c", INT64_MAX);
	json_string(&j, "d", "\0\0\0", 3);
	json_close(&j);
	assert_false(b.failed);
	buf_put_u8(&b, 0);
	assert_string_equal(line, "{\"a\":18446744073709551615,\"b\":-9223372036854775808,"
				  "\"c\":\"9999-12-31T23:59:59.999Z\","
				  "\"d\":\"\\u0000\\u0000\\u0000\"}\n");
}

static void a_line_that_does_not_fit_fails_and_stays_inside(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 40; cap++) {
		char *line = malloc(cap == 0 ? 1 : cap);
		struct buf b = buf_of(line, cap);
		struct json j = json_open(&b);
		json_uint(&j, "seq", 4000);
		json_text(&j, "text", "hi\x1b");
		json_close(&j);
		assert_int_equal(b.failed, cap < strlen("{\"seq\":4000,\"text\":\"hi\\u001b\"}\n"));
		assert_true(b.len <= cap);
		free(line);
	}
}

/* ---- time --------------------------------------------------------------------------------- */

static void times_are_rfc_3339(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} samples[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1, "1970-01-01T00:00:00.001Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{-86400000, "1969-12-31T00:00:00.000Z"},
		{INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
		{INT64_C(951868800000), "2000-03-01T00:00:00.000Z"},
		{INT64_C(1709251199999), "2024-02-29T23:59:59.999Z"},
		{INT64_C(1795244400123), "2026-11-21T07:00:00.123Z"},
		{INT64_C(2147483647999), "2038-01-19T03:14:07.999Z"},
		{INT64_C(2147483648000), "2038-01-19T03:14:08.000Z"},
		{INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
		{INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
		{INT64_C(253402300800000), "9999-12-31T23:59:59.999Z"},
		{INT64_C(-62135596800000), "0001-01-01T00:00:00.000Z"},
		{INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z"},
		{INT64_C(-62167219200001), "0000-01-01T00:00:00.000Z"},
		{INT64_MAX, "9999-12-31T23:59:59.999Z"},
		{INT64_MIN, "0000-01-01T00:00:00.000Z"},
	};
	for (size_t i = 0; i < COUNT(samples); i++) {
		char out[JSON_TIME_SIZE];
		assert_ptr_equal(json_time_format(samples[i].ms, out), out);
		assert_string_equal(out, samples[i].text);
	}
}

/* Every day of the years 0 to 9999, against the C library. */
static void every_day_is_the_one_of_the_c_library(void **state)
{
	(void)state;
	const time_t day = 86400;
	for (time_t t = -62167219200; t <= 253402300799; t += day) {
		struct tm tm;
		assert_non_null(gmtime_r(&t, &tm));
		char out[JSON_TIME_SIZE], want[64];
		snprintf(want, sizeof(want), "%04d-%02d-%02dT00:00:00.000Z", tm.tm_year + 1900,
			 tm.tm_mon + 1, tm.tm_mday);
		json_time_format((int64_t)t * 1000, out);
		if (strcmp(out, want) != 0)
			fail_msg("%s, not %s", out, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line),
		cmocka_unit_test(an_object_may_be_empty),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(every_code_point_reads_back),
		cmocka_unit_test(random_text_reads_back),
		cmocka_unit_test(json_size_is_enough_for_the_longest_fields),
		cmocka_unit_test(a_line_that_does_not_fit_fails_and_stays_inside),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(every_day_is_the_one_of_the_c_library),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
