/*
 * Title and status line; the contract is in view_bars.h.
 *
 * What has no room in the status line is said in fewer words, step by step: what is urgent is at the
 * right end and stays.
 */
#include "ui/view_bars.h"

#include "ui/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	WIDE_TITLE = 60, /* columns from which on the title tells who is reconnecting */
	BAR_BYTES = 2048,
	BAR_SPANS = 64,
};

/* Words beside each other, in the looks that they have. */
struct bar {
	size_t len, count;
	struct {
		size_t start;
		enum style style;
	} spans[BAR_SPANS];
	char text[BAR_BYTES]; /* of all, NUL-terminated each */
};

/* What does not fit is left out. */
static void add(struct bar *b, const char *words, enum style style)
{
	size_t n = strlen(words) + 1;

	if (n == 1 || b->count == BAR_SPANS || n > sizeof(b->text) - b->len)
		return;
	b->spans[b->count].start = b->len;
	b->spans[b->count++].style = style;
	memcpy(b->text + b->len, words, n);
	b->len += n;
}

static const char *span(const struct bar *b, size_t i)
{
	return b->text + b->spans[i].start;
}

static int width_of(const struct bar *b, int ambiguous)
{
	int width = 0;

	for (size_t i = 0; i < b->count; i++)
		width += place_columns(span(b, i), strlen(span(b, i)), ambiguous);
	return width;
}

static int draw(const struct bar *b, struct grid *g, int row, int col, int end)
{
	for (size_t i = 0; i < b->count; i++)
		col = grid_cut_string(g, row, col, end, span(b, i), b->spans[i].style);
	return col;
}

/* ---- the title -------------------------------------------------------------------------------- */

/* How many there are; where there is no width to tell them apart, all of them count as here. */
static void present_words(const struct members *m, int width, char text[64])
{
	size_t all = m->len, away = members_reconnecting(m);

	if (away > 0 && width >= WIDE_TITLE)
		snprintf(text, 64, " %zu here, %zu reconnecting", all - away, away);
	else if (all > 0)
		snprintf(text, 64, " %zu here", all);
}

void view_bars_title(const struct view *v, struct grid *g, int row)
{
	const struct model_room *r = model_here(v->model);
	struct bar left = {.len = 0}, server = {.len = 0};
	char present[64] = "";
	int end, col;

	present_words(&r->members, v->width, present);
	end = g->width - place_columns(present, strlen(present), g->ambiguous);
	if (end < place_columns(r->name, strlen(r->name), g->ambiguous)) {
		present[0] = '\0';
		end = g->width;
	}
	grid_string(g, row, end, g->width, present, STYLE_TITLE);
	add(&left, r->name[0] ? r->name : "chat-room", STYLE_TITLE);
	add(&left, r->topic[0] ? " | " : "", STYLE_TITLE);
	add(&left, r->topic, STYLE_TITLE);
	add(&server, v->model->server[0] ? " | " : "", STYLE_TITLE);
	add(&server, v->model->server, STYLE_TITLE);
	col = draw(&left, g, row, 0, end);
	if (width_of(&server, g->ambiguous) <= end - col)
		draw(&server, g, row, col, end);
	grid_fill(g, row, STYLE_TITLE);
}

/* ---- who and where we are ---------------------------------------------------------------------- */

/* How many words about oneself there is room for. */
enum self_words { WITH_LAG, WITH_LINK, NICK_ALONE, NONE_NEEDED };

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

/* "udp", "udp, 12 ms", "tcp, 1.3 s" */
static void lag_words(const struct model *m, char out[64])
{
	const char *transport = transport_name(m->transport);

	if (m->lag_ms == 0)
		snprintf(out, 64, " (%s)", transport);
	else if (m->lag_ms < 1000)
		snprintf(out, 64, " (%s, %" PRIu32 " ms)", transport, m->lag_ms);
	else
		snprintf(out, 64, " (%s, %" PRIu32 ".%" PRIu32 " s)", transport, m->lag_ms / 1000,
			 m->lag_ms / 100 % 10);
}

/* That the link is not as it should be is always said. */
static void add_self(struct bar *b, const struct model *m, enum self_words words)
{
	bool online = m->link == LINK_ONLINE;
	char lag[64];

	if (words < NICK_ALONE || (online && words == NICK_ALONE))
		add(b, m->nick, STYLE_STATUS);
	if (words < NICK_ALONE || !online) {
		add(b, b->count > 0 ? " | " : "", STYLE_STATUS);
		add(b, link_words(m->link), online ? STYLE_STATUS : STYLE_FAULT);
	}
	if (online && m->transport != 0 && words == WITH_LAG) {
		lag_words(m, lag);
		add(b, lag, STYLE_STATUS);
	}
}

