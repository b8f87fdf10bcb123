/*
 * ui/view: every state at four sizes, as it was looked at and found good: tests/golden/NAME.txt.
 *
 * A picture is its rows, each cell as it is, then which style each cell has, as a letter.  Blanks at the
 * end are not written, and rows that are as the one before are counted.  UPDATE_GOLDEN=1 writes the files anew:
 * then look at them.
 */
#include "scenes_rig.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURE_MAX = 1 << 17, ROW_MAX = 4096 };

static const int sizes[][2] = {{20, 5}, {40, 12}, {80, 24}, {200, 60}};

static const char style_letters[STYLE_COUNT + 1] = ".TSAF-NEM@UPabcdefghijklmnopqrstuvwx";

struct picture {
	char s[PICTURE_MAX];
	size_t len;
};

static void put(struct picture *p, const char *s, size_t n)
{
	assert_true(p->len + n < sizeof(p->s));
	memcpy(p->s + p->len, s, n);
	p->len += n;
	p->s[p->len] = '\0';
}

__attribute__((format(printf, 2, 3))) static void put_words(struct picture *p, const char *format,
							    ...)
{
	char words[64];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	assert_in_range(n, 0, sizeof(words) - 1);
	put(p, words, (size_t)n);
}

/* What there is of the row before the blanks at its end. */
static size_t row_words(const struct grid *g, int row, bool styles, char out[ROW_MAX])
{
	size_t n = 0, length = 0;

	for (int col = 0; col < g->width; col++) {
		const struct cell *c = grid_cell(g, row, col);
		assert_true(n + PLACE_MAX_BYTES < ROW_MAX);
		if (styles)
			out[n++] = style_letters[c->style];
		else if (c->len > 0)
			memcpy(out + n, c->bytes, c->len);
		else if (c->width > 0)
			out[n++] = ' ';
		n += styles ? 0 : c->len;
		if (out[n - 1] != (styles ? '.' : ' '))
			length = n;
	}
	out[length] = '\0';
	return length;
}

/* Rows that are as the one before are counted. */
static void put_rows(struct picture *p, const struct grid *g, bool styles)
{
	char words[2][ROW_MAX] = {"", ""};
	int same = 0;

	for (int row = 0; row <= g->height; row++) {
		char *now = words[row % 2];
		size_t n = row < g->height ? row_words(g, row, styles, now) : 0;
		if (row > 0 && row < g->height && strcmp(now, words[1 - row % 2]) == 0) {
			same++;
			continue;
		}
		if (same > 0)
			put_words(p, "      (%d more)\n", same);
		same = 0;
		if (row == g->height)
			break;
		put_words(p, "%4d |", row);
		put(p, now, n);
		put(p, "\n", 1);
	}
}

static void put_apart(struct picture *p, const struct grid *g, int row)
{
	for (int col = 0; col < g->width; col++) {
		uint8_t bidi = grid_cell(g, row, col)->bidi;
		if (bidi & CELL_CLOSES)
			put_words(p, "row %d closes at %d\n", row, col);
		if (bidi & CELL_OPENS_LTR)
			put_words(p, "row %d opens to the right after %d\n", row, col);
		if (bidi & CELL_OPENS_RTL)
			put_words(p, "row %d opens to the left after %d\n", row, col);
	}
}

static void put_grid(struct picture *p, const struct grid *g)
{
	put_words(p, "==== %dx%d, ", g->width, g->height);
	put_words(p, "the cursor in row %d, column %d\n", g->cursor_y, g->cursor_x);
	put_rows(p, g, false);
	put_words(p, "---- styles\n");
	put_rows(p, g, true);
	for (int row = 0; row < g->height; row++)
		put_apart(p, g, row);
}

static void take_pictures(const struct scene_row *row, struct picture *p)
{
	*p = (struct picture){.len = 0};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct scene s = scene_new(row);
		scene_shoot(&s, sizes[i][0], sizes[i][1]);
		put_grid(p, &s.grid);
		scene_free(&s);
	}
}

static void read_golden(const char *path, struct picture *p)
{
	FILE *f = fopen(path, "r");

	*p = (struct picture){.len = 0};
	if (!f)
		fail_msg("%s cannot be read; UPDATE_GOLDEN=1 writes it", path);
	p->len = fread(p->s, 1, sizeof(p->s) - 1, f);
	p->s[p->len] = '\0';
	(void)fclose(f);
}

static void write_golden(const char *path, const struct picture *p)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p->s, 1, p->len, f), p->len);
	assert_int_equal(fclose(f), 0);
}

/* The first row that differs, in words. */
static void compare(const char *path, const struct picture *got, const struct picture *want)
{
	size_t i = 0, start = 0;

	if (strcmp(got->s, want->s) == 0)
		return;
	for (; got->s[i] && got->s[i] == want->s[i]; i++)
		if (got->s[i] == '\n')
			start = i + 1;
	fail_msg("%s differs, first in\n%.*s\nwhich is now\n%.*s\n", path,
		 (int)strcspn(want->s + start, "\n"), want->s + start,
		 (int)strcspn(got->s + start, "\n"), got->s + start);
}

static void test_golden_screens(void **state)
{
	static struct picture got, want;
	const struct scene_row *row;
	char path[512];

	(void)state;
	for (size_t i = 0; (row = scene_row(i)); i++) {
		snprintf(path, sizeof(path), CHAT_SOURCE_DIR "/tests/golden/%s.txt", row->name);
		take_pictures(row, &got);
		if (getenv("UPDATE_GOLDEN"))
			write_golden(path, &got);
		read_golden(path, &want);
		compare(path, &got, &want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_screens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
