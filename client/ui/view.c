/* The screen; the contract is in view.h. */
#include "ui/view.h"

#include "ui/look.h"
#include "ui/view_input.h"
#include "ui/wrap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	TIME_WIDTH = 6,	       /* "10:01 " */
	TIME_FROM = 40,	       /* columns from which on times are shown */
	TITLE_FROM = 4,	       /* rows from which on there is a title … */
	STATUS_FROM = 3,       /* … a status line … */
	INPUT_GROWS_FROM = 10, /* … and an input line of several rows */
	TEXT_WIDTH_MIN = 4,    /* of the text beside a name; with less it starts in the next row */
	WIDE_TITLE = 60,       /* columns from which on the title tells who is reconnecting */
	LABEL_SIZE = 4 * MODEL_LABEL_SIZE,
};

/* ---- where things are --------------------------------------------------------------------- */

struct layout {
	bool title, status;
	int pane_top, pane_rows; /* pane_rows may be 0 */
	int input_rows;
};

static struct layout layout_of(const struct model *m, int width, int height)
{
	struct layout l = {.title = height >= TITLE_FROM, .status = height >= STATUS_FROM};
	int most = height >= INPUT_GROWS_FROM ? VIEW_INPUT_ROWS : 1;

	l.input_rows = view_input_rows(m, width, most);
	l.pane_top = l.title;
	l.pane_rows = height - l.title - l.status - l.input_rows;
	return l;
}

/* ---- one line of the model, in rows ------------------------------------------------------- */

struct shape {
	int time;	 /* columns of the time, on the first row */
	int prefix;	 /* columns of what stands before the text: the name, a mark */
	int indent;	 /* of the rows after the first */
	bool text_below; /* the first row is the prefix alone */
};

static enum style name_style(const char *name, size_t n)
{
	uint32_t hash = 2166136261u; /* FNV-1a: the same colour wherever a name is seen */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return STYLE_NICK + hash % STYLE_NICKS;
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
	return STYLE_PLAIN;
}

static struct shape shape_of(const struct model_line *line, int width)
{
	const char *mark = mark_of((enum model_kind)line->kind);
	struct shape s = {.time = width >= TIME_FROM ? TIME_WIDTH : 0};

	s.prefix = place_columns(line->bytes, line->who_len) + place_columns(mark, strlen(mark));
	s.prefix += line->kind == MODEL_ACTION; /* a space */
	s.indent = s.time + s.prefix;
	if (s.indent > width / 2)
		s.indent = s.time + (width >= 8 ? 2 : 0);
	s.text_below = s.time + s.prefix + TEXT_WIDTH_MIN > width && s.prefix > 0;
	return s;
}

struct rows {
	struct shape shape;
	struct wrap wrap;
	int width;
	size_t next; /* number of the row that comes next */
};

struct row {
	const char *s;
	size_t n;
	int col; /* where the text starts */
};

static struct rows rows_of(const struct model_line *line, int width)
{
	return (struct rows){.shape = shape_of(line, width),
			     .wrap = wrap_of(line->bytes + line->who_len, line->text_len),
			     .width = width};
}

static bool next_row(struct rows *r, struct row *out)
{
	struct wrap_row text = {"", 0};
	size_t number = r->next++;

	out->col = number == 0 ? r->shape.time + r->shape.prefix : r->shape.indent;
	if (number > 0 || !r->shape.text_below) {
		int room = r->width - out->col;
		if (!wrap_next(&r->wrap, room > 0 ? room : 1, &text))
			return false;
	}
	out->s = text.s;
	out->n = text.n;
	return true;
}

static size_t count_rows(const struct model_room *r, uint64_t line, int width)
{
	struct rows rows = rows_of(look_at(r, line), width);
	struct row row;
	size_t count = 0;

	while (next_row(&rows, &row))
		count++;
	return count;
}

/* ---- places in the scrollback -------------------------------------------------------------- */

struct spot {
	uint64_t line;
	size_t row;
};

static bool before(struct spot a, struct spot b)
{
	return a.line < b.line || (a.line == b.line && a.row < b.row);
}

static struct spot newest(const struct model_room *r, int width)
{
	return (struct spot){look_end(r) - 1, count_rows(r, look_end(r) - 1, width) - 1};
}

static struct spot up(const struct model_room *r, int width, struct spot s, size_t n)
{
	while (n > s.row && s.line > look_first(r)) {
		n -= s.row + 1;
		s.line--;
		s.row = count_rows(r, s.line, width) - 1;
	}
	s.row = n < s.row ? s.row - n : 0;
	return s;
}

static struct spot down(const struct model_room *r, int width, struct spot s, size_t n)
{
	size_t rows = count_rows(r, s.line, width);

	while (n >= rows - s.row && s.line + 1 < look_end(r)) {
		n -= rows - s.row;
		s.line++;
		s.row = 0;
		rows = count_rows(r, s.line, width);
	}
	s.row = n < rows - s.row ? s.row + n : rows - 1;
	return s;
}

