/* ui/typed_row: the bytes, and what a terminal makes of them, for lines and cursors of all kinds. */
#include "ui/typed_row.h"

#include "check.h"

#include "proto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A terminal of one row that knows what the module may use, and nothing else. */
struct paper {
	int columns, col;
	int rows; /* that were left behind */
	struct {
		char bytes[PLACE_MAX_BYTES + 1];
		int width; /* 0: the right half of what is before it */
	} cells[TYPED_ROW_COLUMNS + 1];
};

static void blank(struct paper *p)
{
	p->col = 0;
	for (int i = 0; i <= TYPED_ROW_COLUMNS; i++) {
		p->cells[i].width = 1;
		strcpy(p->cells[i].bytes, " ");
	}
}

static void put_at(struct paper *p, int col, const char *bytes, size_t n, int width)
{
	memcpy(p->cells[col].bytes, bytes, n);
	p->cells[col].bytes[n] = '\0';
	p->cells[col].width = width;
}

/* Half of a wide character that is written over leaves a blank, as on real terminals. */
static void heal(struct paper *p, int col)
{
	if (p->cells[col].width == 0 && col > 0)
		put_at(p, col - 1, " ", 1, 1);
	if (p->cells[col].width == 2)
		put_at(p, col + 1, " ", 1, 1);
}

static void print_place(struct paper *p, const struct place *at)
{
	assert_true(p->col + at->width < p->columns); /* the last column stays empty */
	for (int i = 0; i < at->width; i++)
		heal(p, p->col + i);
	put_at(p, p->col, at->bytes, at->len, at->width);
	if (at->width == 2)
		put_at(p, p->col + 1, "", 0, 0);
	p->col += at->width;
}

static void control(struct paper *p, char c)
{
	switch (c) {
	case '\r':
		p->col = 0;
		break;
	case '\b':
		assert_true(p->col > 0);
		p->col--;
		break;
	case '\n':
		p->rows++;
		blank(p);
		break;
	default:
		fail_msg("byte %d", c);
	}
}

static void print(struct paper *p, const struct buf *b)
{
	const char *s = (const char *)b->data;
	size_t n = b->len;
	struct place at;

	while (n > 0) {
		size_t run = 0;
		while (run < n && (unsigned char)s[run] >= ' ')
			run++;
		const char *part = s;
		size_t left = run;
		while (place_next(&part, &left, 1, &at))
			print_place(p, &at);
		s += run;
		n -= run;
		if (n > 0) {
			control(p, *s++);
			n--;
		}
	}
}

struct scene {
	struct typed_row row;
	struct paper paper;
	uint8_t bytes[TYPED_ROW_BYTES];
	struct buf out;
};

static void begin(struct scene *s, int columns)
{
	typed_row_init(&s->row, columns);
	s->paper.columns = columns;
	s->paper.rows = 0;
	blank(&s->paper);
}

static void type(struct scene *s, const char *prompt, const char *line, size_t cursor)
{
	s->out = buf_of(s->bytes, sizeof(s->bytes));
	typed_row_show(&s->row,
		       &(struct typed_text){.prompt = prompt,
					    .line = line,
					    .len = strlen(line),
					    .cursor = cursor,
					    .ambiguous = 1},
		       &s->out);
	assert_false(s->out.failed);
	print(&s->paper, &s->out);
}

static void wrote(const struct scene *s, const char *bytes)
{
	if (s->out.len != strlen(bytes) || memcmp(s->out.data, bytes, s->out.len) != 0)
		fail_msg("\"%.*s\" is not \"%s\"", (int)s->out.len, (const char *)s->out.data,
			 bytes);
}

/* The row from the left up to its last letter, and where the cursor is. */
static void shows(const struct scene *s, const char *text, int col)
{
	char all[4096] = "";

	for (int i = 0; i < s->paper.columns; i++)
		strcat(all, s->paper.cells[i].bytes);
	for (size_t n = strlen(all); n > 0 && all[n - 1] == ' '; n--)
		all[n - 1] = '\0';
	assert_string_equal(all, text);
	assert_int_equal(s->paper.col, col);
}

static void test_a_letter_is_a_letter(void **state)
{
	static struct scene s;

	(void)state;
	begin(&s, 40);
	type(&s, "", "h", 1);
	wrote(&s, "h");
	type(&s, "", "he", 2);
	wrote(&s, "e");
	type(&s, "", "he", 2);
	wrote(&s, "");
	type(&s, "", "h", 1);
	wrote(&s, "\b \b");
	type(&s, "", "h好", 4);
	wrote(&s, "好");
	type(&s, "", "h", 1);
	wrote(&s, "\b\b  \b\b");
	shows(&s, "h", 1);
}

static void test_the_cursor_goes_through_the_line(void **state)
{
	static struct scene s;

	(void)state;
	begin(&s, 40);
	type(&s, "", "a好b", 5);
	type(&s, "", "a好b", 4);
	wrote(&s, "\b");
	type(&s, "", "a好b", 1);
	wrote(&s, "\b\b");
	type(&s, "", "a好b", 4);
	wrote(&s, "好");
	type(&s, "", "a好xb", 5);
	wrote(&s, "xb\b");
	type(&s, "", "a好b", 4);
	wrote(&s, "\bb \b\b");
	shows(&s, "a好b", 3);
}

