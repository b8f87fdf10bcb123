/* ui/mention: who is called, in which words. */
#include "ui/mention.h"

#include "check.h"

#include <string.h>

static bool calls(const char *nick, const char *words, const char *text)
{
	struct mention m;

	mention_set(&m, nick, words);
	return mention_in(&m, text, strlen(text));
}

static void test_a_name_is_a_word(void **state)
{
	static const struct {
		const char *nick, *text;
		bool called;
	} rows[] = {
		{"bob", "bob", true},
		{"bob", "Bob: hello", true},
		{"bob", "hello, BOB!", true},
		{"bob", "(bob)", true},
		{"bob", "@bob", true},
		{"bob", "bobby", false},
		{"bob", "kebob", false},
		{"bob", "bob_2", false},
		{"bob", "bob2", false},
		{"bob", "bo b", false},
		{"bob", "", false},
		{"bob", "ébob", false},
		{"bob", "bobé", false},
		{"bob", "你bob好", true}, /* no spaces are put between these */
		{"bob", "kebob bob", true},
		{"Émile", "merci émile", true},
		{"Émile", "merci ÉMILE!", true},
		{"Émile", "merci emile", false},
		{"kim", "\u212aim", true}, /* the Kelvin sign is a k */
		{"小明", "小明", true},
		{"小明", "今天小明来吗", true},
		{"小明", "@小明 在吗", true},
		{"小明", "小 明", false},
		{"明", "明天见", false}, /* one letter says too little */
		{"明", "@明 在吗", true},
		{"a", "a cat", false},
		{"a", "@a cat", true},
		{"a", "@alice", false},
		{"b.b", "hi b.b.", true},
		{"-x-", "a-x-b", true}, /* its ends hold on to nothing */
		{"", "anything", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (calls(rows[i].nick, "", rows[i].text) != rows[i].called)
			fail_msg("%s in \"%s\"", rows[i].nick, rows[i].text);
}

static void test_all_are_called_together(void **state)
{
	(void)state;
	assert_true(calls("", "", "@all: lunch"));
	assert_true(calls("", "", "lunch @ALL"));
	assert_true(calls("", "", "@全体成员 开会"));
	assert_true(calls("bob", "", "请@所有人看一下"));
	assert_false(calls("bob", "", "@allison"));
	assert_false(calls("bob", "", "all of you"));
	assert_false(calls("bob", "", "全体"));
	assert_false(calls("bob", "", "@"));
}

static void test_other_words_call_too(void **state)
{
	(void)state;
	assert_true(calls("bob", "release, 发布", "the Release is out"));
	assert_true(calls("bob", "release, 发布", "周五发布"));
	assert_true(calls("bob", "release,,  x", "x marks the spot"));
	assert_false(calls("bob", "release, 发布", "released"));
	assert_true(calls("bob", "上线，发布、回滚；值班", "今天发布"));
	assert_true(calls("bob", "上线，发布、回滚；值班", "谁值班？"));
	assert_false(calls("bob", "上线，发布、回滚；值班", "上，线"));
	assert_true(calls("bob", "release", "bob"));
}

static void test_there_are_bounds(void **state)
{
	char words[4096] = "", long_name[100];
	struct mention m;

	(void)state;
	for (int i = 0; i < 200; i++)
		strcat(words, "word,");
	mention_set(&m, "bob", words);
	assert_int_equal(m.count, MENTION_WORDS);
	memset(long_name, 'y', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_false(calls(long_name, "", long_name));
	long_name[MENTION_LETTERS] = '\0';
	assert_true(calls(long_name, "", long_name));
	/* bytes that are no text: nothing is read behind them */
	assert_false(calls("bob", "é", "\xc3"));
	assert_false(calls("bob", "é", "@\xe5\x85"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_a_word),
		cmocka_unit_test(test_all_are_called_together),
		cmocka_unit_test(test_other_words_call_too),
		cmocka_unit_test(test_there_are_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
