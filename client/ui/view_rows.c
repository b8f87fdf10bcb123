/* Lines in rows; the contract is in view_rows.h. */
#include "ui/view_rows.h"

#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

enum {
	TIME_FROM = 40,	    /* columns from which on times are shown */
	TEXT_WIDTH_MIN = 4, /* of the text beside a name; with less it starts in the next row */
	LONG_DATE_FROM = 40,
};

/* ---- what is between two lines -------------------------------------------------------------- */

/* Of rows below a line. */
struct breaks {
	bool day, unread;
};

/* The first line tells its day if that is not the newest line's. */
static bool another_day(const struct view_pane *p, uint64_t i)
{
	uint64_t other = i < look_first(p->room) ? p->end - 1 : i;

	return p->settings->day_lines &&
	       look_at(p->room, i + 1)->day != look_at(p->room, other)->day;
}

static struct breaks breaks_below(const struct view_pane *p, uint64_t i)
{
	if (i + 1 >= p->end)
		return (struct breaks){false};
	return (struct breaks){.day = another_day(p, i), .unread = p->mark == i + 1};
}

struct view_pane view_rows_of(const struct model_room *r, const struct settings *s, int width)
{
	struct view_pane p = {.room = r,
			      .settings = s,
			      .width = width,
			      .first = look_first(r),
			      .end = look_end(r)};
	struct breaks above;
	uint64_t mark;

	if (look_mark(r, &mark))
		p.mark = mark;
	if (p.first == p.end)
		return p;
	above = breaks_below(&p, p.first - 1);
	if (above.day || above.unread)
		p.first--;
	return p;
}

static int draw_dashes(struct grid *g, int y, int col, int end, enum style style)
{
	const char *dash = g->ambiguous == 2 ? "-" : "─";

	while (col < end)
		col = grid_string(g, y, col, col + 1, dash, style);
	return col;
}

/* "── words ─────": the whole row. */
static void draw_rule(const struct view_pane *p, struct grid *g, int y, const char *words,
		      enum style style)
{
	int col = draw_dashes(g, y, 0, p->width < 2 ? p->width : 2, style);

	if (col + 1 < p->width)
		col = grid_string(g, y, col + 1, p->width, words, style) + 1;
	draw_dashes(g, y, col, p->width, style);
}

static void day_words(int32_t day, int width, char out[64])
{
	static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					       "Thursday", "Friday", "Saturday"};
	static const char *const months[] = {"January",	  "February", "March",	  "April",
					     "May",	  "June",     "July",	  "August",
					     "September", "October",  "November", "December"};
	struct day_date d = day_date(day);

	if (width >= LONG_DATE_FROM)
		snprintf(out, 64, "%s, %d %s %d", weekdays[d.weekday], d.day, months[d.month - 1],
			 d.year);
	else
		snprintf(out, 64, "%04d-%02d-%02d", d.year, d.month, d.day);
}

/* ---- one line, in rows ----------------------------------------------------------------------- */

struct shape {
	int time;	 /* columns of the time, on the first row */
	int prefix;	 /* columns of what stands before the text: the name, a mark */
	int indent;	 /* of the rows after the first */
	bool text_below; /* the first row is the prefix alone */
};

enum style view_rows_name_style(const char *name, size_t n)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return STYLE_NICK + (hash >> 8) % STYLE_NICKS;
}

static const char *mark_of(enum model_kind kind)
{
	switch (kind) {
	case MODEL_TALK:
		return ": ";
	case MODEL_ACTION: /* the name is behind it */
	case MODEL_HAPPENING:
		return "* ";
	case MODEL_ANNOUNCE:
		return "【管理员消息】";
	case MODEL_NOTICE:
		return "- ";
	case MODEL_ERROR:
		return "! ";
	case MODEL_ANSWER:
		break;
	}
	return "";
}

