/* Text: what is valid, what the room takes, where it is cut, and that its safe form is safe. */
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
#define TEXT(s)	 (s), sizeof(s) - 1

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t seed_of_run(void)
{
	const char *given = getenv("CHAT_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	print_message("CHAT_SEED=%llu\n", (unsigned long long)seed);
	return seed * 2 + 1;
}

/* ---- UTF-8 -------------------------------------------------------------------------------- */

static void every_code_point_reads_back_and_only_those(void **state)
{
	(void)state;
	char bytes[UTF8_MAX];
	for (int32_t cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		int32_t back = 0;
		size_t len = utf8_put(bytes, cp);
		assert_int_equal(utf8_next(bytes, len, &back), len);
		assert_int_equal(back, cp);
		for (size_t cut = 1; cut < len; cut++) {
			assert_int_equal(utf8_next(bytes, cut, &back), cut);
			assert_int_equal(back, UTF8_BAD);
		}
	}
}

/* All 2^32 four-byte strings are counted by the ranges of their first two bytes. */
static void no_more_than_the_1112064_sequences_are_valid(void **state)
{
	(void)state;
	size_t valid = 0;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			char s[4] = {(char)a, (char)b, (char)0x80, (char)0xBF};
			valid += b == 0 && text_valid(s, 1) ? 1 : 0;
			valid += a >= 0x80 && text_valid(s, 2) ? 1 : 0;
			valid += a >= 0x80 && text_valid(s, 3) ? 64 : 0;
			valid += a >= 0x80 && text_valid(s, 4) ? 64 * 64 : 0;
		}
	}
	assert_int_equal(valid, 0x110000 - 0x800);
}

static bool valid_step_by_step(const char *s, size_t n)
{
	int32_t cp = 0;

	for (size_t i = 0; i < n && cp != UTF8_BAD;)
		i += utf8_next(s + i, n - i, &cp);
	return cp != UTF8_BAD;
}

/* ASCII is looked at in words: it makes no difference where in them the rest stands. */
static void text_is_as_valid_as_its_characters(void **state)
{
	(void)state;
	static const char *const inner[] = {
		"",	    "\xc2\x80",	    "\xe4\xbd\xa0",    "\xf0\x9f\x91\x8b",
		"\x80",	    "\xe4\xbd",	    "\xc0\xaf",	       "\xed\xa0\x80",
		"\xff\xc3", "\xf0\x9f\x91", "\xe4\xbd\xa0\x80"};
	char s[40];
	for (size_t k = 0; k < COUNT(inner); k++) {
		size_t n = strlen(inner[k]);
		bool good = valid_step_by_step(inner[k], n);
		assert_int_equal(good, k < 4);
		for (size_t len = n; len <= sizeof(s); len++) {
			for (size_t at = 0; at + n <= len; at++) {
				memset(s, 'x', sizeof(s));
				memcpy(s + at, inner[k], n);
				assert_int_equal(text_valid(s, len), good);
				assert_int_equal(valid_step_by_step(s, len), good);
			}
		}
	}
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		size_t n;
	} bad[] = {
		{TEXT("\xff")},
		{TEXT("\x80")},
		{TEXT("\xc0\xaf")},
		{TEXT("\xc1\xbf")},
		{TEXT("\xe0\x9f\xbf")},
		{TEXT("\xed\xa0\x80")},
		{TEXT("\xed\xbf\xbf")},
		{TEXT("\xf0\x8f\xbf\xbf")},
		{TEXT("\xf4\x90\x80\x80")},
		{TEXT("\xf5\x80\x80\x80")},
		{TEXT("\xf8\x88\x80\x80\x80")},
		{TEXT("\xe4\xbd")},
		{TEXT("\xf0\x9f\x98")},
		{TEXT("abc\xe4\xbd"
		      "def")},
		{TEXT("\xc3(")},
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_valid(bad[i].s, bad[i].n));
	assert_true(text_valid(TEXT("")));
	assert_true(text_valid(TEXT("a\0b")));
	assert_true(text_valid(TEXT("你好 👋 \xef\xbf\xbf \xf4\x8f\xbf\xbf")));
}

/* ---- what the room takes ------------------------------------------------------------------ */

