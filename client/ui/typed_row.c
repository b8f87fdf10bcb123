/* The row that is typed in; the contract is in typed_row.h. */
#include "ui/typed_row.h"

#include <string.h>

static int usable(int columns)
{
	int most = columns < TYPED_ROW_COLUMNS ? columns : TYPED_ROW_COLUMNS;

	return most > 2 ? most - 1 : 2; /* a wide character has to have a place */
}

void typed_row_init(struct typed_row *r, int columns)
{
	r->columns = columns;
	r->count = 0;
	r->cursor = 0;
}

/* ---- bytes ------------------------------------------------------------------------------------- */

static int columns_of(const struct place *p, size_t from, size_t to)
{
	int all = 0;

	for (size_t i = from; i < to; i++)
		all += p[i].width;
	return all;
}

static void repeat(struct buf *out, char c, int times)
{
	for (int i = 0; i < times; i++)
		buf_put_u8(out, (uint8_t)c);
}

static void write_places(struct buf *out, const struct place *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		buf_put_bytes(out, p[i].bytes, p[i].len);
}

/* Among what stands there: back by columns, on by writing it once more. */
static void go(struct typed_row *r, size_t to, struct buf *out)
{
	if (to < r->cursor)
		repeat(out, '\b', columns_of(r->places, to, r->cursor));
	else
		write_places(out, r->places, r->cursor, to);
	r->cursor = to;
}

/* ---- what shall stand there ---------------------------------------------------------------------- */

static void take(struct typed_row *r, const struct place *p)
{
	if (r->count < TYPED_ROW_COLUMNS)
		r->places[r->count++] = *p;
}

/* At most half of the row. */
static int take_prompt(struct typed_row *r, const struct typed_text *t, int room)
{
	const char *s = t->prompt;
	size_t n = strlen(s);
	struct place p;
	int col = 0;

	while (place_next(&s, &n, t->ambiguous, &p) && col + p.width <= room / 2) {
		take(r, &p);
		col += p.width;
	}
	return col;
}

/* Moves by half a row, so that it stands still most of the time. */
static int sideways(int cursor, int room)
{
	int step = room > 1 ? room / 2 : 1;

	return cursor < room ? 0 : (cursor - room + step) / step * step;
}

/* The part of the line that the cursor is in.  One that stands in its middle, before an accent that was
 * typed apart, is behind the whole. */
static void take_line(struct typed_row *r, const struct typed_text *t, int room)
{
	int start = sideways(place_columns(t->line, t->cursor, t->ambiguous), room), at = 0;
	const char *s = t->line;
	size_t n = t->len;
	struct place p;

	while (place_next(&s, &n, t->ambiguous, &p) && at + p.width - start <= room) {
		if (at >= start)
			take(r, &p);
		at += p.width;
		if ((size_t)(s - t->line) <= t->cursor)
			r->cursor = r->count;
	}
}

static struct typed_row wanted(const struct typed_row *r, const struct typed_text *t)
{
	struct typed_row to;
	int room = usable(r->columns), left;

	typed_row_init(&to, r->columns);
	left = take_prompt(&to, t, room);
	to.cursor = to.count;
	take_line(&to, t, room - left);
	return to;
}

/* ---- changing it ------------------------------------------------------------------------------- */

static size_t common(const struct typed_row *a, const struct typed_row *b)
{
	size_t i = 0;

	while (i < a->count && i < b->count && a->places[i].len == b->places[i].len &&
	       memcmp(a->places[i].bytes, b->places[i].bytes, a->places[i].len) == 0)
		i++;
	return i;
}

/* What stood further to the right than the new ends. */
static void wipe_rest(struct buf *out, int columns)
{
	if (columns <= 0)
		return;
	repeat(out, ' ', columns);
	repeat(out, '\b', columns);
}

void typed_row_show(struct typed_row *r, const struct typed_text *t, struct buf *out)
{
	struct typed_row to = wanted(r, t);
	size_t same = common(r, &to), cursor = to.cursor;

	if (same < r->count || same < to.count) {
		int before = columns_of(r->places, same, r->count);
		go(r, same, out);
		write_places(out, to.places, same, to.count);
		wipe_rest(out, before - columns_of(to.places, same, to.count));
		to.cursor = to.count;
		*r = to;
	}
	go(r, cursor, out);
}

void typed_row_erase(struct typed_row *r, struct buf *out)
{
	int columns = columns_of(r->places, 0, r->count);

	if (columns > 0) {
		buf_put_u8(out, '\r');
		repeat(out, ' ', columns);
		buf_put_u8(out, '\r');
	}
	typed_row_init(r, r->columns);
}

void typed_row_resize(struct typed_row *r, int columns, struct buf *out)
{
	if (columns_of(r->places, 0, r->count) < columns)
		typed_row_erase(r, out);
	else
		buf_put_u8(out, '\n');
	typed_row_init(r, columns);
}
