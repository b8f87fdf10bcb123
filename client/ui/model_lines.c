/*
 * What happens in the rooms, as lines; the contract is in model.h.
 *
 * A talk that is recalled or edited changes where it stands, with no other line; if it is not here, what
 * it has become is kept for a while, for the page of history that may be under way with what it was.
 */
#include "ui/model_internal.h"

#include "proto/text.h"
#include "ui/format.h"

#include <stdlib.h>
#include <string.h>

#define EDITED " (edited)"

bool model_is_direct(const struct model_room *room)
{
	return room->name[0] == '@';
}

/* ---- making lines -------------------------------------------------------------------------- */

struct words {
	enum model_kind kind;
	struct slice who, text;
	const char *mark; /* of ours, after the text */
};

/* Shrinks the line to what it holds, if the allocator likes. */
static struct model_line *fitted(struct model_line *line)
{
	struct model_line *less = realloc(line, sizeof(*line) + line->who_len + line->text_len);

	return less ? less : line;
}

/* NULL: no memory. */
static struct model_line *line_of(const struct words *w, uint64_t seq, int minute)
{
	size_t mark = strlen(w->mark);
	size_t cap = TEXT_SAFE_SIZE(w->who.len) + TEXT_SAFE_SIZE(w->text.len) + mark;
	struct model_line *line = malloc(sizeof(*line) + cap);
	size_t at;

	if (!line)
		return NULL;
	*line = (struct model_line){.kind = w->kind, .minute = minute, .seq = seq};
	at = text_safe(line->bytes, cap, (const char *)w->who.data, w->who.len, false);
	line->who_len = at;
	at += text_safe(line->bytes + at, cap - at, (const char *)w->text.data, w->text.len, true);
	memcpy(line->bytes + at, w->mark, mark);
	line->text_len = at + mark - line->who_len;
	return fitted(line);
}

/* False: events of that kind have no line. */
static bool has_line(enum event_kind kind)
{
	switch (kind) {
	case EVENT_JOIN:
	case EVENT_TALK:
	case EVENT_QUIT:
	case EVENT_NICK:
	case EVENT_ANNOUNCE:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_RECALLED:
	case EVENT_EDITED:
		return true;
	case EVENT_LOST: /* marks at the name … */
	case EVENT_BACK:
	case EVENT_RECALL: /* … and changes of another line */
	case EVENT_EDIT:
		break;
	}
	return false;
}

/* NULL: no memory. */
static struct model_line *line_of_event(const struct event *e, int minute)
{
	char happening[FORMAT_HAPPENING_SIZE];
	struct words w = {.who = slice_of("", 0), .text = e->text, .mark = ""};

	if (e->kind == EVENT_TALK || e->kind == EVENT_EDITED) {
		w.kind = MODEL_TALK;
		w.who = e->from;
		w.mark = e->kind == EVENT_EDITED ? EDITED : "";
	} else if (e->kind == EVENT_ANNOUNCE) {
		w.kind = MODEL_ANNOUNCE;
	} else {
		w.kind = MODEL_HAPPENING;
		w.text = slice_of(happening, format_happening(e, happening));
	}
	return line_of(&w, e->seq, minute);
}

/* ---- how many there may be ------------------------------------------------------------------ */

static size_t all_lines(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->room_count; i++)
		n += m->rooms[i]->lines.end - m->rooms[i]->lines.first;
	return n;
}

static size_t all_bytes(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->room_count; i++)
		n += m->rooms[i]->lines.bytes;
	return n;
}

static struct model_room *room_with_most(const struct model *m, bool bytes)
{
	struct model_room *most = m->rooms[0];

	for (size_t i = 1; i < m->room_count; i++) {
		const struct scrollback *a = &m->rooms[i]->lines, *b = &most->lines;
		if (bytes ? a->bytes > b->bytes : a->end - a->first > b->end - b->first)
			most = m->rooms[i];
	}
	return most;
}