static enum style style_of(const struct model_line *line)
{
	if (line->state == LINE_SENDING)
		return STYLE_DIM;
	if (line->state == LINE_FAILED)
		return STYLE_ERROR;
	switch ((enum model_kind)line->kind) {
	case MODEL_HAPPENING:
		return STYLE_DIM;
	case MODEL_ANNOUNCE:
		return STYLE_ANNOUNCE;
	case MODEL_NOTICE:
		return STYLE_NOTICE;
	case MODEL_ERROR:
		return STYLE_ERROR;
	case MODEL_TALK:
	case MODEL_ACTION:
	case MODEL_ANSWER:
		break;
	}
	return line->mention ? STYLE_MENTION : STYLE_PLAIN;
}

/* "10:01 ", "10:01:59 ", or nothing. */
static int time_width(const struct view_pane *p)
{
	if (p->width < TIME_FROM || p->settings->times == SETTINGS_TIMES_OFF)
		return 0;
	return p->settings->times == SETTINGS_TIMES_SECONDS ? 9 : 6;
}

static struct shape shape_of(const struct view_pane *p, const struct model_line *line)
{
	const char *mark = mark_of((enum model_kind)line->kind);
	int ambiguous = p->settings->ambiguous_width;
	struct shape s = {.time = time_width(p)};

	s.prefix = place_columns(line->bytes, line->who_len, ambiguous) +
		   place_columns(mark, strlen(mark), ambiguous);
	s.prefix += line->kind == MODEL_ACTION; /* a space */
	s.indent = s.time + s.prefix;
	if (s.indent > p->width / 2)
		s.indent = s.time + (p->width >= 8 ? 2 : 0);
	s.text_below = s.time + s.prefix + TEXT_WIDTH_MIN > p->width && s.prefix > 0;
	return s;
}

struct rows {
	struct shape shape;
	struct wrap wrap;
	int width;
	bool columns; /* the text may be in two */
	int hang;     /* of what goes on in the second one */
	size_t next;  /* number of the row that comes next */
};

struct row {
	const char *s;
	size_t n;
	int col; /* where the text starts */
};

static struct rows rows_of(const struct view_pane *p, const struct model_line *line)
{
	return (struct rows){.shape = shape_of(p, line),
			     .wrap = wrap_of(line->bytes + line->who_len, line->text_len,
					     p->settings->ambiguous_width),
			     .width = p->width,
			     .columns = line->kind == MODEL_ANSWER};
}

/* "/ping    how long …": where the second column begins; 0: there is none, or it has no room. */
static int second_column(const struct wrap *w, int room)
{
	const char *newline = memchr(w->s, '\n', w->n);
	size_t n = newline ? (size_t)(newline - w->s) : w->n, at = 0;
	int hang;

	while (at + 1 < n && (w->s[at] != ' ' || w->s[at + 1] != ' '))
		at++;
	while (at > 0 && at < n && w->s[at] == ' ')
		at++;
	if (at == 0 || at + 1 >= n)
		return 0;
	hang = place_columns(w->s, at, w->ambiguous);
	return hang <= room * 2 / 3 ? hang : 0;
}

static bool begins_line(const struct rows *r)
{
	return r->next == 0 || (r->wrap.n > 0 && r->wrap.s[-1] == '\n');
}

static bool next_row(struct rows *r, struct row *out)
{
	struct wrap_row text = {"", 0};
	bool begins = r->columns && begins_line(r);
	size_t number = r->next++;

	if (begins)
		r->hang = second_column(&r->wrap, r->width - r->shape.indent);
	out->col = number == 0 ? r->shape.time + r->shape.prefix : r->shape.indent;
	out->col += begins ? 0 : r->hang;
	if (number > 0 || !r->shape.text_below) {
		int room = r->width - out->col;
		if (!wrap_next(&r->wrap, room > 0 ? room : 1, &text))
			return false;
	}
	out->s = text.s;
	out->n = text.n;
	return true;
}