static void a_talk_has_something_to_see(void **state)
{
	(void)state;
	assert_true(text_talk_ok(TEXT("hello")));
	assert_true(text_talk_ok(TEXT("你好")));
	assert_true(text_talk_ok(TEXT("  .  ")));
	assert_true(text_talk_ok(TEXT("👩‍👧")));
	assert_true(text_talk_ok(TEXT("\u0301")));
	assert_true(text_talk_ok(TEXT("\U0001FAE9"))); /* an emoji of Unicode 16 */
	assert_false(text_talk_ok(TEXT("")));
	assert_false(text_talk_ok(TEXT(" ")));
	assert_false(text_talk_ok(TEXT(" \t\r\n\v\f")));
	assert_false(text_talk_ok(TEXT("\u00A0\u2003\u3000\u2028\u2029\xc2\x85")));
	assert_false(text_talk_ok(TEXT("\u200B\u200D\uFEFF\u2060\uFE0F\u00AD")));
	assert_false(text_talk_ok(TEXT("\u3164\u115F\u2800\uFFA0")));
	assert_false(text_talk_ok(TEXT("\x1b\x07\x7f")));
	assert_false(text_talk_ok(TEXT("\uFFFF\U0001FFFE")));
	assert_false(text_talk_ok(TEXT("a\0b")));
	assert_false(text_talk_ok(TEXT("a\xff")));
}

static void a_talk_is_at_most_16_kib(void **state)
{
	(void)state;
	static char text[TEXT_MAX_BYTES + 1];
	memset(text, 'x', sizeof(text));
	assert_true(text_talk_ok(text, TEXT_MAX_BYTES));
	assert_false(text_talk_ok(text, TEXT_MAX_BYTES + 1));
}

/* ---- clipping ----------------------------------------------------------------------------- */

static void clipping_never_cuts_a_character(void **state)
{
	(void)state;
	static const char text[] = "aé你😀z";
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
	for (size_t max = 0; max < COUNT(want); max++)
		assert_int_equal(text_clip(TEXT(text), max), want[max]);
	assert_int_equal(text_clip(TEXT(""), 4), 0);
	assert_int_equal(text_clip(TEXT("\x80\x80\x80\x80\x80"), 3), 3);
	assert_int_equal(text_clip(TEXT("\xff\xff"), 1), 1);
}

/* ---- the safe form ------------------------------------------------------------------------ */

struct range {
	int32_t first, last;
};

static bool in(const struct range *r, size_t n, int32_t cp)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= r[i].first && cp <= r[i].last)
			return true;
	return false;
}

/* Written down by hand from the rules, not taken from the code under test. */
static bool must_not_remain(int32_t cp)
{
	static const struct range never[] = {
		{0x00, 0x1F},	  {0x7F, 0x9F},	    {0xAD, 0xAD},	{0x034F, 0x034F},
		{0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},	{0x180E, 0x180E},
		{0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},	{0x2060, 0x206F},
		{0x3164, 0x3164}, {0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF},	{0xFFA0, 0xFFA0},
		{0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0001},
	};
	return in(never, COUNT(never), cp) || (cp & 0xFFFE) == 0xFFFE;
}

static void assert_safe(const char *s, size_t n, bool keep_newline)
{
	for (size_t i = 0; i < n;) {
		int32_t cp = 0;
		i += utf8_next(s + i, n - i, &cp);
		assert_int_not_equal(cp, UTF8_BAD);
		if (must_not_remain(cp) && !(cp == '\n' && keep_newline))
			fail_msg("U+%04X remains", (unsigned)cp);
	}
}

/* Safe, within its bound, its own safe form, and at every shorter cap a safe beginning. */
static void check_safe(const char *s, size_t n, bool keep_newline, bool all_caps)
{
	char *out = malloc(TEXT_SAFE_SIZE(n));
	size_t len = text_safe(out, TEXT_SAFE_SIZE(n), s, n, keep_newline);
	char *again = malloc(TEXT_SAFE_SIZE(len));
	size_t len2 = text_safe(again, TEXT_SAFE_SIZE(len), out, len, keep_newline);
	assert_safe(out, len, keep_newline);
	assert_int_equal(out[len], '\0');
	assert_int_equal(len2, len);
	assert_memory_equal(again, out, len);
	for (size_t cap = all_caps ? 0 : len + 1; cap <= len; cap++) {
		char *cut = malloc(cap == 0 ? 1 : cap);
		size_t m = text_safe(cut, cap, s, n, keep_newline);
		assert_true(m == 0 || m < cap);
		assert_memory_equal(cut, out, m);
		assert_safe(cut, m, keep_newline);
		assert_int_equal(text_safe(again, TEXT_SAFE_SIZE(len), cut, m, keep_newline), m);
		assert_memory_equal(again, cut, m);
		free(cut);
	}
	free(again);
	free(out);
}

