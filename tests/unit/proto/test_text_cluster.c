/* Clusters and widths: Unicode's own tests where the machine has them, and a table of our own. */
#include "proto/text.h"
#include "proto/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The version that the ICU of the target has; another's tests ask for other characters and rules. */
#define VERSION	   "15.0"
#define BREAK_TEST "/usr/share/unicode/auxiliary/GraphemeBreakTest.txt"
#define EMOJI_TEST "/usr/share/unicode/emoji/emoji-test.txt"

static bool is_of_version(FILE *f)
{
	char line[1024];
	for (int i = 0; i < 16 && fgets(line, sizeof(line), f) != NULL; i++)
		if (strstr(line, "-" VERSION ".") != NULL ||
		    strstr(line, "Version: " VERSION) != NULL)
			return true;
	return false;
}

static FILE *open_or_skip(const char *path)
{
	FILE *f = fopen(path, "r");
	if (f != NULL && is_of_version(f)) {
		rewind(f);
		return f;
	}
	print_message("skipped: %s is not here in version %s (package unicode-data)\n", path,
		      VERSION);
	if (f != NULL)
		fclose(f);
	skip();
	return NULL;
}

/* Hexadecimal code points up to anything else, as UTF-8; *s is left behind them. */
static size_t read_code_points(const char **s, char *out)
{
	size_t n = 0;
	for (;;) {
		char *end = NULL;
		unsigned long cp = strtoul(*s, &end, 16);
		if (end == *s)
			return n;
		n += utf8_put(out + n, (int32_t)cp);
		*s = end;
	}
}

/* "÷ 0020 × 0308 ÷ 0020 ÷ # …": ÷ is a border of clusters, × is none. */
struct break_case {
	char text[256];
	size_t len;
	size_t borders[64]; /* offsets at which a cluster ends */
	size_t count;
};

static bool read_break_case(const char *line, struct break_case *c)
{
	*c = (struct break_case){.len = 0};
	while (*line != '\0' && *line != '#' && *line != '\n') {
		if (strncmp(line, "÷", strlen("÷")) == 0 && c->len > 0)
			c->borders[c->count++] = c->len;
		line += strncmp(line, "÷", 2) == 0 || strncmp(line, "×", 2) == 0 ? 2 : 1;
		c->len += read_code_points(&line, c->text + c->len);
		line += strspn(line, " \t");
	}
	return c->len > 0;
}

static void check_break_case(const struct break_case *c, const char *line)
{
	const char *s = c->text;
	size_t n = c->len, found = 0;
	struct text_cluster cluster;
	while (text_next_cluster(&s, &n, &cluster)) {
		size_t end = (size_t)(s - c->text);
		if (found == c->count || end != c->borders[found])
			fail_msg("a border at byte %zu: %s", end, line);
		assert_ptr_equal(cluster.bytes + cluster.len, s);
		assert_in_range(cluster.width, 0, 2);
		found++;
	}
	assert_int_equal(found, c->count);
	assert_int_equal(n, 0);
}

static void clusters_are_those_of_unicode(void **state)
{
	(void)state;
	FILE *f = open_or_skip(BREAK_TEST);
	char line[1024];
	int cases = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		struct break_case c;
		if (!read_break_case(line, &c))
			continue;
		check_break_case(&c, line);
		cases++;
	}
	fclose(f);
	print_message("%d cases\n", cases);
	assert_true(cases > 500);
}

static void check_emoji(const char *text, size_t len, const char *line)
{
	char safe[256];
	const char *s = text;
	size_t n = len;
	struct text_cluster c;
	assert_true(text_next_cluster(&s, &n, &c));
	if (n != 0 || c.width != 2)
		fail_msg("%zu bytes left, width %d: %s", n, c.width, line);
	assert_int_equal(text_safe(safe, sizeof(safe), text, len, false), len);
	assert_memory_equal(safe, text, len);
}

static void every_qualified_emoji_is_one_cluster_of_two_cells_and_safe(void **state)
{
	(void)state;
	FILE *f = open_or_skip(EMOJI_TEST);
	char line[1024];
	int cases = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#' || strstr(line, "; fully-qualified") == NULL)
			continue;
		char text[128];
		const char *s = line;
		size_t len = read_code_points(&s, text);
		check_emoji(text, len, line);
		cases++;
	}
	fclose(f);
	print_message("%d emoji\n", cases);
	assert_true(cases > 3000);
}

