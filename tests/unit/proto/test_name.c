/* Names: which are allowed, which are the same, and that a fine name always has a key. */
#include "proto/name.h"
#include "proto/text.h"
#include "proto/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEN(s)	 s s s s s s s s s s

static int setup(void **state)
{
	*state = name_checker_new();
	return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	name_checker_free(*state);
	return 0;
}

static const char *const fine[] = {
	"alice",
	"Bob",
	"x",
	"7",
	"o'neil",
	"a.b-c_d",
	"Zoë",
	"Łukasz",
	"Zoe\u0308",
	"小明",
	"张伟",
	"李小龙1990",
	"たなか",
	"김철수",
	"ไก่",
	"นํ้า",
	"नमस्ते",
	"राम",
	"ලංකා",
	"ශ්‍රී",
	"محمد",
	"علی‌رضا",
	"שלום",
	"Алиса",
	"Вера",
	"Ελένη",
	"Հայկ",
	"გია",
	"ᠮᠣᠩᠭᠣᠯ",
	"😀",
	"👨‍👩‍👧‍👦",
	"🏳️‍🌈",
	"👍🏽",
	"🇨🇳",
	"❤️‍🔥",
	"☺︎",
	"🏴󠁧󠁢󠁥󠁮󠁧󠁿",
	"葛󠄀城",
	"𠮷野家",
	"a/b",
	"a@b",
	"a#1",
	"admins",
	"管理员的朋友",
	"\u06DD",
	"ﷺ",
};

static void names_of_every_script_are_fine(void **state)
{
	for (size_t i = 0; i < COUNT(fine); i++) {
		enum name_verdict v = name_check(*state, fine[i], strlen(fine[i]));
		if (v != NAME_FINE)
			fail_msg("\"%s\" is refused: %d", fine[i], (int)v);
	}
}

static const struct {
	const char *name;
	enum name_verdict verdict;
} bad[] = {
	{"", NAME_EMPTY},
	{"\xff", NAME_NOT_UTF8},
	{"ali\xe4\xbd", NAME_NOT_UTF8},
	{"\xed\xa0\x80", NAME_NOT_UTF8},
	{" ", NAME_BAD_CHARACTER},
	{"al ice", NAME_BAD_CHARACTER},
	{"alice ", NAME_BAD_CHARACTER},
	{"alice\u00A0", NAME_BAD_CHARACTER},
	{"小\u3000明", NAME_BAD_CHARACTER},
	{"alice\t", NAME_BAD_CHARACTER},
	{"alice\n", NAME_BAD_CHARACTER},
	{"\x1b[31m", NAME_BAD_CHARACTER},
	{"a\x7f", NAME_BAD_CHARACTER},
	{"a\xc2\x9b", NAME_BAD_CHARACTER},
	{"a\u2028", NAME_BAD_CHARACTER},
	{"\u202Eecila", NAME_BAD_CHARACTER},
	{"alice\u200F", NAME_BAD_CHARACTER},
	{"\u2066alice\u2069", NAME_BAD_CHARACTER},
	{"al\u200Bice", NAME_BAD_CHARACTER},
	{"al\u200Dice", NAME_BAD_CHARACTER},
	{"al\u200Cice", NAME_BAD_CHARACTER},
	{"小\u200C明", NAME_BAD_CHARACTER},
	{"محمد\u200C", NAME_BAD_CHARACTER},
	{"小\u200Cمحمد", NAME_BAD_CHARACTER},
	{"اب\u200C小", NAME_BAD_CHARACTER},
	{"小\u200D😀", NAME_BAD_CHARACTER},
	{"alice\uFEFF", NAME_BAD_CHARACTER},
	{"alice\uFE0F", NAME_BAD_CHARACTER},
	{"al\u00ADice", NAME_BAD_CHARACTER},
	{"al\u034Fice", NAME_BAD_CHARACTER},
	{"😀\U000E0067\U000E007F", NAME_BAD_CHARACTER},
	{"\u3164", NAME_BAD_CHARACTER},
	{"\u2800", NAME_BAD_CHARACTER},
	{"alice\u2800", NAME_BAD_CHARACTER},
	{"\u0301", NAME_BAD_CHARACTER},
	{"\u0301"
	 "alice",
	 NAME_BAD_CHARACTER},
	{"Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309", NAME_BAD_CHARACTER},
	{"a\u0378", NAME_BAD_CHARACTER},
	{"a\uFFFF", NAME_BAD_CHARACTER},
	{"\uE000", NAME_BAD_CHARACTER},
	{"\uFFFD", NAME_BAD_CHARACTER},
	{"/quit", NAME_BAD_CHARACTER},
	{"@alice", NAME_BAD_CHARACTER},
	{"#1", NAME_BAD_CHARACTER},
	{"／quit", NAME_BAD_CHARACTER},
	{"alice:", NAME_BAD_CHARACTER},
	{":", NAME_BAD_CHARACTER},
	{"小明：", NAME_BAD_CHARACTER},
	{"alice,bob", NAME_BAD_CHARACTER},
	{"小明，小红", NAME_BAD_CHARACTER},
	{"123456789012345678901234567890123", NAME_TOO_LONG},
	{TEN("😀") "😀😀😀😀😀😀😀", NAME_TOO_LONG},
	{"admin", NAME_RESERVED},
	{"ADMIN", NAME_RESERVED},
	{"Admin", NAME_RESERVED},
	{"аdmin", NAME_RESERVED}, /* Cyrillic а */
	{"ａｄｍｉｎ", NAME_RESERVED},
	{"𝐚𝐝𝐦𝐢𝐧", NAME_RESERVED},
	{"adrnin", NAME_RESERVED},
	{"АDМIN", NAME_RESERVED}, /* Cyrillic А, М */
	{"ΑDΜΙΝ", NAME_RESERVED}, /* Greek Α, Μ, Ι, Ν */
	{"administrator", NAME_RESERVED},
	{"root", NAME_RESERVED},
	{"rοοt", NAME_RESERVED}, /* Greek ο */
	{"Server", NAME_RESERVED},
	{"ѕуѕtеm", NAME_RESERVED}, /* Cyrillic ѕ, у, е */
	{"operator", NAME_RESERVED},
	{"moderator", NAME_RESERVED},
	{"STAFF", NAME_RESERVED},
	{"console", NAME_RESERVED},
	{"everyone", NAME_RESERVED},
	{"all", NAME_RESERVED},
	{"aIl", NAME_FINE}, /* capital I: see the top of name.c */
	{"管理员", NAME_RESERVED},
	{"系统", NAME_RESERVED},
	{"系统消息", NAME_RESERVED},
	{"服务器", NAME_RESERVED},
	{"群主", NAME_RESERVED},
	{"公告", NAME_RESERVED},
	{"全体成员", NAME_RESERVED},
};