/* Copies with `from` for every `to`; the result is as long as it says. */
static size_t replace(char *out, const char *s, size_t n, const char *from, const char *to)
{
	size_t len = 0, skip = strlen(from);

	for (size_t i = 0; i < n;) {
		bool here = n - i >= skip && memcmp(s + i, from, skip) == 0;
		size_t add = here ? strlen(to) : 1;
		memcpy(out + len, here ? to : s + i, add);
		len += add;
		i += here ? skip : 1;
	}
	return len;
}

/* Plain ASCII goes over in runs.  A letter that is not ASCII never does, and is treated alike. */
static void runs_of_ascii_are_what_their_characters_are(void **state)
{
	(void)state;
	static const char *const inner[] = {
		"",
		"\xcc\x81",
		"\xef\xb8\x8f",
		"\xe2\x80\x8d",
		"\x1b",
		"\x7f",
		"\n",
		"\t",
		" ",
		"\xff",
		"\xe2\x80\xae",
		"  ~ ",
		"\xf0\x9f\x8f\xb4",
		"\xe4\xbd\xa0",
		"\xe2\x80\x8d ",
		"\xc2\x85",
	};
	char s[64], slow[128], out[1024], slow_out[1024], want[1024];
	for (size_t k = 0; k < COUNT(inner) * 20 * 20; k++) {
		const char *mid = inner[k / 400];
		size_t before = k / 20 % 20, after = k % 20, n = before + strlen(mid) + after;
		memset(s, 'x', sizeof(s));
		memcpy(s + before, mid, strlen(mid));
		size_t m = replace(slow, s, n, "x", "\xc3\xa4");
		size_t len = text_safe(out, sizeof(out), s, n, before % 2 == 0);
		size_t slow_len = text_safe(slow_out, sizeof(slow_out), slow, m, before % 2 == 0);
		assert_int_equal(replace(want, slow_out, slow_len, "\xc3\xa4", "x"), len);
		assert_memory_equal(out, want, len);
		check_safe(s, n, false, k % 7 == 0);
	}
}

static void every_byte_pair_becomes_safe(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		char one[1] = {(char)a};
		check_safe(one, 1, false, true);
		check_safe(one, 1, true, true);
		for (unsigned b = 0; b < 256; b++) {
			char two[2] = {(char)a, (char)b};
			check_safe(two, 2, b % 2 == 0, false);
		}
	}
}

static void every_code_point_becomes_safe(void **state)
{
	(void)state;
	size_t worst = 0;
	for (int32_t cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		char bytes[UTF8_MAX + 2] = {'a'}, out[64];
		size_t len = utf8_put(bytes + 1, cp);
		size_t alone = text_safe(out, sizeof(out), bytes + 1, len, false);
		worst = alone > worst * len ? (alone + len - 1) / len : worst;
		assert_true(alone < TEXT_SAFE_SIZE(len));
		check_safe(bytes + 1, len, false, false);
		bytes[len + 1] = 'b';
		check_safe(bytes, len + 2, true, false);
	}
	assert_int_equal(worst, 4); /* the factor of TEXT_SAFE_SIZE is reached, and enough */
}

/* Characters that change what their neighbours mean, and neighbours of each kind. */
static const char *const pieces[] = {
	"a",
	"你",
	"😀",
	"❤",
	"\u0301",
	"\u0903",
	"\u200D",
	"\u200C",
	"\uFE0F",
	"\uFE0E",
	"\u202E",
	"\u200B",
	"\n",
	"\t",
	" ",
	"\x1b",
	"\xff",
	"\xe4\xbd",
	"🏴",
	"\U000E0067",
	"\U000E0062",
	"\U000E007F",
	"\U000E0100",
	"\u0600",
	"🇨",
	"\U000E0001",
	"\u1160",
	"\u034F",
	"\u0301\u0302\u0303\u0304\u0305\u0306\u0307",
	"\xc2\x9b",
	"\u2028",
	"👩",
};

