/* core/phrases: what is found by what is typed; hostile typing finds nothing but what it says. */
#include "core/phrases.h"

#include "check.h"

#include <string.h>

static bool found(const struct words *w, const char *typed, size_t n, const char *text)
{
	struct phrases p;
	bool in = false;

	assert_int_equal(phrases_parse(&p, w, slice_of(typed, n)), ERR_NONE);
	assert_int_equal(phrases_find(&p, w, slice_of(text, strlen(text)), &in), ERR_NONE);
	return in;
}

static const struct {
	const char *typed, *text;
	bool found;
} table[] = {
	{"hello", "well, HELLO there", true},
	{"hello", "hell o", false},
	{"there hello", "hello there", true}, /* in any order */
	{"hello bob", "hello alice", false},
	{"hello hello", "hello", true},
	/* by its beginning, from three characters on, and the last word of a phrase alone */
	{"hel", "hello", true},
	{"he", "hello", false},
	{"he", "he said", true},
	{"ello", "hello", false},
	{"foo-bar", "foo barefoot", true},
	{"foo-bar", "food bar", false},
	{"foo-bar", "foo and bar", false},
	{"3.14", "pi is 3.14159", false}, /* "14" is two characters */
	{"3.141", "pi is 3.14159", true},
	/* Chinese words of one, two and more characters, in the middle of anything */
	{"好", "你好世界", true},
	{"好世", "你好世界", true},
	{"你世", "你好世界", false},
	{"世界你好", "你好世界", false},
	{"世界 你好", "你好世界", true},
	{"世界　你好", "你好世界", true}, /* an ideographic blank */
	{"服务器", "服務器維護", true},
	{"發財", "恭喜发财", true},
	{"写代码", "我用Python写代码", true},
	{"用python", "我用Python写代码", true},
	{"用pyt", "我用Python写代码", true},
	{"你好", "你，好", true}, /* what parts is not looked at */
	{"ｈｅｌｌｏ", "hello", true},
	{"한국", "한국어를 배우다", true},
	{"ภาษา", "พูดภาษาไทย", true},
	{"👍", "好👍🏽", true},
	{"👎", "好👍🏽", false},
	{"cafe", "Café", true},
	{"CAFÉ", "cafe", true},
	/* a phrase that begins again within itself */
	{"哈哈嘻", "哈哈哈嘻", true},
	{"ababac x", "ababac", false},
	{"a-b-a-c", "a b a b a c", true},
	/* the syntax of no query language */
	{"\"hello", "hello", true},
	{"\"hello there\"", "there, hello", true},
	{"hel*", "help", true},
	{"NEAR(a b)", "a near b", false}, /* "near a" has to stand together */
	{"NEAR(a b)", "near a, b", true},
	{"a OR b", "a", false},
	{"a OR b", "b or a", true},
	{"NOT a", "not a", true},
	{"a AND b", "a b", false},
	{"^hello", "well hello", true},
	{"said:hello", "said hello", true},
	{"said:hello", "hello", false},
	{"{said}:(hello)", "said: hello", true},
	{"'; DROP TABLE events; --", "drop table events", true},
	{"%_hello", "hello", true},
	{"-hello", "hello", true},
	{"+\"+\"+hello", "hello", true},
};

static void this_finds_that(void **state)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (found(*state, table[i].typed, strlen(table[i].typed), table[i].text) !=
		    table[i].found)
			fail_msg("%s in %s: %d wanted", table[i].typed, table[i].text,
				 table[i].found);
}

static void nothing_to_look_for_is_told(void **state)
{
	static const struct {
		const char *typed;
		size_t n;
	} rows[] = {
		{"", 0},  {" ", 1},	   {"\"\"", 2},	  {"* ^ : ( ) -", 11},
		{"", 1},  {"\xff\xfe", 2}, {"\u3000", 3}, {"\"*\"*", 4},
		{"'", 1}, {"\xe4\xbd", 2}, {"\u0301", 2},
	};
	struct phrases p;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(phrases_parse(&p, *state, slice_of(rows[i].typed, rows[i].n)),
				 ERR_NOT_FOUND);
}

static void bytes_that_are_no_text_part(void **state)
{
	assert_true(found(*state, "a\0b", 3, "a b"));
	assert_false(found(*state, "a\0b", 3, "b"));
	assert_true(found(*state, "a\xff", 2, "a"));
	assert_true(found(*state, "\xe4\xbd 好", 6, "好"));
}

static void too_much_is_refused_and_the_most_is_not(void **state)
{
	char typed[4 * (PHRASES_MAX_TOKENS + 1)];
	struct phrases p;

	for (size_t i = 0; i <= PHRASES_MAX_TOKENS; i++)
		memcpy(typed + 3 * i, "好", 3);
	struct slice most = slice_of(typed, 3 * (size_t)PHRASES_MAX_TOKENS);
	struct slice more = slice_of(typed, most.len + 3);
	assert_int_equal(phrases_parse(&p, *state, more), ERR_TOO_BIG);
	assert_int_equal(phrases_parse(&p, *state, most), ERR_NONE);
	assert_int_equal(p.count, PHRASES_MAX_TOKENS);
	bool in = true;
	assert_int_equal(phrases_find(&p, *state, slice_of(typed, most.len - 3), &in), ERR_NONE);
	assert_false(in);
	assert_int_equal(phrases_find(&p, *state, more, &in), ERR_NONE);
	assert_true(in);
}

static void too_many_bytes_are_refused(void **state)
{
	char typed[PHRASES_MAX_BYTES + 64];
	struct phrases p;

	for (size_t i = 0; i < sizeof(typed); i++)
		typed[i] = i % (WORDS_MAX_TOKEN + 1) == WORDS_MAX_TOKEN ? '-' : 'a';
	assert_int_equal(phrases_parse(&p, *state, slice_of(typed, sizeof(typed))), ERR_TOO_BIG);
	assert_int_equal(phrases_parse(&p, *state, slice_of(typed, PHRASES_MAX_BYTES)), ERR_NONE);
}

static int set_up(void **state)
{
	*state = words_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	words_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_finds_that),
		cmocka_unit_test(nothing_to_look_for_is_told),
		cmocka_unit_test(bytes_that_are_no_text_part),
		cmocka_unit_test(too_much_is_refused_and_the_most_is_not),
		cmocka_unit_test(too_many_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