/* '|' stands between clusters. */
static const struct {
	const char *text;
	const char *clusters;
	int widths[8];
} samples[] = {
	{"abc", "a|b|c", {1, 1, 1}},
	{"你好", "你|好", {2, 2}},
	{"，。", "，|。", {2, 2}},
	{"ＡＢ", "Ａ|Ｂ", {2, 2}},
	{"ｱｲ", "ｱ|ｲ", {1, 1}},
	{"がぎ", "が|ぎ", {2, 2}},
	{"か\u3099", "か\u3099", {2}},
	{"한국", "한|국", {2, 2}},
	{"\u1112\u1161\u11AB", "\u1112\u1161\u11AB", {2}},
	{"\u1112\u1161\u11AB\u1100", "\u1112\u1161\u11AB|\u1100", {2, 2}},
	{"가\u11A8", "가\u11A8", {2}},
	{"\u1161", "\u1161", {1}},
	{"\u1161\u11AB", "\u1161\u11AB", {1}},
	{"e\u0301x", "e\u0301|x", {1, 1}},
	{"\u0301", "\u0301", {1}},
	{"\u0301\u0302", "\u0301\u0302", {1}},
	{"नि", "नि", {2}},
	{"नमस्ते", "न|म|स्|ते", {1, 1, 1, 1}},
	{"क्ष", "क्|ष", {1, 1}},
	{"สวัสดี", "ส|วั|ส|ดี", {1, 1, 1, 1}},
	{"กำ", "กำ", {2}},
	{"سلام", "س|ل|ا|م", {1, 1, 1, 1}},
	{"\u0600\u0661", "\u0600\u0661", {2}},
	{"😀😀", "😀|😀", {2, 2}},
	{"👨‍👩‍👧‍👦!", "👨‍👩‍👧‍👦|!", {2, 1}},
	{"👍🏽👍", "👍🏽|👍", {2, 2}},
	{"🏽", "🏽", {2}},
	{"✌🏽", "✌🏽", {2}},
	{"🇨🇳🇩🇪", "🇨🇳|🇩🇪", {2, 2}},
	{"🇨🇳🇩", "🇨🇳|🇩", {2, 1}},
	{"🏳️‍🌈", "🏳️‍🌈", {2}},
	{"🏴󠁧󠁢󠁥󠁮󠁧󠁿a", "🏴󠁧󠁢󠁥󠁮󠁧󠁿|a", {2, 1}},
	{"1️⃣2", "1️⃣|2", {2, 1}},
	{"❤", "❤", {1}},
	{"❤\uFE0F", "❤\uFE0F", {2}},
	{"☺\uFE0E", "☺\uFE0E", {1}},
	{"⌚", "⌚", {2}},
	{"⌚\uFE0E", "⌚\uFE0E", {1}},
	{"葛\U000E0100", "葛\U000E0100", {2}},
	{"一\uFE0E", "一\uFE0E", {2}},
	{"a\uFE0F", "a\uFE0F", {1}},
	{"x\u200Dy", "x\u200D|y", {1, 1}},
	{"α§±", "α|§|±", {1, 1, 1}},
	{"─│", "─|│", {1, 1}},
	{"\uE000", "\uE000", {1}},
	{"\uFFFD", "\uFFFD", {1}},
	{"\u0378", "\u0378", {1}},
	{"\u3000", "\u3000", {2}},
	{"\r\n", "\r\n", {0}},
	{"\n\n", "\n|\n", {0, 0}},
	{"\u202E", "\u202E", {0}},
	{"\xff"
	 "a\xe4\xbd",
	 "\xff|a|\xe4\xbd",
	 {1, 1, 1}},
};

static void check_sample(size_t i)
{
	const char *s = samples[i].text, *want = samples[i].clusters;
	size_t n = strlen(s), count = 0, width = 0;
	struct text_cluster c;
	while (text_next_cluster(&s, &n, &c)) {
		size_t len = strcspn(want, "|");
		if (c.len != len || memcmp(c.bytes, want, len) != 0)
			fail_msg("\"%s\": cluster %zu is \"%.*s\"", samples[i].text, count,
				 (int)c.len, c.bytes);
		if (c.width != samples[i].widths[count])
			fail_msg("\"%s\": cluster %zu has width %d", samples[i].text, count,
				 c.width);
		width += (size_t)c.width;
		count++;
		want += len + (want[len] == '|' ? 1 : 0);
	}
	assert_string_equal(want, "");
	assert_int_equal(text_graphemes(samples[i].text, strlen(samples[i].text)), count);
	assert_int_equal(text_width(samples[i].text, strlen(samples[i].text)), width);
}

static void clusters_and_widths_of_people_s_writing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		check_sample(i);
}

static void the_end_is_told_and_nothing_is_touched(void **state)
{
	(void)state;
	const char *s = "";
	size_t n = 0;
	struct text_cluster c = {NULL, 77, 77};
	assert_false(text_next_cluster(&s, &n, &c));
	assert_int_equal(c.len, 77);
	assert_int_equal(text_width("", 0), 0);
	assert_int_equal(text_graphemes("", 0), 0);
}

/* Every character alone: what a terminal gets is 1 or 2 cells for anything text_safe() lets by. */
static void safe_characters_take_one_or_two_cells(void **state)
{
	(void)state;
	for (int32_t cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		char bytes[UTF8_MAX], safe[TEXT_SAFE_SIZE(UTF8_MAX)];
		size_t len = text_safe(safe, sizeof(safe), bytes, utf8_put(bytes, cp), false);
		const char *s = safe;
		struct text_cluster c;
		while (text_next_cluster(&s, &len, &c))
			if (c.width < 1 || c.width > 2)
				fail_msg("U+%04X has width %d", (unsigned)cp, c.width);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_are_those_of_unicode),
		cmocka_unit_test(every_qualified_emoji_is_one_cluster_of_two_cells_and_safe),
		cmocka_unit_test(clusters_and_widths_of_people_s_writing),
		cmocka_unit_test(the_end_is_told_and_nothing_is_touched),
		cmocka_unit_test(safe_characters_take_one_or_two_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