static void random_text_becomes_safe(void **state)
{
	(void)state;
	uint64_t rng = seed_of_run();
	for (int round = 0; round < 20000; round++) {
		char text[512];
		size_t n = 0;
		for (uint64_t parts = next_random(&rng) % 16; parts > 0; parts--) {
			const char *p = pieces[next_random(&rng) % COUNT(pieces)];
			memcpy(text + n, p, strlen(p));
			n += strlen(p);
		}
		check_safe(text, n, round % 2 == 0, round % 50 == 0);
	}
}

static void random_bytes_become_safe(void **state)
{
	(void)state;
	uint64_t rng = seed_of_run();
	for (int round = 0; round < 5000; round++) {
		char text[64];
		size_t n = next_random(&rng) % sizeof(text);
		for (size_t i = 0; i < n; i++)
			text[i] = (char)next_random(&rng);
		check_safe(text, n, round % 2 == 0, round % 50 == 0);
	}
}

struct sample {
	const char *what, *in, *out;
};

static const struct sample samples[] = {
	{"plain text stays", "hello, 你好 мир สวัสดี नमस्ते سلام", "hello, 你好 мир สวัสดี नमस्ते سلام"},
	{"escape", "\x1b[31mred", "␛[31mred"},
	{"bell and backspace", "\a\b", "␇␈"},
	{"carriage return", "a\rb", "a␍b"},
	{"a tab is a space", "a\tb", "a b"},
	{"newline", "a\nb", "a␊b"},
	{"delete", "a\x7f", "a␡"},
	{"C1",
	 "\xc2\x9b"
	 "31m",
	 "<U+009B>31m"},
	{"a raw C1 byte is not UTF-8",
	 "\x9b"
	 "31m",
	 "�31m"},
	{"next line", "\xc2\x85", "<U+0085>"},
	{"bidi override", "a\u202Etxt.exe", "a<U+202E>txt.exe"},
	{"bidi isolate", "\u2066x\u2069", "<U+2066>x<U+2069>"},
	{"bidi marks", "\u200E\u200F\u061C", "<U+200E><U+200F><U+061C>"},
	{"separators", "\u2028\u2029", "<U+2028><U+2029>"},
	{"zero-width", "a\u200Bb\uFEFF\u2060", "a<U+200B>b<U+FEFF><U+2060>"},
	{"soft hyphen", "co\u00ADop", "co<U+00AD>op"},
	{"annotation", "\uFFF9\uFFFA\uFFFB", "<U+FFF9><U+FFFA><U+FFFB>"},
	{"Hangul filler", "\u3164", "<U+3164>"},
	{"lone tags", "a\U000E0041", "a<U+E0041>"},
	{"the flag of England", "🏴󠁧󠁢󠁥󠁮󠁧󠁿!", "🏴󠁧󠁢󠁥󠁮󠁧󠁿!"},
	{"tags without an end", "🏴\U000E0067\U000E0062\U000E0065",
	 "🏴<U+E0067><U+E0062><U+E0065>"},
	{"fewer tags than a region has", "🏴\U000E0067\U000E0062\U000E007F",
	 "🏴<U+E0067><U+E0062><U+E007F>"},
	{"a flag of a region takes no style", "🏴󠁧󠁢󠁥󠁮󠁧󠁿\uFE0F",
	 "🏴󠁧󠁢󠁥󠁮󠁧󠁿<U+FE0F>"},
	{"tags behind another base", "😀\U000E0067\U000E007F", "😀<U+E0067><U+E007F>"},
	{"more tags than a region has",
	 "🏴\U000E0061\U000E0062\U000E0063\U000E0064\U000E0065\U000E0066\U000E0067\U000E007F",
	 "🏴<U+E0061><U+E0062><U+E0063><U+E0064><U+E0065><U+E0066><U+E0067><U+E007F>"},
	{"noncharacter", "\uFFFF\U0010FFFF", "<U+FFFF><U+10FFFF>"},
	{"unassigned", "\u0378", "<U+0378>"},
	{"private use stays", "\uE000\U000F0000", "\uE000\U000F0000"},
	{"family", "👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"},
	{"heart on fire", "❤️‍🔥", "❤️‍🔥"},
	{"Persian non-joiner", "می‌خواهم", "می‌خواهم"},
	{"Sinhala joiner", "ශ්‍රී", "ශ්‍රී"},
	{"joiner at the start",
	 "\u200D"
	 "a",
	 "<U+200D>a"},
	{"joiner at the end", "a\u200D", "a<U+200D>"},
	{"joiner before a space", "a\u200C b", "a<U+200C> b"},
	{"joiner after a space", "a \u200Cb", "a <U+200C>b"},
	{"two joiners",
	 "a\u200D\u200D"
	 "b",
	 "a<U+200D><U+200D>b"},
	{"joiner before a control", "a\u200D\x1b", "a<U+200D>␛"},
	{"joiner before a bad byte", "a\u200D\xff", "a<U+200D>�"},
	{"selector at the start",
	 "\uFE0F"
	 "a",
	 "<U+FE0F>a"},
	{"second selector", "❤\uFE0F\uFE0E", "❤\uFE0F<U+FE0E>"},
	{"ideographic selector", "葛󠄀", "葛󠄀"},
	{"keycap", "1️⃣", "1️⃣"},
	{"visible format characters", "\u06DD\u0661", "\u06DD\u0661"},
	{"marks", "e\u0301", "e\u0301"},
	{"a Tibetan stack of eight", "ཧཀྵྨླྺྼྻྂ", "ཧཀྵྨླྺྼྻྂ"},
	{"the ninth mark goes", "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030A!",
	 "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308!"},
	{"a joiner goes with the mark it joins",
	 "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u200D\u0309!",
	 "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308!"},
	{"a mark without a base", "\u0301x", "\u25CC\u0301x"},
	{"maximal subparts",
	 "\xf0\x9f\x98"
	 "A\xe4\xbd\xff\xed\xa0\x80\xc0\xaf",
	 "�A�������"},
};