static void test_prompts(void **state)
{
	static struct scene s;

	(void)state;
	begin(&s, 20);
	type(&s, "name: ", "", 0);
	shows(&s, "name:", 6);
	type(&s, "name: ", "小明", 6);
	wrote(&s, "小明");
	type(&s, "", "", 0);
	shows(&s, "", 0);
	type(&s, "(reverse-i-search)`some': ", "some line", 4);
	shows(&s, "(reverse-some line", 13);
}

static void test_a_long_line_moves_sideways(void **state)
{
	static struct scene s;
	const char *line = "abcdefghijklmnopqrstuvwxyz";

	(void)state;
	begin(&s, 11);
	type(&s, "", line, 3);
	shows(&s, "abcdefghij", 3);
	type(&s, "", line, 9);
	shows(&s, "abcdefghij", 9);
	type(&s, "", line, 10);
	shows(&s, "fghijklmno", 5);
	type(&s, "", line, 26);
	shows(&s, "uvwxyz", 6);
	type(&s, "", line, 0);
	shows(&s, "abcdefghij", 0);
}

static void test_erasing(void **state)
{
	static struct scene s;

	(void)state;
	begin(&s, 20);
	s.out = buf_of(s.bytes, sizeof(s.bytes));
	typed_row_erase(&s.row, &s.out);
	wrote(&s, "");
	type(&s, "> ", "好", 0);
	s.out = buf_of(s.bytes, sizeof(s.bytes));
	typed_row_erase(&s.row, &s.out);
	wrote(&s, "\r    \r");
	print(&s.paper, &s.out);
	shows(&s, "", 0);
	type(&s, "> ", "好", 3);
	wrote(&s, "> 好");
}

static void resize(struct scene *s, int columns)
{
	s->out = buf_of(s->bytes, sizeof(s->bytes));
	typed_row_resize(&s->row, columns, &s->out);
	s->paper.columns = columns > s->paper.columns ? columns : s->paper.columns;
	print(&s->paper, &s->out);
	s->paper.columns = columns;
}

/* Only where the terminal has broken the row in two there is no way back to its beginning. */
static void test_another_width(void **state)
{
	static struct scene s;

	(void)state;
	begin(&s, 20);
	type(&s, "", "twelve lette", 12);
	resize(&s, 13);
	assert_int_equal(s.paper.rows, 0);
	type(&s, "", "twelve lette", 11);
	shows(&s, "twelve lette", 11);
	resize(&s, 12);
	assert_int_equal(s.paper.rows, 1);
	type(&s, "", "twelve lette", 11);
	resize(&s, 40);
	assert_int_equal(s.paper.rows, 1);
	type(&s, "", "twelve lette", 11);
	shows(&s, "twelve lette", 11);
}

/* ---- any line, at any width ---------------------------------------------------------------------- */

static size_t some(uint32_t *seed, size_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* A line that somebody might type, as receivers get it: made safe, the cursor between its characters. */
static size_t make_line(uint32_t *seed, char *line, size_t cap)
{
	static const char *const parts[] = {"a",	"b ", "好", "é", "e\u0301",
					    "👍🏽", "🇨🇳", "ﾊ",  "Ω"};
	char raw[512] = "";
	size_t count = some(seed, 40), cut = some(seed, count + 1), cursor = 0;

	for (size_t i = 0; i < count; i++) {
		strcat(raw, parts[some(seed, COUNT_OF(parts))]);
		if (i + 1 == cut)
			cursor = strlen(raw);
	}
	size_t safe = text_safe(line, cap, raw, cursor, false);
	(void)text_safe(line + safe, cap - safe, raw + cursor, strlen(raw) - cursor, false);
	return safe;
}

/* However it came to be, it looks as if it had been written at once. */
static void test_the_way_does_not_matter(void **state)
{
	static struct scene s, fresh;
	uint32_t seed = 20261121;
	char line[2200];

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 300; round++) {
		int columns = 4 + (int)some(&seed, 60);
		begin(&s, columns);
		for (int step = 0; step < 20; step++) {
			const char *prompt = some(&seed, 4) ? "" : "名字: ";
			size_t cursor = make_line(&seed, line, sizeof(line));
			type(&s, prompt, line, cursor);
			begin(&fresh, columns);
			type(&fresh, prompt, line, cursor);
			assert_int_equal(s.paper.col, fresh.paper.col);
			for (int i = 0; i < columns; i++)
				assert_string_equal(s.paper.cells[i].bytes,
						    fresh.paper.cells[i].bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_letter_is_a_letter),
		cmocka_unit_test(test_the_cursor_goes_through_the_line),
		cmocka_unit_test(test_prompts),
		cmocka_unit_test(test_a_long_line_moves_sideways),
		cmocka_unit_test(test_erasing),
		cmocka_unit_test(test_another_width),
		cmocka_unit_test(test_the_way_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
