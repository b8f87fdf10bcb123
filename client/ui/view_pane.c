/* The lines that are in a pane; the contract is in view_pane.h. */
#include "ui/view_pane.h"

#include "ui/wrap.h"

#include <string.h>

/* ---- places in the scrollback -------------------------------------------------------------- */

struct spot {
	uint64_t line;
	size_t row;
};

static bool before(struct spot a, struct spot b)
{
	return a.line < b.line || (a.line == b.line && a.row < b.row);
}

static struct spot newest(const struct view_pane *p)
{
	return (struct spot){p->end - 1, view_rows_count(p, p->end - 1) - 1};
}

static struct spot up(const struct view_pane *p, struct spot s, size_t n)
{
	while (n > s.row && s.line > p->first) {
		n -= s.row + 1;
		s.line--;
		s.row = view_rows_count(p, s.line) - 1;
	}
	s.row = n < s.row ? s.row - n : 0;
	return s;
}

static struct spot down(const struct view_pane *p, struct spot s, size_t n)
{
	size_t rows = view_rows_count(p, s.line);

	while (n >= rows - s.row && s.line + 1 < p->end) {
		n -= rows - s.row;
		s.line++;
		s.row = 0;
		rows = view_rows_count(p, s.line);
	}
	s.row = n < rows - s.row ? s.row + n : rows - 1;
	return s;
}

/* The spot in the pane's bottom row.  The room has lines. */
static struct spot bottom_of(const struct view_pane *p)
{
	const struct model_scroll *scroll = &p->room->scroll;
	struct spot s = {scroll->line, scroll->row};
	size_t rows;

	if (!scroll->back || s.line >= p->end)
		return newest(p);
	if (s.line < p->first)
		return (struct spot){p->first, 0};
	rows = view_rows_count(p, s.line);
	if (s.row >= rows)
		s.row = rows - 1;
	return s;
}

/* What is in the bottom row when the pane shows the first line. */
static struct spot highest_of(const struct view_pane *p, size_t page)
{
	return down(p, (struct spot){p->first, 0}, page - 1);
}

/* "unread from here": the last row below the line before. */
static struct spot mark_of(const struct view_pane *p)
{
	return (struct spot){p->mark - 1, view_rows_count(p, p->mark - 1) - 1};
}

static size_t page_of(int rows)
{
	return rows > 0 ? (size_t)rows : 1;
}

bool view_pane_at_top(const struct view_pane *p, int rows)
{
	if (p->first == p->end)
		return true;
	return !before(highest_of(p, page_of(rows)), bottom_of(p));
}

static struct model_scroll settled(const struct view_pane *p, struct spot s)
{
	const struct model_room *r = p->room;

	if (!before(s, newest(p)))
		return (struct model_scroll){0};
	return (struct model_scroll){.back = true,
				     .line = s.line,
				     .row = s.row,
				     .seen = r->scroll.back ? r->scroll.seen : r->lines.end};
}

struct model_scroll view_pane_scroll(const struct view_pane *p, int rows, enum view_key key)
{
	size_t page = page_of(rows), step = page > 1 ? page - 1 : 1;
	struct spot s, highest;

	if (p->first == p->end || key == VIEW_KEY_BOTTOM)
		return (struct model_scroll){0};
	s = bottom_of(p);
	highest = highest_of(p, page);
	if (key == VIEW_KEY_PAGE_UP || key == VIEW_KEY_LINE_UP)
		s = up(p, s, key == VIEW_KEY_PAGE_UP ? step : 1);
	else if (key == VIEW_KEY_PAGE_DOWN || key == VIEW_KEY_LINE_DOWN)
		s = down(p, s, key == VIEW_KEY_PAGE_DOWN ? step : 1);
	else if (key == VIEW_KEY_TOP)
		s = highest;
	else if (key == VIEW_KEY_UNREAD && p->mark > 0)
		s = down(p, mark_of(p), page - 1);
	return settled(p, before(s, highest) ? highest : s);
}

struct model_scroll view_pane_scroll_to(const struct view_pane *p, int rows, uint64_t line)
{
	size_t page = page_of(rows);
	struct spot s = down(p, (struct spot){line, 0}, page / 2), highest = highest_of(p, page);

	return settled(p, before(s, highest) ? highest : s);
}

/* ---- drawing --------------------------------------------------------------------------------- */

int view_pane_draw(const struct view_pane *p, struct grid *g, int top, int rows)
{
	int y = top, end = top + rows;
	struct spot s;

	if (rows < 1 || p->first == p->end)
		return y;
	s = up(p, bottom_of(p), (size_t)rows - 1);
	for (; y < end && s.line < p->end; s = (struct spot){s.line + 1, 0})
		y = view_rows_draw(p, g, y, end, s.line, s.row);
	return y;
}

/* ---- a room where nobody has said anything ---------------------------------------------------- */

static int draw_wrapped(const struct view_pane *p, struct grid *g, int y, int end, const char *s)
{
	int indent = p->width >= 20 ? 2 : 0;
	struct wrap w = wrap_of(s, strlen(s), g->ambiguous);
	struct wrap_row row;

	while (y < end && wrap_next(&w, p->width - indent, &row))
		grid_text(g, y++, indent, p->width, row.s, row.n, STYLE_NOTICE);
	return y;
}

void view_pane_hint(const struct view_pane *p, struct grid *g, int y, int end)
{
	static const char *const words[] = {
		"Type a line: Enter says it to all who are here. Nobody has said anything yet.",
		"",
		"/nick NAME   another name for you",
		"/join #room  another room; /list shows them",
		"/msg NAME    a word to one person alone",
		"/help        all commands; F1: all keys",
	};

	y += y + 1 < end;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && y < end; i++)
		y = draw_wrapped(p, g, y, end, words[i]);
}