/* The spot in the pane's bottom row.  The room has lines. */
static struct spot bottom_of(const struct model_room *r, int width)
{
	struct spot s = {r->scroll.line, r->scroll.row};
	size_t rows;

	if (!r->scroll.back || s.line >= look_end(r))
		return newest(r, width);
	if (s.line < look_first(r))
		return (struct spot){look_first(r), 0};
	rows = count_rows(r, s.line, width);
	if (s.row >= rows)
		s.row = rows - 1;
	return s;
}

/* What is in the bottom row when the pane shows the first line. */
static struct spot highest_of(const struct model_room *r, int width, size_t page)
{
	return down(r, width, (struct spot){look_first(r), 0}, page - 1);
}

static size_t page_of(const struct model *m, int width, int height)
{
	struct layout l = layout_of(m, width, height);

	return l.pane_rows > 0 ? (size_t)l.pane_rows : 1;
}

bool view_at_top(const struct model *m, int width, int height)
{
	const struct model_room *r = model_here(m);

	if (look_end(r) == look_first(r))
		return true;
	return !before(highest_of(r, width, page_of(m, width, height)), bottom_of(r, width));
}

struct model_scroll view_scroll(const struct model *m, int width, int height, enum view_key key)
{
	const struct model_room *r = model_here(m);
	size_t page = page_of(m, width, height);
	size_t step = page > 1 ? page - 1 : 1;
	struct spot s, end, highest;
	uint64_t mark;

	if (look_end(r) == look_first(r) || key == VIEW_KEY_BOTTOM)
		return (struct model_scroll){0};
	s = bottom_of(r, width);
	end = newest(r, width);
	highest = highest_of(r, width, page);
	if (key == VIEW_KEY_PAGE_UP || key == VIEW_KEY_LINE_UP)
		s = up(r, width, s, key == VIEW_KEY_PAGE_UP ? step : 1);
	else if (key == VIEW_KEY_PAGE_DOWN || key == VIEW_KEY_LINE_DOWN)
		s = down(r, width, s, key == VIEW_KEY_PAGE_DOWN ? step : 1);
	else if (key == VIEW_KEY_TOP)
		s = highest;
	else if (key == VIEW_KEY_UNREAD && look_mark(r, &mark))
		s = down(r, width, (struct spot){mark, 0}, page - 1);
	if (before(s, highest))
		s = highest;
	if (!before(s, end))
		return (struct model_scroll){0};
	return (struct model_scroll){.back = true,
				     .line = s.line,
				     .row = s.row,
				     .seen = r->scroll.back ? r->scroll.seen : r->lines.end};
}

/* ---- the pane ----------------------------------------------------------------------------- */

static void draw_prefix(struct grid *g, int y, const struct model_line *line, struct shape s)
{
	char time[16];
	const char *mark = mark_of((enum model_kind)line->kind);
	enum style style = style_of(line);
	int col = 0;

	if (s.time > 0) {
		snprintf(time, sizeof(time), "%02d:%02d ", line->second / 3600,
			 line->second / 60 % 60);
		col = grid_string(g, y, 0, s.time, time, STYLE_DIM);
	}
	if (line->kind == MODEL_ACTION)
		col = grid_string(g, y, col, g->width, mark, style);
	if (line->who_len > 0) {
		style = name_style(line->bytes, line->who_len);
		col = grid_text(g, y, col, g->width, line->bytes, line->who_len, style);
	}
	if (line->kind != MODEL_ACTION)
		grid_string(g, y, col, g->width, mark, style);
}

/* Rows from `skip` on, into the grid's rows y .. end - 1; returns the next free one. */
static int draw_line(struct grid *g, int y, int end, const struct model_line *line, size_t skip)
{
	struct rows r = rows_of(line, g->width);
	struct row row;

	while (y < end && next_row(&r, &row)) {
		if (r.next <= skip)
			continue;
		if (r.next == 1)
			draw_prefix(g, y, line, r.shape);
		grid_text(g, y, row.col, g->width, row.s, row.n, style_of(line));
		y++;
	}
	return y;
}

static void draw_pane(const struct model *m, struct grid *g, const struct layout *l)
{
	const struct model_room *r = model_here(m);
	int y = l->pane_top, end = l->pane_top + l->pane_rows;
	struct spot s;

	if (l->pane_rows < 1 || look_end(r) == look_first(r))
		return;
	s = up(r, g->width, bottom_of(r, g->width), (size_t)l->pane_rows - 1);
	for (; y < end && s.line < look_end(r); s = (struct spot){s.line + 1, 0})
		y = draw_line(g, y, end, look_at(r, s.line), s.row);
}

/* ---- title and status --------------------------------------------------------------------- */

struct text {
	size_t len;
	char s[LABEL_SIZE];
};