/* What is dropped can be loaded again. */
static void drop_oldest(struct model_room *r)
{
	const struct model_line *line = scrollback_at(&r->lines, r->lines.first);

	if (r->lines.first >= r->lines.floor && line->seq >= r->oldest) {
		r->oldest = line->seq + 1;
		r->whole = false;
	}
	scrollback_drop_oldest(&r->lines);
}

static void keep_the_bounds(struct model *m)
{
	while (all_lines(m) > m->max_lines)
		drop_oldest(room_with_most(m, false));
	while (all_bytes(m) > MODEL_MAX_BYTES && all_lines(m) > 1)
		drop_oldest(room_with_most(m, true));
}

/* Takes the line; NULL is no memory, too. */
static enum err append(struct model *m, struct model_room *r, struct model_line *line)
{
	if (!line || scrollback_append(&r->lines, line) != ERR_NONE) {
		free(line);
		return ERR_MEMORY;
	}
	keep_the_bounds(m);
	return ERR_NONE;
}

enum err model_note(struct model *m, enum model_kind kind, struct slice text, int minute)
{
	struct model_room *r = model_here(m);
	struct words w = {.kind = kind, .who = slice_of("", 0), .text = text, .mark = ""};

	return append(m, r, line_of(&w, r->newest, minute));
}

/* ---- talks that change ----------------------------------------------------------------------- */

void model_forget_changes(struct model *m, const struct model_room *room)
{
	for (size_t i = 0; i < MODEL_CHANGES; i++) {
		if (room && m->changes[i].room != room)
			continue;
		free(m->changes[i].line);
		m->changes[i] = (struct model_change){0};
	}
}

static void remember_change(struct model *m, const struct model_room *r, struct model_line *line)
{
	struct model_change *c = &m->changes[m->next_change++ % MODEL_CHANGES];

	free(c->line);
	*c = (struct model_change){.room = r, .line = line};
}

/* The newest change of that event; it is no longer among them.  NULL: there is none. */
static struct model_line *take_change(struct model *m, const struct model_room *r, uint64_t seq)
{
	for (size_t i = 0; i < MODEL_CHANGES; i++) {
		struct model_change *c =
			&m->changes[(m->next_change + MODEL_CHANGES - 1 - i) % MODEL_CHANGES];
		struct model_line *line = c->line;
		if (!line || c->room != r || line->seq != seq)
			continue;
		c->line = NULL;
		return line;
	}
	return NULL;
}

/* What the talk that a RECALL or EDIT is about becomes. */
static struct event changed(const struct event *e)
{
	struct event now = *e;

	now.kind = e->kind == EVENT_EDIT ? EVENT_EDITED : EVENT_RECALLED;
	now.seq = e->target;
	return now;
}

static enum err change(struct model *m, struct model_room *r, const struct event *e, int minute)
{
	struct event now = changed(e);
	struct model_line *line;
	uint64_t i;

	if (e->kind == EVENT_EDIT && e->text.len == 0) /* it was changed again since */
		return ERR_NONE;
	line = line_of_event(&now, minute);
	if (!line)
		return ERR_MEMORY;
	if (!scrollback_find(&r->lines, e->target, &i)) {
		remember_change(m, r, line);
		return ERR_NONE;
	}
	line->minute = scrollback_at(&r->lines, i)->minute;
	scrollback_replace(&r->lines, i, line);
	keep_the_bounds(m);
	return ERR_NONE;
}

/* ---- what happens ---------------------------------------------------------------------------- */

/* Numbers that begin again are those of another log. */
static void note_number(struct model *m, struct model_room *r, uint64_t seq)
{
	if (seq <= r->newest) {
		model_forget_changes(m, r);
		r->lines.floor = r->lines.end;
		r->oldest = 0;
		r->loading = false;
	}
	if (r->oldest == 0) {
		r->oldest = seq;
		r->whole = seq == 1;
	}
	r->newest = seq;
}

