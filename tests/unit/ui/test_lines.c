/* ui/lines: lines from bytes, however they are cut, and which of them are refused. */
#include "ui/lines.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {[LINES_FINE] = "",
				    [LINES_TOO_LONG] = "LONG",
				    [LINES_NUL] = "NUL",
				    [LINES_NOT_UTF8] = "UTF8"};

static void note(char *out, size_t cap, const struct lines_item *item)
{
	size_t at = strlen(out);
	const char *text = item->verdict == LINES_FINE ? item->text : words[item->verdict];
	size_t len = item->verdict == LINES_FINE ? item->len : strlen(text);

	snprintf(out + at, cap - at, "%llu%.*s|", (unsigned long long)item->number, (int)len, text);
}

/* Feeds `n` bytes in pieces of `step` and expects "1first|2second|". */
static void lines_are(const char *s, size_t n, size_t step, const char *want)
{
	struct lines *l = calloc(1, sizeof(*l));
	struct lines_item item;
	char got[1024] = "";

	assert_non_null(l);
	for (size_t i = 0; i < n; i += step) {
		const char *at = s + i;
		size_t left = n - i < step ? n - i : step;
		while (lines_next(l, &at, &left, &item))
			note(got, sizeof(got), &item);
		assert_int_equal(left, 0);
	}
	if (lines_end(l, &item))
		note(got, sizeof(got), &item);
	assert_false(lines_end(l, &item));
	assert_string_equal(got, want);
	free(l);
}

static void test_lines_however_they_are_cut(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want;
	} rows[] = {
#define ROW(bytes, want) {bytes, sizeof(bytes) - 1, want}
		ROW("", ""),
		ROW("one\ntwo\n", "1one|2two|"),
		ROW("one\ntwo", "1one|2two|"),
		ROW("one\r\ntwo\r\n", "1one|2two|"),
		ROW("a\rb\n", "1a\rb|"),
		ROW("\n\na\n  \nb\n", "3a|5b|"),
		ROW("\n", ""),
		ROW("\r\n\t\n", ""),
		ROW("你好\n🙂\n", "1你好|2🙂|"),
		ROW("a\xff\nb\n", "1UTF8|2b|"),
		ROW("\xe4\xbd\n\xa0\n", "1UTF8|2UTF8|"),
		ROW("a\0b\nc\n", "1NUL|2c|"),
		ROW("\0", "1NUL|"),
		ROW("/quit now\n", "1/quit now|"),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t step = 1; step <= rows[i].n + 1; step++)
			lines_are(rows[i].bytes, rows[i].n, step, rows[i].want);
}

static void test_a_line_may_have_16_kib(void **state)
{
	enum { N = TEXT_MAX_BYTES };
	static char bytes[2 * N + 8];
	struct lines *l = calloc(1, sizeof(*l));
	struct lines_item item;
	const char *at = bytes;
	size_t n = N + 2;

	(void)state;
	assert_non_null(l);
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + N, "\r\n", 2);
	assert_true(lines_next(l, &at, &n, &item));
	assert_int_equal(item.verdict, LINES_FINE);
	assert_int_equal(item.len, N);

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + N + 1, "\nok\n", 4);
	at = bytes;
	n = N + 5;
	assert_true(lines_next(l, &at, &n, &item));
	assert_int_equal(item.verdict, LINES_TOO_LONG);
	assert_true(lines_next(l, &at, &n, &item));
	assert_int_equal(item.verdict, LINES_FINE);
	assert_int_equal(item.number, 3);
	free(l);
}

/* However long: it is one refusal, and what comes after is read. */
static void test_a_line_without_end_takes_no_memory(void **state)
{
	static char block[65536];
	struct lines *l = calloc(1, sizeof(*l));
	struct lines_item item;

	(void)state;
	assert_non_null(l);
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 100; i++) {
		const char *at = block;
		size_t n = sizeof(block);
		assert_false(lines_next(l, &at, &n, &item));
	}
	const char *at = "\nafter\n";
	size_t n = 7;
	assert_true(lines_next(l, &at, &n, &item));
	assert_int_equal(item.verdict, LINES_TOO_LONG);
	assert_true(lines_next(l, &at, &n, &item));
	assert_int_equal(item.len, 5);
	free(l);
}

static void test_refusals_have_words(void **state)
{
	(void)state;
	for (enum lines_verdict v = LINES_TOO_LONG; v <= LINES_BLANK; v++)
		assert_true(strlen(lines_refusal(v)) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_however_they_are_cut),
		cmocka_unit_test(test_a_line_may_have_16_kib),
		cmocka_unit_test(test_a_line_without_end_takes_no_memory),
		cmocka_unit_test(test_refusals_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
