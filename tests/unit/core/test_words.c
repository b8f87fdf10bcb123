/* core/words: what of a text is searched, in every script, and of bytes that are no text. */
#include "core/words.h"

#include "check.h"

#include "proto/text.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 256 * 1024 };

struct seen {
	char text[OUT_MAX]; /* "token|token|" */
	size_t len, count, stop_after;
};

static bool note(void *ctx, struct slice token, enum words_kind kind)
{
	struct seen *s = ctx;

	(void)kind;
	assert_in_range(token.len, 1, WORDS_MAX_TOKEN);
	assert_true(text_valid((const char *)token.data, token.len));
	assert_true(s->len + token.len + 2 <= sizeof(s->text));
	memcpy(s->text + s->len, token.data, token.len);
	s->len += token.len;
	s->text[s->len++] = '|';
	s->text[s->len] = '\0';
	return ++s->count != s->stop_after;
}

static const char *tokens_of(const struct words *w, const char *text, size_t n)
{
	static struct seen s;

	s = (struct seen){.len = 0};
	assert_int_equal(words_split(w, slice_of(text, n), note, &s), ERR_NONE);
	return s.text;
}

static const struct {
	const char *text, *tokens;
} table[] = {
	{"", ""},
	{"hello", "hello|"},
	{"Hello, World!", "hello|world|"},
	{"don't foo_bar a-b", "don|t|foo|bar|a|b|"},
	{"3.14 v2.0 iPhone15", "3|14|v2|0|iphone15|"},
	{"alice@example.org", "alice|example|org|"},
	{"  \t\r\n ", ""},
	{"??? --- ***", ""},
	/* full width, half width, ligatures, superscripts: as everybody writes them */
	{"ＨＥＬＬＯ　１２３", "hello|123|"},
	{"ﬁne ① x²", "fine|1|x2|"},
	{"ｶﾞｷﾞ", "ガ|ギ|"},
	/* digits of all scripts */
	{"٣٤ १२ ๑๒", "34|12|12|"},
	/* Chinese: a token a character, simplified, whatever stands beside it */
	{"你好世界", "你|好|世|界|"},
	{"服务器", "服|务|器|"},
	{"服務器", "服|务|器|"},
	{"頭髮發財", "头|发|发|财|"},
	{"用Python3写代码", "用|python3|写|代|码|"},
	{"今晚十点，老地方。", "今|晚|十|点|老|地|方|"},
	{"〇々𠀀豈", "〇|々|𠀀|岂|"},
	{"ㄅㄆㄇ", "ㄅ|ㄆ|ㄇ|"},
	/* Japanese, Korean */
	{"東京タワーへ", "东|京|タ|ワ|ー|へ|"},
	{"か゛がか\u3099", "か|が|が|"},
	{"한국어를", "한|국|어|를|"},
	{"\u1112\u1161\u11AB", "한|"},
	/* written without blanks */
	{"ไทย", "ไ|ท|ย|"},
	{"น้ำ", "น|้|ํ|า|"},
	{"ລາວ", "ລ|າ|ວ|"},
	{"ខ្មែរ", "ខ|្|ម|ែ|រ|"},
	{"မြန်", "မ|ြ|န|်|"},
	/* accents where people leave them out, and nowhere else */
	{"Café CAFE\u0301 Łódź naïve", "cafe|cafe|łodz|naive|"},
	{"Straße STRASSE ſ", "strasse|strasse|s|"},
	{"Ελλάς ΕΛΛΑΣ", "ελλασ|ελλασ|"},
	{"й и е\u0301", "й|и|е|"},
	{"İstanbul ısı", "istanbul|ısı|"},
	{"Hà Nội", "ha|noi|"},
	{"مُحَمَّد أحمد", "محمد|احمد|"},
	{"שָׁלוֹם", "שלום|"},
	{"हिन्दी", "हिन्दी|"},
	/* emoji and other symbols; colours of skin and joiners do not count */
	{"好👍", "好|👍|"},
	{"👍🏽👍", "👍|👍|"},
	{"👨‍👩‍👧 ❤️", "👨|👩|👧|❤|"},
	{"🇨🇳", "🇨|🇳|"},
	{"1️⃣ ★ ♪", "1|★|♪|"},
	{"a→b C++ $5", "a|b|c|5|"},
	{"↔", "↔|"},
	/* what is not seen is not there */
	{"zero\u200Bwidth so\u00ADft", "zerowidth|soft|"},
	{"\u202Ebidi\u202C", "bidi|"},
	{"a\uFFFDb \uE000", "a|b|"},
	{"\u0301\u0301", ""},
	{"\x1b[31mred\x07", "31mred|"},
};

