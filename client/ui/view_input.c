/* The input line; the contract is in view_input.h. */
#include "ui/view_input.h"

#include "proto/text.h"

#include <stdbool.h>
#include <string.h>

#define PROMPT	  "> "
#define HINT_TALK "type a line, Enter says it; /help lists the commands"
#define HINT_NAME "type the name that you want here"

static const char *prompt_of(const struct model *m)
{
	if (m->input_prompt[0])
		return m->input_prompt;
	return m->prompt[0] ? m->prompt : PROMPT;
}

/* The prompt takes at most three quarters of the row. */
static int draw_prompt(const struct model *m, struct grid *g, int row)
{
	return grid_string(g, row, 0, g->width * 3 / 4, prompt_of(m), STYLE_PROMPT);
}

static int prompt_width(const struct model *m, int width)
{
	const char *s = prompt_of(m);
	size_t n = strlen(s);
	struct place p;
	int col = 0;

	while (place_next(&s, &n, &p) && col + p.width <= width * 3 / 4)
		col += p.width;
	return col;
}

/* ---- one row, moved sideways so that the cursor is in it ---------------------------------- */

/* Moves by half a row, so that it stands still most of the time. */
static int sideways(int cursor, int room)
{
	int step = room > 1 ? room / 2 : 1;

	return cursor < room ? 0 : (cursor - room + step) / step * step;
}

static void draw_row(const struct model *m, struct grid *g, int row)
{
	int left = draw_prompt(m, g, row);
	int cursor = place_columns(m->input, m->cursor);
	int start = sideways(cursor, g->width - left);
	const char *s = m->input;
	size_t n = m->input_len;
	struct place p;
	int at = 0;

	while (at < start && place_next(&s, &n, &p))
		at += p.width;
	grid_text(g, row, left + at - start, g->width, s, n, STYLE_PLAIN);
	g->cursor_x = left + cursor - start;
	g->cursor_y = row;
}

/* ---- several rows ------------------------------------------------------------------------- */

struct pen {
	int width;
	int row, col;
	int cursor_row, cursor_col;
	bool placed; /* the cursor is */
};

/* Makes room for a place of that width; the cursor goes where the place goes. */
static void pen_place(struct pen *p, int width, bool cursor)
{
	if (p->col + width > p->width) {
		p->row++;
		p->col = 0;
	}
	if (cursor && !p->placed) {
		p->placed = true;
		p->cursor_row = p->row;
		p->cursor_col = p->col;
	}
}

/* Goes through the input; draws it when there is a grid, with `first` as the first row shown. */
static void run(const struct model *m, struct pen *pen, struct grid *g, int top, int first,
		int rows)
{
	const char *s = m->input;
	size_t n = m->input_len;
	struct place p;

	for (;;) {
		bool cursor = (size_t)(s - m->input) >= m->cursor;
		const char *start = s;
		if (!place_next(&s, &n, &p))
			break;
		pen_place(pen, p.width, cursor);
		if (g && pen->row >= first && pen->row < first + rows)
			grid_text(g, top + pen->row - first, pen->col, pen->width, start,
				  (size_t)(s - start), STYLE_PLAIN);
		pen->col += p.width;
	}
	pen_place(pen, 1, true);
}

static struct pen measured(const struct model *m, int width)
{
	struct pen pen = {.width = width, .col = prompt_width(m, width)};

	run(m, &pen, NULL, 0, 0, 0);
	return pen;
}

int view_input_rows(const struct model *m, int width, int most)
{
	int rows = measured(m, width).row + 1;

	return rows < most ? rows : most;
}

static void draw_rows(const struct model *m, struct grid *g, int top, int rows)
{
	struct pen pen = measured(m, g->width);
	int first = pen.cursor_row >= rows ? pen.cursor_row - rows + 1 : 0;

	g->cursor_y = top + pen.cursor_row - first;
	g->cursor_x = pen.cursor_col;
	pen = (struct pen){.width = g->width, .col = prompt_width(m, g->width)};
	if (first == 0)
		draw_prompt(m, g, top);
	run(m, &pen, g, top, first, rows);
}

/* ------------------------------------------------------------------------------------------- */

/* What to type, for those who have not typed anything and have not seen others do. */
static const char *hint_of(const struct model *m)
{
	if (m->input_len > 0 || m->input_prompt[0])
		return "";
	if (m->prompt[0])
		return HINT_NAME;
	return model_here(m)->lines.talks == 0 && m->link == LINK_ONLINE ? HINT_TALK : "";
}

void view_input_draw(const struct model *m, struct grid *g, int top, int rows)
{
	if (rows > 1)
		draw_rows(m, g, top, rows);
	else
		draw_row(m, g, top);
	grid_string(g, top, prompt_width(m, g->width), g->width, hint_of(m), STYLE_DIM);
}
