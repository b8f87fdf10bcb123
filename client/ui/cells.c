/* The grid and the places in it; the contract is in cells.h. */
#include "ui/cells.h"

#include "proto/text.h"
#include "proto/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

/* ---- places ------------------------------------------------------------------------------- */

static bool is_ascii(unsigned char c)
{
	return c >= 0x20 && c < 0x7F;
}

/* Joiners, variation selectors and the tags of flags: they only ask for another drawing. */
static bool only_joins(int32_t cp)
{
	return cp == 0x200C || cp == 0x200D || (cp >= 0xFE00 && cp <= 0xFE0F) ||
	       (cp >= 0xE0000 && cp <= 0xE01EF);
}

/* Extends a cluster, yet takes cells of its own: skin tones, the halfwidth voiced sound marks. */
static bool stands_alone(int32_t cp)
{
	return (cp >= 0x1F3FB && cp <= 0x1F3FF) || cp == 0xFF9E || cp == 0xFF9F;
}

static bool is_ambiguous(int32_t cp)
{
	return u_getIntPropertyValue(cp, UCHAR_EAST_ASIAN_WIDTH) == U_EA_AMBIGUOUS;
}

static uint8_t width_alone(const char *s, size_t n, int32_t cp, int ambiguous)
{
	size_t width = text_width(s, n);

	if (width == 1 && ambiguous == 2 && is_ambiguous(cp))
		return 2;
	return width < 2 ? (uint8_t)width : 2;
}

int place_width(int32_t cp, int ambiguous)
{
	char s[UTF8_MAX];
	int kind;

	if (cp >= 0x20 && cp < 0x7F)
		return 1;
	kind = u_getIntPropertyValue(cp, UCHAR_GRAPHEME_CLUSTER_BREAK);
	if (stands_alone(cp))
		return width_alone(s, utf8_put(s, cp), cp, ambiguous);
	if (kind == U_GCB_EXTEND || kind == U_GCB_ZWJ || kind == U_GCB_CONTROL || kind == U_GCB_V ||
	    kind == U_GCB_T || kind == U_GCB_CR || kind == U_GCB_LF)
		return 0;
	return width_alone(s, utf8_put(s, cp), cp, ambiguous);
}

/* Whether the character at s sits on the place without making it wider. */
static bool sits_on(const struct place *p, const char *s, size_t len, int32_t cp)
{
	char both[PLACE_MAX_BYTES + UTF8_MAX];
	const char *at = both;
	size_t n = p->len + len;
	struct text_cluster c;

	if (is_ascii((unsigned char)*s) || stands_alone(cp))
		return false;
	memcpy(both, p->bytes, p->len);
	memcpy(both + p->len, s, len);
	return text_next_cluster(&at, &n, &c) && n == 0 &&
	       (size_t)c.width == text_width(p->bytes, p->len);
}

static void take(struct place *p, const char *s, size_t len)
{
	if (p->len + len > sizeof(p->bytes))
		return;
	memcpy(p->bytes + p->len, s, len);
	p->len += (uint8_t)len;
}

bool place_next(const char **s, size_t *n, int ambiguous, struct place *p)
{
	p->len = 0;
	p->width = 0;
	while (*n > 0) {
		int32_t cp = 0;
		size_t len = utf8_next(*s, *n, &cp);
		if (p->len > 0 && !only_joins(cp) && !sits_on(p, *s, len, cp))
			break;
		if (p->len == 0)
			p->width = is_ascii((unsigned char)**s)
					   ? 1
					   : width_alone(*s, len, cp, ambiguous);
		if (p->width > 0 && cp != UTF8_BAD && !only_joins(cp))
			take(p, *s, len);
		*s += len;
		*n -= len;
	}
	return p->len > 0;
}

/* ---- the grid ----------------------------------------------------------------------------- */

enum err grid_init(struct grid *g, int width, int height)
{
	assert(width >= 1 && height >= 1);
	*g = (struct grid){.width = width, .height = height, .ambiguous = 1};
	g->cells = calloc((size_t)width * (size_t)height, sizeof(*g->cells));
	if (!g->cells)
		return ERR_MEMORY;
	grid_clear(g);
	return ERR_NONE;
}

void grid_wipe(struct grid *g)
{
	free(g->cells);
	*g = (struct grid){0};
}