/* Text at the right end of the row; returns the column that it starts in. */
static int draw_right(struct grid *g, int row, const char *text, enum style style)
{
	int width = place_columns(text, strlen(text));
	int col = width < g->width ? g->width - width : 0;

	grid_string(g, row, col, g->width, text, style);
	return col;
}

/* How many there are; where there is no width to tell them apart, all of them count as here. */
static void present_words(const struct members *m, int width, char text[LABEL_SIZE])
{
	size_t all = m->len, away = members_reconnecting(m);

	if (away > 0 && width >= WIDE_TITLE)
		snprintf(text, LABEL_SIZE, " %zu here, %zu reconnecting", all - away, away);
	else
		snprintf(text, LABEL_SIZE, " %zu here", all);
}

static void draw_title(const struct model *m, struct grid *g)
{
	const struct model_room *r = model_here(m);
	char text[LABEL_SIZE] = "";
	int end = g->width;

	if (r->members.len > 0) {
		present_words(&r->members, g->width, text);
		end = draw_right(g, 0, text, STYLE_TITLE);
	}
	snprintf(text, sizeof(text), "%s%s%s%s%s", r->name[0] ? r->name : "chat-room",
		 r->topic[0] ? " | " : "", r->topic, m->server[0] ? " | " : "", m->server);
	grid_string(g, 0, 0, end, text, STYLE_TITLE);
	grid_fill(g, 0, STYLE_TITLE);
}

static const char *link_words(enum link_state link)
{
	switch (link) {
	case LINK_CONNECTING:
		return "connecting...";
	case LINK_JOINING:
		return "joining...";
	case LINK_ONLINE:
		return "online";
	case LINK_RECONNECTING:
		return "reconnecting...";
	case LINK_CLOSED:
		return "closed";
	}
	return "";
}

/* One alert more: " WORDS", " N WORDS" or " WORDS N"; what does not fit is left out. */
static void alert(struct text *t, const char *words)
{
	size_t n = strlen(words);

	if (n + 1 >= sizeof(t->s) - t->len)
		return;
	t->s[t->len++] = ' ';
	memcpy(t->s + t->len, words, n + 1);
	t->len += n;
}

static void alert_count(struct text *t, uint64_t n, const char *words)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 " %s", n, words);
	alert(t, text);
}

static void alert_room(struct text *t, const struct model_room *r)
{
	char text[MODEL_LABEL_SIZE + 32];

	snprintf(text, sizeof(text), "%s %" PRIu64, r->name, r->unread);
	alert(t, text);
}

/* " #dev 3 @bob 1", or, where that would take more than half of the row, " 4 unread". */
static void unread_words(const struct model *m, int width, struct text *t)
{
	struct text rooms = {.len = 0};
	uint64_t all = 0;

	for (size_t i = 0; i < m->room_count; i++) {
		all += m->rooms[i]->unread;
		if (m->rooms[i]->unread > 0)
			alert_room(&rooms, m->rooms[i]);
	}
	if (all > 0 && place_columns(rooms.s, rooms.len) > width / 2)
		alert_count(t, all, "unread");
	else if (all > 0)
		*t = rooms;
}

/* What was said elsewhere; what came, or is, below a pane that is scrolled back; what is under way;
 * what nobody has acknowledged. */
static void alert_words(const struct model *m, int width, struct text *t)
{
	const struct model_room *r = model_here(m);
	uint64_t fresh = r->lines.end > r->scroll.seen ? r->lines.end - r->scroll.seen : 0;

	unread_words(m, width, t);
	if (r->scroll.back && fresh > 0)
		alert_count(t, fresh, "new below");
	if (r->loading)
		alert(t, "loading older lines...");
	else if (r->scroll.back && fresh == 0)
		alert(t, "scrolled back");
	if (m->unsent > 0)
		alert_count(t, m->unsent, "unsent");
}

static void draw_status(const struct model *m, struct grid *g, int row)
{
	struct text alerts = {.len = 0};
	char text[LABEL_SIZE];
	bool linked = m->transport != 0 && m->link == LINK_ONLINE;
	int end = g->width;

	alert_words(m, g->width, &alerts);
	if (alerts.len > 0)
		end = draw_right(g, row, alerts.s, STYLE_ALERT);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s", m->nick, m->nick[0] ? " | " : "",
		 link_words(m->link), linked ? " (" : "",
		 linked ? transport_name(m->transport) : "", linked ? ")" : "");
	grid_string(g, row, 0, end, text, STYLE_STATUS);
	grid_fill(g, row, STYLE_STATUS);
}

/* ------------------------------------------------------------------------------------------- */

void view_draw(const struct model *m, struct grid *g)
{
	struct layout l = layout_of(m, g->width, g->height);

	grid_clear(g);
	if (l.title)
		draw_title(m, g);
	draw_pane(m, g, &l);
	if (l.status)
		draw_status(m, g, g->height - l.input_rows - 1);
	view_input_draw(m, g, g->height - l.input_rows, l.input_rows);
}