static void bad_names_are_refused_with_the_reason(void **state)
{
	int failures = 0;
	for (size_t i = 0; i < COUNT(bad); i++) {
		enum name_verdict v = name_check(*state, bad[i].name, strlen(bad[i].name));
		if (v != bad[i].verdict) {
			print_error("\"%s\": %d, not %d\n", bad[i].name, (int)v,
				    (int)bad[i].verdict);
			failures++;
		}
	}
	assert_int_equal(failures, 0);
	assert_int_equal(name_check(*state, "a\0b", 3), NAME_BAD_CHARACTER);
}

static void lengths_are_counted_in_bytes_and_in_graphemes(void **state)
{
	static const char *const longest[] = {
		"12345678901234567890123456789012",
		TEN("😀") "😀😀😀😀😀😀",
		TEN("小") TEN("明") "x",
		TEN("e\u0301") TEN("e\u0301") "e",
	};
	for (size_t i = 0; i < COUNT(longest); i++) {
		char longer[NAME_MAX_BYTES + 16];
		int n = snprintf(longer, sizeof(longer), "%s%s", longest[i], i == 0 ? "3" : "小小");
		assert_int_equal(name_check(*state, longest[i], strlen(longest[i])), NAME_FINE);
		assert_int_equal(name_check(*state, longer, (size_t)n), NAME_TOO_LONG);
	}
}

static bool same(struct name_checker *c, const char *a, const char *b)
{
	char ka[NAME_MAX_KEY], kb[NAME_MAX_KEY];
	size_t na = 0, nb = 0;
	assert_int_equal(name_key(c, a, strlen(a), ka, &na), ERR_NONE);
	assert_int_equal(name_key(c, b, strlen(b), kb, &nb), ERR_NONE);
	assert_true(na > 0 && nb > 0);
	return na == nb && memcmp(ka, kb, na) == 0;
}

static const char *const pairs_same[][2] = {
	{"alice", "alice"},    {"alice", "Alice"},
	{"alice", "аlісе"},    {"alice", "ａｌｉｃｅ"},
	{"Zoë", "Zoe\u0308"},  {"ZOË", "zoë"},
	{"straße", "STRASSE"}, {"modern", "rnodern"},
	{"вера", "ВЕРА"},      {"ΝΙΚΟΣ", "νικος"},
	{"BOB", "ВОВ"},	       {"bob", "вов"},
	{"KATE", "КАТЕ"},      {"user1", "userl"},
	{"❤️", "❤"},       {"👨‍👩‍👧", "👨👩👧"},
	{"葛󠄀", "葛"},     {"علی‌رضا", "علیرضا"},
	{"ﬁn", "fin"},	       {"①", "1"},
	{"Ｋ", "K"},
};

static const char *const pairs_different[][2] = {
	{"alice", "alicia"}, {"小明", "小红"}, {"alice", "alice1"}, {"Zoë", "Zoe"},   {"王", "玉"},
	{"土", "士的"},	     {"😀", "😁"},       {"🇨🇳", "🇨🇦"},	    {"Вера", "Вара"}, {"ab", "ba"},
	{"김", "길"},	     {"は", "ば"},     {"u1", "u2"},	    {"नम", "नमः"},
};

