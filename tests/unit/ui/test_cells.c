/* ui/cells: what is one place, and that nothing is ever half drawn. */
#include "ui/cells.h"

#include "check.h"

#include <string.h>

/* Places as "bytes/width " each. */
static void places_are(const char *s, const char *want)
{
	char got[512] = "";
	size_t n = strlen(s);
	struct place p;

	while (place_next(&s, &n, 1, &p)) {
		size_t at = strlen(got);
		assert_true(p.len > 0 && p.len <= PLACE_MAX_BYTES);
		assert_true(p.width == 1 || p.width == 2);
		memcpy(got + at, p.bytes, p.len);
		got[at + p.len] = '/';
		got[at + p.len + 1] = (char)('0' + p.width);
		got[at + p.len + 2] = ' ';
		got[at + p.len + 3] = '\0';
	}
	assert_int_equal(n, 0);
	assert_string_equal(got, want);
}

static void test_places(void **state)
{
	(void)state;
	places_are("", "");
	places_are("ab c", "a/1 b/1  /1 c/1 ");
	places_are("好a。", "好/2 a/1 。/2 ");
	places_are("é", "é/1 ");
	places_are("e\u0301x", "e\u0301/1 x/1 ");
	places_are("한\u1112\u1161\u11ab", "한/2 \u1112\u1161\u11ab/2 ");
	places_are("ｱﾞ", "ｱ/1 ﾞ/1 ");
	places_are("🙂", "🙂/2 ");
}

/* Each part of a sequence has a place of its own, whatever the terminal makes of sequences. */
static void test_sequences_fall_apart(void **state)
{
	(void)state;
	places_are("👨\u200d👩\u200d👧!", "👨/2 👩/2 👧/2 !/1 ");
	places_are("❤\ufe0fx", "❤/1 x/1 ");
	places_are("👍🏽", "👍/2 🏽/2 ");
	places_are("🇨🇳", "🇨/1 🇳/1 ");
	places_are("1\ufe0f\u20e3", "1\u20e3/1 ");
	places_are("🏴\U000E0067\U000E0062\U000E007F.", "🏴/2 ./1 ");
	places_are("\u200da", "a/1 ");
	places_are("\u200d", "");
}

static void test_a_tower_of_marks_is_cut_whole(void **state)
{
	char tower[1 + 2 * 40 + 1] = "a";
	const char *s = tower;
	size_t n;
	struct place p;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		memcpy(tower + 1 + 2 * i, "\u0301", 2);
	n = strlen(tower);
	assert_true(place_next(&s, &n, 1, &p));
	assert_int_equal(n, 0);
	assert_int_equal(p.len, 23); /* 'a' and 11 whole marks */
	assert_int_equal(p.width, 1);
}

static void test_bytes_that_are_not_text_are_skipped(void **state)
{
	(void)state;
	places_are("a\xff\xe5\xa5z", "a/1 z/1 ");
	places_are("\x1b", "");
}

static void test_a_new_grid_is_blank(void **state)
{
	struct grid g;

	(void)state;
	assert_int_equal(grid_init(&g, 3, 2), ERR_NONE);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(g.cells[i].len, 0);
		assert_int_equal(g.cells[i].width, 1);
		assert_int_equal(g.cells[i].style, STYLE_PLAIN);
	}
	grid_wipe(&g);
}

static void test_a_wide_place_takes_two_cells_or_none(void **state)
{
	struct grid g;

	(void)state;
	assert_int_equal(grid_init(&g, 5, 1), ERR_NONE);
	assert_int_equal(grid_string(&g, 0, 0, 5, "好a好b", STYLE_ERROR), 5);
	assert_int_equal(grid_cell(&g, 0, 0)->width, 2);
	assert_int_equal(grid_cell(&g, 0, 1)->width, 0);
	assert_int_equal(grid_cell(&g, 0, 3)->width, 2);
	assert_int_equal(grid_cell(&g, 0, 4)->style, STYLE_ERROR);

	grid_clear(&g);
	assert_int_equal(grid_string(&g, 0, 0, 9, "ab好c", STYLE_PLAIN), 5);
	grid_clear(&g);
	assert_int_equal(grid_string(&g, 0, 0, 9, "abcd好e", STYLE_PLAIN), 4);
	assert_int_equal(grid_cell(&g, 0, 4)->len, 0);
	assert_int_equal(grid_string(&g, 0, 1, 2, "好", STYLE_PLAIN), 1);
	grid_wipe(&g);
}

static void test_fill_styles_blanks_alone(void **state)
{
	struct grid g;

	(void)state;
	assert_int_equal(grid_init(&g, 4, 1), ERR_NONE);
	grid_string(&g, 0, 1, 4, "好", STYLE_ERROR);
	grid_fill(&g, 0, STYLE_TITLE);
	assert_int_equal(grid_cell(&g, 0, 0)->style, STYLE_TITLE);
	assert_int_equal(grid_cell(&g, 0, 1)->style, STYLE_ERROR);
	assert_int_equal(grid_cell(&g, 0, 2)->style, STYLE_ERROR);
	assert_int_equal(grid_cell(&g, 0, 3)->style, STYLE_TITLE);
	grid_wipe(&g);
}

/* ---- what terminals disagree on ------------------------------------------------------------- */

