/* ui/wrap: where rows end. */
#include "ui/wrap.h"

#include "check.h"
#include "proto/text.h"

#include <stdio.h>
#include <string.h>

/* The rows, each between bars. */
static void rows_are(const char *text, int width, const char *want)
{
	char got[1024] = "|";
	struct wrap w = wrap_of(text, strlen(text), 1);
	struct wrap_row row;

	while (wrap_next(&w, width, &row)) {
		size_t at = strlen(got);
		snprintf(got + at, sizeof(got) - at, "%.*s|", (int)row.n, row.s);
	}
	assert_string_equal(got, want);
}

static void test_words_stay_whole(void **state)
{
	(void)state;
	rows_are("", 5, "||");
	rows_are("hello", 5, "|hello|");
	rows_are("hello world", 5, "|hello|world|");
	rows_are("hello world", 10, "|hello |world|");
	rows_are("hello world", 11, "|hello world|");
	rows_are("a bc def", 4, "|a bc|def|");
	rows_are("one  two", 4, "|one |two|");
	rows_are("  indented", 20, "|  indented|");
}

static void test_a_word_too_long_is_cut(void **state)
{
	(void)state;
	rows_are("abcdefgh", 3, "|abc|def|gh|");
	rows_are("hi abcdefgh", 4, "|hi |abcd|efgh|");
	rows_are("abc", 1, "|a|b|c|");
}

static void test_newlines_end_rows(void **state)
{
	(void)state;
	rows_are("a\nb", 9, "|a|b|");
	rows_are("a\n\nb", 9, "|a||b|");
	rows_are("\n", 9, "|||");
	rows_are("abc\ndef", 3, "|abc|def|");
}

static void test_chinese_breaks_anywhere_but_at_punctuation(void **state)
{
	(void)state;
	rows_are("今天天气不错", 4, "|今天|天气|不错|");
	rows_are("今天天气不错", 5, "|今天|天气|不错|");
	rows_are("今天，天气", 4, "|今|天，|天气|");
	rows_are("他说《春天》好", 6, "|他说|《春|天》好|");
	rows_are("用hello说", 6, "|用|hello|说|");
	rows_are("好。", 2, "|好|。|");
}

static void test_a_wide_place_is_never_halved(void **state)
{
	(void)state;
	rows_are("a好b好", 2, "|a|好|b|好|");
	rows_are("好好", 1, "|好|好|"); /* cannot be shown, but ends */
	rows_are("🙂🙂", 3, "|🙂|🙂|");
}

/* Whatever the width: nothing but spaces at breaks is lost, no row is too wide, and it ends. */
static void test_nothing_is_lost_at_any_width(void **state)
{
	static const char text[] =
		"小明 said: 今天（weather）不错， e\u0301tude 🙂👍🏽 «fin»";

	(void)state;
	for (int width = 2; width < 70; width++) {
		struct wrap w = wrap_of(text, strlen(text), 1);
		struct wrap_row row;
		const char *at = text;
		while (wrap_next(&w, width, &row)) {
			size_t cells = text_width(row.s, row.n);
			assert_true(row.s >= at);
			for (; at < row.s; at++)
				assert_int_equal(*at, ' ');
			at = row.s + row.n;
			/* a cluster can be narrower than the places it falls into, never wider */
			assert_true(cells <= (size_t)width);
		}
		assert_ptr_equal(at, text + strlen(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_stay_whole),
		cmocka_unit_test(test_a_word_too_long_is_cut),
		cmocka_unit_test(test_newlines_end_rows),
		cmocka_unit_test(test_chinese_breaks_anywhere_but_at_punctuation),
		cmocka_unit_test(test_a_wide_place_is_never_halved),
		cmocka_unit_test(test_nothing_is_lost_at_any_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
