/* The list of members; the contract is in view_members.h. */
#include "ui/view_members.h"

#include "proto/text.h"
#include "ui/view_rows.h"

#include <stdio.h>
#include <string.h>

enum {
	AUTO_FROM = 80,	    /* columns of a screen where there is room for it */
	PANE_LEFT_MIN = 24, /* columns that it leaves to the pane, whatever is wanted */
	BORDER = 3,	    /* " │ " */
	NAME_SIZE = TEXT_SAFE_SIZE(NAME_MAX_BYTES),
};

int view_members_width(const struct view *v)
{
	const struct settings *s = v->settings;
	const struct model_room *r = model_here(v->model);
	int width = s->members_width + BORDER;

	if (r->members.len == 0 || s->members == SETTINGS_OFF || width + PANE_LEFT_MIN > v->width)
		return 0;
	return s->members == SETTINGS_ON || v->width >= AUTO_FROM ? width : 0;
}

static void draw_one(struct grid *g, int y, int col, const struct members_one *one)
{
	char name[NAME_SIZE];
	size_t n = text_safe(name, sizeof(name), one->name, strlen(one->name), false);
	bool here = one->state == MEMBER_HERE;

	grid_cut_string(g, y, col, g->width, name,
			here ? view_rows_name_style(name, n) : STYLE_DIM);
}

static void draw_more(struct grid *g, int y, int col, size_t count)
{
	char words[32];

	snprintf(words, sizeof(words), "+%zu more", count);
	grid_cut_string(g, y, col, g->width, words, STYLE_DIM);
}

void view_members_draw(const struct view *v, struct grid *g, int col, int top, int rows)
{
	const struct members *m = &model_here(v->model)->members;
	size_t shown = rows > 0 ? (size_t)rows : 0;

	for (int y = top; y < top + rows; y++)
		grid_string(g, y, col + 1, col + 2, g->ambiguous == 2 ? "|" : "│", STYLE_DIM);
	if (m->len > shown && shown > 0) {
		shown--;
		draw_more(g, top + (int)shown, col + BORDER, m->len - shown);
	}
	for (size_t i = 0; i < shown && i < m->len; i++)
		draw_one(g, top + (int)i, col + BORDER, m->list[i]);
}