static void test_ambiguous_characters_are_as_wide_as_one_says(void **state)
{
	static const char words[] = "±─αé天a";

	(void)state;
	assert_int_equal(place_columns(words, strlen(words), 1), 7);
	assert_int_equal(place_columns(words, strlen(words), 2), 10);
	assert_int_equal(place_columns("ά", 4, 2), 2); /* what sits on it has no part in it */
}

/* What ncurses is told agrees with what the cells hold. */
static void test_the_width_of_one_character(void **state)
{
	(void)state;
	assert_int_equal(place_width('a', 1), 1);
	assert_int_equal(place_width(0x5929, 1), 2);
	assert_int_equal(place_width(0x1FAE8, 1), 2); /* newer than many a libc */
	assert_int_equal(place_width(0x0301, 1), 0);
	assert_int_equal(place_width(0x200D, 1), 0);
	assert_int_equal(place_width(0x202B, 1), 0);
	assert_int_equal(place_width(0x1161, 1), 0);
	assert_int_equal(place_width(0x1F3FD, 1), 2); /* a skin tone stands alone */
	assert_int_equal(place_width(0x0378, 1), 1);  /* nobody knows it */
	assert_int_equal(place_width(0x00B1, 1), 1);
	assert_int_equal(place_width(0x00B1, 2), 2);
	assert_int_equal(place_width(0x0301, 2), 0);
}

static int bidi_of(const char *s)
{
	return text_bidi(s, strlen(s));
}

static void test_the_way_that_text_goes(void **state)
{
	(void)state;
	assert_int_equal(bidi_of(""), 0);
	assert_int_equal(bidi_of("plain words, 天气 ± 🙂 123"), 0);
	assert_int_equal(bidi_of("שלום"), CELL_OPENS_RTL);
	assert_int_equal(bidi_of("123 - مرحبا abc"), CELL_OPENS_RTL);
	assert_int_equal(bidi_of("abc שלום"), CELL_OPENS_LTR);
	assert_int_equal(bidi_of("天 שלום"), CELL_OPENS_LTR);
	assert_int_equal(bidi_of("١٢"), CELL_OPENS_LTR); /* digits that go along */
}

static void test_text_is_set_apart(void **state)
{
	struct grid g;

	(void)state;
	assert_int_equal(grid_init(&g, 12, 1), ERR_NONE);
	assert_int_equal(grid_apart_text(&g, 0, 2, 12, "שלום", 8, STYLE_PLAIN), 6);
	assert_int_equal(grid_cell(&g, 0, 1)->bidi, CELL_OPENS_RTL);
	assert_int_equal(grid_cell(&g, 0, 2)->bidi, 0);
	assert_int_equal(grid_cell(&g, 0, 5)->bidi, CELL_CLOSES);
	grid_apart_text(&g, 0, 6, 12, "א天", 5, STYLE_PLAIN); /* the next begins where one ends */
	assert_int_equal(grid_cell(&g, 0, 5)->bidi, CELL_CLOSES | CELL_OPENS_RTL);
	assert_int_equal(grid_cell(&g, 0, 7)->bidi, CELL_CLOSES); /* the left half of it */
	grid_clear(&g);
	grid_apart_text(&g, 0, 0, 12, "שלום", 8, STYLE_PLAIN); /* there is nothing before it */
	grid_apart_text(&g, 0, 6, 12, "left", 4, STYLE_PLAIN);
	grid_apart_text(&g, 0, 12, 12, "שלום", 8, STYLE_PLAIN); /* nor any place */
	for (int col = 0; col < 12; col++)
		assert_int_equal(grid_cell(&g, 0, col)->bidi, 0);
	grid_wipe(&g);
}

static void test_what_is_cut_says_so(void **state)
{
	struct grid g;

	(void)state;
	assert_int_equal(grid_init(&g, 6, 1), ERR_NONE);
	assert_int_equal(grid_cut_string(&g, 0, 0, 5, "hello", STYLE_PLAIN), 5);
	assert_memory_equal(grid_cell(&g, 0, 4)->bytes, "o", 1);
	assert_int_equal(grid_cut_string(&g, 0, 0, 5, "hello!", STYLE_PLAIN), 5);
	assert_memory_equal(grid_cell(&g, 0, 4)->bytes, "…", 3);
	grid_clear(&g);
	assert_int_equal(grid_cut_string(&g, 0, 0, 5, "今天天气", STYLE_PLAIN), 5);
	grid_clear(&g);
	assert_int_equal(grid_cut_string(&g, 0, 0, 4, "今天天气", STYLE_PLAIN), 3);
	assert_int_equal(grid_cell(&g, 0, 3)->len, 0);
	g.ambiguous = 2;
	assert_int_equal(grid_cut_string(&g, 0, 0, 5, "hello!", STYLE_PLAIN), 5);
	assert_memory_equal(grid_cell(&g, 0, 4)->bytes, "~", 1);
	grid_wipe(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_sequences_fall_apart),
		cmocka_unit_test(test_a_tower_of_marks_is_cut_whole),
		cmocka_unit_test(test_bytes_that_are_not_text_are_skipped),
		cmocka_unit_test(test_a_new_grid_is_blank),
		cmocka_unit_test(test_a_wide_place_takes_two_cells_or_none),
		cmocka_unit_test(test_fill_styles_blanks_alone),
		cmocka_unit_test(test_ambiguous_characters_are_as_wide_as_one_says),
		cmocka_unit_test(test_the_width_of_one_character),
		cmocka_unit_test(test_the_way_that_text_goes),
		cmocka_unit_test(test_text_is_set_apart),
		cmocka_unit_test(test_what_is_cut_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