size_t view_rows_count(const struct view_pane *p, uint64_t i)
{
	struct breaks below = breaks_below(p, i);
	size_t count = (size_t)below.day + (size_t)below.unread;
	struct rows rows;
	struct row row;

	if (i < look_first(p->room))
		return count;
	rows = rows_of(p, look_at(p->room, i));
	while (next_row(&rows, &row))
		count++;
	return count;
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static int draw_time(const struct view_pane *p, struct grid *g, int y,
		     const struct model_line *line, int width)
{
	char time[32];
	int hour = line->second / 3600, minute = line->second / 60 % 60, second = line->second % 60;

	if (width == 0)
		return 0;
	if (p->settings->times == SETTINGS_TIMES_SECONDS)
		snprintf(time, sizeof(time), "%02d:%02d:%02d ", hour, minute, second);
	else
		snprintf(time, sizeof(time), "%02d:%02d ", hour, minute);
	return grid_string(g, y, 0, width, time, STYLE_DIM);
}

static void draw_prefix(const struct view_pane *p, struct grid *g, int y,
			const struct model_line *line, struct shape s)
{
	const char *mark = mark_of((enum model_kind)line->kind);
	enum style style = style_of(line), name = view_rows_name_style(line->bytes, line->who_len);
	int col = draw_time(p, g, y, line, s.time);

	if (line->kind == MODEL_ACTION)
		col = grid_string(g, y, col, p->width, mark, style);
	if (line->who_len > 0)
		col = grid_apart_text(g, y, col, p->width, line->bytes, line->who_len, name);
	if (line->kind != MODEL_ACTION)
		grid_string(g, y, col, p->width, mark, style);
}

/* What of the line's text that is between two offsets is in the row; returns the column after it. */
static int draw_part(const struct view_pane *p, struct grid *g, int y, int col,
		     const struct row *row, const char *from, const char *to, enum style style)
{
	if (from < row->s)
		from = row->s;
	if (to > row->s + row->n)
		to = row->s + row->n;
	return from < to ? grid_text(g, y, col, p->width, from, (size_t)(to - from), style) : col;
}

/* A quote at its beginning and words of ours at its end look otherwise. */
static void draw_text(const struct view_pane *p, struct grid *g, int y, const struct row *row,
		      const struct model_line *line, int bidi)
{
	const char *text = line->bytes + line->who_len, *end = text + line->text_len;
	const char *body = text + line->quote_len, *note = end - line->note_len;
	enum style style = style_of(line);
	int col = draw_part(p, g, y, row->col, row, text, body, STYLE_DIM);

	col = draw_part(p, g, y, col, row, body, note, style);
	col = draw_part(p, g, y, col, row, note, end,
			style == STYLE_ERROR ? STYLE_ERROR : STYLE_DIM);
	grid_apart(g, y, row->col, col, bidi);
}

static void mark_found(const struct view_pane *p, struct grid *g, int top, int end)
{
	for (int y = top; y < end; y++)
		for (int x = 0; x < p->width; x++)
			grid_cell(g, y, x)->style = STYLE_ALERT;
}

static int draw_line(const struct view_pane *p, struct grid *g, int y, int end, uint64_t i,
		     size_t *skip)
{
	const struct model_line *line = look_at(p->room, i);
	struct rows r = rows_of(p, line);
	int bidi = text_bidi(line->bytes + line->who_len, line->text_len);
	struct row row;
	int top = y;

	while (y < end && next_row(&r, &row)) {
		if (*skip > 0) {
			--*skip;
			continue;
		}
		if (r.next == 1)
			draw_prefix(p, g, y, line, r.shape);
		draw_text(p, g, y++, &row, line, bidi);
	}
	if (p->room->found == i + 1)
		mark_found(p, g, top, y);
	return y;
}

int view_rows_draw(const struct view_pane *p, struct grid *g, int y, int end, uint64_t i,
		   size_t skip)
{
	struct breaks below = breaks_below(p, i);
	char words[64];

	if (i >= look_first(p->room))
		y = draw_line(p, g, y, end, i, &skip);
	if (below.day && skip > 0) {
		skip--;
	} else if (below.day && y < end) {
		day_words(look_at(p->room, i + 1)->day, p->width, words);
		draw_rule(p, g, y++, words, STYLE_DIM);
	}
	if (below.unread && skip == 0 && y < end)
		draw_rule(p, g, y++, "unread from here", STYLE_UNREAD);
	return y;
}