static void each_kind_is_shown_as_the_rules_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		char out[256];
		const char *in = samples[i].in;
		size_t len = text_safe(out, sizeof(out), in, strlen(in), false);
		if (strcmp(out, samples[i].out) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", samples[i].what, out, samples[i].out);
		assert_int_equal(len, strlen(out));
		check_safe(in, strlen(in), false, true);
	}
}

static void newlines_are_kept_when_asked_for(void **state)
{
	(void)state;
	char out[64];
	text_safe(out, sizeof(out), TEXT("a\n\u0301b\r\n\tc"), true);
	assert_string_equal(out, "a\n\u25CC\u0301b␍\n c");
	text_safe(out, sizeof(out), TEXT("a\0b"), true);
	assert_string_equal(out, "a␀b");
}

static void a_small_output_ends_before_what_does_not_fit(void **state)
{
	(void)state;
	char out[16];
	assert_int_equal(text_safe(out, 0, TEXT("abc"), false), 0);
	assert_int_equal(text_safe(out, 1, TEXT("abc"), false), 0);
	assert_string_equal(out, "");
	assert_int_equal(text_safe(out, 9, TEXT("ab\u202E"), false), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(text_safe(out, 11, TEXT("ab\u202E"), false), 10);
	assert_string_equal(out, "ab<U+202E>");
	assert_int_equal(text_safe(out, 8, TEXT("👩‍👧"), false),
			 4); /* no joiner that joins nothing */
	assert_string_equal(out, "👩");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_reads_back_and_only_those),
		cmocka_unit_test(no_more_than_the_1112064_sequences_are_valid),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(text_is_as_valid_as_its_characters),
		cmocka_unit_test(a_talk_has_something_to_see),
		cmocka_unit_test(a_talk_is_at_most_16_kib),
		cmocka_unit_test(clipping_never_cuts_a_character),
		cmocka_unit_test(runs_of_ascii_are_what_their_characters_are),
		cmocka_unit_test(every_byte_pair_becomes_safe),
		cmocka_unit_test(every_code_point_becomes_safe),
		cmocka_unit_test(random_text_becomes_safe),
		cmocka_unit_test(random_bytes_become_safe),
		cmocka_unit_test(each_kind_is_shown_as_the_rules_say),
		cmocka_unit_test(newlines_are_kept_when_asked_for),
		cmocka_unit_test(a_small_output_ends_before_what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
