/* The screen; the contract is in view.h. */
#include "ui/view.h"

#include "ui/view_bars.h"
#include "ui/view_input.h"
#include "ui/view_members.h"
#include "ui/view_pane.h"

#include <assert.h>

enum {
	TITLE_FROM = 4,	       /* rows from which on there is a title … */
	STATUS_FROM = 3,       /* … a status line … */
	INPUT_GROWS_FROM = 10, /* … and an input line of several rows */
};

struct layout {
	bool title, status;
	int pane_top, pane_rows; /* pane_rows may be 0 */
	int members_width;
	int input_rows;
};

static int most_input_rows(int height)
{
	if (height < INPUT_GROWS_FROM)
		return 1;
	if (height / 4 < VIEW_INPUT_ROWS_MIN)
		return VIEW_INPUT_ROWS_MIN;
	return height / 4 < VIEW_INPUT_ROWS_MAX ? height / 4 : VIEW_INPUT_ROWS_MAX;
}

static struct layout layout_of(const struct view *v)
{
	struct layout l = {.title = v->height >= TITLE_FROM && !v->model->bare,
			   .status = v->height >= STATUS_FROM && !v->model->bare};

	l.input_rows = view_input_rows(v, most_input_rows(v->height));
	l.pane_top = l.title;
	l.pane_rows = v->height - l.title - l.status - l.input_rows;
	l.members_width = v->model->bare ? 0 : view_members_width(v);
	return l;
}

static struct view_pane pane_of(const struct view *v, const struct layout *l)
{
	return view_rows_of(model_here(v->model), v->settings, v->width - l->members_width);
}

struct model_scroll view_scroll(const struct view *v, enum view_key key)
{
	struct layout l = layout_of(v);
	struct view_pane p = pane_of(v, &l);

	return view_pane_scroll(&p, l.pane_rows, key);
}

struct model_scroll view_scroll_to(const struct view *v, uint64_t line)
{
	struct layout l = layout_of(v);
	struct view_pane p = pane_of(v, &l);

	return view_pane_scroll_to(&p, l.pane_rows, line);
}

bool view_at_top(const struct view *v)
{
	struct layout l = layout_of(v);
	struct view_pane p = pane_of(v, &l);

	return view_pane_at_top(&p, l.pane_rows);
}

static void draw_pane(const struct view *v, struct grid *g, const struct layout *l)
{
	struct view_pane p = pane_of(v, l);
	int y = view_pane_draw(&p, g, l->pane_top, l->pane_rows);

	if (look_empty(v->model))
		view_pane_hint(&p, g, y, l->pane_top + l->pane_rows);
	if (l->members_width > 0)
		view_members_draw(v, g, p.width, l->pane_top, l->pane_rows);
}

void view_draw(const struct view *v, struct grid *g)
{
	struct layout l = layout_of(v);

	assert(g->width == v->width && g->height == v->height);
	grid_clear(g);
	g->ambiguous = v->settings->ambiguous_width;
	if (l.title)
		view_bars_title(v, g, 0);
	draw_pane(v, g, &l);
	if (l.status)
		view_bars_status(v, g, g->height - l.input_rows - 1);
	view_input_draw(v, g, g->height - l.input_rows, l.input_rows);
}