static bool counts_as_unread(const struct model *m, const struct model_room *r,
			     const struct model_line *line)
{
	size_t nick = strlen(m->nick);

	if (r == model_here(m) || (line->kind != MODEL_TALK && line->kind != MODEL_ANNOUNCE))
		return false;
	return line->who_len != nick || memcmp(line->bytes, m->nick, nick) != 0;
}

static enum err happen(struct model *m, struct model_room *r, const struct event *e, int minute)
{
	struct model_line *line;
	bool unread;

	note_number(m, r, e->seq);
	if (e->kind == EVENT_RECALL || e->kind == EVENT_EDIT)
		return change(m, r, e, minute);
	if (!has_line(e->kind))
		return ERR_NONE;
	line = line_of_event(e, minute);
	unread = line && counts_as_unread(m, r, line);
	if (append(m, r, line) != ERR_NONE)
		return ERR_MEMORY;
	r->unread += unread;
	return ERR_NONE;
}

enum err model_event(struct model *m, struct slice room, const struct event *e, int minute)
{
	bool full;
	struct model_room *r = model_open(m, room, &full);

	if (!r)
		return full ? ERR_NONE : ERR_MEMORY;
	if (!model_is_direct(r) && members_event(&r->members, e) != ERR_NONE)
		return ERR_MEMORY;
	return happen(m, r, e, minute);
}

/* ---- history ---------------------------------------------------------------------------------- */

static bool is_full(const struct model *m)
{
	return all_lines(m) >= m->max_lines || all_bytes(m) >= MODEL_MAX_BYTES;
}

bool model_may_load(const struct model *m)
{
	const struct model_room *r = model_here(m);

	return !r->loading && !r->whole && r->name[0] && m->link == LINK_ONLINE && !is_full(m) &&
	       r->lines.floor == r->lines.first;
}

/* Above all that is there. */
static enum err put_past(struct model *m, struct model_room *r, const struct event *e, int minute)
{
	struct model_line *line, *newer;

	if (!has_line(e->kind))
		return ERR_NONE;
	line = line_of_event(e, minute);
	newer = take_change(m, r, e->seq);
	if (line && newer && e->kind != EVENT_RECALLED) {
		newer->minute = minute;
		free(line);
		line = newer;
	} else {
		free(newer);
	}
	if (!line || scrollback_prepend(&r->lines, line) != ERR_NONE) {
		free(line);
		return ERR_MEMORY;
	}
	return ERR_NONE;
}

enum { PAGE_EVENTS = 2048 }; /* more than a reply has place for */

/* From the newest to the oldest; what is there already is passed over. */
static enum err take_page(struct model *m, struct model_room *r, const struct slice *frames,
			  size_t count, int (*minute)(int64_t ms))
{
	while (count > 0 && !is_full(m)) {
		struct slice at = frames[--count], raw;
		struct event e;
		if (!page_get(&at, &e, &raw) || (r->oldest > 0 && e.seq >= r->oldest))
			continue;
		if (put_past(m, r, &e, minute(e.time_ms)) != ERR_NONE)
			return ERR_MEMORY;
		r->oldest = e.seq;
	}
	return ERR_NONE;
}

enum err model_page(struct model *m, const struct model_page *p, int (*minute)(int64_t ms))
{
	struct model_room *r = model_find(m, p->room);
	struct slice frames[PAGE_EVENTS], rest = p->events;
	struct event e;
	size_t count = 0;
	enum err err;

	if (!r)
		return ERR_NONE;
	r->loading = false;
	while (count < PAGE_EVENTS && page_get(&rest, &e, &frames[count]))
		count++;
	if (rest.failed)
		return ERR_MALFORMED;
	/* a page that does not reach up to what is here would leave a hole */
	if (p->before > 0 && p->before < r->oldest)
		return ERR_NONE;
	err = take_page(m, r, frames, count, minute);
	if (err == ERR_NONE && !is_full(m))
		r->whole = !p->more;
	return err;
}