static void a_text_has_these_tokens(void **state)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_string_equal(tokens_of(*state, table[i].text, strlen(table[i].text)),
				    table[i].tokens);
}

/* So that what was made of tokens can be made into tokens again, by whoever reads the index. */
static void tokens_of_tokens_are_the_same(void **state)
{
	static char once[OUT_MAX];

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		strcpy(once, tokens_of(*state, table[i].text, strlen(table[i].text)));
		assert_string_equal(tokens_of(*state, once, strlen(once)), once);
	}
}

static void what_is_no_text_parts(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *tokens;
	} rows[] = {
		{"a\0b", 3, "a|b|"},	   {"a\xffz", 3, "a|z|"},
		{"\xe4\xbd", 2, ""},	   {"\xe4\xbd\xa0\xe5\xa5", 5, "你|"},
		{"x\xc0\x80y", 4, "x|y|"}, {"p\xed\xa0\x80q", 5, "p|q|"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(tokens_of(*state, rows[i].bytes, rows[i].n), rows[i].tokens);
}

static void a_long_word_counts_by_its_beginning(void **state)
{
	char text[3 * WORDS_MAX_TOKEN], want[WORDS_MAX_TOKEN + 8];

	memset(text, 'x', sizeof(text));
	memset(want, 'x', WORDS_MAX_TOKEN);
	strcpy(want + WORDS_MAX_TOKEN, "|");
	assert_string_equal(tokens_of(*state, text, sizeof(text)), want);
	/* Nothing of a character that does not fit, nor of what follows it. */
	memcpy(text + WORDS_MAX_TOKEN - 1, "ж", 2);
	strcpy(want + WORDS_MAX_TOKEN - 1, "|");
	assert_string_equal(tokens_of(*state, text, sizeof(text)), want);
}

static void the_longest_text_has_all_its_tokens(void **state)
{
	static char text[TEXT_MAX_BYTES];
	static struct seen s;

	/* One character of three bytes becomes eighteen, four words. */
	for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
		memcpy(text + i, "\uFDFA", 3);
	s = (struct seen){.len = 0};
	assert_int_equal(words_split(*state, slice_of(text, sizeof(text) / 3 * 3), note, &s),
			 ERR_NONE);
	assert_in_range(s.count, sizeof(text) / 3 * 3, sizeof(text) / 3 * 4 + 1);
}

static void who_has_enough_gets_no_more(void **state)
{
	static struct seen s;

	for (size_t n = 1; n <= 4; n++) {
		s = (struct seen){.stop_after = n};
		assert_int_equal(words_split(*state, slice_of("一二 c", 8), note, &s), ERR_NONE);
		assert_int_equal(s.count, n < 3 ? n : 3);
	}
}

static void the_version_names_the_data(void **state)
{
	struct words *other = words_new();

	assert_non_null(other);
	assert_string_equal(words_version(*state), words_version(other));
	assert_non_null(strstr(words_version(*state), "Unicode"));
	assert_in_range(strlen(words_version(*state)), 1, WORDS_MAX_VERSION - 1);
	words_free(other);
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
		cmocka_unit_test(a_text_has_these_tokens),
		cmocka_unit_test(tokens_of_tokens_are_the_same),
		cmocka_unit_test(what_is_no_text_parts),
		cmocka_unit_test(a_long_word_counts_by_its_beginning),
		cmocka_unit_test(the_longest_text_has_all_its_tokens),
		cmocka_unit_test(who_has_enough_gets_no_more),
		cmocka_unit_test(the_version_names_the_data),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
