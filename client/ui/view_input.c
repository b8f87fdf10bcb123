/* The input line; the contract is in view_input.h. */
#include "ui/view_input.h"

#include "ui/look.h"

#include <string.h>

#define PROMPT	  "> "
#define NEWLINE	  "↵"
#define HINT_TALK "type a line, Enter says it; /help lists the commands"
#define HINT_NAME "type the name that you want here"

enum {
	INDENT_FROM = 20
}; /* columns from which on rows after the first are indented as the prompt */

static const char *prompt_of(const struct model *m)
{
	if (m->input_prompt[0])
		return m->input_prompt;
	return m->prompt[0] ? m->prompt : PROMPT;
}

/* The prompt takes at most three quarters of the row. */
static int draw_prompt(const struct view *v, struct grid *g, int row)
{
	return grid_string(g, row, 0, v->width * 3 / 4, prompt_of(v->model), STYLE_PROMPT);
}

static int prompt_width(const struct view *v)
{
	const char *s = prompt_of(v->model);
	size_t n = strlen(s);
	struct place p;
	int col = 0;

	while (place_next(&s, &n, v->settings->ambiguous_width, &p) &&
	       col + p.width <= v->width * 3 / 4)
		col += p.width;
	return col;
}

/* What is typed, place by place; false at the end.  A newline is a place as its mark is. */
static bool next(const struct view *v, const char **s, size_t *n, struct place *p)
{
	if (*n == 0 || **s != '\n')
		return place_next(s, n, v->settings->ambiguous_width, p);
	*p = (struct place){.bytes = NEWLINE, .len = sizeof(NEWLINE) - 1, .width = 1};
	++*s;
	--*n;
	return true;
}

/* ---- one row, moved sideways so that the cursor is in it ---------------------------------- */

/* Moves by half a row, so that it stands still most of the time. */
static int sideways(int cursor, int room)
{
	int step = room > 1 ? room / 2 : 1;

	return cursor < room ? 0 : (cursor - room + step) / step * step;
}

static int columns(const struct view *v, const char *s, size_t n)
{
	struct place p;
	int all = 0;

	while (next(v, &s, &n, &p))
		all += p.width;
	return all;
}

static void draw_row(const struct view *v, struct grid *g, int row)
{
	const struct model *m = v->model;
	int left = draw_prompt(v, g, row);
	int cursor = columns(v, m->input, m->cursor);
	int start = sideways(cursor, v->width - left), at = 0;
	const char *s = m->input;
	size_t n = m->input_len;
	struct place p;

	while (next(v, &s, &n, &p) && left + at - start + p.width <= v->width) {
		if (at >= start)
			grid_text(g, row, left + at - start, v->width, p.bytes, p.len, STYLE_PLAIN);
		at += p.width;
	}
	g->cursor_x = left + cursor - start;
	g->cursor_y = row;
}

/* ---- several rows ------------------------------------------------------------------------- */

struct pen {
	int width, indent;
	int row, col;
	int cursor_row, cursor_col;
	bool placed; /* the cursor is */
};

static struct pen pen_at_start(const struct view *v)
{
	int prompt = prompt_width(v);
	bool indented = v->width >= INDENT_FROM && prompt == (int)strlen(PROMPT);

	return (struct pen){.width = v->width, .indent = indented ? prompt : 0, .col = prompt};
}

static void pen_new_row(struct pen *p)
{
	p->row++;
	p->col = p->indent;
}

/* Makes room for a place of that width; the cursor goes where the place goes. */
static void pen_place(struct pen *p, int width, bool cursor)
{
	if (p->col + width > p->width)
		pen_new_row(p);
	if (cursor && !p->placed) {
		p->placed = true;
		p->cursor_row = p->row;
		p->cursor_col = p->col;
	}
}

/* Goes through the input; draws rows from `first` on when there is a grid. */
static void run(const struct view *v, struct pen *pen, struct grid *g, int top, int first, int rows)
{
	const char *s = v->model->input;
	size_t n = v->model->input_len;
	struct place p;

	for (;;) {
		bool cursor = (size_t)(s - v->model->input) >= v->model->cursor;
		bool newline = n > 0 && *s == '\n';
		if (!next(v, &s, &n, &p))
			break;
		pen_place(pen, p.width, cursor);
		if (newline) {
			pen_new_row(pen);
			continue;
		}
		if (g && pen->row >= first && pen->row < first + rows)
			grid_text(g, top + pen->row - first, pen->col, pen->width, p.bytes, p.len,
				  STYLE_PLAIN);
		pen->col += p.width;
	}
	pen_place(pen, 1, true);
}

static struct pen measured(const struct view *v)
{
	struct pen pen = pen_at_start(v);

	run(v, &pen, NULL, 0, 0, 0);
	return pen;
}

int view_input_rows(const struct view *v, int most)
{
	int rows = most > 1 ? measured(v).row + 1 : 1;

	return rows < most ? rows : most;
}

static void draw_rows(const struct view *v, struct grid *g, int top, int rows)
{
	struct pen pen = measured(v);
	int first = pen.cursor_row >= rows ? pen.cursor_row - rows + 1 : 0;

	g->cursor_y = top + pen.cursor_row - first;
	g->cursor_x = pen.cursor_col;
	pen = pen_at_start(v);
	if (first == 0)
		draw_prompt(v, g, top);
	run(v, &pen, g, top, first, rows);
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

void view_input_draw(const struct view *v, struct grid *g, int top, int rows)
{
	if (rows > 1)
		draw_rows(v, g, top, rows);
	else
		draw_row(v, g, top);
	grid_cut_string(g, top, prompt_width(v), g->width, hint_of(v->model), STYLE_DIM);
}
