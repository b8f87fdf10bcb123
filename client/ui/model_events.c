/*
 * What happens in the rooms; the contract is in model.h.
 *
 * A talk that is recalled or edited changes where it stands, with no other line; if it is not here, what
 * it has become is kept for a while, for the page of history that may be under way with what it was.
 * Joins, quits and renames that follow each other on one day are one line.
 */
#include "ui/model_internal.h"

#include <stdlib.h>
#include <string.h>

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

struct model_line *model_take_change(struct model *m, const struct model_room *r, uint64_t seq)
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

/* ---- what was not looked at ------------------------------------------------------------------- */

/* What others say. */
static bool counts(const struct model *m, const struct model_line *line)
{
	bool words = line->kind == MODEL_TALK || line->kind == MODEL_ACTION ||
		     line->kind == MODEL_ANNOUNCE;

	return words && !model_is_own(m, line);
}

static bool calls_in(const struct model_room *r, const struct model_line *line)
{
	return line->mention || model_is_direct(r);
}

static void count_unread(const struct model *m, struct model_room *r, const struct model_line *line)
{
	bool seen = model_looks_at(m, r);

	if (!counts(m, line))
		return;
	if (r->mark == 0 && (!seen || r->missed))
		r->mark = line->seq;
	if (seen)
		return;
	r->unread++;
	r->mentions += calls_in(r, line);
}

struct model_news model_news(const struct model *m, struct slice room, uint64_t seq)
{
	const struct model_room *r = model_find(m, room);
	const struct model_line *line;
	uint64_t i;

	if (!r || !scrollback_find(&r->lines, seq, &i))
		return (struct model_news){0};
	line = scrollback_at(&r->lines, i);
	if (!counts(m, line))
		return (struct model_news){0};
	return (struct model_news){true, calls_in(r, line), r == model_here(m)};
}

/* It was recalled. */
static void discount_unread(const struct model *m, struct model_room *r,
			    const struct model_line *line)
{
	if (r->unread == 0 || r->mark == 0 || line->seq < r->mark || !counts(m, line))
		return;
	r->unread--;
	r->mentions -= r->mentions > 0 && calls_in(r, line);
}

static enum err change(struct model *m, struct model_room *r, const struct event *e,
		       struct day_time at)
{
	struct event now = changed(e);
	const struct model_line *was;
	struct model_line *line;
	uint64_t i;

	if (e->kind == EVENT_EDIT && e->text.len == 0) /* it was changed again since */
		return ERR_NONE;
	line = model_line_of_event(m, &now, at);
	if (!line)
		return ERR_MEMORY;
	if (!scrollback_find(&r->lines, e->target, &i)) {
		remember_change(m, r, line);
		return ERR_NONE;
	}
	was = scrollback_at(&r->lines, i);
	line->day = was->day;
	line->second = was->second;
	if (e->kind == EVENT_RECALL)
		discount_unread(m, r, was);
	model_replace(m, r, i, line);
	return ERR_NONE;
}

/* ---- what happens ---------------------------------------------------------------------------- */

/* Numbers that begin again are those of another log. */
static void note_number(struct model *m, struct model_room *r, uint64_t seq)
{
	if (seq <= r->newest) {
		model_forget_changes(m, r);
		r->lines.floor = r->lines.end;
		r->oldest = r->mark = 0;
		r->loading = false;
	}
	if (r->oldest == 0) {
		r->oldest = seq;
		r->whole = seq == 1;
	}
	r->newest = seq;
}

bool model_folds_into(const struct model *m, const struct model_room *r, uint64_t i,
		      const struct event *e, struct day_time at)
{
	const struct model_line *line;

	if (!m->fold || !fold_takes(e) || i < r->lines.first || i < r->lines.floor)
		return false;
	line = scrollback_at(&r->lines, i);
	return line->fold_len > 0 && line->day == at.day;
}

static enum err grow_fold(struct model *m, struct model_room *r, const struct event *e,
			  struct day_time at)
{
	uint64_t i = r->lines.end - 1;
	struct model_line *line = model_line_grown(scrollback_at(&r->lines, i), e, false, at);

	if (!line)
		return ERR_MEMORY;
	model_replace(m, r, i, line);
	return ERR_NONE;
}

static enum err add_line(struct model *m, struct model_room *r, const struct event *e,
			 struct day_time at)
{
	struct model_line *line = model_line_of_event(m, e, at);
	enum err err = model_append(m, r, line);

	if (err != ERR_NONE)
		return err;
	count_unread(m, r, line);
	if (r->pending.len > 0 && e->kind == EVENT_TALK && model_is_own(m, line))
		pending_echoed(&r->pending, line);
	model_keep_bounds(m);
	return ERR_NONE;
}

bool model_passes_over(const struct model *m, const struct event *e)
{
	return m->preferences && preferences_ignores_event(m->preferences, e);
}

static enum err show(struct model *m, struct model_room *r, const struct event *e,
		     struct day_time at)
{
	if (model_passes_over(m, e))
		return ERR_NONE;
	if (e->kind == EVENT_RECALL || e->kind == EVENT_EDIT)
		return change(m, r, e, at);
	if (model_folds_into(m, r, r->lines.end - 1, e, at))
		return grow_fold(m, r, e, at);
	return model_has_line(e->kind) ? add_line(m, r, e, at) : ERR_NONE;
}

static bool is_own(const struct model *m, const struct event *e)
{
	return e->from.len == m->nick_len && memcmp(e->from.data, m->nick, m->nick_len) == 0;
}

static enum err happen(struct model *m, struct model_room *r, const struct event *e,
		       struct day_time at)
{
	enum err err;

	note_number(m, r, e->seq);
	if (e->kind == EVENT_JOIN && is_own(m, e))
		r->missed = false;
	err = show(m, r, e, at);
	if (r->pending.len > 0)
		pending_heard(&r->pending, e->seq);
	return err;
}

enum err model_event(struct model *m, struct slice room, const struct event *e, struct day_time at)
{
	bool full = false, unheard = room.len > 0 && room.data[0] == '@' && model_passes_over(m, e);
	struct model_room *r = unheard ? model_find(m, room) : model_open(m, room, &full);

	if (!r && unheard) /* a room of two begins with somebody else */
		return ERR_NONE;
	if (!r)
		return full ? ERR_NONE : ERR_MEMORY;
	if (!model_is_direct(r) && members_event(&r->members, e) != ERR_NONE)
		return ERR_MEMORY;
	return happen(m, r, e, at);
}