void grid_clear(struct grid *g)
{
	size_t count = (size_t)g->width * (size_t)g->height;

	for (size_t i = 0; i < count; i++)
		g->cells[i] = (struct cell){.width = 1};
	g->cursor_x = 0;
	g->cursor_y = 0;
}

struct cell *grid_cell(const struct grid *g, int row, int col)
{
	assert(row >= 0 && row < g->height && col >= 0 && col < g->width);
	return &g->cells[(size_t)row * (size_t)g->width + (size_t)col];
}

static void put_place(struct grid *g, int row, int col, const struct place *p, enum style style)
{
	struct cell *c = grid_cell(g, row, col);

	memcpy(c->bytes, p->bytes, p->len);
	c->len = p->len;
	c->width = p->width;
	c->style = (uint8_t)style;
	c->bidi = 0;
	if (p->width == 2)
		c[1] = (struct cell){.style = (uint8_t)style};
}

int grid_text(struct grid *g, int row, int col, int end, const char *s, size_t n, enum style style)
{
	struct place p;

	if (end > g->width)
		end = g->width;
	while (place_next(&s, &n, g->ambiguous, &p)) {
		if (col + p.width > end)
			break;
		put_place(g, row, col, &p, style);
		col += p.width;
	}
	return col;
}

int grid_string(struct grid *g, int row, int col, int end, const char *s, enum style style)
{
	return grid_text(g, row, col, end, s, strlen(s), style);
}

void grid_fill(struct grid *g, int row, enum style style)
{
	for (int col = 0; col < g->width; col++) {
		struct cell *c = grid_cell(g, row, col);
		if (c->len == 0 && c->width == 1)
			c->style = (uint8_t)style;
	}
}

int place_columns(const char *s, size_t n, int ambiguous)
{
	struct place p;
	int columns = 0;

	while (place_next(&s, &n, ambiguous, &p))
		columns += p.width;
	return columns;
}

/* ---- right to left ------------------------------------------------------------------------- */

static bool goes_left(UCharDirection d)
{
	return d == U_RIGHT_TO_LEFT || d == U_RIGHT_TO_LEFT_ARABIC;
}

/* Nearly all that is ever shown is ASCII: no property has to be asked for. */
static UCharDirection direction_of(int32_t cp)
{
	bool letter = (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';

	if (cp < 0x80)
		return letter ? U_LEFT_TO_RIGHT : U_OTHER_NEUTRAL;
	return u_charDirection(cp);
}

int text_bidi(const char *s, size_t n)
{
	int first = 0;
	bool any = false;

	while (n > 0) {
		int32_t cp = 0;
		size_t len = utf8_next(s, n, &cp);
		UCharDirection d = direction_of(cp);
		any = any || goes_left(d) || d == U_ARABIC_NUMBER;
		if (!first && (goes_left(d) || d == U_LEFT_TO_RIGHT))
			first = goes_left(d) ? CELL_OPENS_RTL : CELL_OPENS_LTR;
		s += len;
		n -= len;
	}
	if (!any)
		return 0;
	return first ? first : CELL_OPENS_LTR;
}

/* What is drawn in that column; of something wide its left half. */
static struct cell *holder(struct grid *g, int row, int col)
{
	struct cell *c = grid_cell(g, row, col);

	return c->width == 0 ? c - 1 : c;
}

/* In the first column there is no cell before it: there it is the row that begins so. */
void grid_apart(struct grid *g, int row, int from, int to, int bidi)
{
	if (bidi == 0 || from < 1 || to <= from)
		return;
	holder(g, row, from - 1)->bidi |= (uint8_t)bidi;
	holder(g, row, to - 1)->bidi |= CELL_CLOSES;
}

int grid_apart_text(struct grid *g, int row, int col, int end, const char *s, size_t n,
		    enum style style)
{
	int to = grid_text(g, row, col, end, s, n, style);

	grid_apart(g, row, col, to, text_bidi(s, n));
	return to;
}

int grid_cut_string(struct grid *g, int row, int col, int end, const char *s, enum style style)
{
	const char *dots = g->ambiguous == 2 ? "~" : "…";
	size_t n = strlen(s);
	int to;

	if (col + place_columns(s, n, g->ambiguous) <= end)
		return grid_apart_text(g, row, col, end, s, n, style);
	to = grid_apart_text(g, row, col, end - 1, s, n, style);
	return grid_string(g, row, to, end, dots, style);
}