static void names_that_look_the_same_are_the_same(void **state)
{
	int failures = 0;
	for (size_t i = 0; i < COUNT(pairs_same); i++) {
		if (!same(*state, pairs_same[i][0], pairs_same[i][1])) {
			print_error("\"%s\" and \"%s\" differ\n", pairs_same[i][0],
				    pairs_same[i][1]);
			failures++;
		}
	}
	for (size_t i = 0; i < COUNT(pairs_different); i++) {
		if (same(*state, pairs_different[i][0], pairs_different[i][1])) {
			print_error("\"%s\" is \"%s\"\n", pairs_different[i][0],
				    pairs_different[i][1]);
			failures++;
		}
	}
	assert_int_equal(failures, 0);
}

/* Fine exactly when there is a key, but for staff words: they have one to be known by. */
static enum name_verdict check_agreement(struct name_checker *c, const char *s, size_t n)
{
	struct {
		char key[NAME_MAX_KEY];
		char guard[8];
	} k;
	memset(&k, 0x5A, sizeof(k));
	size_t len = SIZE_MAX;
	enum name_verdict v = name_check(c, s, n);
	enum err err = name_key(c, s, n, k.key, &len);
	for (size_t i = 0; i < sizeof(k.guard); i++)
		assert_int_equal(k.guard[i], 0x5A);
	if (v == NAME_FINE || v == NAME_RESERVED) {
		assert_int_equal(err, ERR_NONE);
		assert_true(len >= 1 && len <= NAME_MAX_KEY);
		assert_true(text_valid(k.key, len));
	} else {
		assert_int_equal(err, v == NAME_TOO_LONG ? ERR_TOO_BIG : ERR_MALFORMED);
		assert_int_equal(len, SIZE_MAX);
	}
	return v;
}

static size_t repeat(char *out, const char *s, size_t n, size_t times)
{
	for (size_t i = 0; i < times; i++)
		memcpy(out + i * n, s, n);
	return n * times;
}

/* One character, and as many of it as a name holds: nothing may expand past the key. */
static void every_character_has_a_key_or_a_verdict(void **state)
{
	size_t verdicts[NAME_RESERVED + 1] = {0};
	for (int32_t cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		char bytes[UTF8_MAX], name[NAME_MAX_BYTES];
		size_t n = utf8_put(bytes, cp);
		size_t most = NAME_MAX_BYTES / n;
		enum name_verdict one = check_agreement(*state, bytes, n);
		verdicts[one]++;
		if (one == NAME_FINE) {
			size_t len = repeat(name, bytes, n, most < 32 ? most : 32);
			check_agreement(*state, name, len);
		}
	}
	print_message("single characters: %zu fine, %zu bad\n", verdicts[NAME_FINE],
		      verdicts[NAME_BAD_CHARACTER]);
	assert_true(verdicts[NAME_FINE] > 140000); /* of the 149,186 that Unicode 15.0 assigns */
	assert_int_equal(verdicts[NAME_TOO_LONG], 0);
	assert_int_equal(verdicts[NAME_EMPTY] + verdicts[NAME_NOT_UTF8], 0);
}

static void what_expands_past_the_key_is_too_long(void **state)
{
	char name[NAME_MAX_BYTES];
	assert_int_equal(check_agreement(*state, name, repeat(name, "ﷺ", 3, 2)), NAME_FINE);
	assert_int_equal(check_agreement(*state, name, repeat(name, "ﷺ", 3, 21)), NAME_TOO_LONG);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void random_names_agree(void **state)
{
	const char *given = getenv("CHAT_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	print_message("CHAT_SEED=%llu\n", (unsigned long long)seed);
	uint64_t rng = seed * 2 + 1;
	for (int round = 0; round < 20000; round++) {
		char name[NAME_MAX_BYTES + 16];
		size_t n = 0;
		for (uint64_t parts = 1 + next_random(&rng) % 4; parts > 0; parts--) {
			const char *p = fine[next_random(&rng) % COUNT(fine)];
			size_t len = strlen(p);
			if (n + len > sizeof(name))
				break;
			memcpy(name + n, p, len);
			n += len;
		}
		if (round % 3 == 0)
			name[next_random(&rng) % n] = (char)next_random(&rng);
		check_agreement(*state, name, n);
	}
}

static void a_failed_key_leaves_its_length(void **state)
{
	char key[NAME_MAX_KEY];
	size_t len = 77;
	assert_int_equal(name_key(*state, "a b", 3, key, &len), ERR_MALFORMED);
	assert_int_equal(name_key(*state, "", 0, key, &len), ERR_MALFORMED);
	assert_int_equal(len, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_every_script_are_fine),
		cmocka_unit_test(bad_names_are_refused_with_the_reason),
		cmocka_unit_test(lengths_are_counted_in_bytes_and_in_graphemes),
		cmocka_unit_test(names_that_look_the_same_are_the_same),
		cmocka_unit_test(every_character_has_a_key_or_a_verdict),
		cmocka_unit_test(what_expands_past_the_key_is_too_long),
		cmocka_unit_test(random_names_agree),
		cmocka_unit_test(a_failed_key_leaves_its_length),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
