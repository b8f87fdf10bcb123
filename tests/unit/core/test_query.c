/* Lines that people search by: what is looked for, and what narrows it down. */
#include "core/query.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *line, *words, *from, *in;
	int64_t before_ms;
} good[] = {
	{"hello", "hello", "", "", 0},
	{"  hello \t world ", "hello world", "", "", 0},
	{"你好 世界", "你好 世界", "", "", 0},
	{"你好\u3000from：张伟", "你好", "张伟", "", 0},
	{"from:alice hello", "hello", "alice", "", 0},
	{"hello from:@alice", "hello", "alice", "", 0},
	{"from:alice", "", "alice", "", 0},
	{"in:#dev hello", "hello", "", "#dev", 0},
	{"in:@bob 文件 from:bob", "文件", "bob", "@bob", 0},
	{"a in:#开发 b before:2026-11-01 c", "a b c", "", "#开发", INT64_C(1793491200000)},
	{"x before:1970-01-01", "x", "", "", 1},
	{"x before:1970-01-02", "x", "", "", 86400000},
	{"x before:2000-02-29", "x", "", "", INT64_C(951782400000)},
	{"x before:2000-03-01T00:00", "x", "", "", INT64_C(951868800000)},
	{"x before:2026-11-21T16:02", "x", "", "", INT64_C(1795276920000)},
	{"x before:2038-01-19T23:59", "x", "", "", INT64_C(2147558340000)},
	{"x before:9999-12-31T23:59", "x", "", "", INT64_C(253402300740000)},
	/* no words of ours: looked for as they are */
	{"from alice", "from alice", "", "", 0},
	{"\"from:alice\"", "\"from:alice\"", "", "", 0},
	{"From:alice", "From:alice", "", "", 0},
	{"http://example.org/?in:out", "http://example.org/?in:out", "", "", 0},
	{"inn:x index", "inn:x index", "", "", 0},
	{"\" OR 1=1; DROP TABLE events --", "\" OR 1=1; DROP TABLE events --", "", "", 0},
	{"x NEAR(y) AND z* ^a", "x NEAR(y) AND z* ^a", "", "", 0},
};

static bool is(struct slice s, const char *want)
{
	return s.len == strlen(want) && (s.len == 0 || memcmp(s.data, want, s.len) == 0);
}

static void every_line_is_read_as_it_is_meant(void **state)
{
	struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct slice line = slice_of(good[i].line, strlen(good[i].line));
		if (query_parse(&q, line) != ERR_NONE)
			fail_msg("refused: %s", good[i].line);
		if (!is(slice_of(q.words, q.words_len), good[i].words) ||
		    !is(q.from, good[i].from) || !is(q.in, good[i].in) ||
		    q.before_ms != good[i].before_ms)
			fail_msg("misread: %s: \"%.*s\", before %lld", good[i].line,
				 (int)q.words_len, q.words, (long long)q.before_ms);
	}
}

static const struct {
	const char *line;
	enum err why;
} bad[] = {
	{"", ERR_NOT_FOUND},
	{"  \t ", ERR_NOT_FOUND},
	{"in:#dev", ERR_NOT_FOUND},
	{"before:2026-11-01", ERR_NOT_FOUND},
	{"from:", ERR_MALFORMED},
	{"from:@ x", ERR_MALFORMED},
	{"from:a from:b x", ERR_MALFORMED},
	{"in: x", ERR_MALFORMED},
	{"in:dev x", ERR_MALFORMED},
	{"in:# x", ERR_MALFORMED},
	{"in:#a in:#b x", ERR_MALFORMED},
	{"x before:", ERR_MALFORMED},
	{"x before:tomorrow", ERR_MALFORMED},
	{"x before:2026-11-01 before:2026-11-02", ERR_MALFORMED},
	{"x before:2026-1-1", ERR_MALFORMED},
	{"x before:2026-11-01T", ERR_MALFORMED},
	{"x before:2026-11-01T1200", ERR_MALFORMED},
	{"x before:2026-11-01T12:0", ERR_MALFORMED},
	{"x before:2026-11-01T24:00", ERR_MALFORMED},
	{"x before:2026-11-01T12:60", ERR_MALFORMED},
	{"x before:2026-11-01T12:00:00", ERR_MALFORMED},
	{"x before:2026-11-01x", ERR_MALFORMED},
	{"x before:2026-11-31", ERR_MALFORMED},
	{"x before:2026-02-29", ERR_MALFORMED},
	{"x before:1900-01-01", ERR_MALFORMED},
	{"x before:2026-00-01", ERR_MALFORMED},
	{"x before:2026-13-01", ERR_MALFORMED},
	{"x before:2026-01-00", ERR_MALFORMED},
	{"x before:+026-01-01", ERR_MALFORMED},
	{"x before:-999-01-01", ERR_MALFORMED},
	{"\xff", ERR_MALFORMED},
	{"x \xe4\xbd", ERR_MALFORMED},
};

static void a_line_that_says_nothing_is_refused(void **state)
{
	struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct slice line = slice_of(bad[i].line, strlen(bad[i].line));
		enum err e = query_parse(&q, line);
		if (e != bad[i].why)
			fail_msg("%d for: %s", e, bad[i].line);
	}
}

static void a_line_has_a_limit(void **state)
{
	char line[QUERY_MAX_BYTES + 1];
	struct query q;

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 2 ? ' ' : 'x'; /* as many words as can be */
	assert_int_equal(query_parse(&q, slice_of(line, QUERY_MAX_BYTES)), ERR_NONE);
	assert_int_equal(q.words_len, QUERY_MAX_BYTES - 1);
	assert_int_equal(query_parse(&q, slice_of(line, sizeof(line))), ERR_TOO_BIG);
	memset(line, 'x', sizeof(line));
	assert_int_equal(query_parse(&q, slice_of(line, QUERY_MAX_BYTES)), ERR_NONE);
	assert_int_equal(q.words_len, QUERY_MAX_BYTES);
}

/* The days of four hundred years and some, one by one. */
static void days_follow_each_other(void **state)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct query q;
	int64_t day = 0;
	char line[64];

	(void)state;
	for (int year = 1970; year <= 2400; year++)
		for (int month = 1; month <= 12; month++) {
			bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
			int length = lengths[month - 1] + (month == 2 && leap);
			for (int d = 1; d <= length; d++, day++) {
				int n = snprintf(line, sizeof(line), "x before:%04d-%02d-%02d",
						 year, month, d);
				assert_int_equal(query_parse(&q, slice_of(line, (size_t)n)),
						 ERR_NONE);
				assert_true(q.before_ms == (day > 0 ? day * 86400000 : 1));
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_read_as_it_is_meant),
		cmocka_unit_test(a_line_that_says_nothing_is_refused),
		cmocka_unit_test(a_line_has_a_limit),
		cmocka_unit_test(days_follow_each_other),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