/* ---- what was said elsewhere ------------------------------------------------------------------- */

/* "2:#dev 3", "3:#games 7 !1", "4:@bob !1": its place, what is unread, and what calls. */
static void add_room(struct bar *b, const struct model_room *r, size_t number)
{
	char words[MODEL_LABEL_SIZE + 80];
	int n = snprintf(words, sizeof(words), "%s%zu:%s", b->count > 0 ? " " : "", number,
			 r->name);

	if (r->unread > r->mentions)
		n += snprintf(words + n, sizeof(words) - (size_t)n, " %" PRIu64, r->unread);
	if (r->mentions > 0)
		snprintf(words + n, sizeof(words) - (size_t)n, " !%" PRIu64, r->mentions);
	add(b, words, r->mentions > 0 ? STYLE_ALERT : STYLE_STATUS);
}

static void add_rooms(struct bar *b, const struct model *m, bool counted)
{
	struct look_counts all = look_counts(m);
	char text[64];

	if (all.unread == 0)
		return;
	if (!counted) {
		add(b, b->count > 0 ? " " : "", STYLE_STATUS);
		for (size_t i = 0; i < m->room_count; i++)
			if (m->rooms[i]->unread > 0)
				add_room(b, m->rooms[i], i + 1);
		return;
	}
	snprintf(text, sizeof(text), "%s%" PRIu64 " unread", b->count > 0 ? "  " : "", all.unread);
	add(b, text, STYLE_STATUS);
	snprintf(text, sizeof(text), " !%" PRIu64, all.mentions);
	add(b, all.mentions > 0 ? text : "", STYLE_ALERT);
}

/* ---- what is under way ------------------------------------------------------------------------- */

static void alert(struct bar *b, const char *words, enum style style)
{
	add(b, b->count > 0 ? "  " : "", STYLE_STATUS);
	add(b, words, style);
}

static void alert_count(struct bar *b, uint64_t n, const char *words, enum style style)
{
	char text[64];

	if (n == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s", n, words);
	alert(b, text, style);
}

/* What was refused, and what nobody has acknowledged; what came, or is, below a pane that is scrolled
 * back; what is loaded. */
static void add_alerts(struct bar *b, const struct model *m)
{
	const struct model_room *r = model_here(m);
	uint64_t fresh = r->lines.end > r->scroll.seen ? r->lines.end - r->scroll.seen : 0;

	alert_count(b, look_counts(m).failed, "not sent", STYLE_FAULT);
	alert_count(b, m->unsent, "unsent", STYLE_ALERT);
	if (r->scroll.back)
		alert_count(b, fresh, "new below", STYLE_ALERT);
	if (r->loading)
		alert(b, "loading older lines...", STYLE_ALERT);
	else if (r->scroll.back && fresh == 0)
		alert(b, "scrolled back", STYLE_ALERT);
}

/* ---- the status line ----------------------------------------------------------------------------- */

/* In so many words as there is room for. */
static struct bar left_of(const struct view *v, int room)
{
	static const struct {
		enum self_words self;
		bool counted; /* the rooms are */
	} steps[] = {
		{WITH_LAG, false}, {WITH_LINK, false}, {NICK_ALONE, false}, {NONE_NEEDED, false},
		{WITH_LAG, true},  {WITH_LINK, true},  {NICK_ALONE, true},  {NONE_NEEDED, true},
	};
	struct bar b = {.len = 0};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		b = (struct bar){.len = 0};
		add_self(&b, v->model, steps[i].self);
		add_rooms(&b, v->model, steps[i].counted);
		if (width_of(&b, v->settings->ambiguous_width) <= room)
			break;
	}
	return b;
}

void view_bars_status(const struct view *v, struct grid *g, int row)
{
	struct bar alerts = {.len = 0}, left;
	int start, room;

	add_alerts(&alerts, v->model);
	start = g->width - width_of(&alerts, g->ambiguous);
	if (start < 0)
		start = 0;
	room = alerts.count > 0 ? start - 1 : start;
	left = left_of(v, room);
	draw(&left, g, row, 0, room);
	draw(&alerts, g, row, start, g->width);
	grid_fill(g, row, STYLE_STATUS);
}
